"""`mmsr-lite collect`: mark notebooks that learners handed in, by checking their answers again."""

import argparse

from mmsr_lite.commands.command import DONE, Command
from mmsr_lite.commands.typed_words import number, whole_number


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `collect`.

    Args:
        parser: the parser of the command.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> args = parser.parse_args(["ann.ipynb", "ben.ipynb", "-o", "marks.csv"])
        >>> args.notebooks, args.seconds, args.gigabytes
        (['ann.ipynb', 'ben.ipynb'], 300, 4.0)
    """
    parser.add_argument("notebooks", nargs="+", metavar="NOTEBOOK", help="files that learners handed in")
    parser.add_argument("-o", "--out", required=True, metavar="FILE", help="the table: .csv (no formulas) or .parquet")
    parser.add_argument(
        "--seconds", type=whole_number(1), default=300, metavar="INT", help="time for a notebook (default: 300)"
    )
    parser.add_argument(
        "--gigabytes", type=number(0.5), default=4.0, metavar="NUMBER", help="memory for a notebook (default: 4)"
    )


def run(args: argparse.Namespace) -> int:
    """Run each notebook in a process of its own, check its answers here, and write the table.

    Args:
        args: what was typed, by the names of the options.

    Returns:
        The exit code: 0 where it is done.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> run(parser.parse_args(["ann.ipynb", "-o", "marks.xlsx"]))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: unknown format '.xlsx'; choose from: .csv, .parquet
    """
    from mmsr_lite.data.export import check_format, save_table

    check_format(args.out)
    from mmsr_lite.course.collect import MARKS, Limits, collect
    from mmsr_lite.course.sandbox import ISOLATED, REFUSED, isolates

    print(f"These notebooks are code of other people. {ISOLATED if isolates() else REFUSED}")
    print(f"Limits for each: {args.seconds} s, {args.gigabytes:g} GB. Verdicts that they print are not believed.")
    table = collect(args.notebooks, Limits(args.seconds, args.gigabytes))
    save_table(table, args.out)
    counts = table["mark"].value_counts()
    print(", ".join(f"{counts.get(mark, 0)} {mark}" for mark in MARKS))
    print(f"Saved {args.out}")
    return DONE


COMMAND = Command(
    summary="mark notebooks that learners handed in: their answers are checked anew",
    usage="NOTEBOOK [NOTEBOOK ...] -o FILE [options]",
    examples=("mmsr-lite collect handed-in/*.ipynb -o marks.csv",),
    add_options=add_options,
    run=run,
)
