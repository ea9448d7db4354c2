"""The processes that carry out the runs of a study side by side, on one GPU or on several."""

from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import torch

from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments.study import Job
from mmsr_lite.experiments.worker import Worker

_worker: Worker | None = None  # of this process


def at_once(worker: Worker, job: Job) -> Future:
    """Do a job now, in this process, and return it like a pool of processes.

    Args:
        worker: what does the job.
        job: the job.

    Returns:
        A future that is done.

    Example:
        >>> class Doubles:  # a stand-in for a worker
        ...     def run_job(self, job):
        ...         return 2 * job
        >>> at_once(Doubles(), 4).result()
        8
    """
    future: Future = Future()
    try:
        future.set_result(worker.run_job(job))
    except (MMSRError, MemoryError) as error:
        future.set_exception(error)
    return future


def pool_of(jobs: int, worker: Worker) -> ProcessPoolExecutor:
    """Start processes that run the jobs of `worker`; with device "cuda" they share all GPUs.

    Args:
        jobs: how many processes.
        worker: what each of them begins with.

    Returns:
        The pool.

    Example:
        >>> with pool_of(2, worker=None) as pool: type(pool).__name__  # a process begins with its first job
        'ProcessPoolExecutor'
    """
    spawn = get_context("spawn")
    return ProcessPoolExecutor(jobs, spawn, _begin_process, (worker, spawn.Value("i", 0)))


def _begin_process(worker: Worker, begun: Any) -> None:
    global _worker
    _worker = worker
    torch.set_num_threads(1)
    with begun.get_lock():
        number, begun.value = begun.value, begun.value + 1
    if worker.device == "cuda":
        torch.cuda.set_device(number % torch.cuda.device_count())


def run_job_there(job: Job):
    """Run a job in a process of `pool_of`.

    Args:
        job: the job.

    Example:
        >>> from unittest.mock import patch
        >>> class Doubles:  # a stand-in for the worker of this process
        ...     def run_job(self, job):
        ...         return 2 * job
        >>> with patch("mmsr_lite.experiments.processes._worker", Doubles()): run_job_there(4)
        8
    """
    assert _worker is not None
    return _worker.run_job(job)
