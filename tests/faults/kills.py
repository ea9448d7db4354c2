"""Kill commands, go on from what is left, and compare every byte with a run that was never disturbed.

    python -m tests.faults.kills                          some file operations of each command
    python -m tests.faults.kills --every 1 --random 300   each file operation, and 300 random moments of each command

Each kill is KILL, TERM or INT in turn. The last line of the output is the report as JSON.
"""

import argparse
import contextlib
import gc
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch
from tqdm import tqdm

from mmsr_lite.data.storage import write_json
from tests.faults.children import Result, allow, contents, done, ended, killed_after, start
from tests.faults.commands import CASES, Case, write_data

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
SHORT = ("train", "train over an older run", "prepare", "tables", "page")


class Harness:
    """Disturbs one command after another in fresh folders below `root` and counts what was survived."""

    def __init__(self, root: Path, case: Case, seed: int = 0):
        self.root, self.case, self.seed, self.number = root, case, seed, 0
        self.told: Callable[[], None] = lambda: None  # called now and then
        self.survived, self.stopped, self.failures = 0, 0, []  # type: ignore[var-annotated]
        self.wanted, self.older, self.before = {}, None, None  # type: ignore[var-annotated]
        if case.before is not None:
            self.before = self.made(case.before)
        if case.older is not None:
            self.older = self.made(case.older)
        undisturbed = self.folder(with_older=False)
        began = time.monotonic()
        result = done(case.work, undisturbed)
        self.seconds = time.monotonic() - began
        allow(self.seconds)
        assert result.code == 0, result.told
        self.wanted = contents(undisturbed)
        probe = self.folder()
        self.operations = done(case.work, probe).operations
        assert contents(probe) == self.wanted, "two undisturbed runs differ"

    def made(self, work: Callable[[], int | None]) -> Path:
        """A new working directory in which something was done."""
        folder = self.folder()
        result = done(work, folder)
        assert result.code == 0, result.told
        return folder

    def folder(self, with_older: bool = True) -> Path:
        """A new working directory with the data, what was done before, and the older run where the case has one."""
        self.number += 1
        folder = self.root / f"{self.case.name.replace(' ', '-')}-{self.number}"
        if with_older and self.older is not None:
            shutil.copytree(self.older, folder)
        elif self.before is not None:
            shutil.copytree(self.before, folder)
        else:
            write_data(folder / "data")
        return folder

    def check(self, folder: Path, results: list[Result], what: str) -> None:
        """Go on from what is left in a folder, and note whether all is as it should be."""
        self.look(folder, what)
        results = [*results, done(self.case.again, folder)]
        now = contents(folder)
        different = sorted(name for name in {*self.wanted, *now} if self.wanted.get(name) != now.get(name))
        dirty = [result.told[-2000:] for result in results if not result.is_clean]
        if dirty:
            self.failures.append({"at": what, "why": "a traceback", "told": dirty[0]})
        elif results[-1].code != 0:
            self.failures.append(
                {"at": what, "why": f"it did not go on: {results[-1].code}", "told": results[-1].told[-2000:]}
            )
        elif different:
            self.failures.append({"at": what, "why": f"other bytes in {different}", "told": ""})
        else:
            self.survived += 1
        shutil.rmtree(folder)
        for file in self.root.glob(f"{folder.name}.*"):
            file.unlink()

    def look(self, folder: Path, what: str) -> None:
        """What a stopped command left: files of one run only, and whole where they have to be whole."""
        named = {"config.json": "id", "run.json": "id", "metrics.json": "run"}
        ids = {
            json.loads((folder / "out" / n).read_text())[key]
            for n, key in named.items()
            if (folder / "out" / n).is_file()
        }
        if len(ids) > 1:
            self.failures.append({"at": what, "why": f"files of the runs {ids} stand together", "told": ""})
        for name in self.case.whole:
            older = self.older / name if self.older is not None else folder / "data"
            possible = [self.wanted[name]] + ([older.read_bytes()] if older.is_file() else [])
            if (folder / name).is_file() and (folder / name).read_bytes() not in possible:
                self.failures.append({"at": what, "why": f"{name} is neither the old one nor the new one", "told": ""})

    def at_operations(self, every: int, deadline: float) -> None:
        """Kill before every so many file operations."""
        for at in self.in_time(self.some_operations(every), deadline):
            folder, how = self.folder(), SIGNALS[at % 3]
            result = done(self.case.work, folder, at=at, how=how)
            self.stopped += result.code != 0
            self.check(folder, [result], f"operation {at}, {how.name}")

    def at_random(self, kills: int, deadline: float) -> None:
        """Kill at random moments, some of the attempts to go on as well."""
        rng = random.Random(self.seed)
        for number in self.in_time(range(kills), deadline):
            folder, how = self.folder(), SIGNALS[number % 3]
            results = [killed_after(self.case.work, folder, rng.uniform(0, self.seconds), how)]
            if rng.random() < 0.3:
                results.append(killed_after(self.case.again, folder, rng.uniform(0, self.seconds), how))
            self.stopped += sum(result.code != 0 for result in results)
            self.check(folder, results, f"random kill {number}, {how.name}")

    def two_at_once(self, every: int, deadline: float) -> None:
        """Stop a process at a file operation, let another one begin the same, and go on with the first."""
        for at in self.in_time(self.some_operations(every), deadline):
            folder = self.folder()
            first = start(self.case.work, folder, at=at, how=signal.SIGSTOP)
            os.waitpid(first, os.WUNTRACED)
            log = Path(f"{folder}.err").rename(f"{folder}.first")
            second = done(self.case.again, folder)
            os.kill(first, signal.SIGCONT)
            Path(log).rename(f"{folder}.err")
            results = [ended(first, folder), second]
            told = [result.told for result in results if result.code != 0]
            if len(told) == 2 or any("is writing" not in one and "already" not in one for one in told):
                self.failures.append({"at": f"two at once, {at}", "why": "none was refused well", "told": str(told)})
            self.stopped += len(told)
            self.check(folder, results, f"two at once, operation {at}")

    def some_operations(self, every: int) -> range:
        """Every so many file operations from the first one; 0: none."""
        return range(1, self.operations + 1, every) if every else range(0)

    def in_time(self, numbers: range, deadline: float) -> Iterator[int]:
        """The numbers, as long as there is time and few have failed."""
        for count, number in enumerate(numbers):
            if time.monotonic() < deadline and len(self.failures) < 5:
                yield number
            if count % 20 == 0:
                self.told()

    def report(self) -> dict:
        """What was done."""
        return {
            "command": self.case.name,
            "file operations": self.operations,
            "disturbances survived": self.survived,
            "processes stopped": self.stopped,
            "failures": self.failures,
        }


def warm(root: Path, names: list[str]) -> None:
    """Load once what the commands import, so that children have it; no thread may run when they are forked."""
    torch.set_num_threads(1)
    tqdm.monitor_interval = 0
    warnings.simplefilter("ignore")
    here = os.getcwd()
    for name in names:
        folder = root / f"warm-{name.replace(' ', '-')}"
        write_data(folder / "data")
        os.chdir(folder)
        os.environ["MMSR_CACHE"] = str(root / "warm-cache")
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            if (before := CASES[name].before) is not None:
                before()
            CASES[name].work()
    os.chdir(here)
    gc.collect()
    gc.freeze()  # children do not go through it again


def main(argv: list[str] | None = None) -> int:
    """Disturb commands and print a report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=[*CASES], help="these commands (default: all but demo)")
    parser.add_argument(
        "--every", type=int, default=9, help="kill at every so many file operations (default: 9; 0: none)"
    )
    parser.add_argument("--random", type=int, default=0, help="kills of each command at random moments (default: 0)")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments (default: 0)")
    parser.add_argument("--out", type=Path, help="write the report here, too, after each command and every 20th kill")
    parser.add_argument(
        "--together", type=int, default=45, help="a second process at every so many operations (default: 45)"
    )
    parser.add_argument("--minutes", type=float, default=1e9, help="begin nothing after so many minutes")
    asked = parser.parse_args(argv)
    deadline = time.monotonic() + 60 * asked.minutes
    names = asked.only or [*SHORT]
    reports = []
    with tempfile.TemporaryDirectory() as place:
        root = Path(place).resolve()
        warm(root, names)

        def write(harness: Harness) -> None:
            if asked.out is not None:
                write_json(asked.out, [*reports, harness.report()])

        for name in names:
            harness = Harness(root, CASES[name], asked.seed)
            harness.told = partial(write, harness)
            steps: list[tuple[Callable, int]] = [(harness.at_operations, asked.every)]
            steps += [(harness.at_random, asked.random), (harness.two_at_once, asked.together)]
            for step, how_many in steps:
                step(how_many, deadline)
            write(harness)
            reports.append(harness.report())
            print(json.dumps(reports[-1]), file=sys.stderr, flush=True)
    print(json.dumps(reports))
    return int(any(report["failures"] for report in reports))


if __name__ == "__main__":
    sys.exit(main())
