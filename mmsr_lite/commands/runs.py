"""What commands about runs share: the table of metrics, the report, the users that a person names."""

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmsr_lite.errors import MMSRError

SHOWN = ("HR@5", "MRR@5", "HR@20", "MRR@20")


def checkpoint_kept(args: argparse.Namespace, words: Sequence[str]) -> str:
    """Where the checkpoint of a stopped training is and how to go on from it; empty where there is none."""
    if not Path(args.out, "state", "checkpoint.json").is_file():
        return ""
    command = shlex.join(["mmsr-lite", *(word for word in words if word != "--resume"), "--resume"])
    return f"; the checkpoint is kept in {args.out}, resume with: {command}"


def user_of(dataset: Any, word: str) -> int:
    """The index of a user named by id or by number; an id goes first.

    Args:
        dataset: A `Dataset`.
        word: What was typed.

    Returns:
        The index, from 0.

    Raises:
        MMSRError: There is no such user.
    """
    if word in dataset.user_ids:
        return dataset.user_ids.index(word)
    if word.isdecimal() and int(word) < dataset.num_users:
        return int(word)
    known = f"an id such as {dataset.user_ids[0]!r}, or a number from 0 to {dataset.num_users - 1}"
    raise MMSRError(f"there is no user {word!r} in {dataset.name!r}; give {known}")


def save_report_of(run: Any, users: Sequence[int], place: str | Path) -> None:
    """Write the report of a run about some users, one HTML file.

    Args:
        run: The trained `Run`.
        users: Indices of users.
        place: The file.
    """
    from mmsr_lite.explain.trace import trace
    from mmsr_lite.views.report import save_report

    traces = [trace(run.model, run.dataset, user) for user in users]
    save_report(place, traces, run.history, run.metrics)


def print_metrics(metrics: dict[str, Any]) -> None:
    """Print the model beside the best reachable score and counting, in percent; the headline ranking first."""
    rows = {metrics["model"]: metrics["test"]}
    if metrics.get("reachable"):
        rows["best reachable"] = metrics["reachable"]
    for name, row in (metrics.get("counting") or {}).items():
        rows[f"counting: {name}"] = row
    rankings = {"all": "all items", "masked": "own items masked"}
    if metrics.get("headline") == "masked":
        rankings = dict(reversed(rankings.items()))
    print(f"\n{metrics['dataset']}, {metrics['examples']:,} test targets, percent")
    for ranking, words in rankings.items():
        keys = [name if ranking == "all" else f"{ranking} {name}" for name in SHOWN]
        with_ranking = {name: row for name, row in rows.items() if keys[0] in row}
        if with_ranking:
            print(f"{words:<44}", *(f"{name:>7}" for name in SHOWN))
        for name, row in with_ranking.items():
            print(f"  {name:<42}", *(f"{row[key]:7.2f}" for key in keys))
