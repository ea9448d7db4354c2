"""`mmsr-lite demo`: a small world, a HAN-GNN trained in about a minute, a report."""

import argparse
import os
import sys
import webbrowser
from pathlib import Path
from typing import Any

from mmsr_lite.commands.command import DONE, Command, add_seed
from mmsr_lite.commands.runs import checkpoint_kept, print_metrics, save_report_of, typed_name
from mmsr_lite.data.parts import TEST
from mmsr_lite.errors import choose

PURCHASES = "Purchases, HR@5 in percent"  # earlier items decide them; the best reachable is 100
QUICK = {"epochs": 1, "layers": 1, "dim": 16}  # settings that `--quick` changes


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `demo`.

    Args:
        parser: the parser of the command.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> args = parser.parse_args(["--world", "pick", "--no-open"])
        >>> args.world, args.open, args.out
        ('pick', False, 'runs/demo')
        >>> parser.parse_args([]).open is None  # a browser opens where there is a screen
        True
    """
    parser.add_argument(
        "--world",
        default="both",
        help="pick (early fusion wins), clocks (late fusion wins), both (half of the users each), or of the wardrobe "
        "cycle (the sequence decides) or match (the last combination decides) (default: both)",
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
    """Make a small world, train, compare, write and open the report.

    Args:
        args: what was typed, by the names of the options.

    Returns:
        The exit code: 0 where it is done.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> run(parser.parse_args(["--world", "pik"]))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: unknown world 'pik'; choose from: both, clocks, cycle, match, pick
    """
    import torch

    from mmsr_lite.data.sources.wardrobe import WORLDS as WARDROBE
    from mmsr_lite.data.sources.worlds import WORLDS
    from mmsr_lite.training.fit import REPORT, fit, writing
    from mmsr_lite.training.run_config import DEMO, RunConfig, world_config

    # The matrices are small: training took 57 s; with two threads 49 s on idle cores, minutes on busy ones.
    torch.set_num_threads(1)
    world = choose("world", args.world, [*WORLDS, *WARDROBE])
    print(f"World {world!r}: what follows each garment is planted, so the best possible score is known.")
    if world in WORLDS:
        print(WORLDS[world].why)
        config = world_config(f"{world}-small")
    else:
        config = RunConfig(f"wardrobe:{world}").with_settings(**DEMO)
    config = config.with_settings(seed=args.seed)
    if args.quick:
        config = config.with_settings(**QUICK)
    tables = {}
    report = Path(args.out, REPORT)
    with writing(args.out):
        run = fit(config, args.out, resume=args.resume)
        print_metrics(run.measured)
        if world in WORLDS:
            rows = on_purchases(run, f"{world}-small")
            tables[PURCHASES] = rows
            print_purchases(rows)
        opening = early_beside_late(config.source)
        save_report_of(run, two_users_of_each_cause(run.dataset), report, tables, opening)
    print(f"\nSaved {args.out}/metrics.json and {report}. What next?")
    name = typed_name()
    next_ones = {
        f"{name} page {args.out} -o demo.html": "edit a history, ask what if: one file for any browser",
        f"{name} explore {args.out}": "the same, live in a browser; needs what make lab installs",
        "make lab": "the notebooks, in a clone",
    }
    for command, what in next_ones.items():
        print(f"  {command:<{max(map(len, next_ones))}}  {what}")
    if args.open or (args.open is None and has_screen()):
        webbrowser.open(report.resolve().as_uri())
    return DONE


def on_purchases(run: Any, world: str) -> dict[str, dict[str, float]]:
    """HR@5 on the purchases of the test users: of the run, and of both fixed orders of fusion.

    Args:
        run: The run of the demo.
        world: The world with its size, such as "both-small".

    Returns:
        System -> users -> percent.

    Example:
        >>> from types import SimpleNamespace
        >>> from unittest.mock import patch
        >>> run = SimpleNamespace(model=None, dataset=None, split=SimpleNamespace(test=None))  # a stand-in for a run
        >>> pair = patch("mmsr_lite.course.stored.stored_pair", return_value={"early alone": run, "late alone": run})
        >>> points = [{"all users": one} for one in (75.0, 60.0, 45.0)]
        >>> hits = patch("mmsr_lite.evaluation.decisive.decisive_hits", side_effect=points)
        >>> with pair, hits: on_purchases(run, "both-small")
        {'this run': {'all users': 75.0}, 'early alone': {'all users': 60.0}, 'late alone': {'all users': 45.0}}
    """
    from mmsr_lite.course.stored import stored_pair
    from mmsr_lite.evaluation.decisive import decisive_hits

    rows = {"this run": decisive_hits(run.model, run.dataset, run.split.test)}
    for name, other in stored_pair(f"worlds:{world}").items():
        rows[name] = decisive_hits(other.model, other.dataset, other.split.test)
    return rows


def early_beside_late(source: str) -> tuple[Any, Any, tuple[str, str]] | None:
    """Trace both fixed orders of fusion, whose runs come with the package, on the most telling history.

    Args:
        source: What the run was trained on.

    Returns:
        Two traces of one history, and their names; None where the package has no such runs.

    Example:
        >>> early_beside_late("my-folder") is None  # no runs on it come with the package
        True
    """
    from mmsr_lite.course.stored import stored_pair
    from mmsr_lite.explain.opening import telling_users
    from mmsr_lite.explain.trace import trace

    pair = stored_pair(source)
    if not pair:
        return None
    (early, first), (late, second) = pair.items()
    (user,) = telling_users([first.model, second.model], first.dataset, 1)
    return trace(first.model, first.dataset, user), trace(second.model, second.dataset, user), (early, late)


def print_purchases(rows: dict[str, dict[str, float]]) -> None:
    """Print the table of `on_purchases`.

    Args:
        rows: what `on_purchases` gave.

    Example:
        >>> print_purchases({"MMSR": {"all users": 97.5}, "early": {"all users": 60.0}})
        <BLANKLINE>
        Purchases, HR@5 in percent: earlier items decide them, and the best reachable is 100
                      all users
        MMSR               97.5
        early              60.0
    """
    print(f"\n{PURCHASES}: earlier items decide them, and the best reachable is 100")
    width = max(map(len, rows)) + 2
    names = list(next(iter(rows.values())))
    print(" " * width, *(f"{name:>15}" for name in names))
    for system, row in rows.items():
        print(f"{system:<{width}}", *(f"{row[name]:15.1f}" for name in names))


def two_users_of_each_cause(dataset: Any) -> list[int]:
    """Choose two users for each cause of the last interaction that the world knows.

    Of worlds that say what decides an interaction, only test users whose last interaction is decided are chosen.

    Args:
        dataset: a made-up world.

    Returns:
        Numbers of users.

    Example:
        >>> from types import SimpleNamespace
        >>> import numpy as np
        >>> offsets, cause = np.array([0, 2, 4, 6, 8]), np.array([0, 1, 0, 1, 0, 1, 0, 2])
        >>> two_users_of_each_cause(SimpleNamespace(offsets=offsets, facts={"cause": cause}))  # 1, 1, 1 and 2
        [0, 1, 3]
    """
    last = dataset.offsets[1:] - 1  # (U,) each user's last interaction
    shown = [True] * len(last)
    if "because" in dataset.facts:
        is_decided = dataset.facts["because"][last, 0] >= 0
        shown = (is_decided & (dataset.facts["part"][last] == TEST)).tolist()
    causes = dataset.facts["cause"][last].tolist()
    users: list[int] = []
    for cause in set(causes):
        users += [user for user, one in enumerate(causes) if one == cause and shown[user]][:2]
    return sorted(users)


def has_screen() -> bool:
    """Whether a browser has a screen to open on.

    Returns:
        True where there is one.

    Example:
        >>> from unittest.mock import patch
        >>> with patch.dict(os.environ, {"DISPLAY": ":0"}): has_screen()
        True
    """
    return sys.platform in ("darwin", "win32") or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ


COMMAND = Command(
    summary="a small world, a HAN-GNN trained in about a minute, a report",
    usage="[options]",
    examples=("mmsr-lite demo --world pick --no-open",),
    add_options=add_options,
    run=run,
    when_stopped=checkpoint_kept,
)
