"""Texts that image generators leave in their files."""

from __future__ import annotations

import json

import pytest

from classifier.provenance import Signal, read
from tests.provenance.files import (
    AIGC_LABEL,
    WEBUI_PARAMETERS,
    aigc_json,
    comfy_json,
    comment_exif,
    png_with,
    png_with_late_text,
    unicode_comment,
    with_exif,
    with_xmp,
    xmp_packet,
)
from tests.provenance.samples import (
    EASY_DIFFUSION,
    FOOOCUS,
    INVOKE,
    INVOKE_OLD,
    MIDJOURNEY,
    NOVELAI,
    SWARM,
)


def ai_signal(data: bytes) -> Signal:
    signals = [signal for signal in read(data) if signal.claim == "ai"]
    assert len(signals) == 1
    assert signals[0].strength == "unsigned"
    return signals[0]


@pytest.mark.parametrize(
    ("texts", "generator", "prompt"),
    [
        (
            {"parameters": WEBUI_PARAMETERS},
            "a Stable Diffusion web UI",
            "a lighthouse at dusk, oil painting",
        ),
        ({"parameters": json.dumps(FOOOCUS)}, "Fooocus", "a castle"),
        ({"parameters": json.dumps(SWARM)}, "SwarmUI", "a ship"),
        ({"prompt": comfy_json(), "workflow": "{}"}, "ComfyUI", "a red fox"),
        ({"prompt": comfy_json()}, "ComfyUI", "a red fox"),
        ({"workflow": json.dumps({"nodes": [], "links": []})}, "ComfyUI", None),
        ({"invokeai_metadata": json.dumps(INVOKE)}, "InvokeAI", "a bowl of fruit"),
        ({"sd__metadata": json.dumps(INVOKE_OLD)}, "InvokeAI", "an astronaut"),
        ({"Dream": '"a cat" -s 50 -S 1'}, "InvokeAI", None),
        (NOVELAI, "NovelAI", "a girl with a teapot"),
        ({"Description": MIDJOURNEY}, "Midjourney", "a watercolour of a harbour"),
        (EASY_DIFFUSION, "Easy Diffusion", "a mountain hut"),
    ],
)
def test_the_generator_and_its_prompt_are_read_from_png_text(
    texts: dict[str, str], generator: str, prompt: str | None
) -> None:
    signal = ai_signal(png_with(**texts))
    assert signal.source == "png"
    assert signal.data["generator"] == generator
    assert signal.data.get("prompt") == prompt


def test_settings_of_a_web_ui_are_named() -> None:
    data = ai_signal(png_with(parameters=WEBUI_PARAMETERS)).data
    assert data["negative_prompt"] == "blurry, text"
    assert data["model"] == "dreamshaper_8"
    assert (data["sampler"], data["seed"], data["steps"]) == ("Euler a", "1234", "25")


def test_the_model_of_comfyui_is_named() -> None:
    data = ai_signal(png_with(prompt=comfy_json())).data
    assert data["model"] == "flux1-dev.safetensors"
    assert data["negative_prompt"] == "low quality"


def test_text_behind_the_pixels_is_read_without_decoding_them() -> None:
    data = png_with_late_text("parameters", WEBUI_PARAMETERS)
    assert ai_signal(data).data["seed"] == "1234"


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP", "AVIF"])
@pytest.mark.parametrize(
    "comment",
    [
        unicode_comment(WEBUI_PARAMETERS),
        unicode_comment(WEBUI_PARAMETERS, "utf-16-le"),
        b"ASCII\0\0\0" + WEBUI_PARAMETERS.encode(),
        WEBUI_PARAMETERS.encode(),
    ],
    ids=["big-endian", "little-endian", "ascii", "no coding"],
)
def test_settings_are_read_from_the_exif_user_comment(
    comment: bytes, file_format: str
) -> None:
    signal = ai_signal(with_exif(comment_exif(comment), file_format))
    assert signal.source == "exif"
    assert signal.data["prompt"] == "a lighthouse at dusk, oil painting"


def test_draw_things_keeps_its_settings_in_xmp() -> None:
    settings = json.dumps({"c": "a fjord", "model": "sd_v1.5.ckpt", "seed": 4})
    packet = xmp_packet(
        'xmp:CreatorTool="Draw Things"',
        "<exif:UserComment><rdf:Alt><rdf:li xml:lang='x-default'>"
        f"{settings}</rdf:li></rdf:Alt></exif:UserComment>",
    )
    prompts = [signal.data.get("prompt") for signal in read(with_xmp(packet, "PNG"))]
    assert "a fjord" in prompts


def test_midjourney_is_recognised_by_its_xmp_description() -> None:
    packet = xmp_packet(
        elements=f"<dc:description><rdf:Alt><rdf:li>{MIDJOURNEY}</rdf:li></rdf:Alt>"
        "</dc:description>"
    )
    assert ai_signal(with_xmp(packet)).data["generator"] == "Midjourney"


LABEL_FILES = {
    "png text": png_with(AIGC=aigc_json()),
    "png text, wrapped": png_with(AIGC=json.dumps({"AIGC": AIGC_LABEL})),
    "exif user comment": with_exif(
        comment_exif(json.dumps({"AIGC": AIGC_LABEL}).encode())
    ),
    "xmp element": with_xmp(
        xmp_packet(elements=f"<TC260:AIGC>{aigc_json()}</TC260:AIGC>")
    ),
    "xmp attribute": with_xmp(
        xmp_packet(f"TC260:AIGC='{aigc_json()}'"), file_format="WEBP"
    ),
}


@pytest.mark.parametrize("data", LABEL_FILES.values(), ids=LABEL_FILES.keys())
def test_the_chinese_label_is_read_wherever_it_may_stand(data: bytes) -> None:
    signal = ai_signal(data)
    assert "AIGC label" in signal.detail
    assert signal.data["producer"] == AIGC_LABEL["ContentProducer"]


@pytest.mark.parametrize("label", ["2", "3"])
def test_a_label_of_suspicion_is_not_a_claim(label: str) -> None:
    text = json.dumps(AIGC_LABEL | {"Label": label})
    (signal,) = read(png_with(AIGC=text))
    assert signal.claim == "unknown"


@pytest.mark.parametrize(
    "texts",
    [
        {"parameters": "anything a person may write"},
        {"parameters": "Steps to reproduce: open the file"},
        {"prompt": "write your name"},
        {"prompt": '{"name": "value"}'},
        {"workflow": "approved by marketing"},
        {"Description": "My holiday. Job ID: none"},
        {"Software": "gnome-screenshot"},
        {"Comment": "Imagen de Firefly, Gemini y Flux"},
        {"AIGC": "not a label"},
    ],
)
def test_everyday_texts_are_no_sign_of_anything(texts: dict[str, str]) -> None:
    assert read(png_with(**texts)) == []
