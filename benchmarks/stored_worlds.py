"""Train the small runs of the worlds that come with the package, and tell what they get on the purchases.

    PYTHONPATH=. OMP_NUM_THREADS=1 python benchmarks/stored_worlds.py                  # all: minutes on a GPU
    PYTHONPATH=. OMP_NUM_THREADS=1 python benchmarks/stored_worlds.py both-small-early pick-small-late
    PYTHONPATH=. OMP_NUM_THREADS=1 python benchmarks/stored_worlds.py --table          # only measure what is there

A run is called after its world and its system: `both-small-early`, `pick-small-none`. All systems are MMSR, so that
each can be traced: `early` is heho-invasive, `late` is hohe-invasive, `adaptive` and `adaptive-invasive` are
themselves; `shuffled` is adaptive-invasive with every item's modalities those of another item, and `none` has no
modalities. Weights are kept with half the digits (float16), and all that is measured is measured with these.

`--out DIR` is another place than mmsr_lite/stored/runs. The table is results/stored_worlds.csv: HR@5 on the purchases
of the test users, in all and by their kind, percent; best reachable 100.
"""

import argparse
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from benchmarks.side_by_side import pool
from mmsr_lite.course.stored import RUNS as STORED
from mmsr_lite.data.sources.worlds import SMALL
from mmsr_lite.data.storage import atomic, write_json
from mmsr_lite.evaluation.decisive import decisive_hits
from mmsr_lite.training.fit import fit, open_run
from mmsr_lite.training.kept_codes import CODES
from mmsr_lite.training.model_card import NAME as CARD
from mmsr_lite.training.run_config import RunConfig, world_config
from mmsr_lite.training.runs import Run
from mmsr_lite.training.weights import save_tensors

TABLE = Path(__file__).parent / "results" / "stored_worlds.csv"
SYSTEMS: dict[str, dict[str, Any]] = {
    "early": {"fusion": "heho-invasive"},
    "late": {"fusion": "hohe-invasive"},
    "adaptive": {"fusion": "adaptive"},
    "adaptive-invasive": {"fusion": "adaptive-invasive"},
    "shuffled": {"fusion": "adaptive-invasive", "corruption": "mismatched"},
    "none": {},
}
EPOCHS = 40
NAMES = [f"{world}-small-{system}" for world in SMALL for system in SYSTEMS]


def config_of(name: str, device: str = "cpu") -> RunConfig:
    """The config of a stored run by its name."""
    world, _, system = name.partition("-small-")
    config = world_config(f"{world}-small", modalities=() if system == "none" else None)
    return config.with_settings(**SYSTEMS[system], epochs=EPOCHS, device=device)


def store(name: str, out: Path, device: str) -> None:
    """Train a run and keep its config, history, metrics and weights."""
    folder = out / name
    run = fit(config_of(name, device), folder, progress=False)
    half = {key: _shorter(value) for key, value in run.model.state_dict().items()}
    run.model.load_state_dict(half)
    save_tensors(folder / "model.safetensors", half)
    metrics = run.evaluate()
    write_json(folder / "metrics.json", metrics, indent=1)
    for left in ("state", "refit"):
        shutil.rmtree(folder / left, ignore_errors=True)
    for left in (CARD, CODES, ".lock"):  # codes are learned again where their file is not
        (folder / left).unlink(missing_ok=True)
    print(row_of(name, run), flush=True)


def _shorter(values: torch.Tensor) -> torch.Tensor:
    """Numbers with half the digits; codes as short whole numbers."""
    if values.is_floating_point():
        return values.half()
    return values.short()


def row_of(name: str, run: Run) -> dict[str, Any]:
    """What a run gets on the purchases of the test users."""
    world, _, system = name.partition("-small-")
    size = (run.folder / "model.safetensors").stat().st_size if run.folder else 0
    row: dict[str, Any] = {"world": world, "system": system, "kB": round(size / 1000, 1)}
    hits = decisive_hits(run.model, run.dataset, run.split.test)
    return row | {f"HR@5, {users}": round(value, 2) for users, value in hits.items()}


WHAT = {
    "early": "`heho-invasive`: the early order without a gate",
    "late": "`hohe-invasive`: the late order without a gate",
    "adaptive": "the paper's default gate, not invasive",
    "adaptive-invasive": "the gate between the two orders above",
    "shuffled": "the same, every item's modalities those of another item",
    "none": "the same without modalities",
}


def page_rows(table: pd.DataFrame) -> list[str]:
    """The rows of docs/worlds.md: what each run is, and its HR@5; in `both` also of the users of each kind."""
    rows = []
    for name, words in WHAT.items():
        cells = []
        for world in SMALL:
            (row,) = table[(table["world"] == world) & (table["system"] == name)].to_dict("records")
            cells.append(f"{row['HR@5, all users']:.1f}")
        cells[-1] += f" ({row['HR@5, users of pick']:.1f} / {row['HR@5, users of clocks']:.1f})"
        rows.append(f"| `-{name}` | {words} | {' | '.join(cells)} |")
    return rows


def main() -> None:
    """Train what was asked for and write the table of all that is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"runs, such as {NAMES[0]}; default: all")
    parser.add_argument("--out", type=Path, default=STORED)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--table", action="store_true", help="train nothing")
    args = parser.parse_args()
    unknown = set(args.names) - set(NAMES)
    if unknown:
        parser.error(f"there is no run {sorted(unknown)[0]!r}; choose from: {', '.join(NAMES)}")
    if not args.table:
        make = partial(store, out=args.out, device=args.device)
        with pool(args.jobs) as processes:
            list(processes.map(make, args.names or NAMES))
    there = [name for name in NAMES if (args.out / name / "metrics.json").exists()]
    table = pd.DataFrame([row_of(name, open_run(args.out / name, "cpu")) for name in there])
    if args.out == STORED:
        with atomic(TABLE) as tmp:
            table.to_csv(tmp, index=False)
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
