"""What the notebooks open instead of training: models (`make assets`) and tables (`mmsr-lite tables`) in `assets/`."""

from pathlib import Path
from typing import Any

from mmsr_lite.data import load
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments.stored_study import open_study, retrain_study
from mmsr_lite.models.base import Recommender
from mmsr_lite.training.run import fit, open_run

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "assets"


def stored(name: str, train: bool = False) -> tuple[Recommender, Dataset]:
    """The trained model and the data set of the run `assets/<name>`; `train` fits the same config in `runs/` instead.

    Raises `MMSRError` when there is no such run, or no `assets` because only the package was installed.
    """
    if not ASSETS.is_dir():
        raise MMSRError(f"there is no folder {str(ASSETS)!r}; stored runs come with the project's own folder: clone it")
    known = sorted(path.parent.name for path in ASSETS.glob("*/config.json"))
    if name not in known:
        raise MMSRError(f"there is no stored run {name!r}; choose from: {', '.join(known)}")
    config, model, dataset, _ = open_run(ASSETS / name, "cpu")
    if train:
        model, dataset, _ = fit(config, ROOT / "runs" / name)
    return model, dataset


def stored_study(name: str, dataset: str, train: bool = False, only: list[str] | None = None) -> dict[str, Any]:
    """The study `name` on `dataset` from `assets/results`, a record for `show.study` and `show.differences`.

    `train` carries its runs of seed 0 out anew, `only` those of these models; that is for the wardrobe worlds. Raises
    `MMSRError` when there is no such table.
    """
    record = open_study(ASSETS / "results" / dataset, name)
    return retrain_study(record, load(dataset.replace("-", ":", 1)), only) if train else record
