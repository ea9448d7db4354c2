"""CLIP's two towers (open_clip): pictures and texts as unit vectors in one space."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mmsr_lite.data.encoders.network import Opened, device, encode_pictures, opening

INSTALL = "pip install open_clip_torch, and torchvision from where torch came from"
EXAMPLE = "clip-text:FOLDER, or clip-text:NAME/PRETRAINED to fetch one, such as clip-text:ViT-B-32/laion2b_s34b_b79k"


def pictures(model: str) -> Opened:
    """A function from paths to (features (m, F) of those that open, present), by the tower that sees.

    Args:
        model: a folder, or a name that open_clip knows.

    Returns:
        The function.
    """
    network, ready, _ = _open(model)
    return partial(encode_pictures, ready=ready, network=partial(network.encode_image, normalize=True))


def texts(model: str) -> Opened:
    """A function from texts to (features (b, F), present), by the tower that reads (most models: 77 tokens).

    Args:
        model: a folder, or a name that open_clip knows.

    Returns:
        The function.
    """
    import torch

    network, _, tokenizer = _open(model)

    def encode(batch: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        with torch.inference_mode():
            found = network.encode_text(tokenizer(list(batch)).to(device()), normalize=True)  # (b, F)
        return found.float().cpu().numpy(), np.ones(len(batch), bool)

    return encode


def _open(model: str) -> tuple[Any, Any, Any]:
    """Network, what makes a picture a tensor, tokenizer; a folder holds open_clip_config.json and weights."""
    with opening("clip", INSTALL, model):
        import open_clip

        architecture, _, pretrained = model.partition("/")
        if Path(model).is_dir():
            architecture, pretrained = f"local-dir:{model}", ""
        network, ready = open_clip.create_model_from_pretrained(architecture, pretrained or None, device=device())
        return network.eval(), ready, open_clip.get_tokenizer(architecture)
