"""Checkpoints: one file of safetensors, with all that is no tensor as JSON in its header; it is whole or not there.

A file may be damaged, or made by somebody else: everything is checked before it is used.
"""

import shutil
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mmsr_lite.data.storage import content_hash, read_json, write_json
from mmsr_lite.errors import MMSRError, in_words
from mmsr_lite.records import HistoryRecord, as_record
from mmsr_lite.training.distributed import rank
from mmsr_lite.training.weights import load_into, read_tensors, refuse_impossible_numbers, save_tensors

STATE, NUMBERS, EPOCH = "state", "checkpoint.safetensors", "checkpoint.json"  # folder, the checkpoint, its epoch alone
SLOTS = {"step", "exp_avg", "exp_avg_sq"}  # what Adam keeps for each weight


def refuse_other(place: str, there: dict[str, Any], now: dict[str, Any]) -> None:
    """Raise when the settings of a stored run are not the present ones.

    Args:
        place: the name of the stored run in the message, such as "the run in 'runs/demo'".
        there: name -> stored setting.
        now: name -> present setting.

    Raises:
        MMSRError: a present setting is stored with another value, or not at all; the message has both values of each.

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
    """Write a checkpoint into the folder `state` of a run, and the best weights so far as model.safetensors.

    Args:
        folder: the folder of the run.
        model: the model after the last whole epoch.
        optimiser: its optimiser.
        best: the weights of the best epoch so far.
        record: the history record so far.
        config: the settings of the training.

    Raises:
        MMSRError: when a file cannot be written; the older checkpoint stays.

    Example:
        >>> import tempfile
        >>> folder, model = tempfile.mkdtemp(), nn.Linear(1, 1)
        >>> optimiser = torch.optim.AdamW(model.parameters())
        >>> record = HistoryRecord(epochs=[], best_epoch=0, selection="none")
        >>> save_checkpoint(folder, model, optimiser, model.state_dict(), dict(record), {"selection": "none"})
        >>> has_checkpoint(folder)
        True
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
    for old in state.glob("*.safetensors"):  # in version 0.1, each epoch had a file of its own
        if old.name != NUMBERS:
            old.unlink(missing_ok=True)


def _note_epoch(state: Path, epoch: int) -> None:
    """Note the epoch of the checkpoint, for people and for messages."""
    write_json(state / EPOCH, {"epoch": epoch})


def has_checkpoint(folder: str | Path) -> bool:
    """Whether there is a checkpoint in the folder of a run, of this or an older version.

    Args:
        folder: the folder of a run.

    Returns:
        Whether there is one.

    Example:
        >>> has_checkpoint("no-such-folder")
        False
    """
    return any(Path(folder, STATE, name).is_file() for name in (NUMBERS, EPOCH))


def forget_checkpoint(folder: str | Path) -> None:
    """Remove the checkpoint of a run; if this is interrupted, a whole checkpoint is left, or none.

    Args:
        folder: the folder of a run.

    Example:
        >>> forget_checkpoint("no-such-folder")  # there is nothing to remove
    """
    state = Path(folder) / STATE
    for name in (EPOCH, NUMBERS):
        (state / name).unlink(missing_ok=True)
    if state.is_dir():
        shutil.rmtree(state)


def load_checkpoint(
    folder: str | Path, model: nn.Module, optimiser: torch.optim.Optimizer, best: dict[str, Tensor], config: dict
) -> tuple[dict[str, Tensor], HistoryRecord]:
    """Set a model and its optimiser to the state of the checkpoint.

    Args:
        folder: the folder of the run; without a checkpoint there, the training starts from the beginning.
        model: the model, changed in place.
        optimiser: its optimiser, changed in place.
        best: the weights at the beginning of a training.
        config: the settings of the training; all except the device and the patience must equal those of the checkpoint.

    Returns:
        The best weights so far and the history record.

    Raises:
        MMSRError: when the settings differ or a file is broken.

    Example:
        >>> import tempfile
        >>> model = nn.Linear(1, 1)
        >>> optimiser = torch.optim.AdamW(model.parameters())
        >>> fresh = {name: value.clone() for name, value in model.state_dict().items()}
        >>> best, record = load_checkpoint(tempfile.mkdtemp(), model, optimiser, fresh, {"selection": "none"})
        >>> best is fresh, record.epochs  # there is no checkpoint
        (True, [])
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
    load_into(model, part["best"], str(folder))  # only to check them as weights are checked
    device = next(model.parameters()).device
    best = {name: value.to(device) for name, value in part["best"].items()}
    load_into(model, part["model"], str(folder))
    optimiser.load_state_dict({"state": slots, "param_groups": optimiser.state_dict()["param_groups"]})
    if (Path(folder) / STATE / NUMBERS).is_file() and rank() == 0:  # a process may have been killed before it noted it
        _note_epoch(Path(folder) / STATE, len(record["epochs"]))
    return best, record


def _read_checkpoint(state: Path, place: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The header of a checkpoint (record and config) and its tensors; files of version 0.1 are read too."""
    if (state / NUMBERS).is_file():
        tensors, saved = read_tensors(state / NUMBERS)
    else:
        saved = read_json(state / EPOCH)
        number = saved.get("epoch") if isinstance(saved, dict) else None
        tensors = {} if type(number) is not int else read_tensors(state / f"{number}.safetensors")[0]
    for name in ("record", "config"):
        if not isinstance(saved, dict) or not isinstance(saved.get(name), dict):
            fix = f"remove its folder {STATE!r} and train again"
            raise MMSRError(f"{place} is damaged: it has no {name!r}; {fix}")
    return saved, tensors


def _refuse_other_slots(place: str, slots: dict[int, dict[str, Tensor]], optimiser: torch.optim.Optimizer) -> None:
    """Raise when the state of Adam belongs to other weights, or contains values that are no numbers."""
    weights = [weight for group in optimiser.param_groups for weight in group["params"]]
    for index, kept in slots.items():
        shape = tuple(weights[index].shape) if index < len(weights) else None
        fits = kept.keys() == SLOTS and all(tuple(kept[name].shape) == shape for name in SLOTS - {"step"})
        if not fits or kept["step"].numel() != 1:
            raise MMSRError(f"{place} belongs to another model: what Adam kept of weight {index} does not fit")
        refuse_impossible_numbers(kept, {}, place)
