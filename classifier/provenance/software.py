"""Names that programs write into the files they save: generators and editors."""

from __future__ import annotations

import re

from classifier.provenance.signals import Claim, Signal, Source, finding

MAX_NAME = 500

# Each name with the words that give it away, in fields that hold a program's name.
# Words of everyday language (“Imagen”, “Gemini”, “Flux”) count only with their maker.
_GENERATORS = {
    "OpenAI": r"openai|chatgpt|dall[-·•. ]?e\b|gpt-image|\bsora\b",
    "Google AI": r"(made|created|generated) with google ai|google (imagen|gemini)"
    r"|nano banana",
    "Midjourney": r"midjourney",
    "Adobe Firefly": r"adobe[ _]firefly",
    "Stable Diffusion": r"stable[ _-]?diffusion|\bsdxl\b|automatic1111|dreamstudio"
    r"|sd\.next|stability\.?ai",
    "ComfyUI": r"comfyui",
    "InvokeAI": r"invokeai|invoke-ai",
    "NovelAI": r"novelai",
    "Fooocus": r"fooocus",
    "Draw Things": r"draw things",
    "DiffusionBee": r"diffusionbee",
    "SwarmUI": r"swarmui",
    "Microsoft image generator": r"bing image creator|microsoft designer"
    r"|microsoft copilot",
    "FLUX": r"black forest labs|\bflux[.-][12]",
    "Meta AI": r"\bmeta ai\b|imagined with ai",
    "xAI Grok": r"\bxai\b|grok imagine",
    "Leonardo.Ai": r"leonardo\.ai",
    "Ideogram": r"ideogram",
    "Recraft": r"recraft",
    "Krea": r"krea\.ai",
    "NightCafe": r"nightcafe",
    "Craiyon": r"craiyon",
    "Playground": r"playground ?ai",
    "Runway": r"runwayml|runway gen",
    "Artbreeder": r"artbreeder",
    "Seedream": r"seedream|doubao|豆包|jimeng|即梦|dreamina",
    "Kling": r"\bkling ?ai|可灵",
    "Tongyi Wanxiang": r"tongyi|通义|qwen-image|wanxiang",
    "ERNIE": r"ernie-vilg|文心一格",
    "Hunyuan": r"hunyuan|混元",
}
_EDITORS = {
    "Google AI": r"edited with google ai",
    "Adobe Photoshop": r"photoshop",
    "Adobe Lightroom": r"lightroom",
    "Adobe Camera Raw": r"adobe.*camera raw",
    "GIMP": r"\bgimp\b",
    "Affinity": r"affinity (photo|designer)|\bserif affinity",
    "Capture One": r"capture one",
    "darktable": r"darktable",
    "RawTherapee": r"rawtherapee",
    "DxO": r"\bdxo\b",
    "Luminar": r"luminar",
    "Pixelmator": r"pixelmator",
    "Snapseed": r"snapseed",
    "Picsart": r"picsart",
    "Canva": r"\bcanva\b",
    "Photopea": r"photopea",
    "PaintShop": r"paint ?shop",
    "Paint.NET": r"paint\.net",
    "Facetune": r"facetune",
    "Meitu": r"meitu|美图",
}

# An editor's name goes first: “Adobe Photoshop (Firefly)” is an edited picture, and
# “Edited with Google AI” is not “Made with Google AI”.
_PROGRAMS: list[tuple[Claim, str, re.Pattern[str]]] = [
    (claim, name, re.compile(pattern, re.IGNORECASE))
    for claim, table in (("edited", _EDITORS), ("ai", _GENERATORS))
    for name, pattern in table.items()
]


def known_program(value: str) -> tuple[Claim, str] | None:
    """What a program's name stands for, and the name we know it by."""
    for claim, name, pattern in _PROGRAMS:
        if pattern.search(value[:MAX_NAME]):
            return claim, name
    return None


def from_program_name(source: Source, field: str, value: str) -> Signal | None:
    """A signal when the text of a program field names a known generator or editor."""
    known = known_program(value)
    if known is None:
        return None
    claim, name = known
    made = "made with" if claim == "ai" else "edited or saved with"
    return finding(
        source,
        claim,
        f"The {field} field says that the picture was {made} {name}; "
        "anybody can write this field.",
        software=value,
    )
