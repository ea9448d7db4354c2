"""What a training step costs as one size grows: `python -m benchmarks growth SOURCE`.

One size at a time moves away from BASE, on random histories that all have the same length; SOURCE gives the users that
are resampled. Writes benchmarks/results/growth-<device>.csv (axis, value, measure, result) and a picture beside it.
"""

import argparse
import gc
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np
import torch

from benchmarks.timing import RESULTS, device_name, file_name, median_seconds, peak_of, wait
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Examples, split
from mmsr_lite.evaluation.device_examples import DeviceExamples, width_for
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.nn.softmax import linear_cross_entropy
from mmsr_lite.training.changeover import Changeover
from mmsr_lite.training.device import pick_device
from mmsr_lite.training.ingredients import prepare
from mmsr_lite.training.loop import TrainConfig, batches, step_class, train
from mmsr_lite.training.run_config import RunConfig

BASE = {"history": 20, "codes": 30, "codes_per_item": 3, "layers": 1, "batch": 512, "dim": 128, "items": 12_101}
AXES: dict[str, tuple[int, ...]] = {
    "history": (10, 25, 50, 100, 200),
    "codes": (10, 30, 100, 300),
    "codes_per_item": (1, 2, 4, 8),
    "layers": (1, 2, 4),
    "batch": (128, 512, 2048, 8192),
    "dim": (32, 64, 128, 256, 512),
    "items": (10_000, 100_000, 1_000_000),
    "users": (1, 4, 16),  # times those of SOURCE
}
NEGATIVES = 1024


def random_books(num_items: int, num_codes: int, k: int, dim: int) -> list[Codebook]:
    """Two modalities whose items have k of C codes at random."""
    books, rng = [], np.random.default_rng(0)
    for name in ("one", "other"):
        codes = rng.integers(1, num_codes + 1, (num_items + 1, k))
        codes[0] = 0
        centres = rng.normal(size=(num_codes + 1, dim)).astype(np.float32)
        books.append(Codebook(name, codes, centres, np.zeros((num_items + 1, 0), np.float32)))
    return books


def random_step(device: torch.device, negatives: int = 0, share: int = 1, **sizes: int) -> Callable[[], None]:
    """A training step of MMSR at BASE but for `sizes`, on one of `share` parts of the batch; call it to train once."""
    size, rng = BASE | sizes, np.random.default_rng(0)
    length, count, num_items = size["history"], size["batch"] // share, size["items"]
    items, begin = rng.integers(1, num_items + 1, count * (length + 1)), np.arange(count) * (length + 1)
    some = Examples(items, begin, begin + length, np.arange(count), max_history=length)
    books = random_books(num_items, size["codes"], size["codes_per_item"], size["dim"])
    torch.manual_seed(0)
    model = MMSR(MMSRConfig(dim=size["dim"], layers=size["layers"], max_history=length), num_items, books)
    examples = DeviceExamples(some, device)
    step = step_class(model, device)(model.to(device).train(), examples, 1e-3, 0.0, 5.0, negatives=negatives)
    Changeover(step, some.lengths, 1, {}, "warm").before(1, 0, 0)  # by kernels where there are some
    rows = torch.arange(count, device=device)
    return lambda: step(rows, length, 1e-3, count * share)


def measure_sizes(device: torch.device, axis: str, value: int, **base: int) -> dict[str, float | None]:
    """Seconds and GiB of a step where `axis` has this value; for items also of the loss alone and of negatives."""
    sizes = base | {axis: value}
    gc.collect()  # captured steps of the sizes before, whose memory would count
    step = random_step(device, **sizes)
    found = {"step_s": median_seconds(step, device), "step_gib": peak_of(step, device)}
    if axis == "items":
        del step
        size = BASE | sizes
        table = torch.randn(value + 1, size["dim"], device=device, requires_grad=True)
        state = torch.randn(size["batch"], size["dim"], device=device, requires_grad=True)
        target = torch.randint(1, value + 1, (size["batch"],), device=device)

        def loss() -> None:
            state.grad = table.grad = None
            linear_cross_entropy(state, table, target).backward()

        found |= {"loss_s": median_seconds(loss, device), "loss_gib": peak_of(loss, device)}
        del table, state
        found["sampled_step_s"] = median_seconds(random_step(device, NEGATIVES, **sizes), device)
    return found


def measure_users(dataset: Dataset, device: torch.device, times: int, **base: int) -> dict[str, float]:
    """Seconds to split, order and hand out an epoch of `times` the users, drawn again; on a GPU also to train on it."""
    drawn = np.random.default_rng(0).integers(dataset.num_users, size=times * dataset.num_users)
    lengths = np.diff(dataset.offsets)[drawn]
    place = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    index = np.repeat(dataset.offsets[drawn], lengths) + place
    user, ids = np.repeat(np.arange(len(drawn)), lengths), tuple(map(str, range(len(drawn))))
    many = replace(dataset, user=user, item=dataset.item[index], time=dataset.time[index], user_ids=ids, facts={})
    batch = (BASE | base)["batch"]
    began = time.perf_counter()
    parts = split(many, validation=False)
    lengths, feed = parts.train.lengths, DeviceExamples(parts.train, device)
    for rows in batches(lengths, batch, (0, 1)):
        feed(torch.from_numpy(rows).to(device), width_for(lengths[rows].max(), device))
    wait(device)
    found = {"examples": len(parts.train), "data_s": time.perf_counter() - began}
    if device.type == "cuda":
        books = random_books(many.num_items, BASE["codes"], BASE["codes_per_item"], BASE["dim"])
        config = TrainConfig(epochs=2, batch=batch, selection="none", device=str(device), precision="tf32")
        record = train(MMSR(MMSRConfig(), many.num_items, books), parts, config, progress=False)
        found["epoch_s"] = record["epochs"][-1]["seconds"]
    return found


def exponent(values: list[float], results: list[float]) -> float:
    """The slope of log(result) over log(value) through the three largest values."""
    return float(np.polyfit(np.log(values[-3:]), np.log(results[-3:]), 1)[0])


def draw(rows: list[tuple[str, int, str, float]], device: str, place: Path) -> None:
    """One log-log panel for each axis, a line for each measure in seconds, its exponent in the legend."""
    from matplotlib.figure import Figure

    panels = [(axis, list(group)) for axis, group in groupby(rows, key=lambda row: row[0])]
    columns = min(4, len(panels))
    figure = Figure(figsize=(3.4 * columns, 3 * -(-len(panels) // columns)), layout="constrained")
    for number, (axis, group) in enumerate(panels, 1):
        panel = figure.add_subplot(-(-len(panels) // columns), columns, number, xscale="log", yscale="log", xlabel=axis)
        for measure in sorted({row[2] for row in group if row[2].endswith("_s")}):
            values, results = zip(*((row[1], row[3]) for row in group if row[2] == measure), strict=True)
            label = f"{measure}, exponent {exponent(list(values), list(results)):.2f}"
            panel.plot(values, results, marker="o", label=label)
        panel.legend(fontsize="x-small")
        low, high = (np.log10(end) for end in panel.get_ylim())
        panel.set_ylim(10 ** np.floor(low), 10 ** np.ceil(high))
        panel.set_xticks(values, [f"{value:,}" for value in values], fontsize="x-small")
        panel.minorticks_off()
    figure.suptitle(f"Seconds on {device}; the exponent is that of the three largest values")
    figure.savefig(place, dpi=120)


def main(argv: list[str]) -> None:
    """Measure, write the table and the picture."""
    parser = argparse.ArgumentParser("python -m benchmarks growth", description=__doc__)
    parser.add_argument("source", help="a folder such as amazon-beauty, raw or prepared")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--axes", nargs="+", default=list(AXES), choices=AXES)
    parser.add_argument("--base", nargs="+", default=[], metavar="NAME=INT", help="other sizes than BASE, for a CPU")
    parser.add_argument("--most", type=int, default=2**31, help="leave out larger values than this")
    args = parser.parse_args(argv)
    device, base = pick_device(args.device), {n: int(v) for n, v in (pair.split("=") for pair in args.base)}
    torch.set_float32_matmul_precision("high")
    dataset = prepare(RunConfig(args.source, modalities=())) if "users" in args.axes else None
    rows: list[tuple[str, int, str, float]] = []
    for axis in args.axes:
        for value in (v for v in AXES[axis] if v <= args.most):
            if axis == "users":
                found = measure_users(dataset, device, value, **base)
            else:
                found = measure_sizes(device, axis, value, **base)
            rows += [(axis, value, measure, result) for measure, result in found.items() if result is not None]
            print(axis, value, {n: round(r, 5) for n, r in found.items() if r is not None}, flush=True)
    place = RESULTS / f"growth-{file_name(device)}.csv"
    place.write_text("axis,value,measure,result\n" + "".join(f"{a},{v},{m},{r:.6g}\n" for a, v, m, r in rows))
    draw(rows, device_name(device), place.with_suffix(".png"))
    print(f"Saved {place} and {place.with_suffix('.png').name}")
