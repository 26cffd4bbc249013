"""What the decoders for PulseView, sigrok-cli and pysigrok share: all of them but their metadata.

    settings   the options of a decoder -> Context
    clock      edges of a clock -> cycles, for stm32_swd
    words      packets of the stock decoders uart, i2c and swd -> records
    stages     which machines and rules a decoder runs, being one of a stack; a network of them
    screen     records -> annotations: rows, classes, texts; findings told once
    painting   how each type of record is painted
    rows       the rows of each decoder
    image      what was written -> binary output
    layer      the life of a decoder: start, records in, everything out

Source for the hosts: libsigrokdecode 0.5.3, type_decoder.c, instance.c, session.c; pysigrok 0.4.2.
"""
