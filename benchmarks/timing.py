"""What the benchmarks share: clocks that wait for the device, and the place of results."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

RESULTS = Path(__file__).parent / "results"


def device_name(device: torch.device) -> str:
    """What tables call `device`."""
    return torch.cuda.get_device_name() if device.type == "cuda" else "cpu"


def file_name(device: torch.device) -> str:
    """What files call `device`."""
    return device_name(device).lower().replace(" ", "-")


def wait(device: torch.device) -> None:
    """Until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def seconds_of(
    work: Callable[[], Any], device: torch.device, *, warm: int = 3, limit: float = 0.5, most: int = 20
) -> list[float]:
    """Wall times of `work` after `warm` calls (a captured step: first, capture, replay), of about `limit` seconds."""
    taken: list[float] = []
    for number in range(warm + most):
        wait(device)
        began = time.perf_counter()
        work()
        wait(device)
        taken.append(time.perf_counter() - began)
        if number >= warm and sum(taken[warm:]) > limit:
            break
    return taken[warm:]


def median_seconds(work: Callable[[], Any], device: torch.device, **how: Any) -> float:
    """Median of `seconds_of`."""
    return statistics.median(seconds_of(work, device, **how))


def peak_of(work: Callable[[], Any], device: torch.device) -> float | None:
    """GiB of GPU memory that were held at once during `work`."""
    if device.type != "cuda":
        return None
    torch.cuda.reset_peak_memory_stats()
    work()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() / 2**30
