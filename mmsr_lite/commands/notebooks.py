"""`mmsr-lite notebooks`: the course, copied out of the package into a folder to work in."""

import argparse
from pathlib import Path

from mmsr_lite.commands.command import DONE, Command


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `notebooks`.

    Args:
        parser: the parser of the command.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> parser.parse_args(["my-course"])
        Namespace(folder='my-course')
    """
    parser.add_argument("folder", metavar="FOLDER", help="where to; nothing that is there is overwritten")


def run(args: argparse.Namespace) -> int:
    """Copy the notebooks, their solutions and the teaching guide.

    Args:
        args: what was typed, by the names of the options.

    Returns:
        The exit code: 0 where it is done.

    Example:
        >>> import tempfile
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> run(parser.parse_args([str(Path(tempfile.mkdtemp(), "course"))]))
        Saved ... files in ...course. Next: jupyter lab ...00_start_here.ipynb
        0
    """
    from mmsr_lite.course.copying import copy_notebooks

    written = copy_notebooks(args.folder)
    print(f"Saved {len(written)} files in {args.folder}. Next: jupyter lab {Path(args.folder, '00_start_here.ipynb')}")
    return DONE


COMMAND = Command(
    summary="copy the notebooks, with exercises and solutions, into a folder",
    usage="FOLDER",
    examples=("mmsr-lite notebooks my-course",),
    add_options=add_options,
    run=run,
)
