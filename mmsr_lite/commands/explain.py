"""`mmsr-lite explain`: one HTML file about some users: their graphs, gates and rankings."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from mmsr_lite.commands.command import DONE, Command
from mmsr_lite.commands.runs import save_report_of, user_of

LONGEST_NAME = 100  # characters of users' names in the name of a file


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `explain`.

    Args:
        parser: the parser of the command.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> parser.parse_args(["runs/demo", "--user", "0", "17"]).user
        ['0', '17']
    """
    parser.add_argument("run", help="folder of a run")
    parser.add_argument("--user", nargs="+", required=True, metavar="U", help="users by id or number (from 0)")
    parser.add_argument("-o", "--output", metavar="FILE", help="the file (default: RUN/user-U.html)")


def run(args: argparse.Namespace) -> int:
    """Trace users, write one HTML file.

    Args:
        args: what was typed, by the names of the options.

    Returns:
        The exit code: 0 where it is done.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> run(parser.parse_args(["no-such-run", "--user", "0"]))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'no-such-run' holds no run; ...
    """
    from mmsr_lite.training.fit import open_run

    opened = open_run(args.run)
    users = [user_of(opened.dataset, word) for word in args.user]
    place = args.output or Path(args.run, file_name(args.user))
    save_report_of(opened, users, place)
    print(f"Saved {place}")
    return DONE


def file_name(users: Sequence[str]) -> str:
    """Name the file about some users; no id can lead it into another folder.

    Args:
        users: numbers or ids.

    Returns:
        The name.

    Example:
        >>> file_name(["12"]), file_name(["../a"])
        ('user-12.html', 'user-..%2Fa.html')
    """
    return f"user-{'-'.join(quote(user, safe='') for user in users)[:LONGEST_NAME]}.html"


COMMAND = Command(
    summary="one HTML file: a user's graph, gates and ranking",
    usage="RUN --user U [U ...] [-o FILE]",
    examples=("mmsr-lite explain runs/demo --user 12 -o user-12.html",),
    add_options=add_options,
    run=run,
)
