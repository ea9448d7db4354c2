"""Early against late fusion in the worlds in which the order decides; a row for each run, as soon as it ends.

    PYTHONPATH=. OMP_NUM_THREADS=1 python benchmarks/fusion_worlds.py --jobs 14 --device cuda --seeds 5 --minutes 9

with `--out FILE` for another table than results/fusion_worlds.csv. On two CPU cores, the small worlds:

    PYTHONPATH=. OMP_NUM_THREADS=1 python benchmarks/fusion_worlds.py --size student --seeds 1 --epochs 10 --batch 256

A row holds HR@5 and MRR@5 on the *decisive* targets of the test part (the purchases, which earlier garments decide), in
all, by how many steps before the target the decisive garment lies (world `pick`), and by the hidden kind of the user
(world `both`); HR@5 of the same model when texts trade places within each history; the loss of every epoch; and in
`both`, for a model with gates, the marks of gate_marks.py. Every system trains on all targets; validation's decisive
targets choose its best epoch.

`codes` are the planted classes, or the same "shuffled" over the items, so that they say nothing; of shuffled ones the
orders that win with planted ones are run (`WINNERS`). `twin` says where a base has another width, at which it is as
large as the other order: "all" counts every parameter, "encoders" all but the tables of embeddings. `--dim` may be a
list: does late fusion catch up with more width?

The runs go round by seed, so a table that `--minutes` has cut short has all systems. A run that is in the table is not
repeated. `--lr` and `--dropout` may be lists, for a search over the first seeds; `--chosen` then runs each system with
the settings that validation prefers so far. `--summary` prints the table's means alone; `--worlds`, `--models` and
`--orders` choose among the runs. world_tables.py makes the tables of docs/worlds.md.
"""

import argparse
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from benchmarks.gate_marks import marks
from benchmarks.side_by_side import pool
from benchmarks.world_jobs import (
    ORDERS,
    OTHER,
    SETTINGS,
    STANDARD_DIM,
    SYSTEM,
    Job,
    all_jobs,
    with_chosen_settings,
)
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.sources.worlds import SIZES, STUDENT, WORLDS, load
from mmsr_lite.data.split import Examples, Split, split
from mmsr_lite.data.storage import atomic
from mmsr_lite.evaluation.decisive import decisive
from mmsr_lite.evaluation.metrics import metrics
from mmsr_lite.evaluation.ranks import ranks
from mmsr_lite.graph.codes import Codebook, planted_codebook
from mmsr_lite.models import MODELS
from mmsr_lite.models.equal_capacity import fusion_twin, num_parameters
from mmsr_lite.training.ingredients import displace
from mmsr_lite.training.loop import TrainConfig, train

PLACE = Path(__file__).parent / "results" / "fusion_worlds.csv"
BASES: dict[str, dict[str, Any]] = {  # settings that both orders share
    "gru4rec": {},
    "sasrec": {"layers": 1, "heads": 1},
    "mmsr": {"input_dropout": 0.0, "layers": 2},
}


@lru_cache
def prepared(world: str, size: str) -> tuple[Dataset, Split]:
    """A world without pictures, and its split: all training targets, the decisive ones of validation and test."""
    settings: dict[str, Any] = {}
    if size in SIZES:
        settings = SIZES[size][world]
    if size == "tiny":
        settings = STUDENT[world] | {"users": 60, "garments": 2}
    data = load(world, config=WORLDS[world].Config(**settings), modalities=(), drawn=False)
    parts = split(data)
    return data, Split(parts.train, *(decisive(data, part) for part in (parts.validation, parts.test)))


def books(data: Dataset, dim: int, codes: str = "planted") -> list[Codebook]:
    """The planted classes as codes: one code for each look, and one for each theme; "shuffled" ones trade items."""
    rng = np.random.default_rng(0)
    found = []
    for name in ("look", "theme"):
        classes = data.facts[name]
        if codes == "shuffled":
            classes = np.append(classes[:1], rng.permutation(classes[1:]))  # row 0 is the padding
        found.append(planted_codebook(name, classes, dim))
    return found


def run(job: Job, device: str) -> dict[str, Any]:
    """Train one system; its row."""
    began = time.perf_counter()
    data, parts = prepared(job.world, job.size)
    model_class = MODELS[job.model]
    settings = BASES[job.model] | {"fusion": job.order, "dim": job.dim, "dropout": job.dropout}
    config = model_class.Config(**settings)
    if job.twin != "same width":
        of_width = {"like": OTHER[job.order], "counted": job.twin}
        config = fusion_twin(model_class, settings, data.num_items, lambda dim: books(data, dim), **of_width)
    torch.manual_seed(job.seed)
    model = model_class(config, data.num_items, [] if job.order == "none" else books(data, config.dim, job.codes))
    terms = TrainConfig(
        epochs=job.epochs,
        batch=job.batch,
        lr=job.lr,
        patience=job.epochs,
        ranking="all",
        seed=job.seed,
        device=device,
    )
    cpu_before = time.process_time()
    record = train(model, parts, terms, progress=False, kernels="off")
    cpu_seconds = time.process_time() - cpu_before
    losses = [epoch["loss"] for epoch in record["epochs"]]
    row: dict[str, Any] = asdict(job) | {
        "width": config.dim,
        "parameters": num_parameters(model),
        "encoder_parameters": num_parameters(model, "encoders"),
        "best_epoch": record["best_epoch"],
        "loss_before": losses[-2] if len(losses) > 1 else None,
        "loss": losses[-1],
    }
    row["validation HR@5"] = record["epochs"][record["best_epoch"] - 1]["validation"]["HR@5"]
    row |= gains(data, parts.test, ranks(model, parts.test))
    if job.model in ("gru4rec", "sasrec") and job.order != "none":
        displace(model, "theme", 1.0, job.seed)  # texts trade places within each history; the model stays as it is
        row["HR@5, texts displaced"] = metrics(ranks(model, parts.test))["HR@5"]
    if "adaptive" in job.order and job.world == "both":
        row |= marks(model, data)
    row["seconds"] = time.perf_counter() - began
    row |= {"training seconds": record["seconds"], "training CPU seconds": cpu_seconds}
    row["losses"] = " ".join(f"{loss:.3f}" for loss in losses)
    row["HR@5 by epoch"] = " ".join(f"{epoch['validation']['HR@5']:.1f}" for epoch in record["epochs"])
    return row


def gains(data: Dataset, examples: Examples, rank: np.ndarray) -> dict[str, float]:
    """HR@5 and MRR@5 of all examples; HR@5 by age of the decisive garment in `pick`, by the user's kind in `both`."""
    found = {name: metrics(rank)[name] for name in ("HR@5", "MRR@5")}
    facts = data.facts
    kinds = np.array(facts["user_kinds"])[facts["user_kind"]][examples.user]  # (E,)
    if len(facts["user_kinds"]) > 1:
        for kind in facts["user_kinds"]:
            found[f"HR@5 of {kind}"] = metrics(rank[kinds == kind])["HR@5"]
    places = examples.end - examples.start  # (E,) the target's place in the history of its user
    ages = places - facts["because"][examples.end, 0]
    one_garment = np.array(facts["causes"])[facts["cause"][examples.end]] == "pick"
    for age in np.unique(ages[one_garment]).tolist():
        found[f"HR@5 at age {age}"] = metrics(rank[one_garment & (ages == age)])["HR@5"]
    return found


def table_of(place: Path) -> list[dict[str, Any]]:
    """The rows of a table that may not be there yet."""
    if not place.exists():
        return []
    return pd.read_csv(place).to_dict("records")


def key(row: dict[str, Any]) -> tuple:
    """What names a row."""
    return tuple(Job.__annotations__[name](row[name]) for name in Job.__annotations__)


def write(place: Path, rows: list[dict[str, Any]]) -> None:
    """Write the whole table in one move."""
    with atomic(place) as tmp:
        pd.DataFrame(rows).sort_values(list(Job.__annotations__)).round(4).to_csv(tmp, index=False)


def summary(rows: list[dict[str, Any]]) -> str:
    """Means over seeds, each system with the settings that are best on validation; then the marks of gates."""
    table = with_chosen_settings(rows)
    table = table.assign(loss_fell=table["loss_before"] - table["loss"])
    shown = [name for name in table if name.startswith(("HR@5", "MRR@5")) and name != "HR@5 by epoch"]
    groups = table.groupby([*SYSTEM[:7], *SETTINGS, "width"])
    means = groups[[*shown, "loss", "loss_fell", "seconds"]].mean()
    means.insert(1, "sd", groups["HR@5"].std())
    means.insert(0, "runs", groups.size())
    found = means.round(2).to_string()
    gates = [name for name in table if name.startswith(("ROC", "right", "forced", "free"))]
    if gates:
        marked = table.dropna(subset=gates).groupby(["world", "size", "order", "codes"])[gates].agg(["mean", "min"])
        found += "\n\n" + marked.T.round(2).to_string()
    return found


def main() -> None:
    """Fill the table and print its means."""
    args = arguments()
    rows = table_of(args.out)
    if not args.summary:
        done = {key(row) for row in rows}
        todo = [job for job in all_jobs(args, rows) if key(asdict(job)) not in done]
        work(todo, rows, args)
    if rows:
        print(summary(rows))


def work(todo: list[Job], rows: list[dict[str, Any]], args: argparse.Namespace) -> None:
    """Run the jobs in processes until all are done or time is up; each row is written when its run ends."""
    until = time.monotonic() + 60 * args.minutes
    waiting = list(reversed(todo))
    going: dict[Future, Job] = {}
    print(f"{len(todo)} runs, {args.jobs} at a time", flush=True)
    processes = pool(min(args.jobs, max(1, len(todo))))
    try:
        while waiting or going:
            while waiting and len(going) < args.jobs and time.monotonic() < until:
                job = waiting.pop()
                going[processes.submit(run, job, args.device)] = job
            if not going or time.monotonic() > until:
                break
            ended, _ = wait(going, timeout=max(0.1, until - time.monotonic()), return_when=FIRST_COMPLETED)
            for future in ended:
                job = going.pop(future)
                if future.exception() is not None:
                    print(f"{job} failed: {future.exception()}", flush=True)
                    continue
                rows.append(future.result())
                write(args.out, rows)
                row = rows[-1]
                run_of = [row[name] for name in ("world", "model", "order", "twin", "codes", "dim", *SETTINGS, "seed")]
                found = f"HR@5 {row['HR@5']:5.1f} loss {row['loss']:.3f} {row['seconds']:.0f} s"
                print(*run_of, found, sep="  ", flush=True)
    finally:
        for process in list((processes._processes or {}).values()):  # what is still going is not waited for
            process.terminate()
        processes.shutdown(wait=False, cancel_futures=True)


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", nargs="+", default=list(WORLDS), choices=list(WORLDS))
    parser.add_argument("--models", nargs="+", default=list(ORDERS), choices=list(ORDERS))
    parser.add_argument("--orders", nargs="+", help="only these orders of fusion; default: all")
    twins = ["same width", "all", "encoders"]
    parser.add_argument("--twins", nargs="+", default=twins, choices=twins, help="what is counted for equal capacity")
    parser.add_argument("--size", default="full", choices=["full", *SIZES, "tiny"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--lr", nargs="+", type=float, default=[0.01], help="one or more")
    parser.add_argument("--dropout", nargs="+", type=float, default=[0.1], help="one or more")
    parser.add_argument("--chosen", action="store_true", help="each system with its best settings so far")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--dim", nargs="+", type=int, default=[STANDARD_DIM], help="one or more widths")
    parser.add_argument("--codes", nargs="+", default=["planted"], choices=["planted", "shuffled"])
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--minutes", type=float, default=1e6, help="no run goes on after these")
    parser.add_argument("--out", type=Path, default=PLACE)
    parser.add_argument("--summary", action="store_true", help="only print the means of the table")
    return parser.parse_args(words)


if __name__ == "__main__":
    main()
