"""What encoders with a network share: messages about missing packages, the device, and pictures as tensors."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np

from mmsr_lite.data.pictures import open_picture
from mmsr_lite.errors import MMSRError

Opened = Callable[[Sequence], tuple[np.ndarray, np.ndarray]]  # values -> features of the present ones, present
SIDE = 2048  # pixels; larger pictures are reduced to this before the network's own cut


@contextmanager
def opening(encoder: str, install: str, model: str | None = None) -> Iterator[None]:
    """Turn any error while a package is imported or a model is loaded into one sentence with the remedy.

    Args:
        encoder: the name of the encoder, for the message.
        install: the command that installs what the encoder needs.
        model: the model that is loaded; None (the default): only a package is imported.

    Yields:
        Nothing; the block runs.

    Raises:
        MMSRError: a package is missing, or the model cannot be loaded.
    """
    try:
        yield
    except MMSRError:
        raise
    except ImportError as error:
        raise MMSRError(f"encoder {encoder!r} needs packages: {install} ({error})") from error
    except Exception as error:  # a damaged file, or a build that does not fit torch, can raise anything
        what = f"cannot read {model!r}" if model else "cannot be used"
        told = (str(error).strip() or type(error).__name__).splitlines()[0]
        fix = f"it needs {install}, and its own kind of weights"
        raise MMSRError(f"encoder {encoder!r} {what}: {told}; {fix}") from error


def device() -> str:
    """The device that encoders use: CUDA when there is one, else the CPU.

    Returns:
        "cuda" or "cpu".

    Example:
        >>> device() in ("cuda", "cpu")
        True
    """
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def encode_pictures(
    paths: Sequence[str], ready: Callable[[Any], Any], network: Callable[[Any], Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Encode the pictures that can be opened.

    Args:
        paths: b files of pictures.
        ready: a function from a picture to a tensor (3, H, W).
        network: a function from tensors (m, 3, H, W) to features (m, F).

    Returns:
        Features (m, F) of the pictures that can be opened, and which these are (b,).

    Example:
        >>> import tempfile, torch
        >>> from PIL import Image
        >>> file = tempfile.mkdtemp() + "/red.png"
        >>> Image.new("RGB", (4, 2), "red").save(file)
        >>> def ready(picture): return torch.tensor(np.array(picture)).permute(2, 0, 1).float()
        >>> features, present = encode_pictures([file, "none.png"], ready, lambda stack: stack.mean((2, 3)))
        >>> features.tolist(), present.tolist()  # the mean of red, green and blue
        ([[255.0, 0.0, 0.0]], [True, False])
    """
    import torch

    def one(path: str) -> Any:
        return None if (picture := open_picture(path, SIDE)) is None else ready(picture)

    with ThreadPoolExecutor() as pool:
        tensors = list(pool.map(one, paths))
    present = np.array([tensor is not None for tensor in tensors], bool)
    if not present.any():
        return np.zeros((0, 0), np.float32), present
    with torch.inference_mode():
        stacked = torch.stack([tensor for tensor in tensors if tensor is not None])  # (m, 3, H, W)
        return network(stacked.to(device())).float().cpu().numpy(), present  # (m, F)
