"""Weights on disk: one file of safetensors, which is whole or not there, and is checked before it is used.

A file may be damaged, or made by somebody else.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from mmsr_lite.data.storage import atomic
from mmsr_lite.errors import MMSRError


def save_tensors(path: str | Path, tensors: dict[str, Tensor], about: dict[str, Any] | None = None) -> None:
    """Write tensors as safetensors; the file is whole or not there.

    Args:
        path: the file.
        tensors: name -> tensor.
        about: further values for the header, written as JSON; None (the default): none.

    Raises:
        MMSRError: when the file cannot be written; an older one stays.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "model.safetensors"
        >>> save_tensors(file, {"bias": torch.ones(2)}, {"epochs": 3})
        >>> tensors, about = read_tensors(file)
        >>> tensors["bias"].tolist(), about
        ([1.0, 1.0], {'epochs': 3})
    """
    header = None if about is None else {"about": json.dumps(about, allow_nan=False)}
    plain = {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
    with atomic(path) as tmp:
        tmp.write_bytes(save(plain, header))


def read_tensors(path: str | Path) -> tuple[dict[str, Tensor], Any]:
    """Read what `save_tensors` wrote.

    Args:
        path: a safetensors file.

    Returns:
        Name -> tensor; and the further values of the header, None where there are none.

    Raises:
        MMSRError: the file is missing, or cannot be read as safetensors.

    Example:
        >>> read_tensors("no-such-file.safetensors")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: there is no file 'no-such-file.safetensors'; train first, or name another run folder
    """
    try:
        with safe_open(str(path), "pt") as stored:
            about = (stored.metadata() or {}).get("about")
            return {name: stored.get_tensor(name) for name in stored.keys()}, about and json.loads(about)  # noqa: SIM118
    except FileNotFoundError as error:
        raise MMSRError(f"there is no file {str(path)!r}; train first, or name another run folder") from error
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise MMSRError(f"{str(path)!r} cannot be read as safetensors: {error}") from error


def load_weights(path: str | Path, model: nn.Module) -> None:
    """Load weights that `save_tensors` wrote.

    Args:
        path: a safetensors file.
        model: the model, changed in place; buffers of a model that counts get the size that was saved.

    Raises:
        MMSRError: the file is missing or broken, belongs to another config, or holds numbers that no training
            can give; the model is then unchanged.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "model.safetensors"
        >>> save_tensors(file, nn.Linear(1, 1).state_dict())
        >>> load_weights(file, nn.Linear(2, 1))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: ... belongs to another config: 'weight' is (1, 1) there and (1, 2) in this model;
        ...
    """
    load_into(model, _widened(read_tensors(path)[0], model), str(path))


def _widened(tensors: dict[str, Tensor], model: nn.Module) -> dict[str, Tensor]:
    """The tensors in the types of the model; a file may have float16 for float32, and int16 for int64."""
    result = dict(tensors)
    for name, own in model.state_dict().items():
        saved = tensors.get(name, own)
        same_kind = saved.is_floating_point() == own.is_floating_point() and torch.bool not in (saved.dtype, own.dtype)
        if same_kind and saved.dtype.itemsize < own.dtype.itemsize:
            result[name] = saved.to(own.dtype)
    return result


def load_into(model: nn.Module, tensors: dict[str, Tensor], place: str) -> None:
    """Set the state of a model.

    Args:
        model: the model, changed in place; buffers of a model that counts get the size that was saved.
        tensors: name -> tensor, the whole state.
        place: the file, for messages.

    Raises:
        MMSRError: the tensors belong to another config, or hold numbers that no training can give; the model is then
            unchanged.

    Example:
        >>> model = nn.Linear(1, 1)
        >>> load_into(model, {"weight": torch.tensor([[3.0]]), "bias": torch.tensor([1.0])}, "a.safetensors")
        >>> model(torch.tensor([2.0])).item()  # 3 * 2 + 1
        7.0
    """
    saved = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    buffers = dict(model.named_buffers())
    counted = {name for name, buffer in buffers.items() if not getattr(model, "learns", True) or not buffer.numel()}
    wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items() if name not in counted}
    wrong = sorted(name for name in wanted if saved.get(name) != wanted[name])
    wrong += sorted(set(saved) - set(wanted) - counted) + sorted(counted - set(saved))
    if wrong:
        name = wrong[0]
        difference = f"{name!r} is {saved.get(name, 'missing')} there and {wanted.get(name, 'unknown')} in this model"
        raise MMSRError(f"{place!r} belongs to another config: {difference}; use the config.json beside it")
    for name, value in model.state_dict().items():
        if tensors[name].dtype != value.dtype or tensors[name].dim() != value.dim():
            raise MMSRError(
                f"{place!r} is damaged: {name!r} holds {tensors[name].dim()} axes of {tensors[name].dtype}, expected "
                f"{value.dim()} of {value.dtype}; train again"
            )
    refuse_impossible_numbers(tensors, limits_of(model, tensors), place)
    for name in counted:
        module, _, leaf = name.rpartition(".")
        setattr(model.get_submodule(module), leaf, tensors[name].to(buffers[name].device))
    model.load_state_dict(tensors)


def limits_of(model: nn.Module, saved: dict[str, Tensor]) -> dict[str, int]:
    """The largest possible value of each table of whole numbers; modules with such tables have `greatest`.

    Args:
        model: the model that weights are read for.
        saved: the tensors of a file, by name.

    Returns:
        Name of a table in the state -> the largest value that it may contain.

    Example:
        >>> limits_of(nn.Linear(1, 1), {})
        {}
    """
    limits: dict[str, int] = {}
    for place, module in model.named_modules():
        if hasattr(module, "greatest"):
            start = f"{place}." if place else ""
            own = {name.removeprefix(start): tensor for name, tensor in saved.items() if name.startswith(start)}
            limits |= {f"{start}{name}": limit for name, limit in module.greatest(own).items()}
    return limits


def refuse_impossible_numbers(tensors: dict[str, Tensor], limits: dict[str, int], place: str) -> None:
    """Raise when weights are not numbers, or codes or items do not exist.

    Args:
        tensors: name -> tensor.
        limits: name of a table of whole numbers -> its largest possible value; in other tables any value from 0 is
            possible.
        place: the file, for the message.

    Raises:
        MMSRError: a value is not possible; the message has the tensor and the value.

    Example:
        >>> refuse_impossible_numbers({"bias": torch.tensor([1.0, torch.nan])}, {}, "a.safetensors")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'a.safetensors' cannot be used: 'bias' holds nan, expected finite numbers; train ...
    """
    for name, tensor in tensors.items():
        if tensor.is_floating_point():
            wrong, expected = ~torch.isfinite(tensor), "finite numbers"
        elif tensor.dtype == torch.bool:
            continue
        else:
            limit = limits.get(name)
            wrong = tensor < 0 if limit is None else (tensor < 0) | (tensor > limit)
            expected = f"whole numbers from 0 {'on' if limit is None else f'to {limit}'}"
        if wrong.any():
            value = tensor[wrong][0].item()
            raise MMSRError(f"{place!r} cannot be used: {name!r} holds {value}, expected {expected}; train again")
