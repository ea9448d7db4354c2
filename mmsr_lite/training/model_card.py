"""The model card: what a run is, its data and settings, how it ranks, and what this does not show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mmsr_lite.data.markdown import markdown_table, markdown_text
from mmsr_lite.data.repeats import count_ties
from mmsr_lite.data.storage import atomic
from mmsr_lite.errors import MMSRError, in_words
from mmsr_lite.evaluation.rankings import key_of

if TYPE_CHECKING:
    from mmsr_lite.training.fit import Run

NAME = "model-card.md"
SHOWN = ("HR@5", "MRR@5", "NDCG@5", "HR@20", "MRR@20", "NDCG@20")
RANKINGS = {"all": "All items", "masked": "Own items masked"}


def model_card(run: Run) -> str:
    """The card of a trained and measured run, as Markdown; all its numbers are from the records of the run.

    Args:
        run: a run with `history` and `metrics`.

    Returns:
        The text; texts from the data are escaped.

    Raises:
        MMSRError: the run was not trained or not measured.

    Example:
        >>> import tempfile
        >>> from mmsr_lite.training.fit import fit
        >>> from mmsr_lite.training.run_config import RunConfig
        >>> folder = Path(tempfile.mkdtemp(), "shop")
        >>> folder.mkdir()
        >>> rows = [f"u{user},i{(user + step) % 5},{step}" for user in range(5) for step in range(5)]
        >>> text = "\\n".join(["user_id,item_id,timestamp", *rows])
        >>> _ = (folder / "interactions.csv").write_text(text, encoding="utf-8")
        >>> config = RunConfig(str(folder)).with_settings(model="popularity", device="cpu")
        >>> print(model_card(fit(config, folder.parent / "run", progress=False)))
        # Popularity on shop
        <BLANKLINE>
        ...
    """
    if run.metrics is None or run.history is None:
        raise MMSRError(f"run {run.config.id} has no history or no metrics to put on its card; train it, then evaluate")
    sections = {
        f"{run.model.label} on {run.dataset.name}": _about(run),
        "Data": _data(run),
        "Settings": _settings(run),
        "Metrics": _metrics(run.metrics),
        "Limits": _limits(run),
    }
    parts = []
    for level, (heading, blocks) in enumerate(sections.items()):
        mark = "##" if level else "#"
        parts += [f"{mark} {markdown_text(heading)}", *blocks]
    return "\n\n".join(parts) + "\n"


def write_model_card(run: Run, folder: str | Path) -> None:
    """Write the card of a run into a folder; the file is whole or not there.

    Args:
        run: a run with `history` and `metrics`.
        folder: the folder for `model-card.md`, beside the weights.

    Raises:
        MMSRError: as `model_card`, or the file cannot be written.

    Example:
        >>> import tempfile
        >>> from types import SimpleNamespace
        >>> unmeasured = SimpleNamespace(config=SimpleNamespace(id="3fa2"), metrics=None, history=None)
        >>> write_model_card(unmeasured, tempfile.mkdtemp())
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: run 3fa2 has no history or no metrics to put on its card; train it, then evaluate
    """
    content = model_card(run)
    with atomic(Path(folder, NAME)) as tmp:
        tmp.write_text(content, encoding="utf-8")


def _about(run: Run) -> Iterator[str]:
    assert run.history is not None
    weights = sum(parameter.numel() for parameter in run.model.parameters())
    epochs = len(run.history.epochs)
    yield (
        f"A sequential recommender: it reads the last {run.model.max_history} items of a user at most and scores every "
        f"item as the next one. Run `{run.config.id}`, written by mmsr_lite {run.record.version}."
    )
    words = "1 epoch" if epochs == 1 else f"{epochs} epochs"
    trained = f"{weights:,} numbers; {words} in {run.history.seconds:,.1f} s"
    if run.history.best_epoch:
        trained += f", of which epoch {run.history.best_epoch} was kept (chosen by {run.history.selection})"
    refit = "; then trained again on all of the training part, up to the same epoch" if "refit" in run.history else ""
    yield f"Weights in `model.safetensors`: {trained}{refit}."


def _data(run: Run) -> Iterator[str]:
    dataset, data = run.dataset, run.record.data
    parts = run.whole_split
    yield (
        f"{markdown_text(dataset.name)}, from {markdown_text(run.config.source)}: {dataset.num_users:,} users, "
        f"{dataset.num_items:,} items, {len(dataset.item):,} interactions; {len(parts.train):,} training targets and "
        f"{len(parts.test):,} test targets (split: {run.config.split})."
    )
    rows = [["what", "hash", "items that have it", "numbers an item"]]
    rows += [["ids of the items, in their order", data["item_hash"], f"{data['items']:,}", ""]]
    rows += [["interactions, in their order", data["interaction_hash"], "", ""]]
    for name, features in data["features"].items():
        rows.append([f"features: {name}", features["hash"], f"{features['items']:,}", f"{features['width']:,}"])
    yield markdown_table(rows)


def _settings(run: Run) -> Iterator[str]:
    given = {name: value for name, value in run.config.by_name().items() if value is not None}
    yield "All settings that have a value; `config.json` holds the same for programs."
    yield markdown_table([["setting", "value"], *([name, in_words(value)] for name, value in sorted(given.items()))])


def _metrics(metrics: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"Percent, full ranking of {metrics['examples']:,} test targets; the headline ranking is "
        f"“{RANKINGS[metrics['headline']].lower()}”. Counting stands beside the model; it learns nothing."
    )
    rows = {metrics["model"]: metrics["test"]}
    if metrics.get("reachable"):
        rows["best reachable"] = metrics["reachable"]
    rows |= {f"counting: {name}": row for name, row in (metrics.get("counting") or {}).items()}
    for ranking, heading in RANKINGS.items():
        keys = [key_of(name, ranking) for name in SHOWN]
        table = [[name, *(f"{row[key]:.2f}" for key in keys)] for name, row in rows.items() if keys[0] in row]
        yield f"### {heading}"
        yield markdown_table([["system", *SHOWN], *table])


def _limits(run: Run) -> Iterator[str]:
    """Facts that bound what the numbers say; each is computed, or follows from what the model is."""
    dataset, metrics = run.dataset, run.metrics
    assert metrics is not None
    lines = [
        f"It knows {dataset.num_items:,} items and scores no other one; it must be used with the data named above, by "
        "whose order items have their numbers.",
        f"One seed ({run.config.train.seed}). Runs of other seeds differ; the spread was not measured here.",
        "Metrics say how well held-out interactions of the same data are ranked, not whether people would follow a "
        "recommendation, nor whether groups of users are served alike.",
    ]
    own = metrics["rankings"]["model"]["own_targets"]
    lines.append(f"{own:.2f} % of the test targets are items that their user had before.")
    same, neighbours = count_ties(dataset)
    if same:
        lines.append(
            f"{100 * same / neighbours:.1f} % of neighbouring interactions share one time; their order is "
            f"“{run.record.ranking['ties']}”, and no fact about users."
        )
    if dataset.modalities:
        without = 100 * float((~np.any([one.present[1:] for one in dataset.modalities], axis=0)).mean())
        lines.append(f"{without:.2f} % of the items have none of the modalities.")
    if run.config.corruption is not None:
        lines.append(f"The data were damaged on purpose: {run.config.corruption}, rate {run.config.rate:g}.")
    yield "\n".join(f"- {line}" for line in lines)
