"""`mmsr-lite describe`: the data card of a source."""

import argparse

from mmsr_lite.commands.command import DONE, Command, add_folder_options, add_min_count
from mmsr_lite.commands.typed_words import name_value_pairs, one_or_each


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `describe`.

    Args:
        parser: the parser of the command.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> args = parser.parse_args(["beauty", "--codes", "title=30", "brand=9"])
        >>> args.codes
        ['title=30', 'brand=9']
        >>> parser.parse_args(["beauty"]).codes
        ['30']
    """
    parser.add_argument("source", help="as for prepare, or a prepared folder")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write the card to a .html, .md or .txt file instead of printing it"
    )
    add_min_count(parser)
    parser.add_argument(
        "--codes",
        nargs="+",
        default=["30"],
        metavar="INT",
        help="C, codes in each modality's codebook, or MODALITY=INT for each (default: 30)",
    )
    add_folder_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print or write the data card of a source.

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
        >>> run(parser.parse_args([str(folder), "--min-count", "1", "--output", str(folder / "card.md")]))
        Saved ...card.md
        0
    """
    from mmsr_lite.data_card import describe, print_card

    card = describe(
        args.source,
        args.output,
        codes=one_or_each("--codes", args.codes),
        min_count=args.min_count,
        columns=name_value_pairs(args.columns),
        files=name_value_pairs(args.files),
        file_format=name_value_pairs(args.file_format),
    )
    if args.output:
        print(f"Saved {args.output}")
    else:
        print_card(card)
    return DONE


COMMAND = Command(
    summary="the data card: counts, what is missing, popularity, codes",
    usage="SOURCE [options]",
    examples=("mmsr-lite describe beauty", "mmsr-lite describe beauty --codes title=30 brand=9 -o card.html"),
    add_options=add_options,
    run=run,
)
