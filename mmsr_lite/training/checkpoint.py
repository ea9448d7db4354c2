"""Checkpoints: safetensors for numbers, JSON for the rest; the JSON is moved into place last and names its numbers."""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from mmsr_lite.data.storage import atomic, content_hash, read_json, write_json
from mmsr_lite.errors import MMSRError


def save_tensors(path: str | Path, tensors: dict[str, Tensor]) -> None:
    """Write tensors as safetensors in one move."""
    with atomic(path) as tmp:
        tmp.write_bytes(save({name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}))


def load_weights(path: str | Path, model: nn.Module) -> None:
    """Load `path` into `model`; raises `MMSRError` when the file is broken or belongs to another config."""
    _load_into(model, _read(path), str(path))


def _load_into(model: nn.Module, tensors: dict[str, Tensor], place: str) -> None:
    """Set the state of `model`; buffers of a counting model take the size they were saved with."""
    have, own = {name: tuple(t.shape) for name, t in tensors.items()}, dict(model.named_buffers())
    want = {name: tuple(t.shape) for name, t in model.state_dict().items() if name not in own}
    wrong = sorted(name for name in want if have.get(name) != want[name])
    wrong += sorted(set(have) - set(want) - set(own)) + sorted(set(own) - set(have))
    if wrong:
        name = wrong[0]
        told = f"{name!r} is {have.get(name, 'missing')} there and {want.get(name, 'unknown')} in this model"
        raise MMSRError(f"{place!r} belongs to another config: {told}; use the config.json beside it")
    for name in own:
        module, _, leaf = name.rpartition(".")
        setattr(model.get_submodule(module), leaf, tensors[name].to(own[name].device))
    model.load_state_dict(tensors)


def refuse_other(place: str, there: dict[str, Any], now: dict[str, Any]) -> None:
    """Raise `MMSRError` that quotes every setting that is not `there` what it is `now`."""
    other = [name for name, value in now.items() if content_hash(there.get(name)) != content_hash(value)]
    if other:
        told = "; ".join(f"{name}={there.get(name)!r} there, {now[name]!r} now" for name in other)
        raise MMSRError(f"{place} is of another config: {told}; use another folder, or its settings")


def save_checkpoint(
    folder: str | Path,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    best: dict[str, Tensor],
    record: dict,
    config: dict,
) -> None:
    """Write what `load_checkpoint` needs into `folder`/state, and the best weights as `folder`/model.safetensors."""
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
    """Put `model` and `optimiser` where the checkpoint left them; return the best weights and the history record.

    A folder without a checkpoint gives a fresh start. Raises `MMSRError` when the config differs.
    """
    state = Path(folder) / "state"
    if not (state / "checkpoint.json").exists():
        return best, {"epochs": [], "best_epoch": 0, "selection": config["selection"]}
    saved = read_json(state / "checkpoint.json")
    decides = {name: value for name, value in config.items() if name not in ("device", "patience")}
    refuse_other(f"the checkpoint in {str(folder)!r}", saved["config"], decides)
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
