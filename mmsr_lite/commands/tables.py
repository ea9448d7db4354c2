"""`mmsr-lite tables`: carry out studies and write their tables."""

import argparse

from mmsr_lite.commands.command import DONE, Command, add_device, add_source_options
from mmsr_lite.commands.typed_words import encoders_of, name_value_pairs, number, whole_number


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `tables`.

    Args:
        parser: the parser of the command.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> args = parser.parse_args(["ablation,gates", "beauty", "--seeds", "3", "--limit-minutes", "30"])
        >>> args.name, args.source, args.seeds, args.limit_minutes
        ('ablation,gates', ['beauty'], 3, 30.0)
    """
    parser.add_argument(
        "name",
        nargs="?",
        metavar="STUDY",
        help="comparison, aggregators, ablation, fusion_order, missing, codebook, released, controls, "
        "feature_controls, gates, departures, open_choices, several with commas between, or all",
    )
    parser.add_argument(
        "source", nargs="*", metavar="SOURCE", help="as for train (default: the small worlds pick, clocks and both)"
    )
    add_source_options(parser.add_argument_group("data"))
    group = parser.add_argument_group("runs")
    group.add_argument("--only", nargs="+", metavar="MODEL", help="only the systems of these models, in this order")
    group.add_argument("--variants", nargs="+", metavar="NAME", help="only the systems of these variants")
    group.add_argument(
        "--seeds", type=whole_number(1, 1000), default=5, metavar="INT", help="runs of each system (default: 5)"
    )
    group.add_argument(
        "--trials",
        type=whole_number(1, 1000),
        default=16,
        metavar="INT",
        help="trials that choose the settings of each system (default: 16)",
    )
    add_device(group)
    group.add_argument(
        "--jobs", type=whole_number(1, 1024), default=1, metavar="INT", help="processes side by side (default: 1)"
    )
    group.add_argument(
        "--limit-minutes",
        type=number(0),
        default=float("inf"),
        metavar="M",
        help="begin nothing that would end later than in so many minutes",
    )
    group.add_argument(
        "--set",
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        help="settings of all systems; of lr, dropout and others the values to draw from: lr=[0.01,0.02]; "
        "ties=file or tie_seed=[0,1] where times tie",
    )
    group.add_argument("--dry-run", action="store_true", help="only count the runs and estimate their seconds")
    group = parser.add_argument_group("output")
    group.add_argument(
        "--out", default="assets/results", metavar="DIR", help="folder of the tables (default: assets/results)"
    )
    group.add_argument(
        "--no-tests",
        action="store_true",
        help="leave the tests of the tables for --recompute, on a machine without GPU",
    )
    group.add_argument(
        "--recompute", action="store_true", help="compute every test of OUT again from the ranks that are kept there"
    )
    group.add_argument("--page", action="store_true", help="write OUT/README.md from all tables")


def run(args: argparse.Namespace) -> int:
    """Carry out studies, print what was done, write their tables.

    Args:
        args: what was typed, by the names of the options.

    Returns:
        The exit code: 0 where it is done.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> run(parser.parse_args(["ablatoin"]))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: unknown study 'ablatoin'; choose from: ablation, ...
    """
    from mmsr_lite.experiments.run_studies import run_sources

    messages = run_sources(
        args.name,
        args.source,
        modalities=args.modalities,
        encoders=encoders_of(args.encoder),
        min_count=args.min_count,
        limit_minutes=args.limit_minutes,
        recompute=args.recompute,
        page=args.page,
        out=args.out,
        seeds=args.seeds,
        trials=args.trials,
        device=args.device,
        jobs=args.jobs,
        changes=name_value_pairs(args.set, json_values=True),
        dry_run=args.dry_run,
        only=args.only,
        variants=args.variants,
        tests=not args.no_tests,
    )
    for message in messages:
        print(message, flush=True)
    return DONE


COMMAND = Command(
    summary="the paper's studies and our own: tables of many runs",
    usage="[STUDY [SOURCE ...]] [options]",
    examples=("mmsr-lite tables comparison my-folder --jobs 4 --limit-minutes 10 --page",),
    add_options=add_options,
    run=run,
)
