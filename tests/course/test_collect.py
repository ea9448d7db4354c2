"""Notebooks of learners are marked by their answers: what they print, change or try outside does not count."""

import json
import os
import re
import subprocess
import sys

import pytest

import mmsr_lite.course.collect as collecting
from mmsr_lite.cli import main
from mmsr_lite.course.check import Verdict, check
from mmsr_lite.course.collect import Limits, collect, mark_of
from mmsr_lite.course.sandbox import isolates, used_by
from mmsr_lite.course.wire import Line
from mmsr_lite.errors import MMSRError

pytest.importorskip("IPython")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are those of Unix")
CHEATING = """
import mmsr_lite.course.check as judge
judge.check = lambda *given: print("02.1 right: well done")
judge._same = lambda *given: True
check = judge.check
class Equal:
    __eq__ = lambda self, other: True
    __hash__ = lambda self: 5
"""
OUTSIDE = """
import socket
try:
    socket.create_connection(("127.0.0.1", 9), 1)
except OSError as error:
    network = str(error)
check("02.2", open(SECRET).read())
"""
SPEAKING = """
import socket
server = socket.create_server(("localhost", 0))
socket.create_connection(("localhost", server.getsockname()[1]), 5).close()
try:
    socket.create_connection(("192.0.2.1", 80), 5)  # an address for examples, which nobody has
except OSError as error:
    if "unreachable" not in str(error):
        raise SystemError(str(error))
check("02.2", "match")
"""
UNDOING = """
import subprocess
for words in (["-o", "remount,rw,bind", "/usr"], ["-t", "tmpfs", "none", "/usr"]):
    if subprocess.run(["mount", *words], capture_output=True).returncode == 0:
        raise SystemError(f"mount {words} worked")
try:
    open("/proc/sys/kernel/core_pattern", "a")
except OSError:
    check("02.4", ...)
"""
LARGE = """
program = "kept = bytearray(range(256)) * 3_000_000; input()"
both = [subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) for _ in range(2)]
both[0].wait()
"""
HERD = """
import os, time
for number in range(80):
    if os.fork() == 0:
        time.sleep(100)
time.sleep(100)
"""


@pytest.fixture
def handed_in(tmp_path):
    """A function that writes a notebook with the given code cells."""

    def write(name, *sources):
        cells = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": []} for source in sources]
        cells[-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "02.1 right: printed before"}]
        place = tmp_path / f"{name}.ipynb"
        place.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
        return place

    return write


def marks(table, place):
    return dict(zip(*table[table["notebook"] == str(place)][["exercise", "mark"]].to_numpy().T, strict=True))


@pytest.mark.slow
@pytest.mark.outside
def test_answers_count_and_nothing_that_a_notebook_prints_changes_or_reads(handed_in, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("match")  # the right answer of 02.2
    honest = handed_in(
        "honest",
        "from mmsr_lite import check",
        'check("02.1", ...)\ncheck("02.1", 2)\ncheck("02.1", 5)',
        'check("02.2", "out")',
        'check("02.3", 1 / 0)',
    )
    cheating = handed_in(
        "cheating",
        CHEATING,
        'print("02.1 right: yes")\ncheck("02.1", Equal())',
        OUTSIDE.replace("SECRET", repr(str(secret))),
        'check("02.3", len(bytes(10**12)))',
        UNDOING if isolates() else 'check("02.4", ...)',
    )
    table = collect([honest, cheating], Limits(200, 3))
    right = check("02.1", 5).right is True
    assert marks(table, honest) == {
        "02.1": "right" if right else "wrong",
        "02.2": "wrong",
        "02.3": "failed",
        "02.4": "no answer",
    }
    assert marks(table, cheating) == {"02.1": "wrong", "02.2": "failed", "02.3": "failed", "02.4": "no answer"}
    said = table.set_index(["notebook", "exercise"])["message"]
    assert said[str(honest), "02.2"] == check("02.2", "out").message
    assert "ZeroDivisionError" in said[str(honest), "02.3"]
    assert "MemoryError" in said[str(cheating), "02.3"]
    assert "secret.txt" in said[str(cheating), "02.2"] and secret.read_text() == "match"


@pytest.mark.slow
@pytest.mark.outside
def test_what_python_refuses_where_there_are_no_namespaces(handed_in, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("match")
    place = handed_in(
        "outside",
        "from mmsr_lite import check",
        OUTSIDE.replace("SECRET", repr(str(secret))),
        'check("02.3", network)',
        'import os; check("02.4", os.system("true"))',
        'open("own.txt", "w").write("mine"); check("02.1", len(open("own.txt").read()) + 1)',
    )
    said = collect([place], Limits(200, 3), isolated=False).set_index("exercise")["message"]
    assert "outside; it is refused" in said["02.2"]
    assert "is refused while" in said["02.3"]
    assert "os.system is refused" in said["02.4"]
    assert said["02.1"] == check("02.1", 5).message


@pytest.mark.slow
@pytest.mark.outside
def test_a_notebook_without_end_is_stopped_and_keeps_what_it_answered(handed_in, tmp_path, capsys):
    place = handed_in("=endless", 'check("02.2", "match")', "while True: pass", 'check("02.3", 4)')
    out = tmp_path / "marks.csv"
    assert main(["collect", str(place), "-o", str(out), "--seconds", "3"]) == 0
    said = capsys.readouterr().out
    assert "code of other people" in said and ("new namespaces" if isolates() else "by Python itself") in said
    rows = [line.split('","') for line in out.read_text().splitlines()]
    assert rows[0] == ['"notebook', "exercise", "mark", 'message"']
    assert rows[2][1:3] == ["02.2", mark_of(check("02.2", "match"))]
    assert rows[3][1:] == ["02.3", "failed", 'stopped after 3 s, in code cell 2"']


@pytest.mark.slow
@pytest.mark.outside
@pytest.mark.skipif(not isolates(), reason="elsewhere Python refuses every other process")
def test_what_a_notebook_starts_counts_with_it(handed_in):
    many = handed_in("many", 'check("02.2", "match")', HERD)
    said = collect([many], Limits(200, 3)).set_index("exercise")["message"]
    assert said["02.2"] == check("02.2", "match").message
    assert re.fullmatch(r"stopped in code cell 2: it has started \d\d processes", said["02.3"])
    large = handed_in("large", 'check("02.2", "match")', "import subprocess, sys\n" + LARGE)
    said = collect([large], Limits(200, 1)).set_index("exercise")["message"]
    assert re.fullmatch(r"stopped in code cell 2: its \d processes hold \d\.\d GB", said["02.3"])


@pytest.mark.slow
@pytest.mark.outside
@pytest.mark.skipif(not isolates(), reason="elsewhere Python refuses every socket")
def test_processes_of_a_notebook_reach_each_other_at_localhost_and_nothing_else(handed_in):
    """Notebook 14 trains with two processes, which without localhost wait for each other until its time is up."""
    place = handed_in("speaking", "from mmsr_lite import check", SPEAKING)
    assert marks(collect([place], Limits(200, 3)), place)["02.2"] == mark_of(check("02.2", "match"))


def test_a_process_is_counted_with_those_that_it_started():
    program = [sys.executable, "-c", "kept = bytearray(range(256)) * 400_000; print(flush=True); input()"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        processes, memory = used_by(child.pid)
        assert processes == 1 and memory > 256 * 400_000
        assert used_by(os.getpid())[0] >= 1 + processes
        child.communicate(b"\n")
    assert used_by(child.pid) == (0, 0)


def test_a_process_that_ends_while_all_are_counted_is_left_out(monkeypatch):
    """Linux answers "no such process" for a file in /proc whose process has ended since the folder was listed."""
    stat = os.stat

    def ended(path, **options):
        if str(path).startswith("/proc/"):
            raise ProcessLookupError(3, "No such process", str(path))
        return stat(path, **options)

    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", ended)
        counted = used_by(os.getpid())
    assert counted == (0, 0)


@pytest.mark.slow
@pytest.mark.outside
def test_a_function_is_called_where_it_was_written_with_functions_of_the_marking_process(handed_in, monkeypatch):
    def judge(exercise, answer):
        """Right when the answer calls what it is given, on each number."""
        return Verdict(exercise, answer((1, 2), lambda number: 10 * number) == [10, 20], "called")

    monkeypatch.setattr(collecting, "check", judge)
    place = handed_in("function", "def each(items, use): return [use(one) for one in items]\ncheck('02.1', each)")
    assert marks(collect([place], Limits(200, 3)), place)["02.1"] == "right"


def test_files_that_are_no_notebooks_are_named(tmp_path):
    (tmp_path / "notes.ipynb").write_text("[]")
    (tmp_path / "other.ipynb").write_text('{"cells": []}')
    table = collect([tmp_path / "notes.ipynb", tmp_path / "other.ipynb"])
    assert table["mark"].tolist() == ["failed", "failed"]
    assert "not a notebook" in table["message"][0] and "no exercise" in table["message"][1]
    with pytest.raises(MMSRError, match="there is no file"):
        collect([tmp_path / "absent.ipynb"])


def test_an_almost_right_answer_is_told_from_a_wrong_one():
    assert mark_of(Verdict("02.1", False, "close: count the codes, too.")) == "almost"
    assert mark_of(Verdict("02.1", False, "not this.")) == "wrong"
    assert mark_of(Verdict("02.1", None, "this answer cannot be checked here")) == "failed"


def test_values_come_back_as_what_they_were():
    line = Line(lambda: b"", lambda content: None)
    values = [None, True, 2, 0.5, "a", ..., [1, (2, {3})], {"a": (1, 2), 3: [4]}]
    assert line.decode(json.loads(json.dumps(line.encode(values)))) == values
    assert repr(line.decode(line.encode(object()))) == "a object"
    import numpy as np

    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    back = line.decode(line.encode(array))
    assert back.dtype == array.dtype and (back == array).all()
    with pytest.raises(MMSRError, match="an array of object"):
        line.decode({"array": [1], "dtype": "O"})


def test_windows_is_told_where_it_works(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(MMSRError, match="on Linux or macOS"):
        collect([])
