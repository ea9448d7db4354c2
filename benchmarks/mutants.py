"""Would the tests notice a mistake? `python -m benchmarks mutants` makes small ones and counts those that tests find.

A mutant is the package with one small change, drawn at random: another comparison, another operator, another number,
a condition turned round, a statement left out. The tests and examples of the changed file's own package run against
it and stop at the first failure; a mutant that no test fails for has survived. Tests that go through the changed line
come first, the file's own before others and the quick ones before the slow ones; then come all others of the package.
Everything happens in a copy of the project; `--jobs` tries several at a time, each in a copy of its own.

The table, benchmarks/results/mutants.csv, is written after each mutant, with the test that failed. It may be stopped
at any moment: the mutants that the table holds count, and the same command draws others until there are `--count`.
"""

import argparse
import ast
import itertools
import os
import queue
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from benchmarks.pytest_forks import (
    NO_SUCH_TEST,
    NOTHING_TO_DO,
    PASSED,
    Ran,
    run_pytest,
    start_loading,
    stop,
    tests_by_line,
)
from benchmarks.small_mistakes import Mutant, mutants_of, put_in
from benchmarks.timing import RESULTS
from mmsr_lite.data.storage import atomic

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("graph", "nn", "evaluation", "explain")
NOT_COPIED = {"site", "dist", "build", "runs", "notebooks"}  # of the root; runs that the package ships are copied


def not_copied(folder: str, names: list[str]) -> set[str]:
    """What a copy of the project is made without, as `shutil.copytree` asks it of every folder.

    Args:
        folder: the folder.
        names: what is in it.

    Returns:
        Those of the names that are not copied.

    Example:
        >>> sorted(not_copied(str(ROOT), ["mmsr_lite", "runs", ".venv", "notebooks"]))
        ['.venv', 'notebooks', 'runs']
        >>> not_copied(str(ROOT / "mmsr_lite/stored"), ["runs", "__pycache__"])
        {'__pycache__'}
    """
    left_out = NOT_COPIED if Path(folder) == ROOT else set()
    return {name for name in names if name in left_out or name.startswith(".") or name == "__pycache__"}


def all_mutants() -> list[Mutant]:
    """Every mutant of the four packages, in a fixed order."""
    files = [path for package in PACKAGES for path in sorted((ROOT / "mmsr_lite" / package).rglob("*.py"))]
    sources = [(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in files]
    return [mutant for file, source in sources for mutant in mutants_of(file, source)]


NO_END, BROKEN = "no end", 10  # more failures than that, before anything is changed, and nothing is tried


@dataclass
class AsItIs:
    """What the tests of one package say and take before anything is changed.

    Attributes:
        ran: the run.
        lines: for each file and line of the package, the tests that go through it; empty without pytest-cov, and then
            the tests of the changed file come first.
    """

    ran: Ran
    lines: dict[str, dict[int, set[str]]]

    def through(self, mutant: Mutant, source: str) -> list[str]:
        """Tests that go through what a mutant changes: those of the file first, and quick ones before slow ones.

        Args:
            mutant: the change.
            source: the text of its file.
        """
        first, last = _statement(source, mutant.line)
        found = set().union(*(self.lines.get(mutant.file, {}).get(line, set()) for line in range(first, last + 1)))
        own = {mutant.file, _own_tests(mutant.file)}
        if not self.lines:
            found = {test for test in self.ran.seconds if _file_of(test) in own}
        by_file: Counter[str] = Counter()
        for test in found:
            by_file[_file_of(test)] += self.ran.seconds.get(test, 0)  # type: ignore[assignment]

        def key(test: str) -> tuple:
            file = _file_of(test)
            return file not in own, by_file[file], file, self.ran.seconds.get(test, 0)

        return sorted(found & self.ran.seconds.keys() - set(self.ran.failed), key=key)


def _statement(source: str, line: int) -> tuple[int, int]:
    """The lines of the smallest statement around a line, up to this line."""
    inside = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    first = max(node.lineno for node in inside if node.lineno <= line <= (node.end_lineno or node.lineno))
    return first, line


def _file_of(test: str) -> str:
    return test.partition("::")[0]


def _own_tests(file: str) -> str:
    """The file with the tests of a file of the package."""
    _, package, *rest = Path(file).parts
    return f"tests/{package}/test_{Path(rest[-1]).stem}.py"


OPTIONS = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--hypothesis-profile=quick"]
OPTIONS += ["-m", "not slow and not browser"]


def as_it_is(copy: Path, package: str, limit: float) -> AsItIs:
    """Run the tests of a package in a copy without a mutant, and note which lines each goes through."""
    has_coverage = find_spec("pytest_cov") is not None
    coverage = ["--cov=mmsr_lite", "--cov-context=test", "--cov-report="] if has_coverage else []
    options = [*OPTIONS, f"--maxfail={BROKEN + 1}", *coverage]
    ran = run_pytest(copy, [*options, f"tests/{package}", f"mmsr_lite/{package}"], limit)
    files = sorted((copy / "mmsr_lite" / package).rglob("*.py")) if ran.code >= 0 and has_coverage else []
    names = [file.relative_to(copy).as_posix() for file in files]
    return AsItIs(ran, {name: tests_by_line(copy, name) for name in names})


def told_by(copy: Path, mutant: Mutant, source: str, before: AsItIs, limit: float) -> list[str]:
    """The first test of the file's own package that fails in a copy of the project that holds a mutant.

    Args:
        copy: the copy, with the mutant.
        mutant: the change.
        source: the text of the file without it.
        before: what the package's tests said without it.
        limit: seconds of the processor that the tests may take more than three times what they took without it.

    Returns:
        The names of what failed; `NO_END` alone when the limit is passed, nothing when the mutant survived.
    """
    limit += 3 * before.ran.processor
    package, likely = Path(mutant.file).parts[1], before.through(mutant, source)
    if likely:
        ran = run_pytest(copy, [*OPTIONS, "--maxfail=1", *likely], limit)
        if ran.code not in (PASSED, NOTHING_TO_DO, NO_SUCH_TEST):  # the cases of a test may have other names now
            return _said(ran)
        likely = likely if ran.code == PASSED else []
    left_out = [f"--deselect={name}" for name in (*likely, *before.ran.failed)]
    ran = run_pytest(copy, [*OPTIONS, "--maxfail=1", *left_out, f"tests/{package}", f"mmsr_lite/{package}"], limit)
    return [] if ran.code in (PASSED, NOTHING_TO_DO) else _said(ran)


def _said(ran: Ran) -> list[str]:
    if ran.code in (-signal.SIGXCPU, -signal.SIGKILL):
        return [NO_END]
    return ran.failed[:1] or [f"pytest ended with {ran.code}: {ran.told}"]


def main(argv: list[str]) -> None:
    """Draw mutants, try those that have not been tried, print how many were caught."""
    parser = argparse.ArgumentParser("python -m benchmarks mutants", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=300, help="mutants that the table shall have (default: 300)")
    parser.add_argument("--seed", type=int, default=0, help="of the draw (default: 0)")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no mutant later than this")
    parser.add_argument(
        "--limit", type=float, default=300, help="seconds of the processor for the tests of a mutant (default: 300)"
    )
    parser.add_argument("--jobs", type=int, default=1, help="mutants that are tried at a time (default: 1)")
    parser.add_argument("--out", type=Path, default=RESULTS / "mutants.csv", help="the table (default: %(default)s)")
    args = parser.parse_args(argv)
    everything, end = all_mutants(), time.monotonic() + 60 * args.minutes
    rows = pd.read_csv(args.out, keep_default_na=False, dtype=str).to_dict("records") if args.out.is_file() else []
    left = to_try(everything, rows, args.count, args.seed)
    copies: queue.SimpleQueue[Path] = queue.SimpleQueue()
    start_loading()

    def first(package: str) -> AsItIs:
        copy = copies.get()
        before = as_it_is(copy, package, 10 * args.limit)
        copies.put(copy)
        return before

    def outcome(mutant: Mutant) -> dict[str, object] | None:
        if time.monotonic() > end:
            return None
        copy, source = copies.get(), (ROOT / mutant.file).read_text(encoding="utf-8")
        with changed_file(copy / mutant.file, put_in(mutant, source)):
            told = told_by(copy, mutant, source, before[Path(mutant.file).parts[1]], args.limit)
        copies.put(copy)
        return asdict(mutant) | {"outcome": "caught" if told else "survived", "by": " ".join(told)}

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # copies and forks go with the command
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(args.jobs) as pool:
        try:
            for number in range(args.jobs):
                copies.put(Path(shutil.copytree(ROOT, Path(folder, f"copy-{number}"), ignore=not_copied)))
            packages = sorted({Path(mutant.file).parts[1] for mutant in left})
            before = dict(zip(packages, pool.map(first, packages), strict=True))
            for package, one in before.items():
                _check(package, one.ran)
            found = as_completed([pool.submit(outcome, mutant) for mutant in left])
            for done in tqdm(found, "mutants", len(left), disable=None):
                if (row := done.result()) is not None:
                    rows.append(row)
                    with atomic(args.out) as temporary:
                        pd.DataFrame(rows).to_csv(temporary, index=False)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            stop()
            raise
    print(f"{len(everything):,} mutants are possible; tried: {dict(Counter(row['outcome'] for row in rows))}")


def _check(package: str, ran: Ran) -> None:
    """Name the tests that fail without a mutant; end where they are so many that nothing can be told."""
    if ran.failed:
        print(f"{package}: these fail as it is, and say nothing of mutants: {'; '.join(ran.failed)}", flush=True)
    if ran.code not in (0, 1) or len(ran.failed) > BROKEN or any("::" not in name for name in ran.failed):
        sys.exit(f"the tests of {package} cannot be run as it is; mend that first. {ran.told}")


def to_try(everything: Sequence[Mutant], rows: Sequence[dict], count: int, seed: int) -> list[Mutant]:
    """The mutants that are drawn beside those of the table, so that it has `count`.

    Args:
        everything: all mutants that are possible.
        rows: the table, which may be of an older state of the package.
        count: rows that the table shall have.
        seed: of the draw.

    Example:
        >>> some = [Mutant("a.py", line, 0, "1", "2") for line in range(1, 6)]
        >>> [mutant.line for mutant in to_try(some, [], 3, 0)]
        [3, 5, 4]
        >>> tried = [{"file": "a.py", "line": "5", "column": "0", "was": "1", "becomes": "2"}]
        >>> [mutant.line for mutant in to_try(some, tried, 3, 0)]
        [3, 4]
    """
    tried = {(row["file"], str(row["line"]), str(row["column"]), row["was"], row["becomes"]) for row in rows}
    order = np.random.default_rng(seed).permutation(len(everything))
    drawn = [everything[number] for number in order]
    new = [one for one in drawn if (one.file, str(one.line), str(one.column), one.was, one.becomes) not in tried]
    return new[: max(0, count - len(rows))]


_TIMES = itertools.count(1)


@contextmanager
def changed_file(file: Path, text: str) -> Iterator[None]:
    """The file with another text in the block; each text has a time of its own, so that no compiled one is mistaken."""
    was, times = file.read_bytes(), file.stat()
    file.write_text(text, encoding="utf-8")
    later = times.st_mtime + 10 * next(_TIMES)
    os.utime(file, (later, later))
    try:
        yield
    finally:
        file.write_bytes(was)
        os.utime(file, (times.st_atime, times.st_mtime))
