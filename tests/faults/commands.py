"""The commands that are killed: each on a small data set, with the command that goes on from what is left."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mmsr_lite import cli
from mmsr_lite.errors import MMSRError
from mmsr_lite.training.fit import fit
from mmsr_lite.training.run_config import RunConfig

SMALL = ["--dim=4", "--codes=2", "--codes-per-item=1", "--epochs=2", "--batch=64", "--min-count=2", "--device=cpu"]
SETTINGS = {"dim": 4, "codes": 2, "codes_per_item": 1, "epochs": 2, "batch": 64, "min_count": 2, "device": "cpu"}
TABLES = ["--only", "popularity", "mmsr", "--seeds=1", "--trials=1", "--device=cpu", "--min-count=2", "--set"]
TABLES += [
    "dim=4",
    "codes=2",
    "codes_per_item=1",
    "epochs=2",
    "batch=64",
    "max_history=10",
    "lr=[0.01]",
    "dropout=[0.1]",
]
TABLES += ["label_smoothing=0", "weight_decay=0"]


@dataclass(frozen=True)
class Case:
    """A command that is disturbed.

    Args:
        name: What it is called in reports.
        work: Does it, in the working directory; gives the exit code.
        again: Goes on after a disturbance.
        older: What was done in the folder before and is replaced; None: nothing.
        before: What was done in the folder before and stays; None: nothing.
        whole: Files that are whole at any moment: not there, as they were before, or as they end.
    """

    name: str
    work: Callable[[], int | None]
    again: Callable[[], int | None]
    older: Callable[[], int | None] | None = None
    before: Callable[[], int | None] | None = None
    whole: tuple[str, ...] = ()


def typed(*words: str) -> Callable[[], int]:
    """A command of the command line."""
    return lambda: cli.main(list(words))


def fitted(seed: int) -> Callable[[], int]:
    """A training by `fit` that replaces an older run."""

    def work() -> int:
        try:
            fit(RunConfig("data").with_settings(**SETTINGS, seed=seed), "out", progress=False)
        except MMSRError as error:
            print(error)
            return 1
        return 0

    return work


TRAIN = ("train", "data", "--out", "out", *SMALL)
PREPARE = ("prepare", "data", "-o", "out", "--min-count=2")
STUDY = ("tables", "controls", "data", "--out", "out", *TABLES)
DEMO = ("demo", "--quick", "--no-open", "--out", "out")
PAGE = ("page", "out", "-o", "page.html")
CASES = {
    "train": Case("train", typed(*TRAIN), typed(*TRAIN, "--resume")),
    "train over an older run": Case("train over an older run", fitted(1), fitted(1), older=fitted(0)),
    "prepare": Case("prepare", typed(*PREPARE), typed(*PREPARE)),
    "tables": Case("tables", typed(*STUDY), typed(*STUDY)),
    "demo": Case("demo", typed(*DEMO), typed(*DEMO, "--resume")),
    "page": Case(
        "page",
        typed(*PAGE),
        typed(*PAGE),
        older=typed(*PAGE, "--user", "u1"),
        before=typed(*TRAIN),
        whole=("page.html",),
    ),
}


def write_data(folder: Path, users: int = 16, items: int = 8) -> None:
    """A small shop: words for each item, and users who mostly walk round the items in order."""
    rng = random.Random(0)
    folder.mkdir(parents=True)
    words = ["red", "blue", "green", "wool", "silk", "summer", "winter"]
    rows = [
        {"item_id": f"i{item}", "title": f"Thing {item}", "text": " ".join(rng.choices(words, k=4))}
        for item in range(items)
    ]
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    lines = ["user_id,item_id,timestamp"]
    for user in range(users):
        item = rng.randrange(items)
        for step in range(8):
            lines.append(f"u{user},i{item},{1000 * user + step}")
            item = (item + 1) % items if rng.random() < 0.8 else rng.randrange(items)
    (folder / "interactions.csv").write_text("\n".join(lines) + "\n")
