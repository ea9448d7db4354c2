"""Run pytest many times in one copy of the project, without loading torch and pandas anew each time.

A process loads the large packages once and nothing of ours; each run is a fork of it. A run tells which tests failed,
what each test took, and, if asked, which lines each test went through.
"""

import json
import multiprocessing
import os
import resource
import signal
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOADED = ["torch", "torch_geometric", "pandas", "sklearn.cluster", "scipy.sparse", "scipy.stats", "networkx", "plotly"]
LOADED += ["matplotlib", "pyarrow", "hypothesis", "pytest", "tqdm.auto", "safetensors.torch", "PIL.Image"]
OURS = ("mmsr_lite", "tests", "benchmarks", "conftest")
PASSED, NO_SUCH_TEST, NOTHING_TO_DO = 0, 4, 5  # exit codes of pytest


@dataclass
class Ran:
    """What one run of pytest said.

    Attributes:
        code: pytest's exit code; below zero: the signal that ended it, as of a process.
        failed: tests, or files that could not be read, in the order in which they failed.
        seconds: what each test took.
        processor: seconds of the processor that the whole run took.
        told: the end of what was printed.
    """

    code: int
    failed: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    processor: float = 0.0
    told: str = ""


class _Recorder:
    """A plugin of pytest that keeps what `Ran` holds."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self.seconds: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.seconds[report.nodeid] += report.duration
        if report.failed and report.nodeid not in self.failed:
            self.failed.append(report.nodeid)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.failed.append(report.nodeid)


def _run(copy: str, words: list[str], limit: int) -> None:
    """What a fork does: pytest in the copy, whose packages come before all others; writes `ran.json` there."""
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
    os.chdir(copy)
    output = os.open("ran.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    sys.path.insert(0, copy)
    os.environ["PYTHONPATH"] = os.pathsep.join([copy, *filter(None, [os.environ.get("PYTHONPATH")])])
    os.environ |= {"CI": "1", "MMSR_CACHE": f"{copy}/cache", "COVERAGE_FILE": f"{copy}/.coverage"}
    os.environ |= {"COVERAGE_CORE": "ctrace"}  # the newer one does not tell which test it was
    import pytest

    recorder = _Recorder()
    code = int(pytest.main(words, plugins=[recorder]))
    used = resource.getrusage(resource.RUSAGE_SELF)
    ran = {"code": code, "failed": recorder.failed, "seconds": recorder.seconds}
    Path("ran.json").write_text(json.dumps(ran | {"processor": used.ru_utime + used.ru_stime}), encoding="utf-8")
    os._exit(0)  # threads of a test may still run


def start_loading() -> None:
    """Name what the process that forks shall load; to be called before the first run. One thread is enough for it."""
    os.environ |= {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    multiprocessing.get_context("forkserver").set_forkserver_preload(LOADED)


_stopped = False


def stop() -> None:
    """End all runs, and begin no other one in this process."""
    global _stopped
    _stopped = True
    for child in multiprocessing.active_children():
        child.kill()


def run_pytest(copy: Path, words: Sequence[str], limit: float) -> Ran:
    """Run pytest in a copy of the project; several copies may run at a time.

    Args:
        copy: the copy; all that is imported comes from it.
        words: what pytest is told.
        limit: seconds of the processor; or twenty times as many by the clock, for what waits.

    Raises:
        RuntimeError: after `stop`.
    """
    if _stopped:
        raise RuntimeError("no run of pytest begins after stop()")
    told, printed = copy / "ran.json", copy / "ran.log"
    for file in (told, printed):
        file.unlink(missing_ok=True)
    process = multiprocessing.get_context("forkserver").Process(
        target=_run, args=(str(copy.resolve()), list(words), max(1, round(limit)))
    )
    process.start()
    process.join(20 * limit)
    if process.exitcode is None:
        process.kill()
        process.join()
    end = " ".join(printed.read_text(errors="replace").split())[-200:] if printed.is_file() else ""
    if not told.is_file():
        return Ran(-signal.SIGKILL if process.exitcode is None else min(process.exitcode or 0, -1), told=end)
    return Ran(**json.loads(told.read_text(encoding="utf-8")), told=end)


def tests_by_line(copy: Path, file: str) -> dict[int, set[str]]:
    """Which tests went through each line of a file, in the run before; "" stands for no test: while it was imported.

    Args:
        copy: where pytest ran with `--cov=mmsr_lite --cov-context=test`.
        file: the file, from the project's root.
    """
    from coverage import CoverageData

    data = CoverageData(str(copy / ".coverage"))
    data.read()
    lines = data.contexts_by_lineno(str(copy.resolve() / file))
    return {line: {context.rpartition("|")[0] for context in contexts} for line, contexts in lines.items()}
