"""Which runs the benchmark of the worlds has: the systems, their settings, and those that a search has chosen."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import pandas as pd

ORDERS = {
    "gru4rec": ("early", "late", "none"),
    "sasrec": ("early", "late", "none"),
    "mmsr": ("hohe", "heho", "hohe-invasive", "heho-invasive", "synchronous", "adaptive", "adaptive-invasive"),
}
OTHER = {"early": "late", "late": "early"}
STANDARD_DIM = 32
WINNERS = {  # the orders whose gain is held against shuffled codes
    "pick": ("early", "heho-invasive", "adaptive-invasive"),
    "clocks": ("late", "hohe-invasive", "adaptive-invasive"),
    "both": ("early", "late", "adaptive-invasive"),
}
SYSTEM = [
    "world",
    "size",
    "model",
    "order",
    "twin",
    "codes",
    "dim",
    "epochs",
    "batch",
]  # a job but for its settings and seed
SETTINGS = ["lr", "dropout"]  # that a search may choose


@dataclass(frozen=True)
class Job:
    """One run: the fields that name a row of the table."""

    world: str
    size: str
    model: str
    order: str
    twin: str
    codes: str
    dim: int
    lr: float
    dropout: float
    epochs: int
    batch: int
    seed: int


def all_jobs(args: argparse.Namespace, rows: Sequence[dict[str, Any]] = ()) -> list[Job]:
    """Every run, seed by seed; `rows` are those of the table, from which `--chosen` takes the settings."""
    chosen = chosen_settings(rows) if args.chosen else {}
    jobs = []
    axes = (range(args.seeds), args.twins, args.codes, args.dim, args.worlds, args.models)
    for seed, twin, codes, dim, world, model in product(*axes):
        for order in ORDERS[model]:
            if twin != "same width" and (order not in OTHER or codes == "shuffled"):
                continue
            if codes == "shuffled" and order not in WINNERS[world]:
                continue
            if args.orders and order not in args.orders:
                continue
            terms = {"epochs": args.epochs, "batch": args.batch, "seed": seed}
            plain = (world, args.size, model, order, "same width", "planted", STANDARD_DIM, args.epochs, args.batch)
            itself = (*plain[:5], codes, *plain[6:])
            settings = chosen.get(itself, chosen.get(plain))  # twins and other widths take those of the plain system
            for lr, dropout in product(args.lr, args.dropout) if settings is None else [settings]:
                jobs.append(Job(world, args.size, model, order, twin, codes, dim, lr=lr, dropout=dropout, **terms))
    return jobs


def chosen_settings(rows: Sequence[dict[str, Any]]) -> dict[tuple, tuple]:
    """The `SETTINGS` of each system (by its values of `SYSTEM`) whose mean HR@5 on validation is best.

    They are compared on the seeds that have run with all of them.
    """
    found: dict[tuple, tuple] = {}
    if not rows:
        return found
    for system, runs in pd.DataFrame(rows).groupby(SYSTEM):
        by_seed = runs.pivot_table(index="seed", columns=SETTINGS, values="validation HR@5").dropna()
        if len(by_seed):
            found[system] = by_seed.mean().idxmax()
        else:
            found[system] = tuple(runs.iloc[0][SETTINGS])
    return found


def with_chosen_settings(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """The runs of each system that have the settings that validation prefers."""
    table, chosen = pd.DataFrame(rows), chosen_settings(rows)
    pairs = (table[columns].itertuples(index=False, name=None) for columns in (SYSTEM, SETTINGS))
    return table[[settings == chosen[system] for system, settings in zip(*pairs, strict=True)]]
