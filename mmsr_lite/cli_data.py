"""The commands about data: download, prepare, describe, and how words of a command line are read; see `cli.py`."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from mmsr_lite.errors import MMSRError


def download(args: argparse.Namespace) -> None:
    """Fetch raw data, once size and licence are agreed to."""
    from mmsr_lite.data.downloads import download as fetch

    def agree(told: str) -> bool:
        print(told)
        if not args.yes and not sys.stdin.isatty():
            raise MMSRError("nothing was fetched; say --yes to agree")
        return args.yes or input("Fetch? [y/N] ").strip().lower() in ("y", "yes")

    for place in fetch(args.name, args.out, agree):
        print(f"Saved {place}")


def prepare(args: argparse.Namespace) -> None:
    """Read a source once, encode it, write one folder that all else reads."""
    from mmsr_lite.data.prepared import prepare as write

    options = {"modalities": args.modalities, "encoders": encoders(args.encoder), "min_count": args.min_count}
    fresh = write(args.source, args.out, **options, columns=pairs(args.columns) or None, seed=args.seed)
    print(f"Saved {args.out}" if fresh else f"{args.out} holds just this already")
    print(f"Next: mmsr-lite describe {args.out}; mmsr-lite train {args.out}")


def describe(args: argparse.Namespace) -> None:
    """The data card of a source."""
    from mmsr_lite.data import load
    from mmsr_lite.data.statistics import card
    from mmsr_lite.graph.codes import fit_codebook

    dataset, codes = load(args.source, min_count=args.min_count), {}
    for one in dataset.modalities:
        try:
            codes[one.name] = fit_codebook(one, num_codes=args.codes, codes_per_item=min(3, args.codes)).codes
        except MMSRError as error:  # too few different features: the card says the rest
            print(f"note: {error}", file=sys.stderr)
    print(card(dataset, codes))


def pairs(given: Sequence[str], json_values: bool = False) -> dict[str, Any]:
    """`name=value` words as a dict."""
    found: dict[str, Any] = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals:
            raise MMSRError(f"{word!r} is not of the form NAME=VALUE")
        found[name] = value
        with suppress(json.JSONDecodeError):
            found[name] = json.loads(value) if json_values else value
    return found


def encoders(given: Sequence[str]) -> Any:
    """One encoder for all, or one for each modality, or None."""
    return pairs(given) if any("=" in word for word in given) else (given or [None])[0]


def add_commands(command: Callable[..., argparse.ArgumentParser], read: Callable[[Any], None]) -> None:
    """Join the three to the commands of the parser; `read` adds the options of everything that reads a source."""
    add = command(download, "NAME [-o DIR] [--yes]", "fetch raw data; says size and licence first", "\n".join((
        "  mmsr-lite download ml-100k -o raw",
        "  mmsr-lite download amazon-2014:Beauty -o raw",
    ))).add_argument  # fmt: skip
    add("name", help="ml-100k, ml-1m, ml-20m, ml-25m, ml-32m, or amazon-2014:X, amazon-2018:X, amazon-2023:X")
    add("-o", "--out", default="raw", metavar="DIR", help="where to (raw)")
    add("--yes", action="store_true", help="agree without being asked")

    add = command(prepare, "SOURCE -o DIR [options]", "raw data in, one prepared folder out", "\n".join((
        "  mmsr-lite prepare amazon:raw/Beauty --encoder title=sentence -o beauty",
        "  mmsr-lite prepare movielens:raw/ml-100k --encoder poster=resnet50:resnet50.pth -o ml-100k",
        "  mmsr-lite prepare my-folder --columns user_id=reviewer item_id=asin title=name -o mine",
    ))).add_argument  # fmt: skip
    add("source", help="amazon:FOLDER/CATEGORY, movielens:FOLDER, or a folder (CSV, Parquet, RecBole's .inter)")
    add("-o", "--out", required=True, metavar="DIR", help="the prepared folder")
    read(add)
    add("--columns", nargs="+", default=[], metavar="OURS=THEIRS", help="what our columns are called in your files")
    add("--seed", type=int, default=0, help="seed of encoders that learn (0)")

    add = command(describe, "SOURCE [options]", "the data card: counts, what is missing, popularity, codes",
                  "  mmsr-lite describe beauty").add_argument  # fmt: skip
    add("source", help="as for prepare, or a prepared folder")
    add("--min-count", type=int, metavar="INT", help="k of the k-core (default: 5)")
    add("--codes", type=int, default=30, metavar="INT", help="C, codes in each modality's codebook (30)")
