"""The tables of the studies: tidy CSV files, written again as a whole after every run."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from mmsr_lite.data.export import as_given, without_formulas
from mmsr_lite.data.storage import atomic
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.metrics import metrics
from mmsr_lite.experiments.study import LABELS
from mmsr_lite.records.ranking_names import RANKINGS, key_of

Row: TypeAlias = dict[str, Any]  # a row of a table: column -> value
TUNING, BETAS = "tuning", "gate_values"  # the tables of trials, and of gate values
TESTED = ("HR@5", "MRR@5", "HR@20", "MRR@20")  # the paper's metrics
METRICS = tuple(metrics(np.ones(1)))  # among all items
MASKED = tuple(key_of(metric, "masked") for metric in METRICS)  # with the user's own items masked
COLUMNS = ("study", "dataset", *LABELS, "seed", *METRICS, "epochs", "best_epoch", "lr", "dropout", "seconds")
COLUMNS = (*COLUMNS, "device", "run", "trials")
LATER = {"tie_seed": 0, "chosen_by": "MRR@5"} | dict.fromkeys((*MASKED, "validated"), np.nan)  # older tables lack them
COLUMNS = (*COLUMNS, *LATER)
DIGITS = dict.fromkeys((*METRICS, *MASKED), 4) | {"seconds": 2, "validated": 4}
NUMBERS = (*METRICS, *MASKED, "lr", "dropout", "validated")  # may be empty
WORDS = {name: str for name in ("study", "dataset", *LABELS, "device", "run", "chosen_by") if name != "rate"}


def read_rows(path: Path) -> list[Row]:
    """Read the rows of a study's table.

    Args:
        path: The CSV file.

    Returns:
        One dictionary for each row, column -> value; an empty name is "" and an empty rate is 0. No rows where there
        is no file.

    Raises:
        MMSRError: The file is no table of a study.

    Example:
        >>> read_rows(Path("no-such-file.csv"))
        []
    """
    if not path.is_file():
        return []
    written = path.stat()
    version = (written.st_ino, written.st_mtime_ns, written.st_size)
    return [dict(row) for row in _parsed(path, version)]


@lru_cache(maxsize=16)
def _parsed(path: Path, version: tuple[int, int, int]) -> list[Row]:
    """The rows of a table, read once for each `version` of the file: a study asks for its trials again and again."""
    try:
        table = pd.read_csv(path, dtype=WORDS, keep_default_na=False, na_values={name: [""] for name in NUMBERS})
        if "trials" not in table:  # older tables do not say how many trials chose the settings
            table["trials"] = 0
        for name, value in LATER.items():
            if name not in table:
                table[name] = value
        return as_given(table[[*COLUMNS]]).to_dict("records")
    except (ValueError, KeyError, OSError) as error:
        raise MMSRError(f"{str(path)!r} is no table of a study: {error}; move it away or mend it") from error


def write_rows(path: Path, rows: list[Row], order: Iterable[str]) -> None:
    """Write the rows of a study's table, measured numbers with a few digits.

    Args:
        path: The CSV file; it is replaced as a whole.
        rows: One dictionary for each row, column -> value.
        order: The runs in the order of their rows; rows of other runs come last.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     table = Path(folder, "comparison.csv")
        ...     write_rows(table, [{"run": "b", "model": "mmsr"}, {"run": "a", "model": "markov"}], ["a", "b"])
        ...     [row["model"] for row in read_rows(table)]
        ['markov', 'mmsr']
    """
    places = {run: place for place, run in enumerate(order)}
    ordered = sorted(rows, key=lambda row: places.get(row.get("run", ""), len(places)))
    with atomic(path) as tmp:
        named = [dict(zip(LABELS, system_of(row), strict=True)) | row for row in ordered]
        table = pd.DataFrame(named, columns=COLUMNS).round(DIGITS)
        for name in ("trials", "tie_seed"):
            table[name] = table[name].fillna(0).astype(int)
        without_formulas(table).to_csv(tmp, index=False)


def rankings_in(rows: Iterable[Row]) -> list[str]:
    """The rankings that every row has; tables of older versions have only the one of all items.

    Args:
        rows: rows of a table.

    Returns:
        Names of rankings; trials that could not be trained are not looked at.

    Example:
        >>> rankings_in([{"HR@5": 7.0}]), rankings_in([{"HR@5": 7.0, "masked HR@5": 9.0}])
        (['all'], ['all', 'masked'])
    """
    measured = [row for row in rows if not np.isnan(row.get("HR@5", np.nan))]
    return [name for name in RANKINGS if not any(np.isnan(row.get(key_of("HR@5", name), np.nan)) for row in measured)]


def system_of(row: Row) -> tuple:
    """The labels that name the system of a row; its seed is no label.

    Args:
        row: A row of a table, or the labels of a job.

    Returns:
        One value for each of `LABELS`; "" for a label that the row lacks, 0.0 for its rate.

    Example:
        >>> system_of({"model": "mmsr", "seed": 3})
        ('mmsr', '', '', '', 0.0, '')
    """
    return tuple(row.get(name) or (0.0 if name == "rate" else "") for name in LABELS)


def of_whole_seeds(rows: list[Row]) -> list[Row]:
    """Leave out the seeds of a system that were not run in all orders at ties in which others of its seeds were run.

    A difference is computed from each seed in each order, and a mean beside it has to be one of the same runs.

    Args:
        rows: The rows of one system.

    Returns:
        Those of the other seeds, in their order.

    Example:
        >>> runs = [{"seed": 0, "tie_seed": 0}, {"seed": 0, "tie_seed": 1}, {"seed": 1, "tie_seed": 0}]
        >>> len(of_whole_seeds(runs))  # seed 1 lacks an order
        2
    """
    orders: dict[int, set[int]] = {}
    for row in rows:
        orders.setdefault(row["seed"], set()).add(row.get("tie_seed", 0))
    every = set().union(*orders.values())
    return [row for row in rows if orders[row["seed"]] == every]


def label_of(system: tuple) -> str:
    """Join the labels of a system to one text, without those that are empty.

    Args:
        system: The labels in the order of `LABELS`, as `system_of` gives them.

    Returns:
        The text that names the system in pages and tests.

    Example:
        >>> label_of(("mmsr", "", "missing", "mixed", 0.3, "test"))
        'mmsr, missing, mixed, 0.3, test'
    """
    return ", ".join(f"{label}" for label in system if label)
