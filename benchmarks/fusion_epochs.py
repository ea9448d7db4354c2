"""Early and late fusion after every epoch in the world `sparse`, where the choice of an epoch decides which is ahead.

    python benchmarks/fusion_epochs.py    # 12 minutes on two CPU cores; writes results/fusion_epochs.csv

GRU4Rec and SASRec with each fusion of Figure 1, five seeds, learning rate 0.005, dropout 0.2, on the whole training
part; the test part is ranked after each of twelve epochs, and nothing is chosen by it. A run that is in the table is
not repeated.
"""

from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import torch
from tqdm.auto import tqdm

from mmsr_lite.data import load
from mmsr_lite.data.storage import atomic
from mmsr_lite.experiments.fusion_order import jobs
from mmsr_lite.experiments.study import Job, Setting
from mmsr_lite.training.runs import Run

PLACE = Path(__file__).parent / "results" / "fusion_epochs.csv"
KEY, METRICS = ["model", "fusion", "seed"], ["HR@5", "MRR@5", "HR@20", "MRR@20"]
TERMS = {"codes": 3, "batch": 64, "epochs": 12, "lr": 0.005, "dropout": 0.2}  # patience: no epoch is left out


def run(job: Job, seed: int) -> list[dict]:
    """Train one system; a row for each epoch."""
    torch.set_num_threads(1)
    config = job.config.with_settings(
        seed=seed, selection="test", patience=99, lr=TERMS["lr"], dropout=TERMS["dropout"]
    )
    record = Run(config, load("wardrobe:sparse")).learn(progress=False)
    name = {"model": job.labels["model"], "fusion": job.labels["variant"], "seed": seed}
    found = [{metric: epoch["test"][metric] for metric in METRICS} for epoch in record["epochs"]]
    return [name | {"epoch": number} | row for number, row in enumerate(found, 1)]


def main(seeds: int = 5) -> None:
    """Fill the table, saving after each run, and print its means."""
    base = {name: value for name, value in TERMS.items() if name not in ("lr", "dropout")}
    whole = [job for job in jobs(Setting.of(load("wardrobe:sparse"), base)) if not job.labels["corruption"]]
    rows = pd.read_csv(PLACE).to_dict("records") if PLACE.exists() else []
    done = {tuple(row[name] for name in KEY) for row in rows}
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        todo = [
            pool.submit(run, job, seed)
            for seed in range(seeds)
            for job in whole
            if (job.labels["model"], job.labels["variant"], seed) not in done
        ]
        for future in tqdm(as_completed(todo), "runs", len(todo)):
            rows += future.result()
            with atomic(PLACE) as tmp:
                pd.DataFrame(rows).sort_values([*KEY, "epoch"]).round(4).to_csv(tmp, index=False)
    print(pd.DataFrame(rows).pivot_table("HR@5", "epoch", ["model", "fusion"]).round(1).to_string())


if __name__ == "__main__":
    main()
