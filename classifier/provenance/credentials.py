"""C2PA Content Credentials: who signed the file, and what the signer states."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from classifier.provenance.manifests import (
    History,
    Json,
    active_manifest,
    program_of,
    read_history,
)
from classifier.provenance.signals import (
    Claim,
    Signal,
    Strength,
    TrustSettings,
    clean,
    finding,
)
from classifier.provenance.software import known_program
from classifier.provenance.source_types import SOURCE_TYPES, term_of, weightiest

if TYPE_CHECKING:
    import c2pa

logger = logging.getLogger(__name__)

# No remote manifest, no revocation query, no identity document: reading a picture
# never opens a connection.
_OFFLINE = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "core": {"allowed_network_hosts": [], "decode_identity_assertions": False},
}


def read_credentials(data: bytes, trust: TrustSettings) -> list[Signal]:
    """The signal of the file's Content Credentials, or none when it carries none.

    Source: C2PA Technical Specification 2.x, verified by the c2pa library.
    """
    # The library is large and its parser native: it is not fed files that hold
    # neither an embedded manifest nor a reference to a remote one.
    if not (b"jumb" in data and b"c2pa" in data) and b"dcterms:provenance" not in data:
        return []
    try:
        import c2pa
    except Exception:
        logger.exception("c2pa cannot be loaded; Content Credentials are not read")
        return []
    with _open_context(trust) as (context, is_trust_checked):
        try:
            with c2pa.Reader(io.BytesIO(data), context=context) as reader:
                store = json.loads(reader.json())
                state = reader.get_validation_state()
        except (c2pa.C2paError.ManifestNotFound, c2pa.C2paError.NotSupported):
            return []
        except (c2pa.C2paError, ValueError, RecursionError) as error:
            return [_unreadable(error)]
    return [_from_store(store, state, is_trust_checked=is_trust_checked)]


@contextmanager
def _open_context(trust: TrustSettings) -> Iterator[tuple[c2pa.Context, bool]]:
    """The library's settings for one file, and whether they hold a trust list.

    A trust list that is missing or malformed must not cost anybody a prediction: it
    is logged, and nobody is trusted.
    """
    import c2pa

    anchors = _anchors(trust)
    context = None
    if anchors:
        try:
            settings = _OFFLINE | {"trust": {"trust_anchors": anchors}}
            context = c2pa.Context.from_dict(settings)
        except c2pa.C2paError:
            logger.exception("the C2PA trust list %s is not usable", trust.anchors)
    is_trust_checked = context is not None
    with context or c2pa.Context.from_dict(_OFFLINE) as opened:
        yield opened, is_trust_checked


def _anchors(trust: TrustSettings) -> str:
    if trust.anchors is None:
        return ""
    try:
        return trust.anchors.read_text()
    except (OSError, ValueError):
        logger.exception("the C2PA trust list %s cannot be read", trust.anchors)
        return ""


def _unreadable(error: Exception) -> Signal:
    if str(error).startswith("Remote:"):
        return finding(
            "c2pa",
            "unknown",
            "The file points to Content Credentials kept on another server; "
            "they are not fetched.",
        )
    logger.info("unreadable Content Credentials: %s", clean(error, 200))
    return finding(
        "c2pa",
        "unknown",
        "The file carries Content Credentials that are damaged or too old to verify.",
        strength="broken",
    )


def _from_store(store: Json, state: str | None, *, is_trust_checked: bool) -> Signal:
    active = active_manifest(store)
    history = read_history(store)
    term = weightiest([term_of(kind) for kind in history.source_types])
    claim, words = _statement(term, history)
    strength = _strength(state, is_trusted=is_trust_checked and history.is_vouched_for)
    signature = active.get("signature_info") or {}
    signer = clean(signature.get("issuer") or signature.get("common_name") or "", 80)
    return finding(
        "c2pa",
        claim,
        _sentence(strength, signer or "an unnamed signer", words),
        strength=strength,
        signer=signer,
        signed_at=signature.get("time"),
        software=program_of(active),
        digital_source_type=term,
        actions=", ".join(dict.fromkeys(history.actions)),
        foreign_parts=", ".join(history.foreign_parts),
        title=active.get("title"),
    )


def _statement(term: str | None, history: History) -> tuple[Claim, str]:
    """The claim, and the words that end “… state that the picture”."""
    if term is not None:
        return SOURCE_TYPES[term]
    # Before the vocabulary was common, generators signed with their name alone.
    for claim, name in filter(None, map(known_program, history.programs)):
        if claim == "ai":
            return "ai", f"was made with {name}"
    return ("edited", "was edited") if history.is_edited else ("unknown", "")


def _strength(state: str | None, *, is_trusted: bool) -> Strength:
    if state not in ("Valid", "Trusted"):
        return "broken"
    return "trusted" if state == "Trusted" and is_trusted else "signed"


def _sentence(strength: Strength, signer: str, words: str) -> str:
    stated = (
        f"state that the picture {words}"
        if words
        else "don't say how the picture was made"
    )
    if strength == "trusted":
        return f"Content Credentials signed by {signer}, a trusted signer, {stated}."
    if strength == "signed":
        return (
            f"Valid Content Credentials signed by {signer} {stated}; "
            "not every signer is on this site's trust list."
        )
    return (
        f"Content Credentials that name {signer} {stated}, but they fail "
        "verification, so they support nothing."
    )
