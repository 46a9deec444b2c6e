"""Damaged metadata around sound pixels: no crash, no stall, a prediction each time."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.inference.detector import Detector, load_detector
from classifier.provenance import read
from classifier.verdicts import credential_rule, decide
from tests.bundles import tiny_bundle
from tests.provenance.envelopes import Envelope, envelopes
from tests.provenance.signing import Authority
from tests.provenance.stalls import stall_is_an_error

CASES = 5_000

# Where, relative to the length, and what is done there.
PLACES = st.floats(0, 1, exclude_max=True)
DAMAGE = st.one_of(
    st.tuples(st.just("set"), PLACES, st.binary(min_size=1, max_size=8)),
    st.tuples(st.just("insert"), PLACES, st.binary(min_size=1, max_size=40)),
    st.tuples(st.just("delete"), PLACES, st.integers(1, 60)),
    st.tuples(st.just("repeat"), PLACES, st.integers(1, 4000)),
    st.tuples(st.just("cut"), PLACES, st.just(0)),
    st.tuples(st.just("flip"), PLACES, st.integers(0, 7)),
)


def damaged(payload: bytes, edits: list[tuple]) -> bytes:
    """The payload after the edits, at most 64 KB of it."""
    for kind, share, what in edits:
        place = int(share * len(payload))
        head, tail = payload[:place], payload[place:]
        if kind == "set":
            payload = head + what + tail[len(what) :]
        elif kind == "insert":
            payload = head + what + tail
        elif kind == "delete":
            payload = head + tail[what:]
        elif kind == "repeat":
            payload = head + tail[:30] * what + tail[30:]
        elif kind == "cut":
            payload = head
        elif tail:
            payload = head + bytes([tail[0] ^ 1 << what]) + tail[1:]
        payload = payload[:65_536]
    return payload


@pytest.fixture(scope="module")
def places(authority: Authority) -> dict[str, Envelope]:
    return envelopes(authority)


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    """A network with the smallest view, so that the cases take their time elsewhere."""
    return load_detector(tiny_bundle(tmp_path_factory.mktemp("small"), size=32))


def test_every_place_is_read_while_it_is_sound(places: dict[str, Envelope]) -> None:
    silent = [name for name, e in places.items() if not read(e.wrap(e.payload))]

    assert silent == ["PNG tEXt Description"]


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
@settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_damaged_metadata_costs_no_prediction(
    places: dict[str, Envelope], detector: Detector, data: st.DataObject
) -> None:
    place = places[data.draw(st.sampled_from(sorted(places)))]
    edits = data.draw(st.lists(DAMAGE, min_size=1, max_size=6))
    file = place.wrap(damaged(place.payload, edits))

    with stall_is_an_error():
        signals = read(file)
        detection = detector.detect(file)

    ruling = decide(detection.verdict, credential=credential_rule(signals))
    assert ruling.verdict == detection.verdict
    for signal in signals:
        assert signal.detail.isprintable()
        assert len(signal.detail) <= 300
