"""Texts in which image generators keep prompts, models and settings."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from classifier.provenance import aigc
from classifier.provenance.signals import Signal, Source, finding
from classifier.provenance.software import from_program_name

if TYPE_CHECKING:
    from sd_parsers.parsers import Parser

Texts = Mapping[str, str]
Facts = dict[str, object]

# The parsers below search with patterns that take quadratic time in the worst case.
MAX_PARSED = 16 * 1024
MAX_GRAPH = 1024 * 1024
MAX_NODES = 2000

_WEBUI_SETTINGS = re.compile(r"\bSteps: \d{1,6}\b.{0,400}?\b(Sampler|Seed|CFG scale): ")
_JOB_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_INVOKE_KEYS = ("invokeai_metadata", "sd-metadata", "invokeai_graph", "Dream")


def read_texts(source: Source, texts: Texts) -> list[Signal]:
    """Signals of named texts, by the names that PNG files use for them."""
    found = [reader(source, texts) for reader in _READERS]
    signals = [signal for signal in found if signal is not None]
    # The settings name the program better than its own field does.
    named = None if signals else _from_software(source, texts)
    return signals if named is None else [named]


def read_comment(text: str) -> list[Signal]:
    """Signals of the comment of a JPEG or GIF file, where settings may stand too."""
    if not text:
        return []
    names = ("parameters", "Description", "AIGC")
    return read_texts("comment", dict.fromkeys(names, text))


def _generated(source: Source, generator: str, facts: Facts) -> Signal:
    return finding(
        source,
        "ai",
        f"The file holds the generation settings of {generator}; "
        "anybody can write such a text.",
        generator=generator,
        **facts,
    )


def _from_webui(source: Source, texts: Texts) -> Signal | None:
    """`parameters`: AUTOMATIC1111 and its kin, Fooocus, SwarmUI."""
    from sd_parsers.parsers import AUTOMATIC1111Parser, FooocusParser

    text = texts.get("parameters", "")[:MAX_PARSED]
    if not text:
        return None
    swarm = _json_object(text).get("sui_image_params")
    if isinstance(swarm, dict):
        return _generated(source, "SwarmUI", _picked(swarm, _SWARM_NAMES))
    facts = _parsed(FooocusParser, {"parameters": text})
    if facts is not None:
        return _generated(source, "Fooocus", facts)
    if _WEBUI_SETTINGS.search(text):
        facts = _parsed(AUTOMATIC1111Parser, {"parameters": text})
        return _generated(source, "a Stable Diffusion web UI", facts or {})
    return None


def _from_comfyui(source: Source, texts: Texts) -> Signal | None:
    """`prompt` and `workflow`; own code, as files of the API hold no workflow."""
    graph = _json_object(texts.get("prompt", "")[: MAX_GRAPH + 1])
    nodes = {
        key: node
        for key, node in islice(graph.items(), MAX_NODES)
        if isinstance(node, dict)
        and "class_type" in node
        and isinstance(node.get("inputs"), dict)
    }
    if nodes:
        return _generated(source, "ComfyUI", _comfyui_facts(nodes))
    workflow = _json_object(texts.get("workflow", "")[: MAX_GRAPH + 1])
    if isinstance(workflow.get("nodes"), list):
        return _generated(source, "ComfyUI", {})
    return None


def _comfyui_facts(nodes: dict[str, dict]) -> Facts:
    inputs = [node["inputs"] for node in nodes.values()]
    facts: Facts = {
        "prompt": _linked_text(nodes, inputs, "positive"),
        "negative_prompt": _linked_text(nodes, inputs, "negative"),
    }
    model_names = ("ckpt_name", "unet_name", "model_name")
    models = (i[name] for i in inputs for name in model_names if name in i)
    facts["model"] = next((model for model in models if isinstance(model, str)), None)
    return facts


def _linked_text(nodes: dict[str, dict], inputs: list[dict], role: str) -> str | None:
    """The text of the node that the first sampler's `role` input points to."""
    for link in (values.get(role) for values in inputs):
        if isinstance(link, list) and link:
            target = nodes.get(str(link[0]), {}).get("inputs", {})
            text = target.get("text", target.get("text_g"))
            if isinstance(text, str):
                return text
    return None


def _from_invokeai(source: Source, texts: Texts) -> Signal | None:
    from sd_parsers.parsers import InvokeAIParser

    if not any(name in texts for name in _INVOKE_KEYS):
        return None
    kept = {
        name: texts[name][:MAX_PARSED] for name in _INVOKE_KEYS[:2] if name in texts
    }
    return _generated(source, "InvokeAI", _parsed(InvokeAIParser, kept) or {})


def _from_novelai(source: Source, texts: Texts) -> Signal | None:
    from sd_parsers.parsers import NovelAIParser

    if texts.get("Software", "").strip() != "NovelAI":
        return None
    kept = {
        "Comment": texts.get("Comment", "")[:MAX_PARSED],
        "Description": texts.get("Description", "")[:MAX_PARSED],
        "Source": texts.get("Source", "")[:200],
    }
    return _generated(source, "NovelAI", _parsed(NovelAIParser, kept) or {})


def _from_midjourney(source: Source, texts: Texts) -> Signal | None:
    text = texts.get("Description", "")[:MAX_PARSED]
    head, mark, tail = text.partition("Job ID: ")
    if not mark or not _JOB_ID.match(tail):
        return None
    prompt, dashes, flags = head.partition(" --")
    facts: Facts = {"prompt": prompt, "job_id": tail[:36]}
    if dashes:
        facts["settings"] = f"--{flags}"
    return _generated(source, "Midjourney", facts)


def _from_draw_things(source: Source, texts: Texts) -> Signal | None:
    settings = _json_object(texts.get("draw_things", "")[:MAX_PARSED])
    if not settings:
        return None
    return _generated(source, "Draw Things", _picked(settings, _DRAW_THINGS_NAMES))


def _from_easy_diffusion(source: Source, texts: Texts) -> Signal | None:
    """Easy Diffusion gives each setting a text of its own."""
    if not any(name in texts for name in _EASY_DIFFUSION_NAMES["model"]):
        return None
    facts = {
        ours: next((texts[name] for name in theirs if name in texts), None)
        for ours, theirs in _EASY_DIFFUSION_NAMES.items()
    }
    return _generated(source, "Easy Diffusion", facts)


def _from_label(source: Source, texts: Texts) -> Signal | None:
    return aigc.from_label(source, texts["AIGC"]) if "AIGC" in texts else None


def _from_software(source: Source, texts: Texts) -> Signal | None:
    for name in ("Software", "software", "CreatorTool", "Source"):
        if texts.get(name):
            return from_program_name(source, f"{source.upper()} {name}", texts[name])
    return None


_READERS: tuple[Callable[[Source, Texts], Signal | None], ...] = (
    _from_webui,
    _from_comfyui,
    _from_invokeai,
    _from_novelai,
    _from_midjourney,
    _from_draw_things,
    _from_easy_diffusion,
    _from_label,
)
_EASY_DIFFUSION_NAMES = {
    "prompt": ("prompt", "Prompt"),
    "negative_prompt": ("negative_prompt", "Negative Prompt"),
    "model": ("use_stable_diffusion_model", "Stable Diffusion model"),
    "seed": ("seed", "Seed"),
}

_SWARM_NAMES = {
    "prompt": "prompt",
    "negative_prompt": "negativeprompt",
    "model": "model",
    "seed": "seed",
}
_DRAW_THINGS_NAMES = {
    "prompt": "c",
    "negative_prompt": "uc",
    "model": "model",
    "sampler": "sampler",
    "seed": "seed",
}


def _picked(values: Mapping[str, object], names: Mapping[str, str]) -> Facts:
    """Our names for the plain values among theirs."""
    plain = {ours: values.get(theirs) for ours, theirs in names.items()}
    return {k: v for k, v in plain.items() if isinstance(v, str | int | float)}


def _parsed(parser: type[Parser], texts: Texts) -> Facts | None:
    """What sd-parsers makes of `texts`; `None` when it cannot read them."""
    try:
        info = parser().parse(dict(texts))
        sampler = info.samplers[0]
        return {
            "prompt": info.full_prompt,
            "negative_prompt": info.full_negative_prompt,
            "model": ", ".join(str(model) for model in info.models),
            "sampler": sampler.name,
            "seed": sampler.parameters.get("seed"),
            "steps": sampler.parameters.get("steps"),
        }
    except Exception:  # noqa: BLE001 - besides ParserError, any error of odd JSON types
        return None


def _json_object(text: str) -> dict[str, object]:
    """The JSON object that `text` is; empty when it is anything else."""
    if not text.lstrip().startswith("{") or len(text) > MAX_GRAPH:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
