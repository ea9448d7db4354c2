"""Leaks: what a data set says beside what its users do, such as the order in which a file lists the items of a day.

Within one time there is no order, yet every sequence model is trained and tested on one. Where the file lists its rows
by item, this order is the alphabet of the item ids, and a good part of what a model predicts is the alphabet. `leaks`
shows this on any data. It draws the order of ties anew, and measures what counting and a small SASRec lose. It counts
with rules of ids, of popularity and of repetition. It separates targets that are later than the item before them from
those at the same time. The page "Order that is not order" of the documentation explains each number.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from tqdm.auto import tqdm

from mmsr_lite.arguments import SEED, checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.order import break_ties, in_file_order, order_facts
from mmsr_lite.data.split import Examples, Split, headline, own_target_share, split
from mmsr_lite.data.users import drawn_users, of_users
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.counting_with_rules import Chain, choose_weights, ranks_with_rules
from mmsr_lite.evaluation.leak_effects import COUNTING, LEARNED, Known, RanksInOrder, effects
from mmsr_lite.evaluation.rankings import RANKINGS, key_of, results
from mmsr_lite.evaluation.ranks import both_ranks
from mmsr_lite.evaluation.rules import rules_for
from mmsr_lite.evaluation.small_sasrec import SmallSASRec, SmallSASRecConfig
from mmsr_lite.records import LeaksRecord
from mmsr_lite.records.leaks import Effect, Sampled
from mmsr_lite.records.schema import Plain
from mmsr_lite.records.training import metrics_in

MOST_INTERACTIONS = 1_000_000  # where there are more, users are drawn at random until there are so many
MOST_SCORES = 450_000_000  # test targets times items in one order; where there are more, users are drawn
MOST_VALIDATION = 3_000  # validation targets on which weights are chosen
MOST_LEARNED = 150_000  # training targets of the small SASRec


@checked(seed=SEED)
def leaks(
    data: Dataset | str | os.PathLike,
    *,
    tie_seeds: tuple[int, ...] = (0, 1, 2),
    decay: float = 0.5,
    by: str = "auto",
    learn: bool = True,
    seed: int = 0,
    progress: bool = False,
) -> LeaksRecord:
    """Measure what the order of the file, item ids, popularity and repetition alone predict on a data set.

    It takes less than two minutes on two cores of a laptop. Of large data sets only some users, drawn at random, are
    read; the record says so.

    Args:
        data: a data set, or a source as `load` takes it. Ties that were broken go back to the order of the file.
        tie_seeds: the seeds of the random orders at ties.
        decay: counting is a Markov chain, in which this is the factor of an item's weight for each step further back.
        by: the split, one of `data.split.SPLITS`.
        learn: whether to train the small SASRec too. It does not converge, so its two numbers can only be compared with
            each other.
        seed: the seed of the draw of users and of the small SASRec.
        progress: whether to show a bar.

    Returns:
        A record (`mmsr-lite/leaks/1`):
        `order`: the counts of `data.order.order_facts`; `headline`, `own_targets`: see `evaluation.rankings.results`;
        `sampled`: None, or how many users of how many were drawn;
        `rows`: one for each system, rule, order, tie seed and group of targets ("every", "later", "same time") with
        HR@K, MRR@K and NDCG@K of both rankings in percent;
        `weights`: order -> rule -> weight, chosen on the training part;
        `effects`: one for each question, with `before`, `after`, `difference` and `error` (one standard error over
        users) in points of HR@5 of one `ranking`, `verdict` ("leak", "effect" or "none") and `sentence`;
        `leaks`: the names of the effects that are leaks; `sentence`: a summary; `seconds`: how long it took.

    Raises:
        MMSRError: the data set has no test targets, or `tie_seeds` is empty.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("cycle", config=WardrobeConfig(looks=3, themes=3, items_per_cell=2, users=60), modalities=())
        >>> record = leaks(world, learn=False)
        >>> record["leaks"], record["order"]["tied"]
        ([], 0.0)
    """
    if not tie_seeds:
        raise MMSRError("tie_seeds is empty; expected at least one seed, such as (0, 1, 2)")
    began = time.perf_counter()
    dataset = _opened(data)
    facts = order_facts(dataset)
    dataset = in_file_order(dataset)
    users_before = dataset.num_users
    rng = np.random.default_rng(seed)
    dataset = _fewer_users(dataset, rng)
    tested, test_targets = _tested_users(dataset, by, rng)
    orders: list[tuple[str, int | None]] = [("file", None)]
    if facts["tied"] > 0:
        orders += [("random", tie_seed) for tie_seed in tie_seeds]
    runs: list[RanksInOrder] = []
    weights: dict[str, dict[str, float]] = {}
    for place, (order, tie_seed) in enumerate(tqdm(orders, "orders", disable=not progress)):
        ordered = dataset if tie_seed is None else break_ties(dataset, "random", tie_seed)
        with_rules = place < 2  # in the file's order and in the first random one
        ranks_of, chosen = _counted(ordered, by, tested, decay, not facts["times_are_steps"], with_rules)
        if with_rules:
            weights[order] = chosen
            if learn:
                ranks_of[LEARNED, None] = _learned(ordered, by, tested, seed, rng)
        examples = _test_part(ordered, by, tested)
        runs.append({"order": order, "tie_seed": tie_seed, "ranks": ranks_of, "examples": examples})
    first = runs[0]["examples"]
    known: Known = {
        "order": facts,
        "headline": headline(Split(first, first, first)),
        "own_targets": 100 * own_target_share(first),
        "targets": len(first),
        "weights": weights,
    }
    sampled: Sampled | None = None
    if len(first) < test_targets or dataset.num_users < users_before:
        sampled = {"users": int(tested.sum()), "of": users_before}
    answers = effects(known, runs)
    return LeaksRecord(
        {
            "schema": LeaksRecord.schema,
            "dataset": dataset.name,
            "num_users": users_before,
            "num_items": dataset.num_items,
            **known,
            "sampled": sampled,
            "decay": decay,
            "tie_seeds": list(tie_seeds),
            "rows": [row for run in runs for row in _rows(run)],
            "effects": answers,
            "leaks": [effect["name"] for effect in answers if effect["verdict"] == "leak"],
            "seconds": time.perf_counter() - began,
            "sentence": _summary(dataset.name, answers),
        }
    )


def _opened(data: Dataset | str | os.PathLike) -> Dataset:
    """The data set, loaded where a source was given."""
    if isinstance(data, Dataset):
        return data
    from mmsr_lite.data import load

    return load(data, modalities=[], ties="file")


def _fewer_users(dataset: Dataset, rng: np.random.Generator) -> Dataset:
    """The data set, with only some users, drawn at random, when it is large; all items stay."""
    if len(dataset.item) <= MOST_INTERACTIONS:
        return dataset
    return of_users(dataset, drawn_users(np.diff(dataset.offsets), MOST_INTERACTIONS, rng))


def _tested_users(dataset: Dataset, by: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """(U,) bool, whether the test targets of each user are ranked; and the number of all test targets."""
    test = split(dataset, by=by, validation=False).test
    if not len(test):
        raise MMSRError(f"{dataset.name!r} has no test targets; give users at least five interactions")
    targets_of_users = np.bincount(test.user, minlength=dataset.num_users)
    most = max(MOST_SCORES // dataset.num_items, int(targets_of_users.max()))  # one user at least
    return drawn_users(targets_of_users, most, rng), len(test)


def _test_part(dataset: Dataset, by: str, tested: np.ndarray) -> Examples:
    """The test examples of the users (U,) that are tested."""
    test = split(dataset, by=by, validation=False).test
    return test.select(tested[test.user])


def _counted(
    dataset: Dataset, by: str, tested: np.ndarray, decay: float, dated: bool, with_rules: bool
) -> tuple[dict[tuple[str, str | None], np.ndarray], dict[str, float]]:
    """(system, rule) -> (2, targets) ranks of counting, and the weights of the rules."""
    train, test = split(dataset, by=by, validation=False).train, _test_part(dataset, by, tested)
    chain = Chain(train, dataset.num_items, decay)
    if not with_rules:
        return {(COUNTING, None): ranks_with_rules(chain, test, [None])[0]}, {}
    held_out = split(dataset, by=by)
    judged = held_out.validation
    some = np.unique(np.linspace(0, len(judged) - 1, min(MOST_VALIDATION, len(judged))).astype(int))
    held_out = replace(held_out, validation=judged.select(some))
    ranking = headline(Split(test, test, test))
    chosen = choose_weights(dataset, held_out, decay=decay, dated=dated, ranking=ranking)
    rules = rules_for(dataset, train, test, dated=dated)
    ranks_of_rules = ranks_with_rules(chain, test, [None, *((rule, chosen[rule.name]) for rule in rules)])
    names = [None, *(rule.name for rule in rules)]
    return {(COUNTING, name): both for name, both in zip(names, ranks_of_rules, strict=True)}, chosen


def _learned(dataset: Dataset, by: str, tested: np.ndarray, seed: int, rng: np.random.Generator) -> np.ndarray:
    """(2, targets) ranks of a small SASRec."""
    train, test = split(dataset, by=by, validation=False).train, _test_part(dataset, by, tested)
    if len(train) > MOST_LEARNED:
        targets_of_users = np.bincount(train.user, minlength=dataset.num_users)
        train = train.select(drawn_users(targets_of_users, MOST_LEARNED, rng)[train.user])
    torch.manual_seed(seed)  # of the weights that it starts with
    model = SmallSASRec(SmallSASRecConfig(seed=seed), dataset.num_items)
    model.learn(train)
    return np.stack(list(both_ranks(model, test).values()))


def _rows(run: RanksInOrder) -> list[dict[str, Plain]]:
    """The metrics of each system in one order, for each group of targets."""
    rows = []
    for (system, rule), both in run["ranks"].items():
        of_both = results(dict(zip(RANKINGS, both, strict=True)), run["examples"])
        for group in of_both["targets"]:
            labels: dict[str, Plain] = {
                "system": system,
                "rule": rule,
                "order": run["order"],
                "tie_seed": run["tie_seed"],
                "group": group,
            }
            values: dict[str, Plain] = {
                key_of(name, ranking): value
                for ranking in RANKINGS
                for name, value in metrics_in(of_both, ranking)[group].items()
            }
            rows.append(labels | {"targets": of_both["targets"][group]} | values)
    return rows


def _summary(name: str, answers: Sequence[Effect]) -> str:
    """The leaks of the data set `name` in one or two sentences."""
    leaks = [effect for effect in answers if effect["verdict"] == "leak"]
    if not leaks:
        return f"{name}: no leak was found in the order of ties or in the ids."
    counted = "one leak" if len(leaks) == 1 else f"{len(leaks)} leaks"
    names = ", ".join(effect["name"] for effect in leaks)
    return f"{name}: {counted} ({names}). {' '.join(effect['sentence'] for effect in leaks)}"


def leaks_report(record: LeaksRecord) -> str:
    """The record of `leaks` as lines of text: a table in percent, then a sentence for each question.

    Args:
        record: what `leaks` gave.

    Returns:
        Several lines.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> leaks_report(sample("leaks")).splitlines()[0]
        'a made-up shop: 50 users, 30 items; 90 test targets'
    """
    shown = ("HR@5", "MRR@5", "HR@20", "masked HR@5", "masked MRR@5", "masked HR@20")
    lines = [
        f"{record['dataset']}: {record['num_users']:,} users, {record['num_items']:,} items; "
        f"{record['targets']:,} test targets"
    ]
    if record["sampled"] is not None:
        lines += [
            f"drawn at random: the targets of {record['sampled']['users']:,} of {record['sampled']['of']:,} users"
        ]
    lines += ["", "percent".ljust(56) + "".join(name.rjust(14) for name in shown)]
    for label, rows in _table(record):
        values = [np.mean([row[name] for row in rows]) for name in shown]
        lines.append(label.ljust(56) + "".join(f"{value:14.2f}" for value in values))
    lines += ["", *(f"{effect['name']} [{effect['verdict']}]: {effect['sentence']}" for effect in record["effects"])]
    return "\n".join([*lines, "", record["sentence"], f"({record['seconds']:.0f} seconds)"])


def _table(record: LeaksRecord) -> list[tuple[str, list[dict[str, Plain]]]]:
    """Rows of the record by system, rule, order and group of targets; those of several tie seeds together."""
    grouped: dict[str, list[dict[str, Plain]]] = {}
    for row in record["rows"]:
        rule = "" if row["rule"] is None else f" + rule of {row['rule']}"
        group = "" if row["group"] == "every" else f", {row['group']} targets"
        if row["group"] == "every" or row["rule"] is None:
            order = "ties as in the file" if row["order"] == "file" else "ties at random"
            grouped.setdefault(f"{row['system']}{rule}, {order}{group}", []).append(row)
    return list(grouped.items())
