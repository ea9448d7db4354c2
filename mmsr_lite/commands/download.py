"""`mmsr-lite download`: fetch raw data, after a person agrees to size and licence."""

import argparse
import sys
from collections.abc import Sequence

from mmsr_lite.commands.command import DONE, Command
from mmsr_lite.errors import MMSRError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `download`.

    Args:
        parser: the parser of the command.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> parser.parse_args(["ml-100k"])
        Namespace(name='ml-100k', out='raw', yes=False)
    """
    parser.add_argument(
        "name", help="ml-100k, ml-1m, ml-20m, ml-25m, ml-32m, or amazon-2014:X, amazon-2018:X, amazon-2023:X"
    )
    parser.add_argument("-o", "--out", default="raw", metavar="DIR", help="where the files go (default: raw)")
    parser.add_argument("--yes", action="store_true", help="agree without being asked")


def run(args: argparse.Namespace) -> int:
    """Fetch raw data, once a person agrees.

    Args:
        args: what was typed, by the names of the options.

    Returns:
        The exit code: 0 where it is done.

    Raises:
        MMSRError: what was typed is not possible; the message says why.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> run(parser.parse_args(["ml-100"]))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: unknown download 'ml-100'; choose from: ..., ml-100k, ...
    """
    from mmsr_lite.data.downloads import download

    def agree(terms: str) -> bool:
        """Show size and licence, and ask whether the person agrees."""
        print(terms)
        if args.yes:
            return True
        if not sys.stdin.isatty():
            raise MMSRError("nothing was fetched; say --yes to agree")
        return input("Fetch? [y/N] ").strip().lower() in ("y", "yes")

    for place in download(args.name, args.out, agree):
        print(f"Saved {place}")
    return DONE


def work_kept(args: argparse.Namespace, words: Sequence[str]) -> str:
    """Say what is kept of a stopped download or preparation.

    Args:
        args: what was typed, by the names of the options.
        words: what was typed.

    Returns:
        A sentence after a blank.

    Example:
        >>> work_kept(argparse.Namespace(name="ml-100k", out="raw"), ["download", "ml-100k"])
        '; everything that was read, encoded or fetched is kept: the same command goes on there'
    """
    return "; everything that was read, encoded or fetched is kept: the same command goes on there"


COMMAND = Command(
    summary="fetch raw data; says size and licence first",
    usage="NAME [-o DIR] [--yes]",
    examples=("mmsr-lite download ml-100k -o raw", "mmsr-lite download amazon-2014:Beauty -o raw"),
    add_options=add_options,
    run=run,
    when_stopped=work_kept,
)
