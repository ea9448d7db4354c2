"""`mmsr-lite explore`: edit a history in a browser and see what the model makes of it."""

import argparse

from mmsr_lite.commands.command import Command
from mmsr_lite.commands.typed_words import whole_number


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `explore`.

    Args:
        parser: the parser of the command.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> args = parser.parse_args(["runs/demo", "--no-browser"])
        >>> args.browser, args.port, args.user, args.other_seeds
        (False, 8866, None, [])
    """
    parser.add_argument("run", help="folder of a run")
    parser.add_argument(
        "--user",
        metavar="U",
        help="user by id or number (default: one on whom early fusion is right and late wrong, where runs of both "
        "come with the package, else 0); the screen offers the others",
    )
    parser.add_argument(
        "--other-seeds",
        nargs="+",
        default=[],
        metavar="RUN",
        help="folders of runs that differ from it in their seed alone: the screen says how many say the same",
    )
    parser.add_argument(
        "--port",
        type=whole_number(1, 65_535),
        default=8866,
        metavar="INT",
        help="where it listens on this machine; if taken, at one of the next (default: 8866)",
    )
    parser.add_argument(
        "--browser", action=argparse.BooleanOptionalAction, default=True, help="open a browser (default: yes)"
    )


def run(args: argparse.Namespace) -> int:
    """Open the explorer of a run in a browser; returns the exit code of its server.

    Args:
        args: what was typed, by the names of the options.

    Returns:
        The exit code: 0 where it is done.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> run(parser.parse_args(["no-such-run"]))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: ...
    """
    from mmsr_lite.live_explorer import serve

    return serve(args.run, args.user, port=args.port, browser=args.browser, other_seeds=args.other_seeds)


COMMAND = Command(
    summary="edit a history in a browser and see what the model makes of it",
    usage="RUN [--user U] [--other-seeds RUN ...]",
    examples=(
        "mmsr-lite explore runs/demo --user 12",
        "mmsr-lite explore runs/mine-0 --other-seeds runs/mine-1 runs/mine-2",
    ),
    add_options=add_options,
    run=run,
)
