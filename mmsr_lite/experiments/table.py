"""The tables of the studies: tidy CSV files, rewritten whole after every run."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmsr_lite.data.storage import atomic
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.metrics import metrics
from mmsr_lite.experiments.study import LABELS

TUNING, BETAS = "tuning", "gate_values"  # the tables of the trials, and of what the gates did
TESTED = ("HR@5", "MRR@5", "HR@20", "MRR@20")  # the paper's metrics
METRICS = tuple(metrics(np.ones(1)))
COLUMNS = ("study", "dataset", *LABELS, "seed", *METRICS, "epochs", "best_epoch", "lr", "dropout", "seconds")
COLUMNS = (*COLUMNS, "device", "run", "trials")
DIGITS = dict.fromkeys(METRICS, 4) | {"seconds": 2}
NUMBERS = (*METRICS, "lr", "dropout")  # may be empty
WORDS = {name: str for name in ("study", "dataset", *LABELS, "device", "run") if name != "rate"}


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a table, none when there is no file; a name that is empty is "" and a rate that is none is 0."""
    if not path.is_file():
        return []
    try:
        found = pd.read_csv(path, dtype=WORDS, keep_default_na=False, na_values={name: [""] for name in NUMBERS})
        if "trials" not in found:  # older tables do not say how many trials chose the settings
            found["trials"] = 0
        return found[[*COLUMNS]].to_dict("records")
    except (ValueError, KeyError, OSError) as error:
        raise MMSRError(f"{str(path)!r} is no table of a study: {error}; move it away or mend it") from error


def write_rows(path: Path, rows: list[dict[str, Any]], order: Iterable[str]) -> None:
    """Write the rows in the `order` of their runs, others last; measured numbers with a few digits."""
    places = {run: place for place, run in enumerate(order)}
    ordered = sorted(rows, key=lambda row: places.get(row.get("run"), len(places)))
    with atomic(path) as tmp:
        named = [dict(zip(LABELS, system_of(row), strict=True)) | row for row in ordered]
        table = pd.DataFrame(named, columns=COLUMNS).round(DIGITS)
        table["trials"] = table["trials"].fillna(0).astype(int)
        table.to_csv(tmp, index=False)


def system_of(row: dict[str, Any]) -> tuple:
    """The labels that name the system of a row: all but the seed."""
    return tuple(row.get(name) or ("" if name != "rate" else 0.0) for name in LABELS)


def said(system: tuple) -> str:
    """A system in words: its labels, those that say nothing left out.

    >>> said(("mmsr", "", "missing", "mixed", 0.3, "test"))
    'mmsr, missing, mixed, 0.3, test'
    """
    return ", ".join(f"{label}" for label in system if label)
