"""`mmsr-lite leaks`: what the order of a file, item ids, popularity and repetition alone predict on a source."""

import argparse
from pathlib import Path

from mmsr_lite.commands.command import DONE, Command, add_min_count
from mmsr_lite.errors import MMSRError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `leaks`.

    Args:
        parser: the parser of the command.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> args = parser.parse_args(["my-folder", "--no-learn"])
        >>> args.learn, args.split
        (False, 'auto')
    """
    parser.add_argument("source", help="as for prepare, or a prepared folder")
    add_min_count(parser)
    parser.add_argument(
        "--split",
        default="auto",
        metavar="NAME",
        help="user, time, own or auto: the data's own split where they bring one, else user (default: auto)",
    )
    parser.add_argument(
        "--learn",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="train a small SASRec too (default: yes)",
    )
    parser.add_argument(
        "-o", "--out", metavar="FILE", help="also write FILE.html, the picture, or FILE.json, the record"
    )


def run(args: argparse.Namespace) -> int:
    """Look for leaks, print a table and sentences, and write the files that were asked for.

    Args:
        args: what was typed, by the names of the options.

    Returns:
        The exit code: 0 where it is done.

    Raises:
        MMSRError: what was typed is not possible; the message says why.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> run(parser.parse_args(["my-folder", "-o", "leaks.pdf"]))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'leaks.pdf' ends with '.pdf'; expected .html (the picture) or .json (the record)
    """
    place = None if args.out is None else Path(args.out)
    if place is not None and place.suffix not in (".html", ".json"):
        raise MMSRError(f"{args.out!r} ends with {place.suffix!r}; expected .html (the picture) or .json (the record)")
    import torch

    from mmsr_lite.data import load
    from mmsr_lite.evaluation.leaks import leaks, leaks_report

    torch.set_num_threads(1)  # small tables: more threads only wait for each other
    dataset = load(args.source, modalities=[], min_count=args.min_count, ties="file")
    record = leaks(dataset, by=args.split, learn=args.learn, progress=True)
    print(leaks_report(record))
    if place is not None:
        if place.suffix == ".json":
            record.save(place)
        else:
            from mmsr_lite.views import show

            show.leaks(record).save_html(place)
        print(f"Saved {place}")
    return DONE


COMMAND = Command(
    summary="what the order of a file, item ids, popularity and repetition alone predict",
    usage="SOURCE [options]",
    examples=("mmsr-lite leaks my-folder -o leaks.html",),
    add_options=add_options,
    run=run,
)
