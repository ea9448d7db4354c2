"""`mmsr-lite prepare`: read a source once, encode it, and write a folder that opens at once."""

import argparse

from mmsr_lite.commands.command import DONE, Command, add_folder_options, add_seed, add_source_options
from mmsr_lite.commands.download import work_kept
from mmsr_lite.commands.typed_words import encoders_of, name_value_pairs


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `prepare`.

    Args:
        parser: the parser of the command.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> args = parser.parse_args(["shop", "-o", "prepared", "--encoder", "title=sentence"])
        >>> args.out, args.encoder, args.modalities
        ('prepared', ['title=sentence'], None)
    """
    parser.add_argument(
        "source", help="amazon:FOLDER/CATEGORY, movielens:FOLDER, or a folder (CSV, Parquet, RecBole's .inter)"
    )
    parser.add_argument("-o", "--out", required=True, metavar="DIR", help="the prepared folder")
    add_source_options(parser)
    add_folder_options(parser)
    add_seed(parser, "seed of encoders that learn")


def run(args: argparse.Namespace) -> int:
    """Read a source, encode it, write the prepared folder.

    Args:
        args: what was typed, by the names of the options.

    Returns:
        The exit code: 0 where it is done.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> folder = Path(tempfile.mkdtemp())
        >>> text = "user_id,item_id,timestamp\\nann,hat,1\\nann,sock,2\\nann,hat,3\\n"
        >>> _ = (folder / "interactions.csv").write_text(text, encoding="utf-8")
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> run(parser.parse_args([str(folder), "--min-count", "1", "-o", tempfile.mkdtemp() + "/prepared"]))
        read      interactions: 3
        ...
        Next: mmsr-lite describe ...prepared; mmsr-lite train ...prepared
        0
    """
    from mmsr_lite.data.prepared import prepare
    from mmsr_lite.data_card import account_of, quiet_reading

    with quiet_reading():  # the account below says the same
        is_new = prepare(
            args.source,
            args.out,
            modalities=args.modalities,
            encoders=encoders_of(args.encoder),
            min_count=args.min_count,
            columns=name_value_pairs(args.columns) or None,
            files=name_value_pairs(args.files) or None,
            file_format=name_value_pairs(args.file_format) or None,
            seed=args.seed,
        )
    print("\n".join(account_of(args.out)))
    if is_new:
        print(f"Saved {args.out}")
    else:
        print(f"{args.out} is up to date: it was made from the same data with the same settings")
    print(f"Next: mmsr-lite describe {args.out}; mmsr-lite train {args.out}")
    return DONE


COMMAND = Command(
    summary="raw data in, one prepared folder out",
    usage="SOURCE -o DIR [options]",
    examples=(
        "mmsr-lite prepare amazon:raw/Beauty --encoder title=sentence -o beauty",
        "mmsr-lite prepare movielens:raw/ml-100k --encoder poster=resnet50:resnet50.pth -o ml-100k",
        "mmsr-lite prepare my-folder --columns user_id=reviewer item_id=asin title=name -o mine",
    ),
    add_options=add_options,
    run=run,
    when_stopped=work_kept,
)
