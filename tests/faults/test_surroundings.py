"""A full disk, folders that cannot be written, no home, a clock that goes back: one sentence, and nothing is lost."""

import ctypes
import os
import re
import shutil
import struct
import tempfile
import time
from pathlib import Path

import pytest

from mmsr_lite import cli
from tests.faults.children import Result, contents, done
from tests.faults.commands import CASES, PREPARE, TRAIN, typed, write_data

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forks")]


@pytest.fixture
def folder() -> Path:
    """A working directory with data."""
    place = Path(tempfile.mkdtemp()).resolve()
    write_data(place / "data")
    for path in (place, place / "data"):  # also for a user without a home
        path.chmod(0o777)
    yield place
    shutil.rmtree(place, ignore_errors=True)
    for file in place.parent.glob(f"{place.name}.*"):
        file.unlink()


def sentence(result: Result) -> str:
    """The one sentence that a command ended with."""
    assert result.code == 1 and result.is_clean, result.told
    (said,) = re.findall("mmsr-lite: .*", result.told)  # perhaps behind a progress bar
    return said


def without_rights() -> None:
    """Give up the rights by which root writes into every folder; its own files stay readable."""
    if os.getuid() == 0:
        no_capability = bytes(24)
        assert ctypes.CDLL(None).capset(struct.pack("II", 0x20080522, 0), no_capability) == 0


@pytest.fixture
def small_disk(folder):
    """Mounts a file system of so many KiB on a folder; a test that may not mount is skipped."""
    libc, mounted = ctypes.CDLL(None, use_errno=True), []

    def mount(place: Path, kilobytes: int) -> None:
        place.mkdir(exist_ok=True)
        if libc.mount(b"none", os.fsencode(place), b"tmpfs", 0, f"size={kilobytes}k".encode()):
            pytest.skip("only root may mount a small file system")
        mounted.append(place)

    yield mount
    for place in mounted:
        libc.umount2(os.fsencode(place), 2)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory):
    """What undisturbed commands leave, without the name of the folder."""

    def of(name: str) -> dict[str, bytes]:
        place = tmp_path_factory.mktemp("wanted") / "work"
        write_data(place / "data")
        assert done(CASES[name].work, place).code == 0
        return contents(place)

    return of


@pytest.mark.parametrize("kilobytes", [4, 16, 40, 64])
def test_a_training_on_a_full_disk_goes_on_where_there_is_room(folder, small_disk, wanted, kilobytes):
    small_disk(folder / "out", kilobytes)
    assert "No space left on device; free space or choose another place" in sentence(done(typed(*TRAIN), folder))
    assert not [file for file in (folder / "out").rglob(".*") if file.is_file()]  # no half-written files, no lock
    with_room = folder / "room"
    shutil.copytree(folder / "out", with_room / "out")
    shutil.copytree(folder / "data", with_room / "data")
    assert done(CASES["train"].again, with_room).code == 0
    assert contents(with_room) == wanted("train")


def test_a_preparation_on_a_full_disk_leaves_nothing(folder, small_disk):
    small_disk(folder / "disk", 8)
    result = done(typed("prepare", "data", "-o", "disk/out", "--min-count=2"), folder)
    assert "No space left on device; free space" in sentence(result) and not list((folder / "disk").iterdir())


@pytest.mark.parametrize("words", [TRAIN, PREPARE, CASES["tables"].name])
def test_a_folder_that_may_not_be_written_is_told(folder, words):
    work = CASES["tables"].work if words == "tables" else typed(*words)
    (folder / "cache").mkdir()
    folder.chmod(0o555)
    assert "Permission denied; choose another place" in sentence(done(work, folder, before=without_rights))
    assert contents(folder) == {}


def test_without_a_cache_that_can_be_written_a_run_is_made_all_the_same(folder, wanted):
    (folder / "cache").mkdir(mode=0o555)
    result = done(typed(*TRAIN), folder, before=without_rights)
    assert result.code == 0 and "features are not kept for the next time" in result.told
    assert contents(folder) == wanted("train")


def test_without_a_home_the_cache_is_asked_for(folder):
    def homeless() -> None:
        os.environ.pop("MMSR_CACHE")
        os.environ.pop("HOME", None)
        if os.getuid() == 0:
            os.setuid(12345)  # of whom the system knows no home

    if os.getuid():
        pytest.skip("only root may become a user without a home")
    assert "there is no home folder to keep a cache in; name a folder in MMSR_CACHE" in sentence(
        done(typed(*TRAIN), folder, before=homeless)
    )


def test_a_clock_that_goes_back_changes_nothing(folder, wanted):
    def going_back() -> None:
        began, calls = time.time(), iter(range(10**9))
        time.time = lambda: began - 1000.0 * next(calls)

    assert done(typed(*TRAIN), folder, before=going_back).code == 0
    assert contents(folder) == wanted("train")


def test_a_command_of_the_tests_is_one_of_the_package():
    assert {name.split()[0] for name in CASES} <= {*cli.COMMANDS}
