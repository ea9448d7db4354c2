"""Speed and memory against the goals: `python -m benchmarks FOLDER` (Beauty, or any data set) on this machine's device.

Writes benchmarks/results/<device>.json and prints the table of all results there. Medians of at least five measurements
after warm-up. `python -m benchmarks NAME ...` with growth, peers, cpu, interaction, scale, search, kernels,
null_rejections, flow_groups, mutants, fuzz, soak or page_latency measures what benchmarks/NAME.py says.
"""

import argparse
import os
import statistics
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.timing import RESULTS, device_name, file_name, median_seconds
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import split
from mmsr_lite.data.storage import read_json, write_json
from mmsr_lite.evaluation.device_examples import DeviceExamples, width_for
from mmsr_lite.evaluation.ranks import evaluate, ranks
from mmsr_lite.explain.gates import gates
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.training.device import pick_device
from mmsr_lite.training.distributed import first_alone, processes, rank, size
from mmsr_lite.training.ingredients import build, codebooks, prepare
from mmsr_lite.training.loop import train
from mmsr_lite.training.run_config import RunConfig

OTHERS = ("growth", "cpu", "interaction", "scale", "peers", "search", "kernels", "null_rejections", "flow_groups")
OTHERS += ("mutants", "fuzz", "soak", "page_latency", "late_in_pick")
RELEASED = {
    "train_epoch_s": 76.0,
    "rank_s": 20.0,
    "peak_gib": 7.1,
}  # the authors' code, one H100 (method.md, section 9)
GOALS = {  # of the table: key -> (what, goal)
    "train_epoch_s": ("training epoch of Beauty, s", "<= 0.5"),
    "train_epoch_bf16_s": ("the same in bf16, s", "less"),
    "rank_s": ("full ranking of all test targets, s", "<= 0.15"),
    "peak_gib": ("peak GPU memory in training, GiB", "<= 1"),
    "gates_s": ("the gates of all users' last histories, s", "<= 5; CPU 60"),
    "graphs_per_s": ("MSGraphs built a second", ">= 2e6; one core >= 3e4"),
    "hr5": ("HR@5 after as many epochs", "unchanged"),
    "hr5_spread": ("HR@5, largest less smallest of the precisions", "small"),
    "demo_train_s": ("`make demo`, training, s", "<= 45"),
    "trace_p95_ms": ("trace of one history, p95, ms", "<= 30"),
    "what_if_p95_ms": ("what-if of the whole record, p95, ms", "<= 100"),
    "import_s": ("import mmsr_lite, s", "<= 0.3"),
}


def graphs_per_second(model, feed: DeviceExamples, lengths: np.ndarray, device: torch.device) -> float:
    """How many MSGraphs, with their relations and matches, are built a second from random training histories."""
    batch = 256 if device.type == "cpu" else 16384
    some = np.random.default_rng(0).choice(len(lengths), 8 * batch)
    order = some[np.argsort(lengths[some], kind="stable")]
    chunks = [order[i : i + batch] for i in range(0, len(order), batch)]
    rows = [(torch.from_numpy(chunk).to(device), width_for(lengths[chunk].max(), device)) for chunk in chunks]

    def build_all() -> None:
        for some, width in rows:
            graph = model.graphs(feed(some, width)[0])
            graph.relations, graph.matches, graph.occupancy  # noqa: B018

    with torch.no_grad():
        return len(order) / median_seconds(build_all, device, limit=5)


def measure(config: RunConfig, epochs: int, dataset: Dataset, books: tuple[Codebook, ...]) -> dict[str, Any]:
    """One row: an epoch, the ranking, the memory, HR after as many epochs as were timed."""
    device = pick_device(config.train.device)
    model, parts = build(config, dataset, books), split(dataset, validation=False)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    record = train(model, parts, replace(config.train, epochs=epochs, selection="none"), progress=False)
    seconds = [entry["seconds"] for entry in record["epochs"]]
    peak = torch.cuda.max_memory_allocated() / 2**30 if device.type == "cuda" else None
    found = {"precision": config.train.precision, "negatives": config.train.negatives}
    found |= {"train_epoch_s": statistics.median(seconds[1:]), "epochs_s": seconds}
    found |= {"peak_gib": peak, "loss": record["epochs"][-1]["loss"]}
    found["rank_s"] = median_seconds(lambda: ranks(model, parts.test), device, most=5, limit=float("inf"))
    if size() == 1:
        found["graphs_per_s"] = graphs_per_second(
            model, DeviceExamples(parts.train, device), parts.train.lengths, device
        )
        found["gates_s"] = median_seconds(lambda: gates(model, dataset), device, warm=1, most=3, limit=float("inf"))
    quality = evaluate(model, parts.test)
    return found | {"hr5": quality["HR@5"], "mrr5": quality["MRR@5"]}


def table() -> str:
    """All results beside their goals, in Markdown."""
    found = [read_json(place) for place in sorted(RESULTS.glob("*.json"))]
    found = [result for result in found if "device" in result]
    lines = [["what", "goal", *(result["device"] for result in found)], ["---"] * (2 + len(found))]
    for key, (what, goal) in GOALS.items():
        values = [result.get(key) for result in found]
        lines.append([what, goal, *("" if v is None else f"{v:,.0f}" if v >= 1000 else f"{v:.3g}" for v in values)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(argv: list[str]) -> None:
    """Measure each precision and write the table."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    beauty = Path(os.environ.get("MMSR_SHARED_DATA", "../shared/data"), "amazon-beauty")
    parser.add_argument("source", nargs="?", default=str(beauty), help=f"a folder, raw or prepared ({beauty})")
    parser.add_argument("--modalities", nargs="*", default=None)
    parser.add_argument("--encoder", default=None)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--batch", type=int, default=512, help="of all processes together")
    parser.add_argument("--precisions", nargs="+", default=["float32", "tf32", "bf16"])
    parser.add_argument(
        "--negatives", nargs="+", type=int, default=[], help="also the sampled loss of so many, at tf32"
    )
    args = parser.parse_args(argv)
    device = pick_device(args.device)
    rows = []
    with processes(device):
        names = None if args.modalities is None else tuple(args.modalities)
        config = RunConfig(args.source, names, args.encoder)
        with first_alone():
            dataset = prepare(config)
            books = codebooks(config, dataset)
        for precision, negatives in [(p, 0) for p in args.precisions] + [("tf32", n) for n in args.negatives]:
            settings = {"device": args.device, "precision": precision, "batch": args.batch, "negatives": negatives}
            rows.append(measure(config.with_settings(**settings), args.epochs, dataset, books))
            if rank() == 0:
                print({key: round(v, 4) if isinstance(v, float) else v for key, v in rows[-1].items()}, flush=True)
        first, count = rank() == 0, size()
    if not first:
        return
    by = {row["precision"]: row for row in rows if not row["negatives"]}
    told = next(by[name] for name in ("tf32", "float32", "bf16") if name in by)
    result = {"device": device_name(device) + (f" x {count}" if count > 1 else ""), "torch": torch.__version__}
    keys = ("train_epoch_s", "rank_s", "peak_gib", "graphs_per_s", "gates_s", "hr5")
    result |= {key: told[key] for key in keys if key in told}
    result |= {"train_epoch_bf16_s": by["bf16"]["train_epoch_s"]} if "bf16" in by else {}
    result["hr5_spread"] = max(row["hr5"] for row in by.values()) - min(row["hr5"] for row in by.values())
    kind = "" if args.batch == 512 and count == 1 else f"-batch-{args.batch}-x{count}"
    place = RESULTS / f"{'cpu-epoch' if device.type == 'cpu' else file_name(device)}{kind}.json"
    result |= {
        "precision": told["precision"],
        "batch": args.batch,
        "processes": count,
        "released": RELEASED,
        "rows": rows,
    }
    write_json(place, result, indent=1)
    print(table())
    print(f"Saved {place}", file=sys.stderr)


if __name__ == "__main__":
    words = sys.argv[1:]
    if words[:1] and words[0] in OTHERS:
        import_module(f"benchmarks.{words[0]}").main(words[1:])
    else:
        main(words)
