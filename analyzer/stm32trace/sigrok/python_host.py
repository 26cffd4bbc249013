"""Decoders run in this process: those that distributions offer to pysigrok under an entry point.

Source: pysigrok 0.4.2, sigrokdecode/__init__.py (Decoder, run_decoders).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import sigrokdecode

from stm32trace.capture import CaptureReader
from stm32trace.errors import OptionError, PluginError
from stm32trace.registry import entry_points
from stm32trace.sigrok.host import Annotation, Description, Wired
from stm32trace.sigrok.samples import Samples
from stm32trace.sigrok.stack import OPTION

GROUP = 'pysigrok.decoders'


class PythonHost:
    """pysigrok, with the decoders that are installed for it."""

    name = 'pysigrok'

    def decoders(self) -> frozenset[str]:
        """Return the ids of all decoders that can be imported."""
        return frozenset(self._classes)

    @cached_property
    def _classes(self) -> Mapping[str, Any]:
        return {
            plugin.name: plugin.value
            for plugin in entry_points(GROUP)
            if isinstance(plugin.value, type) and issubclass(plugin.value, sigrokdecode.Decoder)
        }

    def describe(self, decoder: str) -> Description:
        """Return what one of them can be given."""
        made = self._classes[decoder]
        return Description(
            required=tuple(pin['id'] for pin in getattr(made, 'channels', ())),
            optional=tuple(pin['id'] for pin in getattr(made, 'optional_channels', ())),
            options=tuple(option['id'] for option in getattr(made, 'options', ())),
        )

    def run(self, wired: Wired, capture: CaptureReader) -> Iterator[Annotation]:
        """Yield what the top decoder says of a capture. Raises PluginError where a decoder fails."""
        said: list[Annotation] = []
        used = wired.used
        decoders = [self._instance(wired, number, used) for number in range(len(wired.channels))]
        top = decoders[-1]
        top.add_callback(sigrokdecode.OUTPUT_ANN, None, _Listener(wired.stack.top, top, said))
        for below, above in zip(decoders, decoders[1:], strict=False):
            below.add_callback(sigrokdecode.OUTPUT_PYTHON, None, above.decode)
        try:
            _drive(decoders, Samples(capture.blocks(used), len(used)), capture.info.sample_rate)
        except Exception as cause:  # a stranger's decoder may raise anything
            raise PluginError(
                f'{OPTION} {wired.stack.text}: expected a decoder that runs to the end, found'
                f' {type(cause).__name__}: {cause}; report it to its author',
                name=wired.stack.top,
                cause=cause,
            ) from cause
        yield from said

    def _instance(self, wired: Wired, layer: int, used: list[int]) -> Any:
        """Return one decoder of the stack, set up but not started."""
        name = wired.stack.layers[layer].decoder
        decoder = self._classes[name]()
        decoder.options = _options(name, type(decoder), wired.options[layer])
        decoder.callbacks = {}
        decoder.decoder_channel_to_data_channel = {}
        decoder.one_to_one = False
        for pin, channel in wired.channels[layer].items():
            decoder.set_channelnum(pin, used.index(channel))
        decoder.one_to_one = False  # its channels need not be all of the capture's
        return decoder


class _Listener:
    """Notes the annotations of one decoder."""

    def __init__(self, name: str, decoder: Any, said: list[Annotation]) -> None:
        self._name = name
        self._kinds = [kind[0] for kind in decoder.annotations]
        self._said = said

    def __call__(self, start: int, end: int, data: Any) -> None:
        kind, texts = data
        self._said.append(Annotation(start, end, self._name, self._kinds[kind], str(texts[0])))


def _drive(decoders: list[Any], samples: Samples, sample_rate: float | None) -> None:
    for decoder in decoders:
        decoder.reset()
    for decoder in decoders:
        if sample_rate:
            decoder.metadata(sigrokdecode.SRD_CONF_SAMPLERATE, round(sample_rate))
    for decoder in decoders:
        decoder.start()
    decoders[0].run(samples)
    for decoder in decoders:
        getattr(decoder, 'end', bool)()  # libsigrokdecode calls it since 0.6


def _options(name: str, made: Any, given: Mapping[str, str]) -> dict[str, Any]:
    """Return all options of a decoder, given ones in the type of their defaults. Raises OptionError."""
    values: dict[str, Any] = {}
    for option in getattr(made, 'options', ()):
        default = option['default']
        text = given.get(option['id'])
        try:
            values[option['id']] = default if text is None else type(default)(text)
        except ValueError as error:
            raise OptionError(
                f'{OPTION} {name}: expected a value like {default!r} for {option["id"]}, found {text!r}',
                option=OPTION,
            ) from error
    return values
