"""Records of training: the history of a run's epochs, its metrics, what it was made from, and the tables of a study."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, NotRequired, TypedDict

from mmsr_lite.records.base import Record
from mmsr_lite.records.mistakes import Mistake, first_mistake
from mmsr_lite.records.ranking_names import IN_WORDS, headline_first, key_of
from mmsr_lite.records.rules import in_range, ordered
from mmsr_lite.records.schema import OPTIONAL, Plain, Terms


class Epoch(TypedDict):
    """One pass over the training part."""

    epoch: Annotated[int, "its number, from 1"]
    loss: Annotated[float, "mean loss of an example"]
    lr: NotRequired[Annotated[float, "the learning rate of its last step"]]
    validation: NotRequired[Annotated[dict[str, float], "metrics on the validation items, percent"]]
    test: NotRequired[Annotated[dict[str, float], "metrics on the test items, where these pick the epoch, percent"]]
    beta: NotRequired[Annotated[dict[str, float], "mean share of hohe (late fusion) by node type; empty without gates"]]
    seconds: NotRequired[Annotated[float, "how long it took"]]


class KernelsFrom(TypedDict):
    """The first step of a training that ran on our own GPU kernels."""

    epoch: Annotated[int, "the epoch, counted from 1"]
    step: Annotated[int, "the step within the epoch, counted from 0"]


class KernelsCompiled(TypedDict):
    """What was compiled before a training could run on our own GPU kernels."""

    kernels: Annotated[int, "how many kernels"]
    seconds: Annotated[float, "how long that took, beside the training"]


class HistoryRecord(Record, kind="history", marker="epochs"):
    """A training, epoch by epoch."""

    epochs: Annotated[list[Epoch], "the epochs, the first one first; none of a model that counts"]
    best_epoch: Annotated[int, "the epoch whose weights were kept, 0 without epochs"]
    selection: Annotated[str | None, "what picked it: validation, test or none"] = OPTIONAL
    ranking: Annotated[str | None, "in which ranking: all (items) or masked (own items masked)"] = OPTIONAL
    device: Annotated[str | None, "where it ran: the CPU or the GPU, by name"] = OPTIONAL
    kernels_from: Annotated[KernelsFrom | None, "the first step on our own GPU kernels; null: none ran on them"] = (
        OPTIONAL
    )
    kernels_compiled: Annotated[KernelsCompiled | None, "what was compiled for them"] = OPTIONAL
    seconds: Annotated[float | None, "how long the training took"] = OPTIONAL
    refit: Annotated[list[Epoch] | None, "the epochs of the second training, on all of the training part"] = OPTIONAL

    def summary(self) -> str:
        """How many epochs, and the best one."""
        losses = f", loss {self.epochs[-1]['loss']:.3f}" if self.epochs else ""
        return f"{len(self.epochs)} epochs, the best is {self.best_epoch}{losses}"

    def broken_rules(self) -> Iterator[Mistake]:
        """Epochs are numbered; the best one exists."""
        yield from in_range("best_epoch", self.best_epoch, 0, len(self.epochs), "the number of epochs")
        for place, epoch in enumerate(self.epochs):
            yield from in_range(f"epochs[{place}].epoch", epoch["epoch"], place + 1, place + 1, "counted from 1")


class RankingTables(TypedDict):
    """The metrics of one system in both rankings, for all test targets and for groups of them."""

    headline: NotRequired[Annotated[str, "the ranking to show first: all (items) or masked (own items masked)"]]
    own_targets: NotRequired[Annotated[float | None, "percent of targets in their own history"]]
    targets: NotRequired[Annotated[dict[str, int], "group of targets (every, later, same time) -> how many"]]
    all: NotRequired[Annotated[dict[str, dict[str, float]], "among all items: group -> metric -> percent"]]
    masked: NotRequired[Annotated[dict[str, dict[str, float]], "own items masked: group -> metric -> percent"]]


class MetricsRecord(Record, kind="metrics", marker="test"):
    """A model's metrics on the test targets, beside counting and beside the best that can be reached."""

    dataset: Annotated[str, "the data set"]
    model: Annotated[str, "the model's label"]
    examples: Annotated[int | None, "how many test targets"] = OPTIONAL
    headline: Annotated[str | None, "the ranking to show first: all (items) or masked (own items masked)"] = OPTIONAL
    test: Annotated[dict[str, float], "the metrics of the model, percent; with own items masked: masked HR@5, ..."]
    rankings: Annotated[
        dict[str, RankingTables] | None, "the model and counting: both rankings, later and same-time targets apart"
    ] = OPTIONAL
    reachable: Annotated[dict[str, float] | None, "the best reachable, where the data set knows it"]
    counting: Annotated[dict[str, dict[str, float]], "the metrics of models that count"]
    run: Annotated[str | None, "the id of the run"] = OPTIONAL
    train_seconds: Annotated[float | None, "how long the training took"] = OPTIONAL
    selection: Annotated[str | None, "what picked the best epoch"] = OPTIONAL
    best_epoch: Annotated[int | None, "the epoch whose weights were kept"] = OPTIONAL
    seed: Annotated[int | None, "the seed"] = OPTIONAL

    def broken_rules(self) -> Iterator[Mistake]:
        """A ranking that has targets of the same time has the metrics of both groups."""
        for name, part in (self.rankings or {}).items():
            targets = part.get("targets", {})
            if "same time" not in targets:
                continue
            for ranking in headline_first(self.headline, self.test):
                for group in targets:
                    if group in ("later", "same time") and group not in metrics_in(part, ranking):
                        yield f"rankings.{name}.{ranking}.{group}", "is missing"

    def summary(self) -> str:
        """Model, data set, and the first metrics of both rankings, the headline first."""
        return f"{self.model} on {self.dataset}: {self.first_numbers()}"

    def first_numbers(self, count: int = 2) -> str:
        """The first metrics of the model in every ranking that was measured, the headline first, in words.

        Args:
            count: How many metrics of each ranking.

        Example:
            >>> test = {"HR@5": 7.5, "MRR@5": 3.5, "masked HR@5": 9.25, "masked MRR@5": 6.0}
            >>> MetricsRecord(test=test, headline="masked").first_numbers()
            'HR@5 9.25, MRR@5 6.00 % (own items masked); HR@5 7.50, MRR@5 3.50 % (all items)'
        """
        parts = []
        for words, rows in self.tables().items():
            values = next(iter(rows.values()))
            numbers = ", ".join(f"{name} {value:.2f}" for name, value in list(values.items())[:count])
            parts.append(f"{numbers} % ({words})")
        return "; ".join(parts)

    def tables(self) -> dict[str, dict[str, dict[str, float]]]:
        """The metrics as one table for each ranking, the headline first, for people to read.

        The best reachable is known of all items alone. Where times tie, rows for targets that are later than the item
        before them and for those of the same time follow.

        Returns:
            Ranking in words -> row -> metric -> percent. `pandas.DataFrame(table).T` shows one of the tables.

        Example:
            >>> record = MetricsRecord(dataset="d", model="m", test={"HR@5": 7.5}, reachable=None, counting={})
            >>> record.tables()
            {'all items': {'m': {'HR@5': 7.5}}}
        """
        rows: dict[str, dict[str, float]] = {str(self.model or "model"): self.test}
        if self.reachable:
            rows["best reachable"] = self.reachable
        rows |= {f"counting: {name}": row for name, row in (self.counting or {}).items()}
        found = {}
        for ranking in headline_first(self.headline, self.test):
            table = {label: _of_ranking(row, ranking) for label, row in rows.items()}
            found[IN_WORDS[ranking]] = {label: row for label, row in table.items() if row} | self._groups(ranking)
        return {words: table for words, table in found.items() if table}

    def _groups(self, ranking: str) -> dict[str, dict[str, float]]:
        """Rows for later and same-time targets of the model and of counting; none where no times tie."""
        rows = {}
        for group in ("later", "same time"):
            for name, record in (self.rankings or {}).items():
                targets = record.get("targets", {})
                if "same time" in targets and group in targets:
                    label = self.model if name == "model" else f"counting: {name}"
                    rows[f"{label}, {group} targets ({targets[group]:,})"] = metrics_in(record, ranking)[group]
        return rows


def metrics_in(tables: RankingTables, ranking: str) -> dict[str, dict[str, float]]:
    """Group of targets -> metric -> percent in one ranking; nothing where it was not measured.

    Args:
        tables: the metrics of one system.
        ranking: "all" or "masked".

    Returns:
        The groups; none where the ranking was not measured.

    Example:
        >>> metrics_in({"all": {"every": {"HR@5": 7.5}}}, "masked")
        {}
    """
    return tables.get("masked", {}) if ranking == "masked" else tables.get("all", {})


def _of_ranking(row: dict[str, float], ranking: str) -> dict[str, float]:
    """The metrics of one ranking by their plain names; none where it was not measured."""
    names = [name for name in row if " " not in name]
    return {name: row[key_of(name, ranking)] for name in names if key_of(name, ranking) in row}


class FeatureHash(TypedDict):
    """Which features a modality had."""

    hash: Annotated[str, "of the exact numbers"]
    items: Annotated[int, "how many items have the modality"]
    width: Annotated[int, "how many numbers an item has"]
    sketch: Annotated[list[float], "sums over all numbers with random weights: near to each other for near features"]


class DataHash(TypedDict):
    """Which data a run was made from."""

    name: Annotated[str, "the data set"]
    users: Annotated[int, "how many users"]
    items: Annotated[int, "V, how many items"]
    interactions: Annotated[int, "how many interactions"]
    item_hash: Annotated[str, "of the items' ids in their order"]
    item_set_hash: Annotated[str, "of the items' ids in any order"]
    interaction_hash: Annotated[str, "of users and items of all interactions in their order"]
    time_hash: NotRequired[Annotated[str, "of their times, and of a split that the data bring along"]]
    features: Annotated[dict[str, FeatureHash], "the features of each modality"]


class Ranking(TypedDict):
    """How interactions are put in order and how test targets are ranked."""

    ties: Annotated[str, "the order of interactions of one time: file, random or together (one step)"]
    tie_seed: Annotated[int | None, "the seed of a random order of these; null in the order of the file"]
    candidates: Annotated[str, "which items a target is ranked among"]


class Owner(TypedDict):
    """The process that writes a run."""

    process: Annotated[int, "its number on its machine"]
    machine: Annotated[str, "the machine's name"]


class RunRecord(Record, kind="run"):
    """What a run was made from; a run is never used with other data."""

    id: Annotated[str, "a short name of the config"]
    version: Annotated[str, "the version of mmsr_lite that wrote the run"]
    data: Annotated[DataHash, "the data set"]
    ranking: Annotated[Ranking, "order and ranking"]
    owner: Annotated[Owner | None, "the process that is writing the run; null when it is done"]
    codes: Annotated[str | None, "hash of the codes that are kept beside the weights; null: none are kept"] = OPTIONAL

    def summary(self) -> str:
        """The run's id and its data set."""
        data = self.data
        return f"{self.id}: {data['name']}, {data['users']} users, {data['items']} items"


class Test(TypedDict):
    """A test of two systems of a study; one of an older version has no `holm` and decides nothing."""

    system: Annotated[str, "the system"]
    against: Annotated[str, "the system it is compared with"]
    metric: Annotated[str, "the metric; with own items masked: masked HR@5, ..."]
    difference: Annotated[float, "system minus against, percentage points"]
    low: Annotated[float, "lower end of its 95 % interval"]
    high: Annotated[float, "upper end of its 95 % interval"]
    p: Annotated[float, "the p-value"]
    seeds: NotRequired[Annotated[list[int], "how many seeds each has"]]
    orders: NotRequired[Annotated[int, "how many orders at ties each seed has"]]
    users: NotRequired[Annotated[int, "how many users"]]
    apart: NotRequired[Annotated[bool, "whether the test finds a difference, after Holm's correction"]]
    holm: NotRequired[Annotated[float, "the p-value, corrected by Holm for all tests of the table in one ranking"]]
    degrees: NotRequired[Annotated[float, "degrees of freedom of the t distribution"]]
    users_sd: NotRequired[Annotated[float, "the part of the standard error that comes from users"]]
    seeds_sd: NotRequired[Annotated[float, "the part of the standard error that comes from seeds"]]
    orders_sd: NotRequired[Annotated[float, "the part of the standard error that comes from orders at ties"]]
    same_models: NotRequired[Annotated[bool, "whether both were read off the same trained models"]]
    over_users: NotRequired[Annotated[float, "p of the paired t-test over users; decides nothing"]]
    over_seeds: NotRequired[Annotated[float, "p of Welch's t-test over seeds; decides nothing"]]
    bootstrap: NotRequired[Annotated[float, "p of a bootstrap over users and seeds; decides nothing"]]


class StudyRecord(Record, kind="study"):
    """The table of a study on one data set, with its paired tests (section 5)."""

    study: Annotated[str, "the study"]
    asks: Annotated[str | None, "what it asks"] = OPTIONAL
    paper: Annotated[str | None, "the table or figure of the paper"] = OPTIONAL
    dataset: Annotated[str, "the data set"]
    reachable: Annotated[dict[str, float] | None, "the best reachable, where the data set knows it"]
    terms: Annotated[Terms | None, "settings that are equal for all systems, and the trials"] = OPTIONAL
    labels: Annotated[list[str], "the columns of `rows` that name a system"]
    headline: Annotated[str | None, "the ranking to show first: all (items) or masked (own items masked)"] = OPTIONAL
    rankings: Annotated[list[str] | None, "the rankings that every row has; older tables have all alone"] = OPTIONAL
    chosen_by: Annotated[list[str] | None, "what the trials were best in on validation"] = OPTIONAL
    rows: Annotated[list[dict[str, Plain]], "one row for each run: labels, seed, metrics in percent"]
    tests: Annotated[list[Test], "tests of each system against its reference"]
    runs: Annotated[dict[str, Terms] | None, "settings of each run that are not the usual ones"] = OPTIONAL

    def summary(self) -> str:
        """Study, data set, how many runs."""
        return f"{self.study} on {self.dataset}: {len(self.rows)} runs, {len(self.tests)} tests"

    def broken_rules(self) -> Iterator[Mistake]:
        """Every row has every label, and its metrics are numbers; intervals are in order."""
        for place, row in enumerate(self.rows):
            missing = [name for name in self.labels if name not in row]
            if missing:
                yield f"rows[{place}]", f"has no {missing[0]!r}, expected a value for each of {self.labels}"
            for name, value in row.items():
                if "@" in name and (mistake := first_mistake(value, float, f"rows[{place}].{name}")):  # a metric
                    yield mistake
        for place, test in enumerate(self.tests):
            yield from ordered(f"tests[{place}].low", [test["low"], test["high"]], "the ends of the interval")
