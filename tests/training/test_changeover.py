"""A training begins plainly and changes over to a faster strategy at a step that its record names."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.strategy import PLAIN, Strategy, strategy_of
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.records import HistoryRecord
from mmsr_lite.records.schema import fields_of
from mmsr_lite.training import changeover
from mmsr_lite.training.loop import TrainConfig, train

CONFIG = TrainConfig(epochs=3, batch=16, lr=0.01, device="cpu", selection="none")  # 84 examples: six steps an epoch


class Counted(Strategy):
    """The plain way, which counts its steps."""

    name = "counted"

    def __init__(self) -> None:
        self.losses, self.adopted = 0, 0

    def adopt(self, model) -> None:
        self.adopted += 1

    def loss(self, model, history, target):
        self.losses += 1
        return super().loss(model, history, target)


class Compiling:
    """A preparation that is ready after it was asked `asks` times."""

    def __init__(self, asks: int, error: str | None = None):
        self.strategy, self.asks, self.error = Counted(), asks, error
        self.compiled, self.seconds, self.waited, self.stopped = 25, 1.5, 0, False

    def ready(self) -> bool:
        self.asks -= 1
        return self.asks < 0 and self.error is None

    def failed(self) -> bool:
        return self.error is not None

    def wait(self) -> None:
        self.waited, self.asks = self.waited + 1, 0

    def stop(self) -> None:
        self.stopped = True


@pytest.fixture
def trained(books, cycle, monkeypatch):
    """Trains the same model with such a preparation; returns the preparation, the record and the model."""
    monkeypatch.setattr(changeover, "COST", 0.0)

    def run(preparation: Compiling | None, kernels: str | None = None, **options):
        module = SimpleNamespace(prepare=lambda step, widths, compiles: preparation)
        monkeypatch.setattr(changeover, "accelerator", lambda device: module if preparation else None)
        torch.manual_seed(0)
        model = MMSR(MMSRConfig(dim=8, dropout=0.3), 12, books(1))
        return preparation, train(model, cycle, CONFIG, progress=False, kernels=kernels, **options), model

    return run


def steps(cycle) -> int:
    return -(-len(cycle.train) // CONFIG.batch)


def test_it_begins_plainly_and_changes_over_when_kernels_are_ready_at_a_step_that_the_record_names(trained, cycle):
    wait = steps(cycle) + 2  # of the second epoch, the third step
    preparation, record, model = trained(Compiling(wait))
    assert record["kernels_from"] == {"epoch": 2, "step": 2}
    assert record["kernels_compiled"] == {"kernels": 25, "seconds": 1.5}
    history = HistoryRecord(record).validate()
    assert history.kernels_from["step"] == 2 and history.kernels_compiled["kernels"] == 25
    assert record.keys() <= fields_of(HistoryRecord).keys()  # nothing is written that the schema does not declare
    assert preparation.strategy.losses == 3 * steps(cycle) - wait and preparation.strategy.adopted == 1
    assert strategy_of(model) is preparation.strategy and not preparation.waited


def test_the_named_step_repeats_the_run_however_long_compiling_takes(trained, cycle):
    preparation, record, model = trained(Compiling(10**6), kernels="2:2")
    assert record["kernels_from"] == {"epoch": 2, "step": 2} and preparation.waited == 1
    assert preparation.strategy.losses == 2 * steps(cycle) - 2
    _, plain_record, plain = trained(None)
    assert "kernels_from" not in plain_record and strategy_of(plain) is PLAIN
    for name, value in model.state_dict().items():
        assert torch.equal(value, plain.state_dict()[name])  # the strategy here computes the plain way


@pytest.mark.parametrize("wish, asks, losses", [("warm", 5, 3), ("auto", 0, 3), ("off", 0, 0)])
def test_warm_compiles_first_off_stays_plain_and_a_full_cache_changes_over_at_once(trained, cycle, wish, asks, losses):
    preparation, record, _ = trained(Compiling(asks), kernels=wish)
    assert preparation.strategy.losses == losses * steps(cycle)
    assert record.get("kernels_from") == (None if wish == "off" else {"epoch": 1, "step": 0})
    assert preparation.waited == (wish == "warm")


def test_what_is_not_worth_it_is_not_done_and_the_compilation_is_ended(trained, monkeypatch):
    monkeypatch.setattr(changeover, "COST", 1e9)
    preparation, record, model = trained(Compiling(2))
    assert "kernels_from" not in record and preparation.stopped and strategy_of(model) is PLAIN


@pytest.mark.parametrize("kernels", ["auto", "warm", "1:3"])
def test_kernels_that_cannot_be_compiled_leave_the_training_plain_with_a_warning(trained, cycle, kernels):
    with pytest.warns(UserWarning, match="steps take longer: no C compiler"):
        _preparation, record, model = trained(Compiling(0, error="no C compiler"), kernels=kernels)
    assert len(record["epochs"]) == 3 and "kernels_from" not in record and strategy_of(model) is PLAIN


def test_a_resumed_training_goes_on_by_kernels_from_its_first_step(trained, cycle, tmp_path, monkeypatch):
    _, first, _ = trained(Compiling(0), folder=tmp_path, on_epoch=lambda record: len(record["epochs"]) < 2)
    assert len(first["epochs"]) == 2
    preparation, record, _ = trained(Compiling(9), folder=tmp_path, resume=True)
    assert preparation.waited == 1 and preparation.strategy.losses == steps(cycle)
    assert record["kernels_from"] == first["kernels_from"] == {"epoch": 1, "step": 0}


def test_the_environment_variable_speaks_where_no_argument_does(trained, monkeypatch):
    monkeypatch.setenv("MMSR_KERNELS", "off")
    assert "kernels_from" not in trained(Compiling(0))[1]
    assert trained(Compiling(0), kernels="auto")[1]["kernels_from"] == {"epoch": 1, "step": 0}


@pytest.mark.parametrize("wish", ["on", "2", "2:", "a:b", "-1:2"])
def test_another_wish_is_refused_with_what_is_expected(trained, wish):
    with pytest.raises(MMSRError, match=f"kernels is '{wish}'; expected 'auto', 'off', 'warm' or the epoch and step"):
        trained(Compiling(0), kernels=wish)


def test_the_end_of_a_training_says_where_it_ran_and_how_long(books, cycle, capsys):
    model = MMSR(MMSRConfig(dim=8), 12, books(1))
    record = train(model, cycle, replace(CONFIG, epochs=1), progress=True)
    seconds = f"{record['seconds']:.1f} s"
    assert (
        capsys.readouterr().out == f"trained on cpu (1 thread) in {seconds}\n" and record["device"] == "cpu (1 thread)"
    )
    train(model, cycle, replace(CONFIG, epochs=1), progress=False)
    assert capsys.readouterr().out == ""


def test_the_plain_step_scales_gradients_of_a_larger_norm_down_to_the_clip():
    weight = torch.nn.Parameter(torch.zeros(2))
    other = torch.nn.Parameter(torch.zeros(2))
    mine, theirs = (torch.optim.AdamW([w], lr=0.1, weight_decay=0.0, fused=True) for w in (weight, other))
    for gradient in ([3.0, 4.0], [0.3, 0.4]):  # norms 5 and 0.5
        weight.grad, other.grad = torch.tensor(gradient), torch.tensor(gradient)
        PLAIN.update(mine, clip=1.0)
        torch.nn.utils.clip_grad_norm_([other], 1.0)
        theirs.step()
        assert np.allclose(weight.detach(), other.detach(), atol=1e-6)
