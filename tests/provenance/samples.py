"""What generators write, in the words and shapes that they use."""

from __future__ import annotations

import json

FOOOCUS = {
    "base_model": "juggernautXL_v8",
    "base_model_hash": "aeb7e9e689",
    "guidance_scale": 4,
    "metadata_scheme": "fooocus",
    "negative_prompt": "",
    "prompt": "a castle",
    "sampler": "dpmpp_2m_sde_gpu",
    "scheduler": "karras",
    "seed": "5",
    "sharpness": 2,
    "steps": 30,
}
INVOKE = {
    "positive_prompt": "a bowl of fruit",
    "negative_prompt": "",
    "scheduler": "euler",
    "seed": 3,
    "steps": 30,
    "cfg_scale": 7,
    "model": {"model_name": "stable-diffusion-v1-5"},
}
INVOKE_OLD = {
    "model_weights": "sd-1.4",
    "model_hash": "cc6cb27103417325ff94f52b7a5d2dde",
    "image": {
        "prompt": [{"prompt": "an astronaut", "weight": 1}],
        "sampler": "k_lms",
        "steps": 50,
        "cfg_scale": 7.5,
        "seed": 11,
    },
}
NOVELAI = {
    "Software": "NovelAI",
    "Source": "Stable Diffusion XL 4BE8C60C",
    "Description": "a girl with a teapot",
    "Comment": json.dumps({"sampler": "k_euler", "seed": 1, "steps": 28, "uc": "bad"}),
}
SWARM = {"sui_image_params": {"prompt": "a ship", "model": "sdxl", "seed": 9}}
MIDJOURNEY = (
    "a watercolour of a harbour --ar 16:9 --v 6.1 "
    "Job ID: 0c9a36ab-1c2d-4e5f-8a9b-0123456789ab"
)
EASY_DIFFUSION = {
    "prompt": "a mountain hut",
    "negative_prompt": "rain",
    "seed": "42",
    "use_stable_diffusion_model": "sd-v1-4",
    "num_inference_steps": "25",
}
