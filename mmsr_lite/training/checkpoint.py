"""Checkpoints: one file, safetensors for the numbers and all the rest as JSON in its header: it is whole or not there.

What is read may be damaged or made by somebody else: it is looked at before anything is used.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from mmsr_lite.data.storage import atomic, content_hash, read_json, write_json
from mmsr_lite.errors import MMSRError, in_words
from mmsr_lite.records import HistoryRecord, as_record
from mmsr_lite.training.distributed import rank

STATE, NUMBERS, EPOCH = "state", "checkpoint.safetensors", "checkpoint.json"  # folder, the checkpoint, its epoch alone
SLOTS = {"step", "exp_avg", "exp_avg_sq"}  # what Adam keeps of a weight


def save_tensors(path: str | Path, tensors: dict[str, Tensor], about: dict[str, Any] | None = None) -> None:
    """Write tensors as safetensors in one move.

    Args:
        path: the file.
        tensors: the tensors by name.
        about: what the header says besides, as JSON; None: nothing.

    Raises:
        MMSRError: when the file cannot be written; an older one stays.
    """
    header = None if about is None else {"about": json.dumps(about, allow_nan=False)}
    plain = {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
    with atomic(path) as tmp:
        tmp.write_bytes(save(plain, header))


def load_weights(path: str | Path, model: nn.Module) -> None:
    """Load weights that `save_tensors` wrote.

    Args:
        path: a safetensors file.
        model: the model they are put into; buffers of a model that counts take the size they were saved with.

    Raises:
        MMSRError: when the file is missing or broken, belongs to another config, or holds numbers that no training
            gives; the model is then unchanged.
    """
    _load_into(model, _widened(_read(path)[0], model), str(path))


def _widened(tensors: dict[str, Tensor], model: nn.Module) -> dict[str, Tensor]:
    """The same numbers in the model's types, where a file keeps them shorter: float16 for float32, int16 for int64."""
    result = dict(tensors)
    for name, own in model.state_dict().items():
        saved = tensors.get(name, own)
        same_kind = saved.is_floating_point() == own.is_floating_point() and torch.bool not in (saved.dtype, own.dtype)
        if same_kind and saved.dtype.itemsize < own.dtype.itemsize:
            result[name] = saved.to(own.dtype)
    return result


def _load_into(model: nn.Module, tensors: dict[str, Tensor], place: str) -> None:
    """Set the state of `model`; buffers of a counting model take the size they were saved with."""
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
    """The greatest value of each table of whole numbers, by its name in the state; modules with such say so."""
    limits: dict[str, int] = {}
    for place, module in model.named_modules():
        if hasattr(module, "greatest"):
            start = f"{place}." if place else ""
            own = {name.removeprefix(start): tensor for name, tensor in saved.items() if name.startswith(start)}
            limits |= {f"{start}{name}": limit for name, limit in module.greatest(own).items()}
    return limits


def refuse_impossible_numbers(tensors: dict[str, Tensor], limits: dict[str, int], place: str) -> None:
    """Refuse weights that are no numbers, and codes or items that do not exist.

    Args:
        tensors: tensors by name.
        limits: the greatest value of tables of whole numbers; in others anything from 0 is possible.
        place: the file, for the message.

    Raises:
        MMSRError: names the tensor and the value.

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


def refuse_other(place: str, there: dict[str, Any], now: dict[str, Any]) -> None:
    """Refuse to go on in a place whose settings are not those of now.

    Args:
        place: What the settings belong to, such as "the run in 'runs/demo'".
        there: The settings there, by name.
        now: The settings of now, by name.

    Raises:
        MMSRError: A setting of now is another one there, or is not there; each is named with both values.

    Example:
        >>> refuse_other("the run in 'a'", {"codes": 3}, {"codes": 2})
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: the run in 'a' has other settings: codes is 3 there and 2 now; use its settings or
        another folder
    """
    other = [name for name, value in now.items() if content_hash(there.get(name)) != content_hash(value)]
    if other:
        differences = "; ".join(
            f"{name} is {in_words(there.get(name))} there and {in_words(now[name])} now" for name in other
        )
        raise MMSRError(f"{place} has other settings: {differences}; use its settings or another folder")


def save_checkpoint(
    folder: str | Path,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    best: dict[str, Tensor],
    record: dict,
    config: dict,
) -> None:
    """Write a checkpoint into `folder`/state, and the best weights so far as `folder`/model.safetensors.

    Args:
        folder: the folder of the run.
        model: the model after the last whole epoch.
        optimiser: its optimiser.
        best: the weights of the best epoch so far.
        record: the history record so far.
        config: the settings of the training.

    Raises:
        MMSRError: when a file cannot be written; the older checkpoint stays.
    """
    state, epoch = Path(folder) / STATE, len(record["epochs"])
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in best.items()}
    for index, slots in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{slot}": torch.as_tensor(value) for slot, value in slots.items()}
    save_tensors(Path(folder) / "model.safetensors", best)
    write_json(Path(folder) / "history.json", record)
    save_tensors(state / NUMBERS, tensors, {"record": record, "config": config})
    _note_epoch(state, epoch)
    for old in state.glob("*.safetensors"):  # in the form of 0.1 each epoch had a file of its own
        if old.name != NUMBERS:
            old.unlink(missing_ok=True)


def _note_epoch(state: Path, epoch: int) -> None:
    """Note which epoch the checkpoint is of: for people, and for messages that say what is kept."""
    write_json(state / EPOCH, {"epoch": epoch})


def has_checkpoint(folder: str | Path) -> bool:
    """Whether there is a checkpoint in the folder of a run, in the form of any version."""
    return any(Path(folder, STATE, name).is_file() for name in (NUMBERS, EPOCH))


def forget_checkpoint(folder: str | Path) -> None:
    """Remove the checkpoint of a run; one that is stopped on the way leaves none, or a whole one."""
    state = Path(folder) / STATE
    for name in (EPOCH, NUMBERS):
        (state / name).unlink(missing_ok=True)
    if state.is_dir():
        shutil.rmtree(state)


def load_checkpoint(
    folder: str | Path, model: nn.Module, optimiser: torch.optim.Optimizer, best: dict[str, Tensor], config: dict
) -> tuple[dict[str, Tensor], HistoryRecord]:
    """Put `model` and `optimiser` where the checkpoint left them.

    Args:
        folder: the folder of the run; one without a checkpoint gives a fresh start.
        model: the model, changed in place.
        optimiser: its optimiser, changed in place.
        best: the weights that a fresh start begins with.
        config: the settings of the training; all but the device and the patience must be those of the checkpoint.

    Returns:
        The best weights so far and the history record.

    Raises:
        MMSRError: when the settings differ or a file is broken.
    """
    if not has_checkpoint(folder):
        return best, HistoryRecord(epochs=[], best_epoch=0, selection=config["selection"])
    place = f"the checkpoint in {str(folder)!r}"
    saved, tensors = _read_checkpoint(Path(folder) / STATE, place)
    settings = {name: value for name, value in config.items() if name not in ("device", "patience")}
    refuse_other(place, saved["config"], settings)
    record = HistoryRecord(as_record(saved["record"], "history"))
    part: dict[str, dict[str, Tensor]] = {"model": {}, "best": {}}
    slots: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        kind, _, rest = name.partition(".")
        if kind in part:
            part[kind][rest] = value
            continue
        index, _, slot = rest.partition(".")
        if kind != "optimiser" or not index.isdecimal():
            raise MMSRError(f"{place} is damaged: it holds {name!r}; remove its folder {STATE!r} and train again")
        slots.setdefault(int(index), {})[slot] = value
    _refuse_other_slots(place, slots, optimiser)
    _load_into(model, part["best"], str(folder))  # looked at as the weights are
    device = next(model.parameters()).device
    best = {name: value.to(device) for name, value in part["best"].items()}
    _load_into(model, part["model"], str(folder))
    optimiser.load_state_dict({"state": slots, "param_groups": optimiser.state_dict()["param_groups"]})
    if (Path(folder) / STATE / NUMBERS).is_file() and rank() == 0:  # a process may have been killed before it noted it
        _note_epoch(Path(folder) / STATE, len(record["epochs"]))
    return best, record


def _read_checkpoint(state: Path, place: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What a checkpoint says (record and config, each an object) and its tensors; also in the form of 0.1."""
    if (state / NUMBERS).is_file():
        tensors, saved = _read(state / NUMBERS)
    else:
        saved = read_json(state / EPOCH)
        number = saved.get("epoch") if isinstance(saved, dict) else None
        tensors = {} if type(number) is not int else _read(state / f"{number}.safetensors")[0]
    for name in ("record", "config"):
        if not isinstance(saved, dict) or not isinstance(saved.get(name), dict):
            fix = f"remove its folder {STATE!r} and train again"
            raise MMSRError(f"{place} is damaged: it has no {name!r}; {fix}")
    return saved, tensors


def _refuse_other_slots(place: str, slots: dict[int, dict[str, Tensor]], optimiser: torch.optim.Optimizer) -> None:
    """Refuse what Adam kept where it is not of these weights, or is no number."""
    weights = [weight for group in optimiser.param_groups for weight in group["params"]]
    for index, kept in slots.items():
        shape = tuple(weights[index].shape) if index < len(weights) else None
        fits = kept.keys() == SLOTS and all(tuple(kept[name].shape) == shape for name in SLOTS - {"step"})
        if not fits or kept["step"].numel() != 1:
            raise MMSRError(f"{place} belongs to another model: what Adam kept of weight {index} does not fit")
        refuse_impossible_numbers(kept, {}, place)


def _read(path: str | Path) -> tuple[dict[str, Tensor], Any]:
    """The tensors of a file, and what its header says besides (None: nothing)."""
    try:
        with safe_open(str(path), "pt") as stored:
            about = (stored.metadata() or {}).get("about")
            return {name: stored.get_tensor(name) for name in stored.keys()}, about and json.loads(about)  # noqa: SIM118
    except FileNotFoundError as error:
        raise MMSRError(f"there is no file {str(path)!r}; train first, or name another run folder") from error
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise MMSRError(f"{str(path)!r} cannot be read as safetensors: {error}") from error
