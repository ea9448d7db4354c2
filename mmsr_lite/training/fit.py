"""A run in its folder: `fit` trains it and writes it there, `open_run` opens it again.

RunConfig -> `Run`, trained and measured -> config, codes, weights, history, metrics and a model card in a folder
"""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path

from mmsr_lite.arguments import checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.lock import one_writer
from mmsr_lite.data.storage import sweep, sweep_cache, write_json
from mmsr_lite.errors import MMSRError
from mmsr_lite.records import HistoryRecord, MetricsRecord, RunRecord
from mmsr_lite.training.checkpoint import STATE, forget_checkpoint, refuse_other
from mmsr_lite.training.device import pick_device
from mmsr_lite.training.distributed import first_alone, processes, rank
from mmsr_lite.training.kept_codes import CODES, kept_codes, save_codes
from mmsr_lite.training.memory import enough_memory
from mmsr_lite.training.model_card import NAME, write_model_card
from mmsr_lite.training.provenance import refuse_other_data, run_record
from mmsr_lite.training.run_config import RunConfig, read_config
from mmsr_lite.training.runs import REFIT, Run
from mmsr_lite.training.weights import load_weights, save_tensors

REPORT = "report.html"  # of `mmsr-lite demo`
# The files of a run in the order in which a new run removes those of an old one. The config, by which a folder is known
# as a run, goes last.
OUTPUTS = ("metrics.json", "history.json", NAME, REPORT, "model.safetensors", CODES, "run.json", "config.json")


@checked()
def fit(
    config: RunConfig,
    folder: str | Path,
    *,
    resume: bool = False,
    progress: bool = True,
    when_loaded: Callable[[Dataset], None] | None = None,
) -> Run:
    """Carry out a run: load the data, learn codes, train, rank, and write everything into a folder.

    Args:
        config: the config of the run.
        folder: the folder of the run; an older run there is replaced. It gets config, history, metrics, codes, weights
            and a model card.
        resume: whether to go on from the last whole epoch in `folder`, which must have the same config and data;
            default False.
        progress: whether to show bars; default True.
        when_loaded: a function of the data set, called before the training begins, by the first of several processes;
            None (the default): nothing is called.

    Returns:
        The run, with the weights of its best epoch and its metrics.

    Raises:
        MMSRError: when `resume` meets another config or other data, or the config does not fit the data.

    Source:
        Section 5.1 of the paper, how models are trained and ranked.

    Example:
        >>> from tempfile import mkdtemp
        >>> fit(RunConfig("no-such-source"), mkdtemp(), progress=False)
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: ...
    """
    folder = Path(folder)
    place = f"the run in {str(folder)!r}"
    with enough_memory(config), processes(pick_device(config.train.device), folder), writing(folder):
        with first_alone():
            if rank() == 0:
                _sweep(folder)
            if resume and (folder / "config.json").exists():  # report a mistake before the work begins
                refuse_other(place, read_config(folder / "config.json").by_name(), config.by_name())
            run = Run(config, folder=folder)
            run.record = run_record(config.id, run.dataset, writing=True)
            if resume and (folder / "run.json").exists():
                there = RunRecord.open(folder / "run.json")
                refuse_other_data(place, there.data, run.record.data)
                _take_codes(run, there)
            run.build()  # refuse bad input here, before anything in the folder changes
        if rank() == 0:
            if when_loaded is not None:
                when_loaded(run.dataset)
            if not resume:
                _clear(folder)
            run.record["codes"] = save_codes(folder, run.codebooks)
            write_json(folder / "run.json", run.record, indent=1)
            write_json(folder / "config.json", {"id": config.id, **asdict(config)}, indent=1)
        history = run.learn(folder=folder, resume=resume, progress=progress)
        if rank() == 0:
            save_tensors(folder / "model.safetensors", run.model.state_dict())
            write_json(folder / "history.json", history)
        metrics = run.evaluate(progress=progress)
        metrics |= {"run": config.id, "train_seconds": history.seconds, "seed": config.train.seed}
        metrics |= {"selection": history.selection, "best_epoch": history.best_epoch}
        run.record["owner"] = None
        if rank() == 0:
            write_json(folder / "metrics.json", metrics, indent=1)
            write_json(folder / "run.json", run.record, indent=1)
            write_model_card(run, folder)
    run._unpacks = ("model", "dataset", "metrics")
    return run


def writing(folder: str | Path) -> AbstractContextManager[None]:
    """Lock the folder of a run; of several processes, the first one does it for all.

    Args:
        folder: the folder of the run.

    Returns:
        A context manager.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with writing(folder): [file.name for file in folder.iterdir()]
        ['.lock']
    """
    return one_writer(folder) if rank() == 0 else nullcontext()


def _take_codes(run: Run, record: RunRecord) -> None:
    """Give a run the codes in its folder; without them there, they will be learned."""
    if run.folder is not None and (books := kept_codes(run.folder, record, run.dataset)) is not None:
        run.codebooks = books


def _sweep(folder: Path) -> None:
    """Remove temporary files of killed processes; the caller holds the lock on the folder."""
    sweep(folder, OUTPUTS)
    for place in (folder / STATE, folder / REFIT, folder / REFIT / STATE):
        sweep(place)
    sweep_cache()


def _clear(folder: Path) -> None:
    """Remove the files of an older run from a folder, so that they cannot mix with those of the new run."""
    try:
        for place in (folder / REFIT, folder):
            forget_checkpoint(place)
        if (folder / REFIT).is_dir():
            shutil.rmtree(folder / REFIT)
        for file in folder.glob("user-*.html"):  # what `mmsr-lite explain` says about the older run
            file.unlink(missing_ok=True)
        for name in OUTPUTS:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise MMSRError(f"the older run in {str(folder)!r} cannot be removed: {reason}; name another folder") from error


def _stored(folder: Path) -> str:
    """Where the run with the name of `folder` is, where one comes with the package; else nothing."""
    place = Path(__file__).parents[1] / "stored" / "runs" / folder
    if len(folder.parts) != 1 or not (place / "config.json").is_file():
        return ""
    return (
        f"; the one that comes with the package is stored({str(folder)!r}) in Python, for commands the folder {place}"
    )


@checked()
def open_run(folder: str | os.PathLike[str], device: str = "auto", dataset: Dataset | None = None) -> Run:
    """Open a run that `fit` has written.

    Args:
        folder: the folder of the run, also of `mmsr-lite train` or `demo`; runs of version 0.1 open with a note.
        device: the device of the model: "auto" (the default), "cpu" or "cuda".
        dataset: the data set of the run, where another run of it is open already; None (the default): it is made anew.

    Returns:
        The run: its config, data set, codebooks, model, history and metrics.

    Raises:
        MMSRError: there is no run, its files are broken, or the data are not those that it was made from.

    Example:
        >>> open_run("no-such-folder")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'no-such-folder' holds no run; expected a folder that mmsr-lite train or demo wrote
    """
    folder = Path(folder)
    if not (folder / "config.json").exists():
        raise MMSRError(
            f"{str(folder)!r} holds no run; expected a folder that mmsr-lite train or demo wrote{_stored(folder)}"
        )
    run = Run(read_config(folder / "config.json"), dataset, folder=folder)
    if (folder / "run.json").exists():
        saved = RunRecord.open(folder / "run.json")
        refuse_other_data(f"the run in {str(folder)!r}", saved.data, run.record.data)
        run.record = saved
        _take_codes(run, saved)
    else:
        note = f"the run in {str(folder)!r} is older than 0.2 and does not say which data it was made from"
        warnings.warn(f"{note}; that these are the same cannot be checked", stacklevel=3)
    with enough_memory(run.config):
        load_weights(folder / "model.safetensors", run.model)
        run.model.to(pick_device(device)).eval()
    for name, kind in (("history", HistoryRecord), ("metrics", MetricsRecord)):
        if (folder / f"{name}.json").exists():
            setattr(run, name, kind.open(folder / f"{name}.json"))
    run._unpacks = ("config", "model", "dataset", "split")
    return run
