"""The training loop: Adam, early stopping, a checkpoint after each epoch, and a resume that continues exactly."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm.auto import tqdm

from mmsr_lite.arguments import checked
from mmsr_lite.config import check_settings, setting
from mmsr_lite.data.split import Examples, Split
from mmsr_lite.errors import MMSRError, SettingError
from mmsr_lite.evaluation.device_examples import DeviceExamples, width_for
from mmsr_lite.evaluation.metrics import metrics
from mmsr_lite.evaluation.rankings import CHOICES, key_of, ranking_of
from mmsr_lite.evaluation.ranks import evaluate
from mmsr_lite.models.base import Recommender
from mmsr_lite.records import HistoryRecord
from mmsr_lite.records.training import Epoch
from mmsr_lite.shared_settings import seed_setting
from mmsr_lite.training.captured import CapturedStep
from mmsr_lite.training.changeover import Changeover, where
from mmsr_lite.training.checkpoint import load_checkpoint, save_checkpoint
from mmsr_lite.training.device import check_device, pick_device
from mmsr_lite.training.distributed import rank, same_weights, size
from mmsr_lite.training.step import Step

PRECISIONS = {"float32": ("highest", None), "tf32": ("high", None), "bf16": ("high", torch.bfloat16)}
SELECTIONS = ("validation", "test", "none")
METRICS = tuple(metrics(np.ones(1)))


@dataclass(frozen=True)
class TrainConfig:
    """How a model is trained.

    Example:
        >>> TrainConfig(lr=0)
        Traceback (most recent call last):
        mmsr_lite.errors.SettingError: lr is 0; expected a number greater than 0
    """

    epochs: int = setting(10, "most epochs", at_least=1, at_most=100_000)
    batch: int = setting(512, "examples in a step, of all processes together", at_least=1, at_most=10_000_000)
    lr: float = setting(1e-2, "highest learning rate of Adam", above=0)
    weight_decay: float = setting(0.0, "decoupled weight decay of Adam", at_least=0)
    warmup: float = setting(
        0.05, "share of all steps in which the learning rate rises; then it falls to 0", at_least=0, at_most=1
    )
    clip: float = setting(5.0, "greatest norm of the gradient; a longer one is shortened to it", above=0)
    patience: int = setting(4, "epochs without a better one after which training stops", at_least=1, at_most=100_000)
    selection: str = setting(
        "validation",
        "what picks the best epoch; test: only to compare with the paper's tables; none: the last epoch",
        one_of=SELECTIONS,
    )
    metric: str = setting("MRR@5", "what the best epoch is best in", one_of=METRICS)
    ranking: str = setting(
        "headline",
        "the ranking that the best epoch is best in: all items, own items masked, or headline: masked where fewer than "
        "1 percent of test targets lie in their own history, else all",
        one_of=CHOICES,
        in_id=False,
    )
    seed: int = seed_setting()
    device: str = setting("auto", "auto (the GPU where there is one), cpu, cuda, or cuda:0 for the first GPU")
    precision: str = setting("float32", "precision of matrix products", one_of=PRECISIONS)
    negatives: int = setting(
        0, "items, drawn by popularity, that the loss is estimated from; 0: all items", at_least=0, at_most=10_000_000
    )

    stop_after: int = setting(
        0,
        "leave after this epoch of the schedule that epochs makes; 0: go through all of it",
        at_least=0,
        at_most=100_000,
        in_id=False,
    )

    def __post_init__(self) -> None:
        check_settings(self)
        check_device(self.device)
        if self.stop_after > self.epochs:
            message = f"stop_after is {self.stop_after}; expected 0 (never) to epochs, which is {self.epochs}"
            raise SettingError("stop_after", message)


def batches(lengths: np.ndarray, size: int, seed: tuple[int, int]) -> list[np.ndarray]:
    """Divide examples into random batches of histories with similar lengths, so that there is little padding.

    Args:
        lengths: (E,) the number of items of each history.
        size: the largest number of examples in a batch.
        seed: two numbers; the same give the same batches.

    Returns:
        The indexes of the examples of each batch; each example is in one batch.

    Example:
        >>> sorted(np.concatenate(batches(np.array([3, 1, 2]), size=2, seed=(0, 1))).tolist())
        [0, 1, 2]
    """
    rng = np.random.default_rng(seed)
    rows, chunks = rng.permutation(len(lengths)), []
    for begin in range(0, len(rows), size * 50):
        some = rows[begin : begin + size * 50]
        some = some[np.argsort(lengths[some], kind="stable")]
        chunks += [some[i : i + size] for i in range(0, len(some), size)]
    return [chunks[index] for index in rng.permutation(len(chunks))]


@checked()
def train(
    model: Recommender,
    parts: Split,
    config: TrainConfig,
    *,
    folder: str | Path | None = None,
    resume: bool = False,
    progress: bool = True,
    on_epoch: Callable[[HistoryRecord], bool | None] | None = None,
    kernels: str | None = None,
) -> HistoryRecord:
    """Train a model in place; in the end it has the weights of its best epoch.

    A model that counts does this at once. After Ctrl-C the checkpoint of the last epoch is kept. Within `processes`,
    each process takes its share of each batch, in the same order; only the first one writes and shows progress, and any
    number of processes may resume. The result differs from that of one process by rounding, dropout and drawn
    negatives.

    Args:
        model: the model; it is moved to the device of `config`.
        parts: the training examples, and those that select the best epoch.
        config: the settings of the training.
        folder: the folder of checkpoints, written after each epoch; None (the default): none are written.
        resume: whether to continue from the checkpoint in `folder`; the result is that of an uninterrupted training, on
            a CPU exactly. Default False.
        progress: whether to show a bar, and at the end a line with the device and the time.
        on_epoch: a function of the record, called after each epoch; the training stops (in all processes) when it
            returns False.
        kernels: when Triton's kernels are used on a GPU: "auto", "off", "warm", or an epoch and a step such as "2:117";
            see `training.changeover`. None (the default): the environment variable MMSR_KERNELS, or "auto".

    Returns:
        The history record: `epochs` (loss, metrics, mean beta and seconds of each), `best_epoch`, `selection`,
        `seconds` in all, `device`, and where kernels took over `kernels_from`, the epoch and the step.

    Raises:
        MMSRError: there are no examples to train on or to select by, or the loss is not a number.

    Source:
        Sections 4.4 (the loss) and 5.1 (how models are trained) of the paper.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.data.split import split
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> model = MMSR(MMSRConfig(dim=8), world.num_items)
        >>> history = train(model, split(world), TrainConfig(epochs=1, device="cpu"), progress=False)
        >>> len(history.epochs), history.best_epoch
        (1, 1)
    """
    device = pick_device(config.device)
    if not len(parts.train):
        raise MMSRError("there are no training examples; users need at least two items in their training part")
    if not model.learns:
        model.count(parts.train)
        model.to(device)
        return HistoryRecord(epochs=[], best_epoch=0, selection="none", seconds=0.0, device=where(device))
    judged = {"validation": parts.validation, "test": parts.test, "none": None}[config.selection]
    if judged is not None and not len(judged):
        need = "needs examples to judge by, and there are none; use selection='none'"
        raise MMSRError(f"selection={config.selection!r} {need}")
    ranking = ranking_of(config.ranking, parts)
    key = key_of(config.metric, ranking)
    model.observe(parts.train)
    matmul, autocast = PRECISIONS[config.precision]
    torch.set_float32_matmul_precision(matmul)
    same_weights(model.to(device))
    examples = DeviceExamples(parts.train, device, steps=model.reads_steps)
    step = step_class(model, device)(
        model, examples, config.lr, config.weight_decay, config.clip, autocast, config.negatives
    )
    record = HistoryRecord(epochs=[], best_epoch=0, selection=config.selection)
    best = {name: value.detach().clone() for name, value in model.state_dict().items()}
    if resume and folder is not None:
        best, record = load_checkpoint(folder, model, step.optimiser, best, asdict(config))
    record["device"], record["ranking"] = where(device), ranking
    steps, lengths = -(-len(parts.train) // config.batch), parts.train.lengths
    began = time.perf_counter() - record.get("seconds", 0.0)
    most = config.stop_after or config.epochs
    changeover = Changeover(step, lengths, most * steps, record, kernels)
    epochs = range(len(record["epochs"]) + 1, most + 1)
    ahead: list[np.ndarray] = []
    bar = tqdm(total=len(epochs) * steps, desc="train", disable=not progress or rank() > 0, mininterval=0.5)
    for epoch in epochs:
        if len(record["epochs"]) - record["best_epoch"] >= config.patience:
            break
        # dropout draws the same numbers when the training is resumed at this epoch
        torch.manual_seed(1_000_003 * config.seed + 10_007 * rank() + epoch)
        start = time.perf_counter()
        model.train()
        order = ahead or batches(lengths, config.batch, (config.seed, epoch))
        shares = [batch[rank() :: size()] for batch in order]
        rows = torch.from_numpy(np.concatenate(shares)).to(device)
        for number, (batch, some) in enumerate(zip(order, rows.split([len(s) for s in shares]), strict=True)):
            steps_done = (epoch - 1) * steps + number
            changeover.before(epoch, number, steps_done)
            lr = _lr(config, steps_done, config.epochs * steps)
            step(some, width_for(lengths[batch].max(), device), lr, len(batch))
            bar.update()
        more = epoch < epochs.stop - 1  # the order of the next epoch is made while the GPU still computes
        ahead = batches(lengths, config.batch, (config.seed, epoch + 1)) if more else []
        entry: Epoch = {"epoch": epoch, "loss": step.take_loss() / len(parts.train), "lr": lr}
        shown, better = {"loss": f"{entry['loss']:.3f}"}, True
        if not np.isfinite(entry["loss"]):
            raise MMSRError(f"the loss of epoch {epoch} is {entry['loss']}; lower lr (now {config.lr:g})")
        if judged is not None:
            values = evaluate(model, judged)
            if config.selection == "test":
                entry["test"] = values
            else:
                entry["validation"] = values
            entry["beta"] = _beta(model, judged, device)
            name = key_of("HR@5", ranking)
            shown[name] = f"{values[name]:.2f}"
            better = all(values[key] > past[config.selection][key] for past in record["epochs"])
        entry["seconds"] = time.perf_counter() - start
        if better:
            record["best_epoch"] = epoch
            best = {name: value.detach().clone() for name, value in model.state_dict().items()}
        record["epochs"].append(entry)
        record["seconds"] = time.perf_counter() - began
        bar.set_postfix(epoch=epoch, **shown)
        if folder is not None and rank() == 0:
            save_checkpoint(folder, model, step.optimiser, best, record, asdict(config))
        if on_epoch is not None and on_epoch(record) is False:
            break
    bar.total = bar.n  # stopped early is done
    bar.close()
    changeover.close()
    step.forget()  # NCCL ends only when no recorded step uses it
    model.load_state_dict(best)
    model.eval()
    if progress and rank() == 0:
        print(f"trained on {record['device']} in {record['seconds']:.1f} s", flush=True)
    return record


def step_class(model: Recommender, device: torch.device) -> type[Step]:
    """The class of the training step: on a GPU steps are recorded, where shapes do not depend on the data.

    Args:
        model: any recommender that learns.
        device: the device of the training.

    Returns:
        `Step` or `CapturedStep`.

    Example:
        >>> step_class(None, torch.device("cpu")).__name__
        'Step'
    """
    if device.type == "cuda" and model.static_shapes:
        return CapturedStep
    return Step


def _lr(config: TrainConfig, step: int, steps: int) -> float:
    """The learning rate: linear warm-up, then linear decay to zero."""
    warmup = max(1, round(config.warmup * steps))
    return config.lr * min((step + 1) / warmup, (steps - step) / max(1, steps - warmup))


@torch.no_grad()
def _beta(model: Recommender, examples: Examples, device: torch.device) -> dict[str, float]:
    rows = np.linspace(0, len(examples) - 1, min(512, len(examples))).astype(int)
    model.eval()
    some = DeviceExamples(examples, device, steps=model.reads_steps)
    history, _ = some(torch.from_numpy(rows).to(device), int(examples.lengths[rows].max()))
    return model.mean_beta(history)
