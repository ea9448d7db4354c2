"""The two networks of CLIP (open_clip), which encode pictures and texts as unit vectors in one space."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mmsr_lite.data.encoders.network import Opened, device, encode_pictures, opening

INSTALL = "pip install open_clip_torch, and torchvision from where torch came from"
EXAMPLE = "clip-text:FOLDER, or clip-text:NAME/PRETRAINED to fetch one, such as clip-text:ViT-B-32/laion2b_s34b_b79k"


def pictures(model: str) -> Opened:
    """Load the network of CLIP for pictures.

    Args:
        model: a folder, or a name that open_clip knows.

    Returns:
        A function from b paths to features (m, F) of the pictures that can be opened, and which these are (b,).

    Example:
        >>> pictures("no-such-model")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: encoder 'clip' ...
    """
    network, ready, _ = _open(model)
    return partial(encode_pictures, ready=ready, network=partial(network.encode_image, normalize=True))


def texts(model: str) -> Opened:
    """Load the network of CLIP for texts; most models read at most 77 tokens.

    Args:
        model: a folder, or a name that open_clip knows.

    Returns:
        A function from b texts to features (b, F), and which texts are present (b,).

    Example:
        >>> texts("no-such-model")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: encoder 'clip' ...
    """
    import torch

    network, _, tokenizer = _open(model)

    def encode(batch: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        with torch.inference_mode():
            found = network.encode_text(tokenizer(list(batch)).to(device()), normalize=True)  # (b, F)
        return found.float().cpu().numpy(), np.ones(len(batch), bool)

    return encode


def _open(model: str) -> tuple[Any, Any, Any]:
    """The network, the function from a picture to a tensor, and the tokenizer.

    A folder holds open_clip_config.json and the weights.
    """
    with opening("clip", INSTALL, model):
        import open_clip

        architecture, _, pretrained = model.partition("/")
        if Path(model).is_dir():
            architecture, pretrained = f"local-dir:{model}", ""
        network, ready = open_clip.create_model_from_pretrained(architecture, pretrained or None, device=device())
        return network.eval(), ready, open_clip.get_tokenizer(architecture)
