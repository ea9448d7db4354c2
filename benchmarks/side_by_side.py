"""Processes side by side for the benchmarks; where there are several GPUs, they take turns."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import torch


def pool(jobs: int) -> ProcessPoolExecutor:
    """So many processes with one thread each; with device "cuda", process i works on GPU i modulo their number."""
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, spawn, _begin, (spawn.Value("i", 0),))


def _begin(begun: Any) -> None:
    torch.set_num_threads(1)
    with begun.get_lock():
        number, begun.value = begun.value, begun.value + 1
    if torch.cuda.is_available():
        torch.cuda.set_device(number % torch.cuda.device_count())
