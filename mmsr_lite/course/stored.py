"""What notebooks open in place of training: runs (`make assets`), tables (`mmsr-lite tables`) and measurements.

Runs are package data in `mmsr_lite/stored/runs`. Tables and measurements lie in `assets/results` and `benchmarks` of
the repository; a wheel carries copies of them in `mmsr_lite/stored`, under the same paths.
"""

import warnings
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import TypeAlias, TypedDict

import numpy as np

from mmsr_lite.arguments import checked
from mmsr_lite.data import load
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.storage import read_json
from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments.kept_ranks import read_kept
from mmsr_lite.experiments.stored_study import open_study, retrain_study
from mmsr_lite.records import StudyRecord
from mmsr_lite.training.fit import fit, open_run
from mmsr_lite.training.runs import UNPACKS, Run

PACKAGE = Path(str(files("mmsr_lite")))
PLACES = (PACKAGE / "stored", PACKAGE.parent)  # of an installed package, and of the project's own folder
RUNS = PACKAGE / "stored" / "runs"


Table: TypeAlias = dict[str, dict[str, dict[str, float]]]  # data set -> system -> metric -> percent


class PaperTables(TypedDict):
    """The numbers of the paper's tables, in percent."""

    comparison: Table  # Table 2
    aggregators: Table  # Table 3
    ablation: Table  # Table 4
    codebook: Table  # Figure 5, as far as the text gives its numbers
    datasets: dict[str, str]  # a data set of ours -> what the paper calls it


class MissingFileError(MMSRError):
    """A file that comes with the package is missing; this is no mistake of the caller."""


@checked()
def stored_file(path: str) -> Path:
    """Find a file that comes with the package on this machine.

    Args:
        path: The file's path in the repository, such as "benchmarks/results/planted_truth.csv" or
            "assets/results/amazon-beauty/comparison.csv"; of a stored run "runs/NAME/FILE".

    Returns:
        The path of an existing file or folder; do not write there.

    Raises:
        MissingFileError: There is no such file; the message says how to get it.

    Example:
        >>> stored_file("runs/wardrobe-cycle/history.json").name
        'history.json'
    """
    for place in PLACES:
        if (place / path).exists():
            return place / path
    raise MissingFileError(
        f"the file {path!r} that comes with mmsr_lite is not here; it is part of the wheel and of the repository: "
        "install mmsr-lite anew, or restore the file (git checkout)"
    )


@checked()
def stored(name: str, train: bool = False) -> Run:
    """Return a run that comes with the package; it unpacks into its model and its data set.

    Args:
        name: "wardrobe-cycle", "wardrobe-match", "clocks-early", "clocks-late", or a small world with its system, such
            as "both-small-early".
        train: Whether to train the same config here instead, into `runs/NAME` of the working directory.

    Returns:
        The run; its model is on the CPU, which is enough for notebooks.

    Raises:
        MMSRError: There is no such run.

    Example:
        >>> model, dataset = stored("wardrobe-cycle")
        >>> model.label, dataset.num_items
        ('MMSR, adaptive', 980)
    """
    known = sorted(path.parent.name for path in RUNS.glob("*/config.json"))
    if not known:
        raise MissingFileError(f"there are no stored runs in {str(RUNS)!r}; install mmsr-lite anew")
    if name not in known:
        raise MMSRError(f"there is no stored run {name!r}; choose from: {', '.join(known)}")
    run = _opened(RUNS / name)
    if train:
        run = fit(run.config.with_settings(device="auto"), Path("runs", name))
        run.model.cpu()
    run._unpacks = UNPACKS
    return run


def _opened(place: Path, dataset: Dataset | None = None) -> Run:
    """Open a stored run on the CPU, without the note of `open_run` about rounding on other processors."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* differ in their last digits")
        return open_run(place, "cpu", dataset)


def stored_pair(source: str) -> dict[str, Run]:
    """Open the runs of early and of late fusion alone that come with the package for a world.

    Args:
        source: What a run was trained on, as its config names it, such as "worlds:both-small".

    Returns:
        "early alone" and "late alone" -> an MMSR run; empty where the package has not both.

    Example:
        >>> list(stored_pair("worlds:both-small")), stored_pair("wardrobe:cycle")
        (['early alone', 'late alone'], {})
    """
    name = source.partition(":")[2]
    places = {f"{order} alone": RUNS / f"{name}-{order}" for order in ("early", "late")}
    if not name or not all((place / "config.json").is_file() for place in places.values()):
        return {}
    runs: dict[str, Run] = {}
    for called, place in places.items():
        first = next(iter(runs.values()), None)  # both were made from the same data set
        runs[called] = _opened(place, None if first is None else first.dataset)
    return runs if all(run.config.model == "mmsr" for run in runs.values()) else {}


@checked()
def stored_study(name: str, dataset: str, train: bool = False, only: list[str] | None = None) -> StudyRecord:
    """Return a study that comes with the package: a record for `show.study` and `show.differences`.

    Args:
        name: A study of `mmsr_lite.STUDIES`, such as "comparison".
        dataset: "amazon-beauty", "ml-100k", or a world such as "wardrobe-cycle".
        train: Whether to train its runs of seed 0 again; for the wardrobe worlds only.
        only: With `train`: these models alone, such as ["gru4rec"]. None: all.

    Returns:
        The study record: rows, paired tests, best reachable, terms.

    Raises:
        MMSRError: There is no such table.

    Example:
        >>> stored_study("comparison", "wardrobe-cycle")["dataset"]
        'wardrobe-cycle'
    """
    folder = stored_file("assets/results") / dataset
    record = open_study(folder, name)
    if train:
        return retrain_study(record, load(dataset.replace("-", ":", 1)), only)
    return record


@checked()
def stored_ranks(dataset: str, runs: Iterable[str]) -> dict[str, np.ndarray]:
    """Return the rank of each test target by runs of a stored study.

    Args:
        dataset: "amazon-beauty" or "wardrobe-cycle", for which ranks are kept.
        runs: Names of runs, from the column `run` of a study's rows.

    Returns:
        Run -> (E,) ranks from 1, of those runs whose ranks are kept; where items tie, a half is possible. A rank above
        20 is infinite.

    Example:
        >>> rows = stored_study("comparison", "amazon-beauty")["rows"]
        >>> run = next(row["run"] for row in rows if row["model"] == "mmsr" and row["seed"] == 0)
        >>> len(stored_ranks("amazon-beauty", [run])[run])
        33942
    """
    return read_kept(stored_file("assets/results") / dataset, runs).runs


def paper_tables() -> PaperTables:
    """Return the numbers of the paper's tables: study -> data set -> system -> metric, in percent.

    Example:
        >>> paper_tables()["comparison"]["Beauty"]["mmsr"]["HR@5"]
        7.1563
    """
    return read_json(PACKAGE / "experiments" / "paper.json")
