"""Checkpoints: safetensors for numbers, JSON for the rest; the JSON is moved into place last and names its numbers."""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from mmsr_lite.data.storage import atomic, content_hash, read_json, write_json
from mmsr_lite.errors import MMSRError, in_words


def save_tensors(path: str | Path, tensors: dict[str, Tensor]) -> None:
    """Write tensors as safetensors in one move.

    Raises:
        MMSRError: when the file cannot be written; an older one stays.
    """
    with atomic(path) as tmp:
        tmp.write_bytes(save({name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}))


def load_weights(path: str | Path, model: nn.Module) -> None:
    """Load weights that `save_tensors` wrote.

    Args:
        path: a safetensors file.
        model: the model they are put into; buffers of a model that counts take the size they were saved with.

    Raises:
        MMSRError: when the file is missing or broken, or belongs to another config; the model is then unchanged.
    """
    _load_into(model, _read(path), str(path))


def _load_into(model: nn.Module, tensors: dict[str, Tensor], place: str) -> None:
    """Set the state of `model`; buffers of a counting model take the size they were saved with."""
    saved = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    buffers = dict(model.named_buffers())
    wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items() if name not in buffers}
    wrong = sorted(name for name in wanted if saved.get(name) != wanted[name])
    wrong += sorted(set(saved) - set(wanted) - set(buffers)) + sorted(set(buffers) - set(saved))
    if wrong:
        name = wrong[0]
        difference = f"{name!r} is {saved.get(name, 'missing')} there and {wanted.get(name, 'unknown')} in this model"
        raise MMSRError(f"{place!r} belongs to another config: {difference}; use the config.json beside it")
    for name, buffer in buffers.items():
        module, _, leaf = name.rpartition(".")
        setattr(model.get_submodule(module), leaf, tensors[name].to(buffer.device))
    model.load_state_dict(tensors)


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
    """Write what `load_checkpoint` needs into `folder`/state, and the best weights as `folder`/model.safetensors.

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
    state, epoch = Path(folder) / "state", len(record["epochs"])
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in best.items()}
    for index, slots in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{slot}": torch.as_tensor(value) for slot, value in slots.items()}
    save_tensors(state / f"{epoch}.safetensors", tensors)
    save_tensors(Path(folder) / "model.safetensors", best)
    write_json(Path(folder) / "history.json", record)
    write_json(state / "checkpoint.json", {"epoch": epoch, "record": record, "config": config})
    for old in state.glob("*.safetensors"):
        if old.name != f"{epoch}.safetensors":
            old.unlink()


def load_checkpoint(
    folder: str | Path, model: nn.Module, optimiser: torch.optim.Optimizer, best: dict[str, Tensor], config: dict
) -> tuple[dict[str, Tensor], dict[str, Any]]:
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
    state = Path(folder) / "state"
    if not (state / "checkpoint.json").exists():
        return best, {"epochs": [], "best_epoch": 0, "selection": config["selection"]}
    saved = read_json(state / "checkpoint.json")
    settings = {name: value for name, value in config.items() if name not in ("device", "patience")}
    refuse_other(f"the checkpoint in {str(folder)!r}", saved["config"], settings)
    part: dict[str, dict[str, Tensor]] = {"model": {}, "best": {}}
    slots: dict[int, dict[str, Tensor]] = {}
    for name, value in _read(state / f"{saved['epoch']}.safetensors").items():
        kind, _, rest = name.partition(".")
        if kind == "optimiser":
            index, _, slot = rest.partition(".")
            slots.setdefault(int(index), {})[slot] = value
        else:
            part[kind][rest] = value
    _load_into(model, part["model"], str(folder))
    optimiser.load_state_dict({"state": slots, "param_groups": optimiser.state_dict()["param_groups"]})
    device = next(model.parameters()).device
    return {name: value.to(device) for name, value in part["best"].items()}, saved["record"]


def _read(path: str | Path) -> dict[str, Tensor]:
    try:
        return load_file(str(path))
    except FileNotFoundError as error:
        raise MMSRError(f"there is no file {str(path)!r}; train first, or name another run folder") from error
    except (SafetensorError, OSError) as error:
        raise MMSRError(f"{str(path)!r} cannot be read as safetensors: {error}") from error
