"""`mmsr-lite demo`: a small world, a HAN-GNN trained in about a minute, a report."""

import argparse
import os
import sys
import webbrowser
from pathlib import Path
from typing import Any

from mmsr_lite.commands.command import DONE, Command, add_seed
from mmsr_lite.commands.runs import checkpoint_kept, print_metrics, save_report_of

QUICK = {"epochs": 1, "layers": 1, "dim": 16}  # settings of `--quick`, which differ from the demo's


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `demo`."""
    parser.add_argument(
        "--world",
        default="mixed",
        help="cycle (the sequence decides), match or sparse (the combination decides), mixed (default: mixed)",
    )
    add_seed(parser, "seed of codes, weights and order")
    parser.add_argument("--out", default="runs/demo", metavar="DIR", help="folder of the run (default: runs/demo)")
    parser.add_argument(
        "--open", action=argparse.BooleanOptionalAction, help="open the report (default: where there is a screen)"
    )
    parser.add_argument("--resume", action="store_true", help="go on from the last whole epoch")
    parser.add_argument(
        "--quick", action="store_true", help="one epoch of a smaller network, in seconds: to see that everything works"
    )


def run(args: argparse.Namespace) -> int:
    """Make a small world, train, compare, write and open the report."""
    import torch

    from mmsr_lite.training.fit import REPORT, fit, writing
    from mmsr_lite.training.run_config import DEMO, RunConfig

    # Matrices this small: training took 57 s, with two threads 49 s on idle cores and minutes on busy ones.
    torch.set_num_threads(1)
    config = RunConfig(f"wardrobe:{args.world}").with_settings(**DEMO, seed=args.seed)
    if args.quick:
        config = config.with_settings(**QUICK)
    print(f"World {args.world!r}: what follows each garment is planted, so the best possible score is known.")
    report = Path(args.out, REPORT)
    with writing(args.out):
        run = fit(config, args.out, resume=args.resume)
        print_metrics(run.measured)
        save_report_of(run, two_users_of_each_cause(run.dataset), report)
    print(f"\nSaved {args.out}/metrics.json and {report}. Next: make lab, or mmsr-lite explain {args.out} --user 12")
    if args.open or (args.open is None and has_screen()):
        webbrowser.open(report.resolve().as_uri())
    return DONE


def two_users_of_each_cause(dataset: Any) -> list[int]:
    """Two users whose last interaction has each cause that the wardrobe knows."""
    last = dataset.offsets[1:] - 1  # (U,) each user's last interaction
    causes = dataset.facts["cause"][last].tolist()
    users: list[int] = []
    for cause in set(causes):
        users += [user for user, one in enumerate(causes) if one == cause][:2]
    return sorted(users)


def has_screen() -> bool:
    """Whether a browser would have a screen to open on."""
    return sys.platform in ("darwin", "win32") or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ


COMMAND = Command(
    summary="a small world, a HAN-GNN trained in about a minute, a report",
    usage="[options]",
    examples=("mmsr-lite demo --world match --no-open",),
    add_options=add_options,
    run=run,
    when_stopped=checkpoint_kept,
)
