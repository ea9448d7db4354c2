"""The codes of a run, kept beside its weights, so that nothing has to be learned when the run is opened.

The file has the modality of each codebook, and the record of the run (`run.json`) has its hash. Codes follow from the
data, so a run without this file can be opened too: its codes are then learned again.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.storage import content_hash
from mmsr_lite.errors import MMSRError, in_words
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.records import RunRecord
from mmsr_lite.training.weights import read_tensors, refuse_impossible_numbers, save_tensors

CODES = "codes.safetensors"  # the file in the folder of a run
PARTS = {"codes": torch.int64, "centres": torch.float32, "reduced": torch.float32}  # of each codebook


def codes_hash(books: Sequence[Codebook]) -> str:
    """A short hash of codebooks, of their modalities in order and all their numbers.

    Args:
        books: one codebook for each modality.

    Returns:
        16 letters and digits.

    Example:
        >>> import numpy as np
        >>> book = Codebook("title", np.array([[0], [1]]), np.eye(2), np.eye(2))
        >>> codes_hash([book]) == codes_hash([book]) != codes_hash([])
        True
    """
    numbers = [tensor.numpy() for tensor in _tensors(books).values()]
    return content_hash([book.name for book in books], *numbers)


def _tensors(books: Sequence[Codebook]) -> dict[str, Tensor]:
    """Number and part, such as "0.codes" -> the table."""
    return {
        f"{number}.{part}": torch.as_tensor(getattr(book, part), dtype=kind)
        for number, book in enumerate(books)
        for part, kind in PARTS.items()
    }


def save_codes(folder: str | Path, books: Sequence[Codebook]) -> str | None:
    """Write codebooks into the folder of a run; the file is whole or not there.

    Args:
        folder: the folder of the run.
        books: one codebook for each modality; without any, no file is written.

    Returns:
        Their hash, for the record of the run; None without codebooks.

    Raises:
        MMSRError: the file cannot be written; an older one stays.

    Example:
        >>> import tempfile
        >>> save_codes(tempfile.mkdtemp(), []) is None  # a model without codes writes no file
        True
    """
    if not books:
        return None
    save_tensors(Path(folder) / CODES, _tensors(books), {"modalities": [book.name for book in books]})
    return codes_hash(books)


def kept_codes(folder: str | Path, record: RunRecord, dataset: Dataset) -> tuple[Codebook, ...] | None:
    """Read the codebooks of a run, where they are kept.

    Args:
        folder: the folder of the run.
        record: the record of the run, which has the hash of its codes.
        dataset: the data set of the run.

    Returns:
        One codebook for each modality; None where they must be learned, because the run has no such file or its model
        has no codes.

    Raises:
        MMSRError: the file is broken, or does not hold the codes that the run was made with.

    Example:
        >>> import tempfile
        >>> from types import SimpleNamespace
        >>> import numpy as np
        >>> book = Codebook("title", np.array([[0], [1]]), np.eye(2), np.eye(2))  # the code of item 1 is 1
        >>> folder, shop = tempfile.mkdtemp(), SimpleNamespace(modalities=[SimpleNamespace(name="title")], num_items=1)
        >>> run = SimpleNamespace(codes=save_codes(folder, [book]))  # the record of a run keeps their hash
        >>> [same] = kept_codes(folder, run, shop)
        >>> same.codes.tolist()
        [[0], [1]]
    """
    path = Path(folder) / CODES
    if record.codes is None or not path.exists():
        return None
    tensors, about = read_tensors(path)
    names = about.get("modalities") if isinstance(about, dict) else None
    expected = [modality.name for modality in dataset.modalities]
    if names != expected:
        there = names if isinstance(names, list) else []
        raise MMSRError(
            f"{str(path)!r} holds codes of {in_words(there)}, and the run has {in_words(expected)}; remove the file, "
            "and the codes are learned again"
        )
    books = tuple(_book(name, number, tensors, dataset.num_items + 1, path) for number, name in enumerate(names))
    if codes_hash(books) != record.codes:
        raise MMSRError(
            f"{str(path)!r} holds other codes than those that the run was made with; remove the file, and the codes "
            "are learned again from the data"
        )
    return books


def _book(name: str, number: int, tensors: dict[str, Tensor], rows: int, path: Path) -> Codebook:
    """One codebook from the tensors of a file, which are checked first; `rows` is V+1."""
    found: dict[str, Tensor] = {}
    for part, kind in PARTS.items():
        value = tensors.get(f"{number}.{part}")
        if value is None or value.dtype != kind or value.dim() != 2:
            raise MMSRError(
                f"{str(path)!r} is damaged: it has no table of {part} of {name!r} as {kind}; remove the file, and the "
                "codes are learned again"
            )
        found[part] = value
    codes, centres, reduced = found.values()
    if len(codes) != rows or len(reduced) != rows or not len(centres) or centres.shape[1] != reduced.shape[1]:
        raise MMSRError(
            f"{str(path)!r} is damaged: codes, centres and features of {name!r} are tables of {tuple(codes.shape)}, "
            f"{tuple(centres.shape)} and {tuple(reduced.shape)}, expected {rows} rows of codes and of features, and "
            "one width; remove the file, and the codes are learned again"
        )
    refuse_impossible_numbers(found, {"codes": len(centres) - 1}, str(path))
    return Codebook(name, codes.numpy(), centres.numpy(), reduced.numpy())
