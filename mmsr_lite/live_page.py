"""A page in which trained models run by themselves: `mmsr-lite page RUN -o FILE`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mmsr_lite.errors import MMSRError
from mmsr_lite.live_explorer import is_of_same_data, pair_of

if TYPE_CHECKING:
    from mmsr_lite.training.runs import Run


def save_live_page(
    path: str | os.PathLike[str],
    runs: Sequence[Run],
    users: Sequence[Any] = (),
    *,
    names: Sequence[str] | None = None,
    pseudonyms: bool | None = None,
    count: int = 8,
    panes: tuple[int, int] | None = None,
) -> str:
    """Write one HTML file that runs trained models by itself and opens without a network.

    Args:
        path: the file to write.
        runs: up to six runs of the same data, of MMSR models; the first is shown first. Of runs that are the same but
            for their seed, the page says below each explanation how many say the same.
        users: users by number or id, the first is shown first. None given: those for whom the models differ most. Where
            `runs`, or the runs of the same data that come with the package, have early and late fusion, the first user
            is one for whom early fusion is right and late fusion is wrong, with both side by side.
        names: what the page calls each model; None: their labels.
        pseudonyms: whether ids of users and items are replaced; None: unless the data set is a made-up world.
        count: how many users are chosen where none are given.
        panes: the places in `runs` of two that stand side by side at first, the one that is to be right before the one
            that is to be wrong; users are chosen by it. None: early and late fusion, as above.

    Returns:
        One line that says what is inside.

    Raises:
        MMSRError: when the runs are of different data, or a model cannot run in a page.

    Example:
        >>> import tempfile
        >>> from types import SimpleNamespace
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> run = SimpleNamespace(model=MMSR(MMSRConfig(dim=8), world.num_items), dataset=world)
        >>> save_live_page(tempfile.mkdtemp() + "/class.html", [run], users=[2])
        'Inside: ...'
    """
    from mmsr_lite.explain.opening import order_of, telling_users
    from mmsr_lite.explain.other_seeds import seed_groups
    from mmsr_lite.explain.page_data import MOST_MODELS, page_data
    from mmsr_lite.views.base import save
    from mmsr_lite.views.page import page

    first = runs[0].dataset
    for run in runs[1:]:
        if not is_of_same_data(runs[0], run):
            raise MMSRError(
                f"the run in {str(run.folder)!r} is of other data than {str(runs[0].folder)!r}; a page has one data set"
            )
    models: list[Any] = [run.model for run in runs]
    called = [model.label for model in models] if names is None else list(names)
    orders = [order_of(model) for model in models]
    is_alone = not users and panes is None and not {"early", "late"} <= {*orders}
    pair = pair_of(runs[0]) if is_alone and len(models) + 2 <= MOST_MODELS else {}
    for name, run in pair.items():
        if order_of(run.model) not in orders:
            models.append(run.model)
            called.append(name)
    orders = [order_of(model) for model in models]
    chosen = list(users) or telling_users(models, first, count, panes)
    data = page_data(models, first, chosen, names=called, pseudonyms=pseudonyms, seeds=seed_groups(runs))
    data["start"] = None
    if panes is None and not users and {"early", "late"} <= {*orders}:
        panes = _last(orders, "early"), _last(orders, "late")
    if panes is not None:
        data["start"] = {"model": panes[0], "beside": data["models"][panes[1]]["name"]}
    save(path, page(f"{models[0].label} on {first.name}", models=data).encode())
    return str(data["note"])


def _last(orders: Sequence[str | None], order: str) -> int:
    """The index of the last model with this order of fusion."""
    return max(place for place, own in enumerate(orders) if own == order)
