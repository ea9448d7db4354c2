"""`mmsr-lite recommend`: the best items of users, or of new histories, written as a table."""

import argparse
from pathlib import Path

from mmsr_lite.commands.command import DONE, Command, add_device
from mmsr_lite.commands.typed_words import name_value_pairs, whole_number
from mmsr_lite.errors import MMSRError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `recommend`.

    Args:
        parser: the parser of the command.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> args = parser.parse_args(["runs/demo", "--top", "3", "--new-items-only"])
        >>> args.top, args.new_items_only, args.user
        (3, True, None)
    """
    parser.add_argument("run", help="folder of a run")
    parser.add_argument("--user", nargs="+", metavar="U", help="users by id or number (from 0); default: all")
    parser.add_argument(
        "--histories",
        metavar="FILE",
        help="histories that were not in training: a table with user_id, item_id and perhaps timestamp",
    )
    parser.add_argument(
        "--top", type=whole_number(1), default=10, metavar="INT", help="items for each user (default: 10)"
    )
    parser.add_argument("--new-items-only", action="store_true", help="leave out items that the user already has")
    parser.add_argument(
        "--explain",
        action="store_true",
        help="add columns: parts of the score by node type, share of late fusion, the edges that mattered most",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="a .csv or .parquet file (default: RUN/recommendations.csv)"
    )
    parser.add_argument(
        "--columns", nargs="+", default=[], metavar="OURS=THEIRS", help="what our columns are called in --histories"
    )
    parser.add_argument(
        "--file-format",
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        help="separator, decimal and encoding of --histories, where they cannot be seen",
    )
    add_device(parser)


def run(args: argparse.Namespace) -> int:
    """Write the best items of users.

    Args:
        args: what was typed, by the names of the options.

    Returns:
        The exit code: 0 where it is done.

    Raises:
        MMSRError: what was typed is not possible; the message says why.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> run(parser.parse_args(["runs/demo", "--columns", "user_id=customer"]))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: --columns and --file-format say how the file of --histories is read; give it, too
    """
    from mmsr_lite.data.export import check_format, save_table
    from mmsr_lite.data.histories import read_histories
    from mmsr_lite.data.reading import Account
    from mmsr_lite.data_card import quiet_reading
    from mmsr_lite.explain.recommend import recommend
    from mmsr_lite.training.fit import open_run

    place = args.output or str(Path(args.run, "recommendations.csv"))
    check_format(place)
    if args.histories is None and (args.columns or args.file_format):
        raise MMSRError("--columns and --file-format say how the file of --histories is read; give it, too")
    with quiet_reading():  # the account below says the same
        opened = open_run(args.run, args.device)
        histories = None
        if args.histories is not None:
            histories = read_histories(
                args.histories,
                opened.dataset,
                columns=name_value_pairs(args.columns),
                file_format=name_value_pairs(args.file_format),
            )
    if histories is not None:
        print("\n".join(Account.from_fact(histories.facts["reading"]).lines()))
    table = recommend(
        opened,
        users=args.user,
        histories=histories,
        top=args.top,
        new_items_only=args.new_items_only,
        explain=args.explain,
        progress=True,
    )
    save_table(table, place)
    print(f"Saved {place}: {len(table):,} rows for {table['user_id'].nunique():,} users")
    return DONE


COMMAND = Command(
    summary="the best items of users or of new histories, as a table",
    usage="RUN [--user U ...] [--histories FILE] [--top INT] [--new-items-only] [--explain] [-o FILE]",
    examples=(
        "mmsr-lite recommend runs/demo --top 10 --new-items-only -o answers.parquet",
        "mmsr-lite recommend runs/mine --histories new-customers.csv --explain -o answers.csv",
    ),
    add_options=add_options,
    run=run,
)
