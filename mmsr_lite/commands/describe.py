"""`mmsr-lite describe`: the data card of a source."""

import argparse
import sys

from mmsr_lite.commands.command import DONE, Command, add_min_count, whole_number
from mmsr_lite.errors import MMSRError


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `describe`."""
    parser.add_argument("source", help="as for prepare, or a prepared folder")
    add_min_count(parser)
    parser.add_argument(
        "--codes",
        type=whole_number(1, 1_000_000),
        default=30,
        metavar="INT",
        help="C, codes in each modality's codebook (default: 30)",
    )


def run(args: argparse.Namespace) -> int:
    """Print the data card of a source."""
    from mmsr_lite.data import load
    from mmsr_lite.data.statistics import card
    from mmsr_lite.graph.codes import fit_codebook

    dataset = load(args.source, min_count=args.min_count)
    codes = {}
    for modality in dataset.modalities:
        try:
            book = fit_codebook(modality, num_codes=args.codes, codes_per_item=min(3, args.codes))
            codes[modality.name] = book.codes
        except MMSRError as error:  # too few different features; the card has all but the use of codes
            print(f"note: {error}", file=sys.stderr)
    print(card(dataset, codes))
    return DONE


COMMAND = Command(
    summary="the data card: counts, what is missing, popularity, codes",
    usage="SOURCE [options]",
    examples=("mmsr-lite describe beauty",),
    add_options=add_options,
    run=run,
)
