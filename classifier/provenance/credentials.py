"""C2PA Content Credentials: who signed the file, and what the signer states."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from classifier.provenance.signals import (
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

MAX_MANIFESTS = 50
MAX_ACTIONS = 200

# No remote manifest, no revocation query, no identity document: reading a picture
# never opens a connection.
_OFFLINE = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "core": {"allowed_network_hosts": [], "decode_identity_assertions": False},
}
# Actions that leave what is seen as it was. Source: C2PA 2.2, 18.14.
_NOT_EDITS = {
    "c2pa.created",
    "c2pa.opened",
    "c2pa.converted",
    "c2pa.published",
    "c2pa.repackaged",
    "c2pa.transcoded",
    "c2pa.watermarked",
    None,
}
_UNTRUSTED = "signingCredential.untrusted"

Manifest = dict[str, Any]


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


def _from_store(
    store: dict[str, Any], state: str | None, *, is_trust_checked: bool
) -> Signal:
    manifests = store.get("manifests") or {}
    active = manifests.get(store.get("active_manifest")) or {}
    actions = list(islice(_actions(manifests, active), MAX_ACTIONS))
    term = weightiest([term_of(kind) for kind in _source_types(actions)])
    claim, words = _statement(term, active, actions)
    strength = _strength(store, state, is_trust_checked=is_trust_checked)
    signature = active.get("signature_info") or {}
    signer = clean(signature.get("issuer") or signature.get("common_name") or "", 80)
    return finding(
        "c2pa",
        claim,
        _sentence(strength, signer or "an unnamed signer", words),
        strength=strength,
        signer=signer,
        signed_at=signature.get("time"),
        software=_generator(active),
        digital_source_type=term,
        actions=", ".join(dict.fromkeys(str(a.get("action", "")) for a in actions)),
        title=active.get("title"),
    )


def _strength(
    store: dict[str, Any], state: str | None, *, is_trust_checked: bool
) -> Strength:
    """`trusted` only when the owner's list vouches for every signer on the way."""
    if state not in ("Valid", "Trusted"):
        return "broken"
    results = json.dumps(store.get("validation_results") or {})
    if state == "Trusted" and is_trust_checked and _UNTRUSTED not in results:
        return "trusted"
    return "signed"


def _statement(
    term: str | None, active: Manifest, actions: list[dict[str, Any]]
) -> tuple[Claim, str]:
    """The claim, and the words that end “… state that the picture”."""
    if term is not None:
        return SOURCE_TYPES[term]
    agents = [_generator(active), *(_agent(action) for action in actions)]
    for claim, name in filter(None, map(known_program, agents)):
        if claim == "ai":
            return "ai", f"was made with {name}"
    if any(action.get("action") not in _NOT_EDITS for action in actions):
        return "edited", "was edited"
    return "unknown", ""


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
            "the signer is not on this site's trust list."
        )
    return (
        f"Content Credentials that name {signer} {stated}, but they fail "
        "verification, so they support nothing."
    )


def _actions(
    manifests: dict[str, Manifest], active: Manifest
) -> Iterator[dict[str, Any]]:
    """The actions of the active manifest, then of the pictures it was made from.

    Only parents count: an AI picture placed into a collage does not make the whole
    collage AI-generated.
    """
    manifest: Manifest | None = active
    seen: set[str] = set()
    while manifest is not None and len(seen) < MAX_MANIFESTS:
        yield from _own_actions(manifest)
        parents = [
            str(ingredient.get("active_manifest"))
            for ingredient in manifest.get("ingredients") or []
            if ingredient.get("relationship") == "parentOf"
        ]
        label = next((p for p in parents if p in manifests and p not in seen), None)
        manifest = manifests[label] if label else None
        seen.add(label or "")


def _own_actions(manifest: Manifest) -> Iterator[dict[str, Any]]:
    for assertion in manifest.get("assertions") or []:
        if str(assertion.get("label", "")).startswith("c2pa.actions"):
            data = assertion.get("data") or {}
            actions = data.get("actions") if isinstance(data, dict) else None
            yield from (a for a in actions or [] if isinstance(a, dict))


def _source_types(actions: list[dict[str, Any]]) -> list[str]:
    return [
        str(action["digitalSourceType"])
        for action in actions
        if action.get("digitalSourceType")
    ]


def _generator(manifest: Manifest) -> str:
    """The program that made the claim, such as `Adobe Firefly` or `ChatGPT`."""
    info = manifest.get("claim_generator_info")
    if isinstance(info, list) and info and isinstance(info[0], dict):
        return str(info[0].get("name", ""))
    return str(manifest.get("claim_generator") or "")


def _agent(action: dict[str, Any]) -> str:
    """The program of one action: a name, or an object that holds one."""
    agent = action.get("softwareAgent")
    return str(agent.get("name", "") if isinstance(agent, dict) else agent or "")
