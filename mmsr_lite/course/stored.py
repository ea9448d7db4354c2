"""What the notebooks open instead of training: models (`make assets`) and tables (`mmsr-lite tables`) in `assets/`."""

from pathlib import Path

from mmsr_lite.data import load
from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments.stored_study import open_study, retrain_study
from mmsr_lite.records import StudyRecord
from mmsr_lite.training.fit import UNPACKS, Run, fit, open_run

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "assets"


def stored(name: str, train: bool = False) -> Run:
    """The run `assets/<name>`, on the CPU; it unpacks into its model and its data set.

    Args:
        name: one of the stored runs, such as "wardrobe-cycle".
        train: train the same config anew into `runs/<name>` instead of opening the stored weights.

    Raises:
        MMSRError: when there is no such run, or no `assets` because only the package was installed.
    """
    if not ASSETS.is_dir():
        raise MMSRError(f"there is no folder {str(ASSETS)!r}; stored runs come with the project's own folder: clone it")
    known = sorted(path.parent.name for path in ASSETS.glob("*/config.json"))
    if name not in known:
        raise MMSRError(f"there is no stored run {name!r}; choose from: {', '.join(known)}")
    run = open_run(ASSETS / name, "cpu")
    if train:
        run = fit(run.config, ROOT / "runs" / name)
    run._unpacks = UNPACKS
    return run


def stored_study(name: str, dataset: str, train: bool = False, only: list[str] | None = None) -> StudyRecord:
    """The study `name` on `dataset` from `assets/results`, a record for `show.study` and `show.differences`.

    `train` carries its runs of seed 0 out anew, `only` those of these models; that is for the wardrobe worlds. Raises
    `MMSRError` when there is no such table.
    """
    record = open_study(ASSETS / "results" / dataset, name)
    return retrain_study(record, load(dataset.replace("-", ":", 1)), only) if train else record
