"""Compile kernels while a training runs: other processes compile, and the training changes over when all are done.

Triton and the C compiler take about a second for a kernel, and a training needs some twenty-five of them. On a machine
where nothing was compiled before, compiling them one after the other takes longer than many a training without kernels.
"""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from triton import knobs

from mmsr_lite.evaluation.strategy import Strategy
from mmsr_lite.kernels.programs.job import Job

WORKER = [sys.executable, "-m", "mmsr_lite.kernels.programs.worker"]
FIRST = ("write_tables", "node_states_backward", "homogeneous_backward")  # those that take longest are compiled first


class Preparation:
    """The compilation of some kernels into Triton's cache on disk, in processes of their own.

    Args:
        strategy: the strategy that will use the kernels.
        jobs: the kernels to compile; those that the cache holds already are left out.
        processes: how many processes compile at once; None (the default): one less than the machine has cores.

    Attributes:
        report: for each compiled kernel its name, and the seconds for the kernel and for its launcher.
        error: what went wrong, so that the training goes on without kernels; None while nothing did.
        seconds: the seconds from the beginning until all kernels were compiled; None before.

    Example:
        >>> nothing_to_do = Preparation(Strategy(), [])
        >>> nothing_to_do.ready(), nothing_to_do.compiled
        (True, 0)
    """

    def __init__(self, strategy: Strategy, jobs: list[Job], processes: int | None = None):
        self.strategy = strategy
        self.report: list[dict[str, Any]] = []
        self.error: str | None = None
        self.seconds: float | None = None
        self._began = time.perf_counter()
        self._processes: list[subprocess.Popen[str]] = []
        self._notes = Path(knobs.cache.dir) / "mmsr_lite"
        jobs = [job for job in jobs if not (self._notes / job.id).exists()]
        jobs.sort(key=lambda job: FIRST.index(job.name) if job.name in FIRST else len(FIRST))
        self._left, self._lock = len(jobs), threading.Lock()
        self._all_done = threading.Event()
        self.compiled = len(jobs)
        if not jobs:
            self._finish()
            return
        self._queue: SimpleQueue[Job] = SimpleQueue()
        for job in jobs:
            self._queue.put(job)
        if processes is None:
            processes = max(1, len(os.sched_getaffinity(0)) - 1)
        for _ in range(min(processes, len(jobs))):
            threading.Thread(target=self._serve, daemon=True).start()

    def ready(self) -> bool:
        """Whether all kernels are compiled."""
        return self._all_done.is_set() and self.error is None

    def failed(self) -> bool:
        """Whether a kernel could not be compiled; `error` says why."""
        return self.error is not None

    def wait(self) -> None:
        """Wait until all kernels are compiled, or one could not be."""
        self._all_done.wait()

    def stop(self) -> None:
        """End the processes; the kernels that they have compiled stay in the cache."""
        with self._lock:
            running, self._processes = self._processes, []
            self._all_done.set()
        for process in running:
            process.kill()

    def _finish(self) -> None:
        """Note that all kernels are compiled."""
        self.seconds = time.perf_counter() - self._began
        self._all_done.set()

    def _serve(self) -> None:
        """Give jobs to one process until none is left."""
        process = subprocess.Popen(
            WORKER,
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        assert process.stdin is not None and process.stdout is not None  # both are pipes
        with self._lock:
            if self._all_done.is_set():
                process.kill()
                return
            self._processes.append(process)
        try:
            while not self._all_done.is_set():
                job = self._queue.get_nowait()
                process.stdin.write(job.to_json() + "\n")
                process.stdin.flush()
                line = process.stdout.readline()
                self._note(job, json.loads(line) if line else {"error": "the process that compiles ended"})
        except Empty:
            process.stdin.close()
        except OSError as error:
            self._note(job, {"error": str(error)})
        finally:
            process.wait()

    @staticmethod
    def _environment() -> dict[str, str]:
        """The environment of the processes: this package first on the path, and the Triton cache of this process."""
        root = str(Path(__file__).parents[2])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        return os.environ | {"PYTHONPATH": path, "TRITON_CACHE_DIR": knobs.cache.dir}

    def _note(self, job: Job, answer: dict[str, Any]) -> None:
        """Note the answer of a process about one job, and whether all are done."""
        with self._lock:
            if self._all_done.is_set():
                return
            self.report.append({"kernel": job.name, **answer})
            if "error" in answer:
                self.error = f"{job.name}: {answer['error']}"
                self._all_done.set()
                return
            self._notes.mkdir(parents=True, exist_ok=True)
            (self._notes / job.id).touch()
            self._left -= 1
            if not self._left:
                self._finish()
