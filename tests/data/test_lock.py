"""One writer for a folder: the second is told who the first is, and a process that was killed holds nothing."""

import json
import os
import subprocess
import sys
import threading
import warnings

import pytest

from mmsr_lite.data.lock import NAME, atomic_alone, one_writer
from mmsr_lite.data.storage import atomic, sweep, sweep_cache
from mmsr_lite.errors import MMSRError

HOLD = """
import sys, time
from mmsr_lite.data.lock import one_writer
with one_writer(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock on `tmp_path`."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_the_second_writer_is_told_who_the_first_is(holder, tmp_path):
    said = rf"process {holder.pid} on '.*' is writing '.*'; wait until it has ended, or name another folder"
    with pytest.raises(MMSRError, match=said), one_writer(tmp_path):
        pytest.fail("two writers at once")


def test_the_lock_of_a_process_that_was_killed_is_taken_over_with_a_note(holder, tmp_path):
    holder.kill()
    holder.wait()
    assert json.loads((tmp_path / NAME).read_text())["process"] == holder.pid
    said = rf"process {holder.pid} on '.*' was writing .* this process takes over"
    with pytest.warns(UserWarning, match=said), one_writer(tmp_path):
        assert json.loads((tmp_path / NAME).read_text())["process"] == os.getpid()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("left", [b"", b"{}", b"[]", b"\xff", b'{"process": "x", "machine": 3}', b"[" * 5000])
def test_whatever_stands_in_a_lock_that_nobody_holds_it_is_taken(tmp_path, left):
    (tmp_path / NAME).write_bytes(left)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with one_writer(tmp_path):
            assert json.loads((tmp_path / NAME).read_text())["process"] == os.getpid()
    assert list(tmp_path.iterdir()) == []


def test_a_thread_may_nest_and_another_thread_may_not_enter(tmp_path):
    told = []

    def enter():
        try:
            with one_writer(tmp_path):
                told.append("entered")
        except MMSRError as error:
            told.append(str(error))

    with one_writer(tmp_path):
        with one_writer(tmp_path):
            pass
        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
    assert len(told) == 1 and f"process {os.getpid()} on" in told[0]
    enter()
    assert told[1:] == ["entered"]


def test_a_folder_that_was_made_for_nothing_is_gone_and_one_with_files_stays(tmp_path):
    with one_writer(tmp_path / "new"):
        pass
    assert not (tmp_path / "new").exists()
    with one_writer(tmp_path / "new"):
        (tmp_path / "new" / "a").touch()
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["a"]


def test_a_place_that_cannot_be_a_folder_is_told(tmp_path):
    (tmp_path / "file").touch()
    said = r"could not write in '.*file/run': Not a directory; choose another place"
    with pytest.raises(MMSRError, match=said), one_writer(tmp_path / "file" / "run"):
        pytest.fail("it can be written")


def test_what_a_killed_writer_left_is_swept_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setenv("MMSR_CACHE", str(tmp_path))
    with atomic(tmp_path / "a.txt") as temporary:
        temporary.write_text("whole")
        names = [".a.txt.0123abcd.tmp", ".b.0123abcd.tmp", ".a.txt.tmp", "a.0123abcd.tmp", temporary.name]
        for name in names[:-1]:
            (tmp_path / name).touch()
        sweep_cache()  # nothing of today
        assert {*names} <= {file.name for file in tmp_path.iterdir()}
        os.utime(tmp_path / names[0], (0, 0))
        sweep_cache()
        assert {*names[1:]} == {file.name for file in tmp_path.iterdir()}
        (tmp_path / names[0]).touch()
        sweep(tmp_path, ["b"])
        assert not (tmp_path / names[1]).exists() and (tmp_path / names[0]).exists()
    sweep(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == [".a.txt.tmp", "a.0123abcd.tmp", "a.txt"]
    sweep(tmp_path / "nowhere")


def test_a_file_that_a_person_names_has_one_writer_and_the_next_one_clears_away_what_a_killed_one_left(tmp_path):
    place = tmp_path / "a.html"
    (tmp_path / ".a.html.0123abcd.tmp").touch(), (tmp_path / ".b.html.0123abcd.tmp").touch()
    place.write_text("old")
    with atomic_alone(place) as temporary:
        temporary.write_text("new")
        assert place.read_text() == "old"
        command = "import sys; from mmsr_lite.data.lock import atomic_alone; atomic_alone(sys.argv[1]).__enter__()"
        done = subprocess.run([sys.executable, "-c", command, str(place)], capture_output=True, text=True)
        assert "is writing" in done.stderr.splitlines()[-1]
    assert place.read_text() == "new"
    assert sorted(file.name for file in tmp_path.iterdir()) == [".b.html.0123abcd.tmp", "a.html"]
