"""Kernels are compiled beside a training: a rehearsal lists them, other processes compile them for a GPU kept in mind.

Nothing here needs a GPU; it needs Triton, and that it is not told to interpret.
"""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

pytest.importorskip("triton.knobs", reason="needs Triton 3.4 or newer")
if os.environ.get("TRITON_INTERPRET") == "1":
    pytest.skip("an interpreter compiles nothing", allow_module_level=True)

from triton import knobs
from triton.backends.compiler import GPUTarget

from mmsr_lite.data.split import Examples
from mmsr_lite.evaluation.device_examples import DeviceExamples
from mmsr_lite.evaluation.strategy import PLAIN, strategy_of
from mmsr_lite.kernels import compilation, rehearsal
from mmsr_lite.kernels.compilation import Preparation
from mmsr_lite.kernels.programs.job import Job
from mmsr_lite.kernels.rehearsal import missing_kernels
from mmsr_lite.kernels.strategy import KernelStrategy
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.training.step import Step

H200 = GPUTarget("cuda", 90, 32)
WIDTHS = [1, 2, 5, 16, 25, 50]
OPTIONS = {"layers": 1, "dim": 16, "dropout": 0.3, "input_dropout": 0.4}


class TensorRateStep(Step):
    """A step whose learning rate is a tensor, as on a GPU."""

    def make_optimiser(self, lr, weight_decay):
        optimiser = super().make_optimiser(lr, weight_decay)
        optimiser.param_groups[0]["lr"] = torch.tensor(lr)
        return optimiser


@pytest.fixture
def step(books, monkeypatch):
    monkeypatch.setattr("mmsr_lite.kernels.strategy.on_gpu", lambda tensor: True)
    rng = np.random.default_rng(0)
    start = np.arange(600) * 51
    some = Examples(rng.integers(1, 13, 600 * 51), start, start + 1 + rng.integers(0, 50, 600), np.arange(600))
    model = MMSR(MMSRConfig(**OPTIONS), 12, books(2, dim=16))
    KernelStrategy().adopt(model)
    return TensorRateStep(model, DeviceExamples(some, torch.device("cpu")), 1e-2, 0.0, 5.0)


def test_a_rehearsal_changes_nothing(step):
    torch.manual_seed(3)
    random, before = torch.get_rng_state(), {name: v.clone() for name, v in step.model.state_dict().items()}
    step.model.eval()
    assert missing_kernels(step, WIDTHS, H200)
    assert torch.equal(torch.get_rng_state(), random) and step.take_loss() == 0 and not step.model.training
    assert all(torch.equal(value, before[name]) for name, value in step.model.state_dict().items())
    assert all(weight.grad is None for weight in step.model.parameters()) and strategy_of(step.model) is PLAIN
    assert knobs.runtime.jit_cache_hook is None


def test_no_kernel_depends_on_how_many_examples_a_batch_has_and_few_on_the_width(step, monkeypatch):
    lists = []
    for rows in (32, 512, 77):
        monkeypatch.setattr(rehearsal, "ROWS", rows)
        lists.append({job.id for job in missing_kernels(step, WIDTHS, H200)})
    assert lists[0] == lists[1] == lists[2]
    everything = [*range(1, 7), 8, 10, 12, 16, 20, 25, 32, 40, 50]  # every width that a GPU sees
    assert {job.id for job in missing_kernels(step, everything, H200)} == lists[0]
    assert len(lists[0]) <= 25


def test_a_job_is_the_same_after_json_and_compiles_to_what_a_launch_will_look_for(step, tmp_path, monkeypatch):
    monkeypatch.setattr(knobs.cache, "dir", str(tmp_path))
    jobs = missing_kernels(step, [5], H200)
    job = next(job for job in jobs if job.name == "gather_batch")
    again = Job.from_json(job.to_json())
    assert again.id == job.id
    again.compile()
    hits = []
    monkeypatch.setattr(knobs.compilation, "listener", lambda **about: hits.append(about["cache_hit"]))
    monkeypatch.setattr(
        rehearsal.Rehearsal,
        "_keep",
        lambda self, **_: not isinstance(_["fn"].name, str) or _["fn"].name != "gather_batch",
    )
    missing_kernels(step, [5], H200)
    assert hits == [True]


def test_processes_compile_all_jobs_and_a_second_preparation_finds_them_done(step, tmp_path, monkeypatch):
    monkeypatch.setattr(knobs.cache, "dir", str(tmp_path))
    without_launchers = "import mmsr_lite.kernels.programs.worker as w; w.make_launcher = lambda *_: None; w.main()"
    monkeypatch.setattr(compilation, "WORKER", [sys.executable, "-c", without_launchers])  # they need a driver
    jobs = [job for job in missing_kernels(step, [5], H200) if job.name in ("gather_batch", "squares", "mix")]
    preparation = Preparation(PLAIN, jobs, processes=2)
    preparation.wait()
    assert preparation.ready() and not preparation.failed() and preparation.seconds > 0
    assert sorted(line["kernel"] for line in preparation.report) == sorted(job.name for job in jobs)
    second = Preparation(PLAIN, jobs)
    assert second.ready() and second.compiled == 0 and not second.report


def test_a_job_that_cannot_be_compiled_is_told_and_a_lost_process_too(step, tmp_path, monkeypatch):
    monkeypatch.setattr(knobs.cache, "dir", str(tmp_path))
    (job, *_) = missing_kernels(step, [5], H200)
    for worker, message in (("raise SystemExit", "ended"), ('print(\'{"error": "no ptxas"}\')', "no ptxas")):
        monkeypatch.setattr(compilation, "WORKER", [sys.executable, "-c", worker])
        preparation = Preparation(PLAIN, [job])
        preparation.wait()
        assert preparation.failed() and not preparation.ready() and job.name in preparation.error
        assert message in preparation.error or "Broken pipe" in preparation.error


def test_stopping_ends_the_processes(step, tmp_path, monkeypatch):
    monkeypatch.setattr(knobs.cache, "dir", str(tmp_path))
    monkeypatch.setattr(compilation, "WORKER", [sys.executable, "-c", "import time; time.sleep(600)"])
    preparation = Preparation(PLAIN, missing_kernels(step, [5], H200), processes=1)
    while not preparation._processes:
        pass
    (process,) = preparation._processes
    preparation.stop()
    assert process.wait(timeout=10) != 0 and not preparation.failed()


def test_a_process_that_compiles_does_not_import_torch():
    code = (
        "import sys, mmsr_lite.kernels.programs.worker, mmsr_lite.kernels.programs.nodes; print('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
