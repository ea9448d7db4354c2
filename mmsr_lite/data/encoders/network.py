"""What the encoders with a network share: packages told by name, the device, weights hashed, pictures stacked."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np

from mmsr_lite.data.pictures import open_picture
from mmsr_lite.errors import MMSRError

Opened = Callable[[Sequence], tuple[np.ndarray, np.ndarray]]  # values -> features of those present, present
SIDE = 2048  # pixels; a larger picture is shrunk before the network's own cut, a smaller one is taken as it is


@contextmanager
def opening(encoder: str, install: str, model: str | None = None) -> Iterator[None]:
    """Whatever importing a package or loading `model` raises becomes one sentence with the command that mends it.

    Args:
        encoder: its name, for the message.
        install: the command that installs what it needs.
        model: what is loaded; None: the package alone.

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
    except Exception as error:  # a damaged file or a build that does not go with torch can raise anything
        what = f"cannot read {model!r}" if model else "cannot be used"
        told = (str(error).strip() or type(error).__name__).splitlines()[0]
        fix = f"it needs {install}, and its own kind of weights"
        raise MMSRError(f"encoder {encoder!r} {what}: {told}; {fix}") from error


def device() -> str:
    """CUDA when there is one, else the CPU.

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
    """`network` of the pictures that open, each made a tensor (3, H, W) by `ready`: features (m, F), present (b,).

    Args:
        paths: files of pictures.
        ready: makes a tensor (3, H, W) of a picture.
        network: makes features (b, F) of tensors (b, 3, H, W).

    Returns:
        Features (m, F) of the pictures that open, and which do (b,).
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
