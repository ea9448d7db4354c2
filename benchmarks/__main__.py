"""Speed and memory in one table: `python -m benchmarks FOLDER` (Beauty, or any data set), on this machine's device.

Writes benchmarks/results/<device>.json. Medians of at least five measurements after warm-up.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmsr_lite.data.split import split
from mmsr_lite.data.storage import write_json
from mmsr_lite.evaluation.feed import Feed, width_for
from mmsr_lite.evaluation.ranks import evaluate, ranks
from mmsr_lite.training.loop import pick_device, train
from mmsr_lite.training.run import RunConfig, build, prepare

RELEASED = {
    "train_epoch_s": 76.0,
    "rank_s": 20.0,
    "peak_gib": 7.1,
}  # the authors' code, one H100 (method.md, section 9)


def median_seconds(work: Callable[[], Any], device: torch.device, times: int = 5) -> float:
    """Median wall time of `work`, the device's own work included."""
    taken = []
    for _ in range(times + 1):
        if device.type == "cuda":
            torch.cuda.synchronize()
        began = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[1:])


def graphs_per_second(model, feed: Feed, lengths: np.ndarray, device: torch.device, batch: int = 16384) -> float:
    """How many MSGraphs, with their relations and matches, are built a second from random training histories."""
    some = np.random.default_rng(0).choice(len(lengths), 8 * batch)
    order = some[np.argsort(lengths[some], kind="stable")]
    chunks = [order[i : i + batch] for i in range(0, len(order), batch)]
    rows = [(torch.from_numpy(chunk).to(device), width_for(lengths[chunk].max(), device)) for chunk in chunks]

    def build_all() -> None:
        for some, width in rows:
            graph = model.graphs(feed(some, width)[0])
            graph.relations, graph.matches, graph.occupancy  # noqa: B018

    with torch.no_grad():
        return len(order) / median_seconds(build_all, device)


def measure(config: RunConfig, epochs: int) -> dict[str, Any]:
    """One row: an epoch, the ranking, the memory, HR after as many epochs as were timed."""
    device = pick_device(config.train.device)
    dataset = prepare(config)
    model, parts = build(config, dataset), split(dataset, validation=False)
    seconds: list[float] = []
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    record = train(
        model, parts, replace(config.train, epochs=epochs, selection="none"), progress=False,
        on_epoch=lambda record: seconds.append(record["epochs"][-1]["seconds"]),
    )  # fmt: skip
    peak = torch.cuda.max_memory_allocated() / 2**30 if device.type == "cuda" else None
    found = {"precision": config.train.precision, "train_epoch_s": statistics.median(seconds[1:]), "epochs_s": seconds}
    found |= {"peak_gib": peak, "loss": record["epochs"][-1]["loss"]}
    found["rank_s"] = median_seconds(lambda: ranks(model, parts.test), device)
    found["graphs_per_s"] = graphs_per_second(model, Feed(parts.train, device), parts.train.lengths, device)
    quality = evaluate(model, parts.test)
    return found | {"hr5": quality["HR@5"], "mrr5": quality["MRR@5"]}


def main() -> None:
    """Measure each precision and write the table."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("source", help="a folder such as amazon-beauty, raw or prepared")
    parser.add_argument("--modalities", nargs="*", default=None)
    parser.add_argument("--encoder", default=None)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--precisions", nargs="+", default=["float32", "tf32", "bf16"])
    args = parser.parse_args()
    device = pick_device(args.device)
    name = torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
    rows = []
    for precision in args.precisions:
        names = None if args.modalities is None else tuple(args.modalities)
        config = RunConfig(args.source, names, args.encoder).with_settings(device=args.device, precision=precision)
        rows.append(measure(config, args.epochs))
        print({key: round(v, 4) if isinstance(v, float) else v for key, v in rows[-1].items()}, flush=True)
    place = Path(__file__).parent / "results" / f"{name.lower().replace(' ', '-')}.json"
    write_json(place, {"device": name, "torch": torch.__version__, "released": RELEASED, "rows": rows}, indent=1)
    print(f"Saved {place}", file=sys.stderr)


if __name__ == "__main__":
    main()
