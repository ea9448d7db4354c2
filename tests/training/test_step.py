"""A step that is captured on a GPU is the step that runs without capture, and the one of a CPU but for rounding."""

import pytest
import torch

from mmsr_lite.evaluation.device_examples import DeviceExamples, width_for
from mmsr_lite.evaluation.ranks import ranks
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.training.captured import CapturedStep
from mmsr_lite.training.loop import TrainConfig, train
from mmsr_lite.training.step import Step

CUDA = torch.device("cuda")
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


@pytest.fixture
def fresh(books):
    def made(dropout: float = 0.0, layers: int = 2) -> MMSR:
        torch.manual_seed(0)
        return MMSR(MMSRConfig(dim=16, layers=layers, dropout=dropout, input_dropout=dropout), 12, books(2, dim=16))

    return made


def test_a_feed_hands_out_the_histories_and_targets_of_its_examples(cycle):
    rows, feed = torch.tensor([5, 0, 17]), DeviceExamples(cycle.train, torch.device("cpu"))
    width = int(cycle.train.lengths[rows].max())
    history, target = feed(rows, width)
    assert history.tolist() == cycle.train.histories(rows.numpy()).tolist()
    assert target.tolist() == cycle.train.targets[rows].tolist()
    assert torch.equal(feed(rows, width + 3)[0], torch.nn.functional.pad(history, (0, 3)))


def test_a_gpu_sees_few_widths_none_narrower_than_asked():
    widths = [width_for(longest, CUDA) for longest in range(1, 301)]
    assert all(width >= longest for longest, width in enumerate(widths, 1)) and widths == sorted(widths)
    assert len(set(widths[:50])) <= 15 and len(set(widths[50:])) == 250 // 50


def losses(kind: type[Step], model: MMSR, parts, device: torch.device) -> list[float]:
    step = kind(model.to(device).train(), DeviceExamples(parts.train, device), 1e-2, 0.0, 5.0)
    found = []
    for number in range(12):
        rows = torch.arange(8 * (number % 3), 8 * (number % 3) + 8, device=device)
        step(rows, width_for(8, device), 1e-2)
        found.append(step.take_loss())
    return found


@needs_gpu
@pytest.mark.parametrize("layers", [1, 2])  # one layer alone has kernels of its own
def test_captured_steps_are_the_steps_of_the_cpu(fresh, cycle, layers):
    cpu = losses(Step, fresh(layers=layers), cycle, torch.device("cpu"))
    assert cpu[-1] < cpu[0]
    for kind in (CapturedStep, Step):
        assert losses(kind, fresh(layers=layers), cycle, CUDA) == pytest.approx(cpu, rel=2e-3)


@needs_gpu
@pytest.mark.parametrize("dropout, negatives, layers", [(0.5, 0, 1), (0.5, 0, 2), (0.0, 4, 2)])
def test_dropout_and_negatives_differ_from_one_replay_to_the_next(fresh, cycle, dropout, negatives, layers):
    model = fresh(dropout, layers)
    examples = DeviceExamples(cycle.train, CUDA)
    step = CapturedStep(model.to(CUDA).train(), examples, 0.0, 0.0, 5.0, negatives=negatives)
    found = []
    for _ in range(6):
        step(torch.arange(8, device=CUDA), 8, 0.0)
        found.append(step.take_loss())
    assert len(set(found)) == 6


@needs_gpu
@pytest.mark.parametrize("precision", ["float32", "tf32", "bf16"])
def test_a_run_on_a_gpu_learns_resumes_and_ranks_like_one_on_a_cpu(fresh, cycle, tmp_path, precision):
    config = TrainConfig(epochs=15, batch=16, lr=0.02, device="cuda", precision=precision, selection="none")
    whole, half = fresh(0.1), fresh(0.1)
    record = train(whole, cycle, config, progress=False)

    def stop(record):
        if len(record["epochs"]) == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(half, cycle, config, folder=tmp_path, progress=False, on_epoch=stop)
    again = train(fresh(0.1), cycle, config, folder=tmp_path, resume=True, progress=False)
    ends = [found["epochs"][-1]["loss"] for found in (record, again)]
    assert ends[0] == pytest.approx(ends[1], abs=0.1) and ends[0] < record["epochs"][0]["loss"] / 2
    on_gpu = ranks(whole, cycle.test)
    assert (on_gpu == 1).mean() > 0.9 and (ranks(whole.cpu(), cycle.test) == on_gpu).mean() > 0.9
