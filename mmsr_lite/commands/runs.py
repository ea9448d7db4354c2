"""What commands about runs share: folders, the table of metrics, the report, and users named by a person."""

import argparse
import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmsr_lite.errors import MMSRError

SHOWN = ("HR@5", "MRR@5", "HR@20", "MRR@20")


def default_folder(source: str) -> str:
    """The folder of a run on a source where none was typed.

    Args:
        source: as for `load`.

    Returns:
        The folder.

    Example:
        >>> default_folder("wardrobe:cycle")
        'runs/wardrobe-cycle'
    """
    name = Path(source).name or Path(source).resolve().name
    return str(Path("runs", name.replace(":", "-")))


def checkpoint_kept(args: argparse.Namespace, words: Sequence[str]) -> str:
    """Say where the checkpoint of a stopped training is, and how to go on from it.

    Args:
        args: what was typed, by the names of the options.
        words: what was typed.

    Returns:
        A sentence after a blank; empty where there is no checkpoint.

    Example:
        >>> checkpoint_kept(argparse.Namespace(out=None), ["train", "beauty"])
        ''
    """
    from mmsr_lite.training.checkpoint import has_checkpoint

    if args.out is None or not has_checkpoint(args.out):
        return ""
    command = shlex.join(["mmsr-lite", *(word for word in words if word != "--resume"), "--resume"])
    return f"; the checkpoint is kept in {args.out}, resume with: {command}"


def user_of(dataset: Any, word: str) -> int:
    """Find a user by id or by number; where both fit, the id counts.

    Args:
        dataset: A `Dataset`.
        word: What was typed.

    Returns:
        The index, from 0.

    Raises:
        MMSRError: There is no such user.

    Example:
        >>> from types import SimpleNamespace
        >>> shop = SimpleNamespace(name="shop", user_ids=["ann", "0", "ben"], num_users=3)
        >>> user_of(shop, "ben"), user_of(shop, "2")
        (2, 2)
        >>> user_of(shop, "0")  # the id of the second user, so it is not taken as number 0
        1
        >>> user_of(shop, "zoe")
        Traceback (most recent call last):
            ...
        mmsr_lite.errors.MMSRError: there is no user 'zoe' in 'shop'; give an id such as 'ann', or a number from 0 to 2
    """
    if word in dataset.user_ids:
        return dataset.user_ids.index(word)
    if word.isdecimal() and int(word) < dataset.num_users:
        return int(word)
    known = f"an id such as {dataset.user_ids[0]!r}, or a number from 0 to {dataset.num_users - 1}"
    raise MMSRError(f"there is no user {word!r} in {dataset.name!r}; give {known}")


def save_report_of(
    run: Any,
    users: Sequence[int],
    place: str | Path,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    opening: Any = None,
) -> None:
    """Write the report of a run about some users, one HTML file.

    Args:
        run: The trained `Run`.
        users: Indices of users.
        place: The file.
        tables: More tables of percentages: caption -> row -> column -> value.
        opening: Two traces of one history, and their names, shown first and side by side; None: the first user.

    Example:
        >>> import tempfile
        >>> from types import SimpleNamespace
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> model, file = MMSR(MMSRConfig(dim=8), world.num_items), Path(tempfile.mkdtemp()) / "report.html"
        >>> save_report_of(SimpleNamespace(model=model, dataset=world, history=None, metrics=None), [0, 2], file)
        >>> "MMSR, adaptive" in file.read_text(encoding="utf-8")
        True
    """
    from mmsr_lite.explain.trace import trace
    from mmsr_lite.views.report import save_report

    traces = [trace(run.model, run.dataset, user) for user in users]
    save_report(place, traces, run.history, run.metrics, tables, opening)


def print_metrics(metrics: dict[str, Any]) -> None:
    """Print the metrics of the model, of the best reachable and of counting in percent, the headline ranking first.

    Args:
        metrics: What `metrics.json` of a run holds.

    Example:
        >>> row = {"HR@5": 50.0, "MRR@5": 25.0, "HR@20": 75.0, "MRR@20": 30.0}
        >>> print_metrics({"dataset": "shop", "examples": 4, "model": "MMSR", "test": row})
        <BLANKLINE>
        shop, 4 test targets, percent
        all items                                       HR@5   MRR@5   HR@20  MRR@20
          MMSR                                         50.00   25.00   75.00   30.00
    """
    from mmsr_lite.records import MetricsRecord

    tables = MetricsRecord(metrics).tables()
    own = (metrics.get("rankings") or {}).get("model", {}).get("own_targets")
    print(f"\n{metrics['dataset']}, {metrics['examples']:,} test targets, percent")
    if own is not None:
        print(f"{own:.2f} % of the targets lie in their own history, so the headline is: {next(iter(tables))}")
    width = max([42, *(len(name) for rows in tables.values() for name in rows)])
    for words, rows in tables.items():
        print(f"{words:<{width + 2}}", *(f"{name:>7}" for name in SHOWN))
        for name, row in rows.items():
            print(f"  {name:<{width}}", *(f"{row[metric]:7.2f}" for metric in SHOWN))
    if metrics.get("reachable") and len(tables) > 1:
        print("The best reachable is known of the ranking of all items alone.")


def typed_name() -> str:
    """What a person types in this shell for `mmsr-lite`: its path where its environment is not activated.

    Returns:
        `mmsr-lite` where the shell finds that of this environment, else the path of it.

    Example:
        >>> Path(typed_name()).stem
        'mmsr-lite'
    """
    own = Path(sys.executable).with_name("mmsr-lite.exe" if os.name == "nt" else "mmsr-lite")
    found = shutil.which("mmsr-lite")
    if not own.is_file() or (found is not None and Path(found).samefile(own)):
        return "mmsr-lite"
    return str(own.relative_to(Path.cwd())) if own.is_relative_to(Path.cwd()) else str(own)
