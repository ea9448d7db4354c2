"""`mmsr-lite doctor`: what is installed, what is wrong, and the fix."""

import argparse

from mmsr_lite.commands.command import Command
from mmsr_lite.doctor import doctor


def add_options(parser: argparse.ArgumentParser) -> None:
    """`doctor` has no options.

    Args:
        parser: the parser of the command.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> parser.parse_args([])
        Namespace()
    """


def run(args: argparse.Namespace) -> int:
    """Look at the installation; returns 1 when something required is wrong, else 0.

    Args:
        args: what was typed, by the names of the options.

    Returns:
        The exit code: 0 where it is done.

    Example:
        >>> code = run(argparse.Namespace())
        ok       python ...
        >>> code in (0, 1)
        True
    """
    return doctor()


COMMAND = Command(
    summary="what is installed, what is wrong, and the fix",
    usage="",
    examples=("mmsr-lite doctor",),
    add_options=add_options,
    run=run,
)
