"""Both orders of fusion in the students' worlds, each trained in at most a minute on one thread of a CPU.

    PYTHONPATH=. OMP_NUM_THREADS=1 python benchmarks/student_worlds.py

writes results/fusion_worlds_student.csv, a row for each run as soon as it ends: the world, the order, the model, the
seed, HR@5 on the purchases of the test users (in `both` also by the kind of the user), the epochs, HR@5 on validation
after each, and how long the training took. `seconds` is the time on the clock, which grows when other programs use the
machine; `cpu_seconds` is what this process worked, which grows far less. Neither holds the making of the world nor
the ranking of the test users. A run that is in the table is not repeated. world_tables.py makes the page's table of it.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from benchmarks.fusion_worlds import PLACE, run, table_of
from benchmarks.world_jobs import STANDARD_DIM, Job
from mmsr_lite.data.sources.worlds import WORLDS
from mmsr_lite.data.storage import atomic

TABLE = PLACE.with_name("fusion_worlds_student.csv")
MINUTE = 60.0  # seconds of the process that a training may take
SYSTEMS = {
    "sasrec": ("early", "late"),
    "gru4rec": ("early", "late"),
    "mmsr": ("heho-invasive", "hohe-invasive", "hohe", "adaptive-invasive"),
}
EPOCHS = {  # as many as a minute holds, the slower order of each base deciding
    "sasrec": {"pick": 12, "clocks": 12, "both": 7},
    "gru4rec": {"pick": 20, "clocks": 20, "both": 10},
    "mmsr": {"pick": 10, "clocks": 10, "both": 4},
}
TERMS: dict[str, Any] = {"twin": "same width", "codes": "planted", "dim": STANDARD_DIM, "lr": 0.01, "dropout": 0.1}
TERMS |= {"size": "student", "batch": 256}
COLUMNS = ["world", "order", "model", "seed", "HR@5", "HR@5 of pick", "HR@5 of clocks", "epochs"]
COLUMNS += ["seconds", "cpu_seconds", "HR@5 by epoch"]


def jobs(seeds: int) -> list[Job]:
    """Every run, seed by seed."""
    return [
        Job(world=world, model=model, order=order, epochs=EPOCHS[model][world], seed=seed, **TERMS)
        for seed in range(seeds)
        for world in WORLDS
        for model, orders in SYSTEMS.items()
        for order in orders
    ]


def row_of(job: Job) -> dict[str, Any]:
    """Train one system; its row."""
    found = run(job, "cpu")
    found |= {"seconds": found["training seconds"], "cpu_seconds": found["training CPU seconds"]}
    return {name: found.get(name) for name in COLUMNS}


def name_of(row: dict[str, Any]) -> tuple:
    """What names a row: with it everything else is given."""
    return (row["world"], row["order"], row["model"], int(row["seed"]), int(row["epochs"]))


def write(place: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write the whole table in one move."""
    table = pd.DataFrame(rows, columns=COLUMNS).sort_values(["world", "model", "order", "seed"])
    with atomic(place) as tmp:
        table.round(2).to_csv(tmp, index=False)


def main() -> None:
    """Fill the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--out", type=Path, default=TABLE)
    args = parser.parse_args()
    torch.set_num_threads(1)
    rows = table_of(args.out)
    done = {name_of(row) for row in rows}
    for job in jobs(args.seeds):
        if name_of(asdict(job)) in done:
            continue
        rows.append(row_of(job))
        write(args.out, rows)
        print("  ".join(f"{name} {rows[-1][name]}" for name in COLUMNS[:-1]), flush=True)


if __name__ == "__main__":
    main()
