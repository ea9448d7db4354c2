"""`mmsr-lite page`: one HTML file that runs trained models by itself, for people who have no Python."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmsr_lite.commands.command import DONE, Command
from mmsr_lite.commands.runs import user_of
from mmsr_lite.errors import MMSRError

USERS = 8  # users of a page where none are named


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `page`.

    Args:
        parser: the parser of the command.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> args = parser.parse_args(["runs/early", "runs/late", "-o", "both.html", "--no-pseudonyms"])
        >>> args.runs, args.user, args.pseudonyms
        (['runs/early', 'runs/late'], [], False)
    """
    parser.add_argument("runs", nargs="+", metavar="RUN", help="folders of up to six runs of the same data")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the file")
    parser.add_argument(
        "--user",
        nargs="+",
        default=[],
        metavar="U",
        help=f"users by id or number, the first is shown first (default: {USERS} on whom the models differ most)",
    )
    parser.add_argument(
        "--pseudonyms",
        action=argparse.BooleanOptionalAction,
        help="replace the ids of users and items (default: yes, but for made-up worlds)",
    )


def run(args: argparse.Namespace) -> int:
    """Write the page and say what is inside.

    Args:
        args: what was typed, by the names of the options.

    Returns:
        The exit code: 0 where it is done.

    Raises:
        MMSRError: what was typed is not possible; the message says why.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> run(parser.parse_args(["no-such-run", "-o", "class.html"]))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'no-such-run' holds no run; ...
    """
    from mmsr_lite.live_page import save_live_page
    from mmsr_lite.training.fit import open_run

    opened = [open_run(folder, "cpu") for folder in args.runs]
    for folder, one in zip(args.runs, opened, strict=True):
        if one.config.model != "mmsr":
            raise MMSRError(f"the run in {folder!r} is of {one.model.label}; a page runs MMSR, so name runs of it")
    users = [user_of(opened[0].dataset, word) for word in args.user]
    names = names_of(args.runs, opened)
    note = save_live_page(args.output, opened, users, names=names, pseudonyms=args.pseudonyms, count=USERS)
    print(f"Saved {args.output}, {Path(args.output).stat().st_size / 1e6:.1f} MB. {note}")
    return DONE


def names_of(folders: Sequence[str], runs: Sequence[Any]) -> list[str]:
    """Name the runs of a page: by the model's label, or by the folder where two labels are the same.

    Args:
        folders: the folders of the runs.
        runs: the runs.

    Returns:
        One name for each run.

    Example:
        >>> from types import SimpleNamespace as Some
        >>> early, late = Some(model=Some(label="early")), Some(model=Some(label="late"))
        >>> names_of(["runs/a", "runs/b", "runs/c"], [early, late, early])
        ['early, a', 'late', 'early, c']
    """
    labels = [run.model.label for run in runs]
    return [
        f"{label}, {Path(folder).name}" if labels.count(label) > 1 else label
        for label, folder in zip(labels, folders, strict=True)
    ]


COMMAND = Command(
    summary="one HTML file that runs trained models: edit, ask what if, share a link, without Python",
    usage="RUN [RUN ...] -o FILE [--user U ...]",
    examples=(
        "mmsr-lite page runs/demo -o demo.html",
        "mmsr-lite page runs/early runs/late -o both.html --user 12 30 --pseudonyms",
    ),
    add_options=add_options,
    run=run,
)
