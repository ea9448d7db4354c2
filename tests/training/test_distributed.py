"""Two gloo processes train, rank and resume as one does, and the loss of one is told in a sentence."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mmsr_lite import cli
from mmsr_lite.evaluation.ranks import ranks
from mmsr_lite.training.distributed import processes, rank, size
from mmsr_lite.training.fit import open_run
from mmsr_lite.training.weights import load_weights

SMALL = ["--dim=8", "--codes=3", "--codes-per-item=1", "--epochs=4", "--device=cpu", "--dropout=0"]
SMALL += ["--modalities", "words", "--input-dropout=0", "--batch=71"]  # of 72: the last batch leaves one process none


@pytest.fixture(scope="module")
def one(ring, tmp_path_factory) -> Path:
    """The run of one process."""
    out = tmp_path_factory.mktemp("one")
    assert cli.main(["train", str(ring), *SMALL, "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def two(ring, tmp_path_factory):
    """The folder of two processes' job, and what the job said: see two_processes.py."""
    out = tmp_path_factory.mktemp("two")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    script = [str(Path(__file__).with_name("two_processes.py")), str(out)]
    argv = [*torchrun, *script, "train", str(ring), *SMALL, "--out", str(out / "lost")]
    return out, subprocess.run(argv, capture_output=True, text=True, timeout=120)


def epochs(folder: Path) -> list[dict]:
    return json.loads((folder / "history.json").read_text())["epochs"]


def same(these: list[dict], those: list[dict]) -> None:
    assert len(these) == len(those) == 4
    for mine, yours in zip(these, those, strict=True):
        assert mine["loss"] == pytest.approx(yours["loss"], rel=1e-4)
        assert mine["validation"] == pytest.approx(yours["validation"], abs=1e-9)
        assert mine["beta"] == pytest.approx(yours["beta"], abs=1e-4)


def test_alone_there_is_one_process_and_nothing_to_join():
    with processes(torch.device("cpu")):
        assert (rank(), size()) == (0, 1)


@pytest.mark.slow
@pytest.mark.outside
def test_two_processes_train_and_rank_as_one(one, two):
    out, _ = two
    first, second = (json.loads((out / f"facts-{n}.json").read_text()) for n in range(2))
    same(first["record"]["epochs"], epochs(one))
    assert first["size"] == 2 and first["sums"] == second["sums"] == [[1.0 + 2.0] * 2, [1.0 + 10.0] * 2]
    weights = [load_file(out / f"model-{n}.safetensors") for n in range(2)]
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())
    run = open_run(one, "cpu")
    load_weights(out / "model-0.safetensors", run.model)
    assert first["ranks"] == second["ranks"] == ranks(run.model, run.split.test, batch=3).tolist()  # to the last bit
    assert first["seed"] != second["seed"]  # their dropout differs


@pytest.mark.slow
@pytest.mark.outside
def test_a_lost_process_ends_the_job_with_one_sentence_and_another_number_goes_on(one, two, ring, capsys):
    out, job = two
    assert job.returncode != 0
    assert re.findall("mmsr-lite: .*", job.stderr) == [
        "mmsr-lite: process 0 of 2 ends, for another one has ended or the job was told to; epoch 2 is whole in "
        f"{str(out / 'lost')!r}: go on with the same command and --resume, with any number of processes"
    ]
    assert len(epochs(out / "lost")) == 2
    assert cli.main(["train", str(ring), *SMALL, "--out", str(out / "lost"), "--resume"]) == 0
    same(epochs(out / "lost"), epochs(one))
    ours, theirs = (load_file(folder / "model.safetensors") for folder in (one, out / "lost"))
    assert all(torch.allclose(value, theirs[name], atol=1e-4) for name, value in ours.items())
