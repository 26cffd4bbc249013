"""The rows of each decoder, from the wire up, each with its classes of annotations."""

from .screen import FINDINGS, Row, Rows

WINDOWS = Row('windows', 'Windows', (('window', 'Window'), ('window-opens', 'Window opens')))

SWD = Rows(
    (
        Row(
            'packets',
            'Packets',
            (
                ('read', 'Read'),
                ('write', 'Write'),
                ('refused', 'WAIT or FAULT'),
                ('unanswered', 'No or no valid answer'),
            ),
        ),
        Row('sequences', 'Sequences', (('sequence', 'Line reset, switch, noise'),)),
        Row('parity', 'Bad parity', (('parity', 'Bad parity'),)),
        FINDINGS,
    )
)

ADI = Rows(
    (
        Row(
            'registers',
            'DP and AP registers',
            (
                ('register-read', 'Register read'),
                ('register-write', 'Register written'),
                ('register-failed', 'Register access failed'),
            ),
        ),
        Row(
            'memory',
            'Memory',
            (
                ('memory-read', 'Memory read'),
                ('memory-write', 'Memory written'),
                ('memory-failed', 'Memory access failed'),
            ),
        ),
        FINDINGS,
    )
)

FLASH = Rows(
    (
        Row(
            'fields',
            'Registers of the part',
            (('field-read', 'Register read'), ('field-write', 'Register written')),
        ),
        Row('identity', 'Part', (('identity', 'Which part'), ('options', 'Options in force'))),
        Row('core', 'Core', (('core', 'Halt, run, step'), ('program', 'Program in SRAM'))),
        Row(
            'operations',
            'Operations',
            (
                ('operation', 'Operation'),
                ('operation-failed', 'Operation failed'),
                ('option-change', 'Option changed'),
                ('reset', 'Reset'),
            ),
        ),
        WINDOWS,
        FINDINGS,
    )
)

FRAMES = Row('frames', 'Frames', (('frame', "Host's frame"), ('reply', "Loader's reply")))
STATUS = Row(
    'status',
    'Status',
    (('ack', 'ACK'), ('nack', 'NACK'), ('busy', 'BUSY'), ('other', 'No status')),
)
COMMANDS = Row(
    'commands', 'Commands', (('command', 'Command'), ('command-failed', 'Command failed'))
)
IDENTITY = Row('identity', 'Part', (('identity', 'Which part'),))
OPERATIONS = Row(
    'operations',
    'Operations',
    (
        ('operation', 'Operation'),
        ('operation-failed', 'Operation failed'),
        ('option-change', 'Option changed'),
    ),
)

BOOT_I2C = Rows(
    (
        Row(
            'transfers',
            'Transfers',
            (
                ('transfer-read', 'Read'),
                ('transfer-write', 'Write'),
                ('transfer-refused', 'Address not acknowledged'),
            ),
        ),
        FRAMES,
        STATUS,
        COMMANDS,
        IDENTITY,
        OPERATIONS,
        WINDOWS,
        FINDINGS,
    )
)

BOOT_UART = Rows(
    (
        FRAMES,
        STATUS,
        COMMANDS,
        Row(
            'link',
            'Link',
            (('sync', 'Synchronization'), ('unexpected', 'Bytes that fit nothing')),
        ),
        IDENTITY,
        OPERATIONS,
        WINDOWS,
        FINDINGS,
    )
)
