"""A notebook that uses more than it may is stopped, whether it runs, waits or writes."""

import os

import pytest

from mmsr_lite.course import limits
from mmsr_lite.course.limits import Clock, OutOfTime, TooMuch, reader, writer
from mmsr_lite.errors import MMSRError


@pytest.fixture
def pipe():
    here, there = os.pipe()
    yield here, there
    os.close(here)
    os.close(there)


def test_nobody_waits_longer_than_the_clock_allows_for_a_line_or_for_a_reader(pipe):
    here, there = pipe
    with pytest.raises(OutOfTime):
        reader(here, Clock(0.05, os.getpid(), 4))()
    with pytest.raises(OutOfTime):
        writer(there, Clock(0.05, os.getpid(), 4))(bytes(10_000_000))  # more than a pipe holds


def test_a_clock_that_is_started_again_allows_more():
    clock = Clock(0, os.getpid(), 4)
    with pytest.raises(OutOfTime):
        clock.left()
    clock.start(60)
    assert 0 < clock.left() <= 60


def test_more_memory_than_a_notebook_may_use_is_too_much():
    with pytest.raises(TooMuch, match=r"hold \d+\.\d GB"):
        Clock(60, os.getpid(), 1e-6).left()  # this process holds more than a kilobyte


def test_a_line_that_is_longer_than_a_message_is_refused(pipe, monkeypatch):
    monkeypatch.setattr(limits, "LONGEST", 10)
    os.write(pipe[1], bytes(12))
    with pytest.raises(MMSRError, match="an answer of more than 10 bytes"):
        reader(pipe[0], Clock(60, os.getpid(), 4))()
