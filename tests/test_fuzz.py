"""What comes from outside, changed at random, is read or refused with an error of ours: a short run of the fuzzer."""

import json
import os
import random
import re
import signal
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import fuzz
from benchmarks.fuzz import METRICS, TARGETS, case_of, trouble
from mmsr_lite.errors import MMSRError
from mmsr_lite.records import MetricsRecord
from mmsr_lite.views import save_report, show
from mmsr_lite.views.samples import sample
from tests.properties import examples


@pytest.mark.slow
@pytest.mark.outside
@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_changed_input_is_read_or_refused(name, seed):
    assert trouble(name, case_of(name, random.Random(seed))) is None


@pytest.mark.parametrize("name", [name for name in TARGETS if name != "request"])  # what is possible depends on others
def test_what_is_changed_was_valid(name, tmp_path):
    seeds = TARGETS[name].seeds()
    refused = []
    for number, content in enumerate(seeds):
        place = tmp_path / str(number)
        place.mkdir()
        try:
            TARGETS[name].read(content, place)
        except MMSRError as error:
            refused.append(str(error))
    assert len(seeds) > 0 and refused == []


def test_the_fuzzer_notices_another_error_and_a_reader_that_does_not_end(monkeypatch):
    def broken(content, folder):
        raise KeyError("x")

    def endless(content, folder):
        while True:
            pass

    monkeypatch.setattr(fuzz, "SECONDS", 1)
    for read, told in ((broken, "KeyError: 'x'"), (endless, "TooLong: longer than 1 s")):
        monkeypatch.setitem(fuzz.TARGETS, "csv", fuzz.Target(list, read))
        assert trouble("csv", b"") == told


def test_a_run_that_is_stopped_tells_what_it_tried(tmp_path, capsys):
    before = signal.getsignal(signal.SIGTERM)
    stop = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGTERM))
    stop.start()
    try:
        fuzz.main(["--only", "settings", "--out", str(tmp_path), "--minutes", "5"])
    finally:
        signal.signal(signal.SIGTERM, before)
        stop.cancel()
    told = capsys.readouterr()
    assert re.search(r"^[1-9][\d,]* inputs in 0\.\d minutes of the processor, 0 kinds of failures:", told.out)
    assert told.err.endswith("stopped\n")


@pytest.mark.parametrize(
    "part, value",
    [
        ("test", {"HR@5": "zz"}),
        ("test", [1]),
        ("counting", {"markov": 3}),
        ("rankings", {"model": {"own_targets": "zz"}}),
        ("rankings", {"model": {"targets": 5}}),
        ("rankings", {"model": {"targets": {"same time": 1, "later": 2}}}),
        ("headline", []),
    ],
)
def test_a_damaged_file_of_metrics_is_told_and_no_report_is_written(part, value, tmp_path):
    with pytest.raises(MMSRError, match=f"^metrics: {part}"):
        save_report(tmp_path / "a.html", sample("trace"), None, METRICS | {part: value})
    assert list(tmp_path.iterdir()) == []


def test_metrics_without_any_known_metric_give_no_table():
    assert MetricsRecord(METRICS | {"test": {}, "reachable": None, "counting": {}}).tables() == {}


@pytest.mark.parametrize("asked", [{"position": "zz"}, {"path": []}, {"layer": "a"}, {"stage": 1.5}, {"node": None}])
def test_a_selection_of_what_there_is_not_chooses_nothing(asked):
    selection = show.msgraph(sample("trace"), json.loads(json.dumps(asked))).selection
    assert selection["layer"] == 0 and selection["position"] is None
