"""IPTC records of the older binary kind (IIM), kept by JPEG and TIFF files."""

from __future__ import annotations

from classifier.provenance.container import IptcRecords
from classifier.provenance.signals import Signal
from classifier.provenance.software import from_program_name

# Dataset numbers of record 2. Source: IPTC-NAA IIM 4.2.
_PROGRAM_FIELDS = {
    (2, 65): "IPTC originating program",
    (2, 80): "IPTC by-line",
    (2, 110): "IPTC credit",
    (2, 115): "IPTC source",
}


def read_iptc(records: IptcRecords) -> list[Signal]:
    """Signals of the IPTC fields that name a program."""
    signals = []
    for number, field in _PROGRAM_FIELDS.items():
        value = records.get(number)
        if not value:
            continue
        if isinstance(value, list):
            value = value[0]
        signal = from_program_name(
            "iptc", field, value[:500].decode("utf-8", "replace")
        )
        if signal is not None:
            signals.append(signal)
    return signals
