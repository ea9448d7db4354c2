"""Mark notebooks that learners hand in: their answers are checked again, and saved outputs count for nothing.

The notebook runs in a process of its own (`course/sandbox.py`), which sends its answers here. They are judged here, by
a `check` that no cell of the notebook can change. A copied answer counts as right, as in every exercise.
"""

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from tqdm.auto import tqdm

from mmsr_lite.course.check import Verdict, check, exercises
from mmsr_lite.course.limits import DEFAULT, THREADS, Clock, Limits, OutOfTime, TooMuch, reader, writer
from mmsr_lite.course.sandbox import isolates, readable_places, sandbox
from mmsr_lite.course.wire import Line, Message
from mmsr_lite.data.storage import read_json_object
from mmsr_lite.errors import MMSRError

ASKED = re.compile(r"""\bcheck\(\s*["'](\d\d)\.(\d+)["']""")
TO_BEGIN = 120  # seconds to start Python and import torch
MARKS = ("right", "almost", "wrong", "no answer", "failed")


def collect(paths: Iterable[str | os.PathLike], limits: Limits = DEFAULT, isolated: bool | None = None) -> pd.DataFrame:
    """Run each notebook in a process of its own, and check its answers here.

    Args:
        paths: Notebooks that learners handed in.
        limits: What each may use.
        isolated: True: each process has namespaces of its own (Linux); False: Python alone refuses what it can. None:
            namespaces where this machine has them.

    Returns:
        A row for each notebook and exercise: `notebook` (its path), `exercise`, `mark` (one of `MARKS`), `message`.

    Raises:
        MMSRError: A path names no file, or this is Windows, where a process cannot be limited so.

    Example:
        >>> collect(["ann.ipynb"])
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: there is no file 'ann.ipynb'; name notebooks that learners handed in
    """
    if sys.platform == "win32":
        raise MMSRError(
            "notebooks of other people are marked on Linux or macOS; on Windows use its Linux subsystem (WSL)"
        )
    places = [Path(path) for path in paths]
    for place in places:
        if not place.is_file():
            raise MMSRError(f"there is no file {str(place)!r}; name notebooks that learners handed in")
    isolated = isolates() if isolated is None else isolated
    rows = []
    for place in tqdm(places, desc="notebooks", unit="notebook"):
        for exercise, (mark, message) in marks_of(place, limits, isolated).items():
            rows.append({"notebook": str(place), "exercise": exercise, "mark": mark, "message": message})
    return pd.DataFrame(rows, columns=["notebook", "exercise", "mark", "message"])


def marks_of(place: Path, limits: Limits, isolated: bool) -> dict[str, tuple[str, str]]:
    """The mark and its sentence for each exercise of one notebook; "" stands for a notebook without any.

    Args:
        place: the notebook.
        limits: what it may use.
        isolated: whether it runs in namespaces of its own.

    Returns:
        Number of an exercise -> mark and sentence.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     empty = Path(folder, "empty.ipynb")
        ...     text = empty.write_text('{"cells": []}')
        ...     marks_of(empty, Limits(), isolated=False)
        {'': ('failed', 'no exercise of the course is asked in it')}
    """
    try:
        cells = code_of(place)
    except MMSRError as error:
        return {"": ("failed", str(error))}
    known = exercises_in(cells)
    if not known:
        return {"": ("failed", "no exercise of the course is asked in it")}
    found: dict[str, tuple[str, str]] = {}
    stopped = _run(cells, known, limits, isolated, found)
    unreached = ("failed", stopped) if stopped else ("no answer", "its cell is not in the notebook")
    return {one: found.get(one, unreached) for one in known}


def code_of(place: Path) -> list[str]:
    """The sources of the code cells of a notebook.

    Args:
        place: the notebook.

    Returns:
        One text for each cell.

    Raises:
        MMSRError: The file is no notebook.

    Example:
        >>> code_of(Path("no-such-file.ipynb"))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: ...
    """
    notebook = read_json_object(place, "a notebook")
    try:
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        return ["".join(cell["source"]) for cell in cells]
    except (LookupError, TypeError) as error:
        raise MMSRError(f"{str(place)!r} is not a notebook: it has no list of cells with their sources") from error


def exercises_in(cells: list[str]) -> list[str]:
    """List the exercises of each notebook of the course that occurs in some cells.

    Args:
        cells: the code of the cells.

    Returns:
        Numbers of exercises, in order: all those of each notebook of which at least one occurs.

    Example:
        >>> exercises_in(['check("02.3", relation)'])
        ['02.1', '02.2', '02.3', '02.4']
    """
    numbers = sorted({number for cell in cells for number, _ in ASKED.findall(cell)})
    known = []
    for number in numbers:
        try:
            known += [one.id for one in exercises(number)]
        except ModuleNotFoundError:
            continue
    return known


def mark_of(verdict: Verdict) -> str:
    """The mark of a verdict: one of `MARKS`.

    Args:
        verdict: what `check` found.

    Returns:
        The mark.

    Example:
        >>> mark_of(check("02.1", 6)), mark_of(check("02.1"))
        ('wrong', 'no answer')
    """
    if verdict.right is None:
        return "no answer" if "in place of the dots" in verdict.message else "failed"
    if verdict.right:
        return "right"
    return "almost" if verdict.message.startswith("close") else "wrong"


def _run(cells: list[str], known: list[str], limits: Limits, isolated: bool, found: dict[str, tuple[str, str]]) -> str:
    """Run the cells and put a mark for each answer into `found`; why the run ended early, empty when it did not."""
    cell = 0
    with sandbox(isolated) as process:
        clock = Clock(TO_BEGIN, process.pid, limits.gigabytes)
        assert process.stdin is not None and process.stdout is not None
        line = Line(reader(process.stdout.fileno(), clock), writer(process.stdin.fileno(), clock))
        task = {"cells": cells, "seconds": limits.seconds, "gigabytes": limits.gigabytes, "processes": THREADS}
        try:
            line.send(**task, refuse_in_python=not isolated, readable=readable_places())
            line.receive()  # it is ready
            clock.start(limits.seconds)
            while "done" not in (message := line.receive()):
                if "cell" in message:
                    cell = int(message["cell"])
                elif "stopped" in message:
                    for number, exercise in ASKED.findall(cells[cell]):
                        sentence = f"its cell stops with {message['stopped']}"
                        found.setdefault(f"{number}.{exercise}", ("failed", sentence))
                elif message["exercise"] in known:
                    _judge(line, message, found)
                else:
                    line.send(right=None, message="there is no such exercise in this notebook.")
        except OutOfTime:
            return f"stopped after {limits.seconds} s, in code cell {cell + 1}"
        except TooMuch as error:
            return f"stopped in code cell {cell + 1}: {error}"
        except (EOFError, BrokenPipeError):
            return f"its process ended in code cell {cell + 1}: too much memory or time, or it ended itself"
        except (MMSRError, TypeError, ValueError, LookupError) as error:  # something else answers in place of `play`
            return f"stopped in code cell {cell + 1}: {error}"
    return ""


def _judge(line: Line, message: Message, found: dict[str, tuple[str, str]]) -> None:
    """Check one answer, keep its mark and send it to the notebook; of several answers the last counts."""
    exercise = message["exercise"]
    try:
        verdict = check(exercise, line.decode(message["answer"]))
    except (MMSRError, TypeError, ValueError) as error:  # an answer that cannot be read
        verdict = Verdict(exercise, False, f"it cannot be used: {error}.")
    mark = mark_of(verdict)
    if mark != "no answer" or exercise not in found:
        found[exercise] = (mark, verdict.message)
    line.send(right=verdict.right, message=verdict.message)
