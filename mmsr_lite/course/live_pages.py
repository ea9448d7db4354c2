"""The live pages of the course: one HTML file for each world, which runs trained models without Python or network.

`make teaching ARGS=--live` writes them for a class, `make docs` for the site. The models are those of the runs that
come with the package.
"""

import os
from pathlib import Path

from mmsr_lite.course.stored import RUNS
from mmsr_lite.errors import MMSRError

PAGES = {  # name -> its stored runs, in their order
    "pick": ("pick-small-early", "pick-small-late", "pick-small-adaptive-invasive"),
    "clocks": ("clocks-small-early", "clocks-small-late", "clocks-small-adaptive-invasive"),
    "both": ("both-small-early", "both-small-late", "both-small-adaptive-invasive"),
    "control": ("both-small-adaptive-invasive", "both-small-shuffled", "both-small-none"),
    "cycle": ("wardrobe-cycle",),
}
PANES = {"clocks": (1, 0), "control": (0, 1)}  # page -> which two stand side by side at first, the right one in front
NAMES = {
    "early": "early",
    "late": "late",
    "adaptive-invasive": "adaptive",
    "shuffled": "the model of shuffled codes",
    "none": "the model without codes",
}
TRUE = "the model of true codes"  # what the page `control` calls the adaptive one


def runs_of(page: str) -> list[Path]:
    """The stored runs of a page that come with this version of the package.

    Args:
        page: A name in `PAGES`.

    Returns:
        Their folders; none where the runs are not stored.

    Raises:
        MMSRError: There is no such page.

    Example:
        >>> [run.name for run in runs_of("cycle")]
        ['wardrobe-cycle']
    """
    if page not in PAGES:
        raise MMSRError(f"there is no live page {page!r}; choose from: {', '.join(PAGES)}")
    return [RUNS / name for name in PAGES[page] if (RUNS / name / "config.json").is_file()]


def name_of(page: str, run: Path) -> str:
    """What a page calls one of its models, short enough for a phone.

    Args:
        page: A name in `PAGES`.
        run: The folder of a stored run.

    Returns:
        The name.

    Example:
        >>> name_of("control", Path("both-small-shuffled")), name_of("pick", Path("pick-small-adaptive-invasive"))
        ('the model of shuffled codes', 'adaptive')
    """
    name = NAMES.get(run.name.partition("-small-")[2], "adaptive")
    return TRUE if page == "control" and name == "adaptive" else name


def live_pages(folder: str | os.PathLike[str]) -> dict[str, Path]:
    """Write the live pages of the course.

    Args:
        folder: The folder to write to; it is made when it is not there.

    Returns:
        Name of a page -> its file. A page is left out when fewer than two of the runs that it compares are stored.

    Raises:
        MMSRError: a page cannot be written.

    Example:
        >>> import tempfile
        >>> "cycle" in live_pages(tempfile.mkdtemp())  # doctest: +SKIP
        True
    """
    from mmsr_lite.live_page import save_live_page
    from mmsr_lite.training.fit import open_run

    place, made = Path(folder), {}
    place.mkdir(parents=True, exist_ok=True)
    for page, names in PAGES.items():
        runs = runs_of(page)
        if len(runs) < min(2, len(names)):
            continue
        panes = PANES.get(page) if len(runs) == len(names) else None
        called = [name_of(page, run) for run in runs]
        made[page] = place / f"{page}.html"
        save_live_page(made[page], [open_run(run, "cpu") for run in runs], names=called, panes=panes)
    return made
