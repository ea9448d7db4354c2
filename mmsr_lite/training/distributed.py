"""One model trained by several processes that torchrun has started: each takes its share of each batch.

Gradients are summed between the backward pass and the clipping: by NCCL on GPUs, within the captured step, and by gloo
on CPUs. This is not torch's DistributedDataParallel. Nearly all bytes are those of the item table, whose gradient is
complete only at the end of the backward pass; so DDP could overlap nothing, and a captured step calls no hooks.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn

from mmsr_lite.data.storage import read_json
from mmsr_lite.errors import MMSRError

LARGE = 2**20  # numbers; larger tensors are summed in place, all smaller ones together as one
PATIENCE = timedelta(hours=2)  # how long the first process may take for data and codes; a dead one is noticed at once


def rank() -> int:
    """The number of this process; process 0 writes files and messages.

    Returns:
        A number from 0; 0 when there is one process.

    Example:
        >>> rank(), size()
        (0, 1)
    """
    return dist.get_rank() if dist.is_initialized() else 0


def size() -> int:
    """The number of processes that train together.

    Returns:
        The number; 1 without torchrun.

    Example:
        >>> size()
        1
    """
    return dist.get_world_size() if dist.is_initialized() else 1


@contextmanager
def processes(device: torch.device, folder: str | Path | None = None) -> Iterator[None]:
    """Join the processes that torchrun has started, and leave them at the end; without torchrun nothing happens.

    When another process is lost, this one ends with a sentence that says what the folder still holds: by `MMSRError`,
    or on the SIGTERM that torchrun sends.

    Args:
        device: the device of this process.
        folder: the folder of the run; None: nothing is written.

    Yields:
        Nothing; the block runs.

    Raises:
        MMSRError: another process was lost.
    """
    if dist.is_initialized() or not dist.is_torchelastic_launched():
        yield
        return
    if device.type == "cuda":
        local, seen = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
        if device.index is not None or local >= seen:
            have = f"device 'cuda:{device.index}' is one GPU" if device.index is not None else f"torch sees {seen} GPUs"
            raise MMSRError(f"{have}, and process {local} needs its own; start fewer processes with --device cuda")
        torch.cuda.set_device(local)
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    with _speaking(folder) as speaks:
        try:
            yield
        except RuntimeError as error:
            if not any(name in str(error) for name in ("gloo", "NCCL")):
                raise
            speaks.acquire()
            raise MMSRError(_lost(folder)) from error
        dist.destroy_process_group()


def _lost(folder: str | Path | None) -> str:
    kept = "no epoch was kept"
    with suppress(MMSRError, KeyError, TypeError):
        epoch = read_json(Path(folder or "", "state", "checkpoint.json"))["epoch"]
        kept = f"epoch {epoch} is whole in {str(folder)!r}"
    message = f"process {rank()} of {size()} ends, for another one has ended or the job was told to; {kept}"
    if not folder:
        return message
    return f"{message}: go on with the same command and --resume, with any number of processes"


@contextmanager
def _speaking(folder: str | Path | None) -> Iterator[threading.Lock]:
    """On SIGTERM print one sentence and end, unless somebody holds the lock and speaks instead.

    A thread does it, because the main one may wait in NCCL for a process that is no more.
    """
    speaks, (read, write) = threading.Lock(), os.pipe()

    def wait() -> None:
        while (number := os.read(read, 1)) != bytes([signal.SIGTERM]):
            if not number:
                return
        if speaks.acquire(blocking=False):
            print(f"\nmmsr-lite: {_lost(folder)}", file=sys.stderr, flush=True)
            os._exit(128 + signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()
    os.set_blocking(write, False)
    before = signal.set_wakeup_fd(write), signal.signal(signal.SIGTERM, lambda *_: None)  # the pipe gets its number
    yield speaks
    signal.set_wakeup_fd(before[0])
    signal.signal(signal.SIGTERM, before[1])
    os.close(write)


@contextmanager
def first_alone() -> Iterator[None]:
    """The first process runs the block before the others, which then find its results in the cache.

    Yields:
        Nothing; the block runs.
    """
    if rank() > 0:
        _meet()
    yield
    if rank() == 0:
        _meet()


def _meet() -> None:
    if size() > 1:
        dist.all_reduce(torch.zeros(1))  # on the CPU, where waiting long is no error


def first_here() -> bool:
    """Whether this process is the first of those on this machine.

    Returns:
        Whether it is.

    Example:
        >>> first_here()
        True
    """
    return not dist.is_initialized() or os.environ.get("LOCAL_RANK", "0") == "0"


def all_agree(here: bool) -> bool:
    """Whether something is true in all processes; all of them must call this.

    Args:
        here: whether it is true in this process.

    Returns:
        The same result in all processes.

    Example:
        >>> all_agree(True), all_agree(False)
        (True, False)
    """
    if not dist.is_initialized():
        return here
    votes = torch.tensor([float(here)])
    dist.all_reduce(votes, dist.ReduceOp.MIN)  # on the CPU, by gloo
    return bool(votes.item())


def same_weights(model: nn.Module) -> None:
    """Copy the state of the first process's model to all others.

    Args:
        model: the model; it is changed in place.

    Example:
        >>> same_weights(nn.Linear(2, 1))  # alone, nothing happens
    """
    if dist.is_initialized():
        for value in model.state_dict().values():
            dist.broadcast(value, 0)


def add_up(tensors: list[Tensor]) -> None:
    """Replace each tensor by its sum over all processes; all of them must call this.

    Args:
        tensors: tensors, with the same shapes in all processes; they are changed in place.

    Example:
        >>> alone = torch.ones(2)
        >>> add_up([alone])
        >>> alone.tolist()
        [1.0, 1.0]
    """
    if not dist.is_initialized():
        return
    large = [t for t in tensors if t.numel() > LARGE and t.is_contiguous()]
    small = [t for t in tensors if not (t.numel() > LARGE and t.is_contiguous())]
    for tensor in large:
        dist.all_reduce(tensor)
    if small:
        whole = torch.cat([t.flatten() for t in small])
        dist.all_reduce(whole)
        pieces = whole.split([t.numel() for t in small])
        torch._foreach_copy_(small, [piece.view_as(t) for piece, t in zip(pieces, small, strict=True)])
