"""Content Credentials: trusted, signed and broken are told apart, offline."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from classifier.provenance import Signal, TrustSettings, read
from tests.images import encode, jpeg, picture
from tests.provenance.files import with_xmp, xmp_packet
from tests.provenance.signing import (
    Authority,
    created,
    make_authority,
    opened,
    sign,
)


def only(signals: list[Signal]) -> Signal:
    assert len(signals) == 1
    return signals[0]


def tampered(data: bytes) -> bytes:
    """The same file with one bit of its pixels changed."""
    place = len(data) - 400
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def test_a_signer_on_the_trust_list_is_trusted(
    authority: Authority, trust: TrustSettings
) -> None:
    signal = only(read(sign(jpeg(), authority), trust))
    assert (signal.source, signal.claim, signal.strength) == ("c2pa", "ai", "trusted")
    assert "Camera Works Ltd" in signal.detail
    assert signal.data["signer"] == "Camera Works Ltd"
    assert signal.data["digital_source_type"] == "trainedAlgorithmicMedia"
    assert signal.data["actions"] == "c2pa.created"


def test_without_a_trust_list_nobody_is_trusted(authority: Authority) -> None:
    signal = only(read(sign(jpeg(), authority)))
    assert (signal.claim, signal.strength) == ("ai", "signed")


def test_a_signer_outside_the_trust_list_is_only_signed(trust: TrustSettings) -> None:
    signal = only(read(sign(jpeg(), make_authority("Stranger")), trust))
    assert signal.strength == "signed"
    assert signal.data["signer"] == "Stranger"


def test_a_changed_pixel_breaks_the_credentials(
    authority: Authority, trust: TrustSettings
) -> None:
    signal = only(read(tampered(sign(jpeg(), authority)), trust))
    assert signal.strength == "broken"
    assert "fail verification" in signal.detail


def test_credentials_moved_to_another_picture_are_broken(
    authority: Authority, trust: TrustSettings
) -> None:
    signed, other = sign(jpeg(), authority), jpeg(seed=9)
    end_of_metadata = signed.index(b"\xff\xdb")
    moved = signed[:end_of_metadata] + other[other.index(b"\xff\xdb") :]
    assert only(read(moved, trust)).strength == "broken"


def test_a_damaged_manifest_is_broken_and_claims_nothing(authority: Authority) -> None:
    signed = bytearray(sign(jpeg(), authority))
    place = signed.index(b"c2pa.claim")
    signed[place : place + 10] = b"\0" * 10
    signal = only(read(bytes(signed)))
    assert (signal.claim, signal.strength) == ("unknown", "broken")


@pytest.mark.parametrize(
    ("source_type", "claim"),
    [
        ("trainedAlgorithmicMedia", "ai"),
        ("compositeWithTrainedAlgorithmicMedia", "edited"),
        ("digitalCapture", "camera"),
        ("computationalCapture", "camera"),
        ("digitalCreation", "unknown"),
    ],
)
def test_the_source_type_decides_the_claim(
    source_type: str, claim: str, authority: Authority, trust: TrustSettings
) -> None:
    signed = sign(jpeg(), authority, actions=[created(source_type)])
    signal = only(read(signed, trust))
    assert signal.claim == claim
    assert signal.data["digital_source_type"] == source_type


@pytest.mark.parametrize(
    ("file_format", "media_type"),
    [
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("AVIF", "image/avif"),
        ("HEIF", "image/heic"),
        ("TIFF", "image/tiff"),
        ("GIF", "image/gif"),
    ],
)
def test_credentials_are_found_in_every_format(
    file_format: str, media_type: str, authority: Authority, trust: TrustSettings
) -> None:
    image = encode(picture(64, 48), file_format)
    signal = read(sign(image, authority, media_type=media_type), trust)[0]
    assert (signal.source, signal.strength) == ("c2pa", "trusted")


def test_the_origin_of_an_edited_picture_is_that_of_its_parent(
    authority: Authority, trust: TrustSettings
) -> None:
    edits = [opened(), {"action": "c2pa.cropped"}]
    edited = sign(
        jpeg(seed=1), authority, actions=edits, parent=sign(jpeg(), authority)
    )
    signal = only(read(edited, trust))
    assert (signal.claim, signal.strength) == ("ai", "trusted")
    assert "c2pa.cropped" in signal.data["actions"]


def test_a_trusted_editor_does_not_lend_its_trust_to_a_stranger(
    authority: Authority, trust: TrustSettings
) -> None:
    strange = sign(jpeg(), make_authority("Stranger"))
    edited = sign(jpeg(seed=1), authority, actions=[opened()], parent=strange)
    assert only(read(edited, trust)).strength == "signed"


def test_the_trust_list_can_cover_both_editor_and_origin(
    authority: Authority, tmp_path: Path
) -> None:
    other = make_authority("Generator Inc")
    anchors = tmp_path / "both.pem"
    anchors.write_bytes(authority.root + other.root)
    parent = sign(jpeg(), other)
    edited = sign(jpeg(seed=1), authority, actions=[opened()], parent=parent)
    assert only(read(edited, TrustSettings(anchors))).strength == "trusted"


def test_the_statement_of_a_tampered_parent_is_not_repeated(
    authority: Authority, trust: TrustSettings
) -> None:
    parent = tampered(sign(jpeg(), authority))
    edited = sign(jpeg(seed=1), authority, actions=[opened()], parent=parent)
    assert only(read(edited, trust)).claim == "unknown"


def test_edits_without_a_source_type_are_edits(
    authority: Authority, trust: TrustSettings
) -> None:
    actions = [opened(), {"action": "c2pa.color_adjustments"}]
    edited = sign(jpeg(seed=1), authority, actions=actions, parent=jpeg())
    assert only(read(edited, trust)).claim == "edited"


def test_a_generator_known_by_name_needs_no_source_type(
    authority: Authority, trust: TrustSettings
) -> None:
    actions = [{"action": "c2pa.opened", "parameters": {"ingredientIds": ["p"]}}]
    signed = sign(
        jpeg(), authority, actions=actions, parent=jpeg(), program="Bing Image Creator"
    )
    assert only(read(signed, trust)).claim == "ai"


def test_remote_credentials_are_named_and_never_fetched() -> None:
    # The library connects from native code; a server that nobody may call shows it.
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/manifest"
        packet = xmp_packet(
            f'xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{address}"'
        )
        signal = only(read(with_xmp(packet)))
        with pytest.raises(TimeoutError):
            server.accept()
    assert (signal.claim, signal.strength) == ("unknown", "unsigned")
    assert "not fetched" in signal.detail


@pytest.mark.parametrize("content", [None, "", "no certificate", "-----BEGIN"])
def test_an_unusable_trust_list_trusts_nobody_and_breaks_nothing(
    content: str | None, authority: Authority, tmp_path: Path
) -> None:
    anchors = tmp_path / "anchors.pem"
    if content is not None:
        anchors.write_text(content)
    signal = only(read(sign(jpeg(), authority), TrustSettings(anchors)))
    assert (signal.claim, signal.strength) == ("ai", "signed")


def test_a_library_that_cannot_be_loaded_costs_only_the_signal(
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    signed = sign(jpeg(), authority)
    monkeypatch.setitem(sys.modules, "c2pa", None)
    assert read(signed) == []
    assert "c2pa cannot be loaded" in caplog.text


def test_the_native_library_is_loaded_only_for_files_with_credentials() -> None:
    code = (
        "import sys; from tests.images import jpeg; "
        "from classifier.provenance import read; read(jpeg()); "
        "loaded = {'c2pa', 'django'} & set(sys.modules); "
        "sys.exit(repr(loaded) if loaded else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
