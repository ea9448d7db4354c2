"""What fusing brings: `python -m benchmarks kernels FOLDER`, captured steps on the plain and on the fused path.

Milliseconds of a step and kernels in it for a few widths of history, the kernels that take longest, and how far losses
and gradients of the two paths are apart. Writes benchmarks/results/kernels-<device>.json.
"""

import argparse
from collections import Counter

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.timing import RESULTS, device_name, file_name, median_seconds, peak_of
from mmsr_lite.data.split import split
from mmsr_lite.data.storage import write_json
from mmsr_lite.evaluation.device_examples import DeviceExamples, width_for
from mmsr_lite.evaluation.strategy import PLAIN, Strategy, choose_strategy
from mmsr_lite.kernels.strategy import KernelStrategy
from mmsr_lite.training.captured import CapturedStep
from mmsr_lite.training.device import pick_device
from mmsr_lite.training.ingredients import build, codebooks, prepare
from mmsr_lite.training.loop import PRECISIONS
from mmsr_lite.training.run_config import RunConfig

PATHS = {"plain": PLAIN, "fused": KernelStrategy()}


def rows_of_width(lengths: np.ndarray, width: int, batch: int, device: torch.device) -> torch.Tensor:
    """(B,) training rows, at random, that a step of this width is given."""
    fit = [longest for longest in range(1, width + 1) if width_for(longest, device) == width]
    some = np.flatnonzero(np.isin(lengths, fit))
    return torch.from_numpy(np.random.default_rng(0).choice(some, batch)).to(device)


def kernels_of(work, top: int = 20) -> tuple[int, float, list[list]]:
    """How many kernels `work` runs, for how many microseconds any runs, and the longest: name, how often, microseconds.

    Kernels run beside each other, so each moment is shared out evenly among those that run then.
    """
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as seen:
        work()
        torch.cuda.synchronize()
    events = [e for e in seen.events() if e.device_type == torch.autograd.DeviceType.CUDA]
    moments = sorted((at, ends, i) for i, e in enumerate(events) for ends, at in enumerate(_range(e)))
    count, time, running, before = Counter(e.name for e in events), Counter(), set(), 0.0
    for at, ends, i in moments:
        for other in running:
            time[events[other].name] += (at - before) / len(running)
        (running.remove if ends else running.add)(i)
        before = at
    longest = [[name[:90], count[name], round(us, 1)] for name, us in time.most_common(top)]
    return len(events), round(sum(time.values()), 1), longest


def _range(event) -> tuple[float, float]:
    return event.time_range.start, event.time_range.end


def gradients(model, history, target, strategy: Strategy) -> dict[str, torch.Tensor]:
    """The loss and every gradient, without dropout."""
    model.eval().zero_grad(set_to_none=True)
    loss = strategy.loss(model, history, target)
    loss.backward()
    return {"loss": loss.detach()} | {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


def apart(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> dict[str, float | str]:
    """The largest difference as a share of the largest value of the tensor, and where it is."""
    shares = {name: ((one[name] - other[name]).abs().max() / one[name].abs().max()).item() for name in one}
    worst = max((name for name in shares if name != "loss"), key=shares.get)
    return {"loss": shares["loss"], "gradient": shares[worst], "where": worst}


def main(argv: list[str]) -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser("python -m benchmarks kernels", description=__doc__)
    parser.add_argument("source")
    parser.add_argument("--encoder", default=None)
    parser.add_argument("--modalities", nargs="+")
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--precision", default="tf32", choices=list(PRECISIONS))
    parser.add_argument("--widths", nargs="+", type=int, default=[2, 4, 8, 16, 32])
    parser.add_argument("--profile", nargs="+", type=int, default=[8], help="widths whose kernels are listed")
    args = parser.parse_args(argv)
    device = pick_device("cuda")
    config = RunConfig(args.source, None if args.modalities is None else tuple(args.modalities), args.encoder)
    dataset = prepare(config)
    books = codebooks(config, dataset)
    train = split(dataset, validation=False).train
    feed, found = DeviceExamples(train, device), {"device": device_name(device), "batch": args.batch}
    matmul, autocast = PRECISIONS[args.precision]
    ours = build(config, dataset, books).to(device)
    history, target = feed(rows_of_width(train.lengths, args.profile[0], args.batch, device), args.profile[0])
    for name, precision in (("float32", "highest"), ("tf32", "high")):
        torch.set_float32_matmul_precision(precision)
        plain, fused = (gradients(ours, history, target, strategy) for strategy in PATHS.values())
        found[f"apart_{name}"] = apart(plain, fused)
        print(f"{name}: plain and fused are apart by", found[f"apart_{name}"], flush=True)
    torch.set_float32_matmul_precision(matmul)
    print(f"{'path':8}{'width':>6}{'ms':>9}{'kernels':>9}{'GiB':>8}   {args.precision}, batch {args.batch}")
    for path, strategy in PATHS.items():
        model = build(config, dataset, books).to(device).train()
        if isinstance(strategy, KernelStrategy):
            strategy.adopt(model)
        choose_strategy(model, strategy)
        step = CapturedStep(model, feed, 1e-4, 0.0, 5.0, autocast)
        for width in args.widths:
            rows = rows_of_width(train.lengths, width, args.batch, device)
            work = lambda step=step, rows=rows, width=width: step(rows, width, 1e-4)  # noqa: E731
            peak = peak_of(lambda work=work: [work() for _ in range(3)], device)
            ms = 50 * median_seconds(lambda work=work: [work() for _ in range(20)], device)  # of 20, as in training
            count, busy, longest = kernels_of(work)
            row = {"ms": ms, "kernels": count, "busy_us": busy, "peak_gib": peak}
            row |= {"longest": longest} if width in args.profile else {}
            found.setdefault(path, {})[str(width)] = row
            print(f"{path:8}{width:6}{ms:9.3f}{count:9}{peak:8.2f}", flush=True)
            for name, often, us in row.get("longest", []):
                print(f"    {us:8.1f} us {often:4} x  {name}")
    write_json(RESULTS / f"kernels-{file_name(device)}.json", found, indent=1)
