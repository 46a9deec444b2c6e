"""The manifest store of a file, as the c2pa library reports it, read for its history.

Source: C2PA Technical Specification 2.2, sections 15 (validation) and 18 (assertions).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from classifier.provenance.software import known_program
from classifier.provenance.source_types import term_of

MAX_MANIFESTS = 50
MAX_ACTIONS = 200

_UNTRUSTED = "signingCredential.untrusted"
_TRUSTED = "signingCredential.trusted"

# Actions that leave what is seen as it was.
_NOT_EDITS = {
    "c2pa.created",
    "c2pa.opened",
    "c2pa.converted",
    "c2pa.published",
    "c2pa.repackaged",
    "c2pa.transcoded",
    "c2pa.watermarked",
}

_GENERATED = ("trainedAlgorithmicMedia", "trainedAlgorithmicData")
_PART_GENERATED = "compositeWithTrainedAlgorithmicMedia"

# Actions after which parts of the picture may come from anywhere.
_FOREIGN_PARTS = {"c2pa.placed": "placed pictures", "c2pa.unknown": "unnamed changes"}

Json = dict[str, Any]


@dataclass(frozen=True)
class History:
    """What was done to a picture, newest manifest first.

    `programs` are the names given for who did it. `is_vouched_for` is whether the
    trust list covers the signers of all earlier manifests that contributed,
    `is_complete` whether the history was short enough to be read to its end.
    """

    actions: list[str]
    source_types: list[str]
    programs: list[str]
    is_vouched_for: bool
    is_complete: bool = True

    @property
    def is_edited(self) -> bool:
        """Whether an action changed what is seen."""
        return any(action not in _NOT_EDITS for action in self.actions)

    @property
    def foreign_parts(self) -> list[str]:
        """What else may have shaped the picture than its stated source."""
        known = filter(None, map(known_program, self.programs))
        generators = [name for claim, name in known if claim == "ai"]
        parts = [_FOREIGN_PARTS[a] for a in self.actions if a in _FOREIGN_PARTS]
        rest = [] if self.is_complete else ["changes beyond those that are read"]
        return list(dict.fromkeys([*generators, *parts, *rest]))


def active_manifest(store: Json) -> Json:
    """The newest manifest, the one that covers the file; empty when there is none."""
    return (store.get("manifests") or {}).get(store.get("active_manifest")) or {}


def program_of(manifest: Json) -> str:
    """The program that made the claim, such as `Adobe Firefly` or `ChatGPT`."""
    info = manifest.get("claim_generator_info")
    if isinstance(info, list) and info and isinstance(info[0], dict):
        return str(info[0].get("name", ""))
    return str(manifest.get("claim_generator") or "")


def read_history(store: Json) -> History:
    """The history of the picture along its parents.

    Only parents count, for an AI picture placed into a collage does not make the
    whole collage AI-generated; and only those that were sound when they were
    opened, for what a damaged manifest states may be about another picture.
    """
    lineage = list(islice(_lineage(store), MAX_MANIFESTS))
    actions = [a for manifest, _ in lineage for a in _actions(manifest)]
    done = actions[:MAX_ACTIONS]
    return History(
        actions=[str(action.get("action", "")) for action in done],
        source_types=[_source_type(a) for a in done if a.get("digitalSourceType")],
        programs=[
            *(program_of(manifest) for manifest, _ in lineage),
            *(_agent(action) for action in done),
        ],
        is_vouched_for=all(is_trusted for _, is_trusted in lineage),
        is_complete=len(done) == len(actions) and len(lineage) < MAX_MANIFESTS,
    )


def _lineage(store: Json) -> Iterator[tuple[Json, bool]]:
    """Each manifest from the active one back, and whether its signer is trusted."""
    manifests = store.get("manifests") or {}
    trusted_now = _trusted_ingredients(store)
    manifest, label, is_trusted = active_manifest(store), store["active_manifest"], True
    seen: set[str] = set()
    while manifest and label not in seen:
        yield manifest, is_trusted
        seen.add(label)
        parent = _sound_parent(manifest)
        address = f"{label}/c2pa.assertions/{parent.get('label')}"
        is_trusted = _UNTRUSTED not in _failures(parent) or address in trusted_now
        label = str(parent.get("active_manifest"))
        manifest = manifests.get(label) or {}


def _sound_parent(manifest: Json) -> Json:
    for ingredient in manifest.get("ingredients") or []:
        if ingredient.get("relationship") == "parentOf":
            return {} if _failures(ingredient) - {_UNTRUSTED} else ingredient
    return {}


def _failures(ingredient: Json) -> set[str]:
    """What was wrong with an ingredient when it was opened, by its user's account."""
    results = (ingredient.get("validation_results") or {}).get("activeManifest") or {}
    entries = [
        *(results.get("failure") or []),
        *(ingredient.get("validation_status") or []),
    ]
    return {str(entry.get("code")) for entry in entries}


def _trusted_ingredients(store: Json) -> set[str]:
    """Addresses of ingredients that this site's own trust list covers after all."""
    deltas = (store.get("validation_results") or {}).get("ingredientDeltas") or []
    return {
        str(delta.get("ingredientAssertionURI")).rpartition("/c2pa/")[2]
        for delta in deltas
        for entry in (delta.get("validationDeltas") or {}).get("success") or []
        if entry.get("code") == _TRUSTED
    }


def _actions(manifest: Json) -> list[Json]:
    return [
        action
        for assertion in manifest.get("assertions") or []
        if str(assertion.get("label", "")).startswith("c2pa.actions")
        and isinstance(assertion.get("data"), dict)
        for action in assertion["data"].get("actions") or []
        if isinstance(action, dict)
    ]


def _source_type(action: Json) -> str:
    """What the action says of the whole picture: a generated edit is only a part."""
    stated = str(action["digitalSourceType"])
    if action.get("action") == "c2pa.created" or term_of(stated) not in _GENERATED:
        return stated
    return _PART_GENERATED


def _agent(action: Json) -> str:
    """The program of one action: a name, or an object that holds one."""
    agent = action.get("softwareAgent")
    return str(agent.get("name", "") if isinstance(agent, dict) else agent or "")
