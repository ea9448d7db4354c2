"""How near HAN-GNN comes to the best reachable in the wardrobe worlds, with and without modalities, over five seeds.

    python benchmarks/planted_truth.py            # about 20 minutes on two CPU cores; writes results/planted_truth.csv
    python benchmarks/planted_truth.py control    # the worlds' control, 12 minutes; writes results/planted_control.csv

Each row is one run with the settings of `mmsr-lite demo`: HR@5 of the model, of counting and the best reachable, the
share of it that the model gets, and with modalities the mean beta (weight of late fusion) of each node type in the
first layer, over the test histories; percent. Of the last layer's gates the last item's alone reaches a score.
A run that is in the table is not repeated. The control is the same with each item's modalities those of another item.
"""

import sys
import tempfile
from pathlib import Path

import pandas as pd

from mmsr_lite.data.storage import atomic
from mmsr_lite.explain.gates import gates
from mmsr_lite.training.fit import fit
from mmsr_lite.training.run_config import DEMO, RunConfig

RESULTS = Path(__file__).parent / "results"
KEY = ["world", "modalities", "seed"]


def run(world: str, modalities: bool | str, seed: int) -> dict:
    """Train once, with modalities, without, or with "shuffled" ones; what a row of the table holds."""
    config = RunConfig(f"wardrobe:{world}", None if modalities else ()).with_settings(**DEMO, seed=seed, device="cpu")
    config = config.with_settings(corruption="mismatched" if modalities == "shuffled" else None)
    with tempfile.TemporaryDirectory() as folder:
        made = fit(config, folder, progress=False)
    metrics = made.metrics
    table = gates(made.model, made.dataset, made.split.test).query("layer == 0") if modalities else None
    beta = {} if table is None else table.groupby("type", observed=True)["late"].mean()
    found = {name: part["HR@5"] for name, part in (("model", metrics["test"]), ("reachable", metrics["reachable"]))}
    return {
        "world": world,
        "modalities": modalities,
        "seed": seed,
        **found,
        "markov": metrics["counting"]["markov"]["HR@5"],
        "share": found["model"] / found["reachable"],
        **{f"beta_{name}": value for name, value in beta.items()},
    }


def main(name: str = "truth", seeds: str = "5") -> None:
    """Fill the table, saving after each run, and print its summary."""
    place = RESULTS / f"planted_{name}.csv"
    worlds, variants = (("cycle", "match"), (True, False)) if name == "truth" else (("cycle", "match"), ("shuffled",))
    rows = pd.read_csv(place).to_dict("records") if place.exists() else []
    done = {tuple(row[name] for name in KEY) for row in rows}
    for world in worlds:
        for seed in range(int(seeds)):
            for modalities in variants:
                if (world, modalities, seed) not in done:
                    rows.append(run(world, modalities, seed))
                    with atomic(place) as tmp:
                        pd.DataFrame(rows).sort_values(KEY).round(4).to_csv(tmp, index=False)
                    print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    values = [name for name in table if name not in KEY]
    print(table.groupby(["world", "modalities"])[values].agg(["mean", "std"]).round(3).to_string())


if __name__ == "__main__":
    main(*sys.argv[1:])
