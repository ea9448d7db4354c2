"""`mmsr-lite stability`: whether runs that differ in their seed alone explain a user's history the same way."""

import argparse
from pathlib import Path

from mmsr_lite.commands.command import DONE, Command
from mmsr_lite.errors import MMSRError

ENDINGS = (".html", ".png", ".svg", ".json", ".csv", ".parquet")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `stability`.

    Args:
        parser: the parser of the command.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> args = parser.parse_args(["runs/seed-0", "runs/seed-1", "--user", "7", "--measure", "beta"])
        >>> args.run, args.user, args.measure
        (['runs/seed-0', 'runs/seed-1'], '7', 'beta')
    """
    parser.add_argument("run", nargs="+", help="folders of runs that differ in their seed alone, two or more")
    parser.add_argument("--user", required=True, metavar="ID", help="an id of the data set, or a number from 0")
    parser.add_argument(
        "--measure",
        metavar="NAME",
        help="what the picture shows: beta, attention, flow or order (default: the last three side by side)",
    )
    parser.add_argument(
        "-o",
        "--out",
        metavar="FILE",
        help="also write the picture (.html, .png, .svg), the record (.json) or every number (.csv, .parquet)",
    )


def run(args: argparse.Namespace) -> int:
    """Explain one user with all runs, print how many agree, and write the files that were asked for.

    Args:
        args: what was typed, by the names of the options.

    Returns:
        The exit code: 0 where it is done.

    Raises:
        MMSRError: what was typed is not possible; the message says why.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> run(parser.parse_args(["runs/seed-0", "runs/seed-1", "--user", "7", "-o", "a.pdf"]))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'a.pdf' ends with '.pdf'; expected one of .html, .png, .svg, .json, .csv, .parquet
    """
    place = None if args.out is None else Path(args.out)
    if place is not None and place.suffix not in ENDINGS:
        raise MMSRError(f"{args.out!r} ends with {place.suffix!r}; expected one of {', '.join(ENDINGS)}")
    from mmsr_lite.data.export import save_table
    from mmsr_lite.explain.stability import stability, stability_table
    from mmsr_lite.views import show

    record = stability(args.run, args.user)
    chart = show.stability(record, args.measure)
    for one in record.agreements:
        print(one["sentence"])
    if place is None:
        return DONE
    if place.suffix == ".json":
        record.save(place)
    elif place.suffix in (".csv", ".parquet"):
        save_table(stability_table(record), place)
    else:
        save = {".html": chart.save_html, ".png": chart.save_png, ".svg": chart.save_svg}[place.suffix]
        save(place)
    print(f"Saved {place}")
    return DONE


COMMAND = Command(
    summary="would another seed explain it the same way? runs of several seeds on one user",
    usage="RUN RUN [RUN ...] --user ID [options]",
    examples=("mmsr-lite stability runs/mine-0 runs/mine-1 runs/mine-2 --user 12 -o stability.html",),
    add_options=add_options,
    run=run,
)
