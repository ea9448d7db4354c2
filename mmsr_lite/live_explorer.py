"""`explore`: the explorer of a model and its data in a cell, or in a browser by Voila (`mmsr-lite explore RUN`)."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmsr_lite.arguments import SEED, checked
from mmsr_lite.errors import MMSRError
from mmsr_lite.installing import command_for

if TYPE_CHECKING:
    from mmsr_lite.data.dataset import Dataset
    from mmsr_lite.models.mmsr import MMSR
    from mmsr_lite.training.runs import Run
    from mmsr_lite.views.widgets.explorer import Explorer

CELL = """from mmsr_lite.live_explorer import explore_run
explore_run({run!r}, {user!r}, {seeds!r})"""
TEMPLATE = "index.html.j2"


@checked(seed=SEED)
def explore(
    model: MMSR,
    dataset: Dataset,
    user: Any = 0,
    *,
    theme: str = "auto",
    seed: int = 0,
    reduction: str = "pca",
    beside: Mapping[str, MMSR] | None = None,
    panes: tuple[str, str] | None = None,
    other_seeds: Mapping[str, MMSR] | None = None,
) -> Explorer:
    """Open the explorer of one user: shown in a cell, with a `selection` to read and set; `.save_html(path)` saves it.

    Args:
        model: an MMSR.
        dataset: the data set it was trained on.
        user: a number from 0 or an id; another can be chosen on the screen.
        theme: "auto", "light", "dark" or "projector".
        seed: the seed that the codes were learned with; C and k can then be changed on the screen.
        reduction: how features were reduced before k-means.
        beside: name -> another model of the same data, such as early, late, or one of shuffled codes; the explorer
            shows one of them beside `model`, or in its place, on the same history.
        panes: the names of two models that stand side by side at first; None: `model` alone.
        other_seeds: name -> a model that differs from `model` in its seed alone; below each explanation the explorer
            then says how many of the models say the same ("4 of 5 models say so"), and each can be shown, too.

    Returns:
        The widget.

    Raises:
        MMSRError: when there is no such user, or the user has a single item, or `other_seeds` are of another kind.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> explorer = explore(MMSR(MMSRConfig(dim=8), world.num_items), world, user=2)
        >>> explorer.selection = {"position": 3}
        >>> explorer.selection["node"] == explorer.record["history"][2]["node"]
        True
    """
    from mmsr_lite.explain.session import Session
    from mmsr_lite.views.widgets.explorer import Explorer

    terms: dict[str, Any] = {"beside": beside, "panes": panes, "other_seeds": other_seeds}
    session = Session(model, dataset, user, seed=seed, reduction=reduction, **terms)
    return Explorer(session.record, theme=theme, answers=session, beside=session.beside)


def explore_run(folder: str, user: Any = None, other_seeds: Sequence[str] = ()) -> Explorer:
    """Open the explorer of a run that `mmsr-lite train` or `demo` wrote.

    Args:
        folder: the folder of the run.
        user: by number or id. None: of a world whose early and late runs come with the package, a user for whom early
            fusion is right and late fusion is wrong, with both side by side, and the run as the first of the other
            models; of other data, the first user.
        other_seeds: folders of runs that differ from this one in their seed alone.

    Returns:
        The explorer.

    Raises:
        MMSRError: a folder holds no run, or one of `other_seeds` differs in more than its seed.

    Example:
        >>> explore_run("no-such-folder")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'no-such-folder' holds no run; ...
    """
    from mmsr_lite.explain.opening import telling_users
    from mmsr_lite.explain.stability import refuse_other_settings
    from mmsr_lite.training.fit import open_run

    run = open_run(folder, "cpu")
    terms: dict[str, Any] = {"seed": run.config.train.seed, "reduction": run.config.reduction}
    pair = pair_of(run)
    terms["beside"] = {name: other.model for name, other in pair.items()}
    if pair and user is None:
        terms["panes"] = tuple(pair)
        (user,) = telling_users([other.model for other in pair.values()], run.dataset, 1)
    others = [open_run(other, "cpu") for other in other_seeds]
    for other in others:
        refuse_other_settings(run, other)
    terms["other_seeds"] = {f"seed {other.config.train.seed}": other.model for other in others}
    return explore(run.model, run.dataset, 0 if user is None else user, **terms)


def pair_of(run: Run) -> dict[str, Run]:
    """Find the early and the late run of the same data that come with the package.

    Args:
        run: any run.

    Returns:
        "early" and "late" -> the run; empty where there are none.

    Example:
        >>> from types import SimpleNamespace
        >>> pair_of(SimpleNamespace(config=SimpleNamespace(source="my-folder")))
        {}
    """
    from mmsr_lite.course.stored import stored_pair

    pair = stored_pair(run.config.source)
    return pair if all(is_of_same_data(run, other) for other in pair.values()) else {}


def is_of_same_data(one: Run, two: Run) -> bool:
    """Whether two runs have the same users, items and interactions.

    Args:
        one: a run.
        two: another run.

    Returns:
        True where they have.

    Example:
        >>> from types import SimpleNamespace
        >>> import numpy as np
        >>> data = SimpleNamespace(item_ids=("", "shirt", "sock"), user_ids=("ann",), item=np.array([1, 2]))
        >>> later = SimpleNamespace(item_ids=("", "shirt", "sock"), user_ids=("ann",), item=np.array([1, 2, 1]))
        >>> is_of_same_data(SimpleNamespace(dataset=data), SimpleNamespace(dataset=data))
        True
        >>> is_of_same_data(SimpleNamespace(dataset=data), SimpleNamespace(dataset=later))
        False
    """
    first, other = one.dataset, two.dataset
    same = other.item_ids == first.item_ids and other.user_ids == first.user_ids
    return same and other.item.tolist() == first.item.tolist()


def serve(
    folder: str, user: Any = None, *, port: int = 8866, browser: bool = True, other_seeds: Sequence[str] = ()
) -> int:
    """Serve the explorer of a run to people at this machine until it is stopped.

    Args:
        folder: the folder of the run.
        user: whose history is shown first, as for `explore_run`.
        port: where to listen.
        browser: whether to open a browser.
        other_seeds: folders of runs of other seeds, as for `explore_run`.

    Returns:
        The exit code.

    Raises:
        MMSRError: voila is not installed.

    Example:
        >>> serve("no-such-folder")  # a mistake is said before anything is served
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: ...
    """
    if find_spec("voila") is None:
        raise MMSRError(
            f"the explorer in a browser needs Voila, which is not installed: {command_for('lab')}. "
            f"Without it, mmsr-lite page {folder} -o explorer.html writes the same as one file"
        )
    for one in (folder, *other_seeds):
        if not Path(one, "config.json").is_file():
            raise MMSRError(f"{one!r} holds no run; expected a folder that mmsr-lite train or demo wrote")
    from mmsr_lite.explorer_server import serve_notebook

    with tempfile.TemporaryDirectory() as place:
        run, *seeds = (str(Path(one).resolve()) for one in (folder, *other_seeds))
        notebook = _notebook(Path(place), CELL.format(run=run, user=user, seeds=seeds))
        os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, (place, os.environ.get("JUPYTER_PATH"))))
        serve_notebook(notebook, port=port, browser=browser)
    return 0


def _notebook(place: Path, source: str) -> Path:
    """Write a notebook of one cell into `place`, and Voila's template without its links to other machines."""
    from jupyter_core.paths import jupyter_path

    template = next(
        file for root in jupyter_path("voila", "templates") if (file := Path(root, "lab", TEMPLATE)).is_file()
    )
    own = place / "voila/templates/mmsr"
    own.mkdir(parents=True)
    without_links = re.sub(r"<link[^>]*https?://[^>]*>", "", template.read_text(encoding="utf-8"))
    own.joinpath(TEMPLATE).write_text(without_links, encoding="utf-8")
    own.joinpath("conf.json").write_text('{"base_template": "lab"}', encoding="utf-8")
    cell: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "id": "explore",
        "metadata": {},
        "outputs": [],
    }
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    record = {"cells": [cell | {"source": source}], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    file = place / "explorer.ipynb"
    file.write_text(json.dumps(record), encoding="utf-8")
    return file
