"""`mmsr-lite fusion`: early or late fusion for a source, with a page to keep."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmsr_lite.commands.command import DONE, Command, add_device, add_seed, add_source_options
from mmsr_lite.commands.runs import default_folder
from mmsr_lite.commands.typed_words import encoders_of, name_value_pairs, number, whole_number


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `fusion`.

    Args:
        parser: the parser of the command.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> args = parser.parse_args(["my-folder", "--minutes", "20", "--set", "dim=32"])
        >>> args.minutes, args.set, args.base, args.metric
        (20.0, ['dim=32'], 'gru4rec', 'HR@5')
    """
    parser.add_argument("source", help="as for train; it needs modalities")
    add_source_options(parser.add_argument_group("data"))
    group = parser.add_argument_group("comparison")
    group.add_argument(
        "--base",
        default="gru4rec",
        metavar="NAME",
        help="gru4rec, sasrec or mmsr: what is fused early and late (default: gru4rec, which is quick, and which "
        "either order can win)",
    )
    group.add_argument(
        "--minutes",
        type=number(0),
        metavar="M",
        help="about how long it may take; so many users are drawn (default: 5 on a CPU, all users on a GPU)",
    )
    group.add_argument(
        "--users",
        type=whole_number(20),
        metavar="INT",
        help="how many users are drawn, in place of --minutes: the same ones on every machine",
    )
    group.add_argument(
        "--seeds", type=whole_number(3, 1000), default=5, metavar="INT", help="runs of each system (default: 5)"
    )
    group.add_argument(
        "--trials",
        type=whole_number(1, 1000),
        default=4,
        metavar="INT",
        help="trials that choose the settings of each system (default: 4)",
    )
    group.add_argument(
        "--metric",
        default="HR@5",
        metavar="NAME",
        help="what decides: HR@5, MRR@5, HR@20 or MRR@20 in the headline ranking (default: HR@5)",
    )
    group.add_argument(
        "--set",
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        help="settings of all systems; of lr, dropout and others the values to draw from: lr=[0.01,0.02]",
    )
    add_device(group)
    group.add_argument(
        "--jobs", type=whole_number(1, 1024), default=1, metavar="INT", help="processes side by side (default: 1)"
    )
    add_seed(group, "seed of the draw of users")
    parser.add_argument(
        "-o",
        "--out",
        metavar="DIR",
        help="folder of page, tables and record; work goes on where it was stopped (default: runs/fusion-SOURCE)",
    )


def folder_of(args: argparse.Namespace) -> Path:
    """Choose the folder that keeps the comparison.

    Args:
        args: what was typed, by the names of the options.

    Returns:
        The folder.

    Example:
        >>> folder_of(argparse.Namespace(source="worlds:pick-student", out=None)).as_posix()
        'runs/fusion-worlds-pick-student'
        >>> folder_of(argparse.Namespace(source="worlds:pick-student", out="mine")).as_posix()
        'mine'
    """
    if args.out is not None:
        return Path(args.out)
    usual = Path(default_folder(args.source))
    return usual.with_name(f"fusion-{usual.name}")


def run(args: argparse.Namespace) -> int:
    """Compare both orders, print the verdict, write the page.

    Args:
        args: what was typed, by the names of the options.

    Returns:
        The exit code: 0 where it is done.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> run(parser.parse_args(["no-such-source"]))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: there is no data set 'no-such-source'; ...
    """
    import torch

    from mmsr_lite.experiments.fusion_for import fusion_for
    from mmsr_lite.views.fusion_page import save_fusion_page

    if args.device != "cuda":
        torch.set_num_threads(1)  # the same numbers on every CPU; more threads gain nothing with small matrices
    folder = folder_of(args)
    record = fusion_for(
        args.source,
        base=args.base,
        modalities=args.modalities,
        encoders=encoders_of(args.encoder),
        min_count=args.min_count,
        minutes=args.minutes,
        users=args.users,
        seeds=args.seeds,
        trials=args.trials,
        metric=args.metric,
        changes=name_value_pairs(args.set, json_values=True),
        out=folder,
        device=args.device,
        jobs=args.jobs,
        seed=args.seed,
        progress=True,
    )
    save_fusion_page(folder / "fusion.html", record)
    for one in record.systems:
        print(f"{one['name']:<24}{one['mean']:8.2f}   {one['low']:.2f} to {one['high']:.2f}")
    print("", record.sentence, *record.further, *record.failed, sep="\n")
    print(f"\nSaved {folder / 'fusion.html'} (page), fusion.csv (runs), comparisons.csv and fusion.json beside it")
    return DONE


def kept(args: argparse.Namespace, words: Sequence[str]) -> str:
    """Say what is kept after Ctrl-C: every run that had ended.

    Args:
        args: what was typed, by the names of the options.
        words: what was typed.

    Returns:
        A sentence after a blank.

    Example:
        >>> kept(argparse.Namespace(source="beauty", out="mine"), [])
        '; every run that had ended is kept in mine: the same command goes on'
    """
    return f"; every run that had ended is kept in {folder_of(args)}: the same command goes on"


COMMAND = Command(
    summary="early or late fusion for a source: a verdict with its tests, and a page to keep",
    usage="SOURCE [options]",
    examples=(
        "mmsr-lite fusion worlds:pick-student",
        "mmsr-lite fusion my-folder --minutes 20 --base sasrec -o runs/early-or-late",
    ),
    add_options=add_options,
    run=run,
    when_stopped=kept,
)
