"""Leaks: what a data set tells beside what its users do, such as the order in which a file lists one day.

Within one time there is no order, yet every model of sequences is trained and tested on one. Where the file lists its
rows by item, that order is the alphabet of item ids, and a good part of what a model predicts is the alphabet. `leaks`
shows it on any data: it draws the order of ties anew and looks at what is lost, by counting and by a small SASRec; it
counts with rules of ids, of popularity and of repetition; and it tells targets that are later from those of the same time
as the item before them. The page "Order that is not order" of the documentation explains each number.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.order import PER_INTERACTION, break_ties, fixed_order, in_file_order, order_facts
from mmsr_lite.data.split import Examples, Split, headline, own_target_share, split
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.metrics import gains
from mmsr_lite.evaluation.rankings import RANKINGS, key_of, results
from mmsr_lite.evaluation.ranks import both_ranks
from mmsr_lite.evaluation.rules import Chain, choose_weights, ranks_with_rules, rules_for
from mmsr_lite.evaluation.small_sasrec import SmallSASRec, SmallSASRecConfig
from mmsr_lite.records import LeaksRecord

MOST_INTERACTIONS = 1_000_000  # of more, users are drawn at random until there are no more than so many
MOST_SCORES = 450_000_000  # test targets times items that are ranked in one order; of more, users are drawn at random
MOST_VALIDATION = 3_000  # validation targets on which weights are chosen
MOST_LEARNED = 150_000  # training targets of the small SASRec
CLEAR = 3.0  # standard errors over users from which on a difference counts
LEAST_TIED = 0.5  # percent of neighbours below which the order at ties is not worth a verdict
COUNTING, LEARNED = "counting", "small SASRec"
METRIC = "HR@5"  # what sentences and verdicts speak of


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
    """What the order of a file, item ids, popularity and repetition alone predict on a data set.

    It takes under two minutes on two cores of a laptop. Of large data users are drawn at random, and the record says so.

    Args:
        data: A data set, or a source as `load` takes it. A data set whose ties were broken goes back to its file's order.
        tie_seeds: Seeds of the random orders at ties.
        decay: Of counting, a Markov chain: the weight of an item of the history for each step further back.
        by: The split, one of `data.split.SPLITS`.
        learn: Whether to train the small SASRec too. It is not converged, so its two numbers are for each other alone.
        seed: Seed of the draw of users and of the small SASRec.
        progress: Whether to show a bar.

    Returns:
        A record (`mmsr-lite/leaks/1`):
        `order`: the counts of `data.order.order_facts`; `headline`, `own_targets`: see `evaluation.rankings.results`;
        `sampled`: None, or how many users of how many were drawn;
        `rows`: one for each system, rule, order, tie seed and group of targets ("every", "later", "same time") with
        HR@K, MRR@K and NDCG@K of both rankings in percent;
        `weights`: order -> rule -> weight, chosen on the training part;
        `effects`: one for each question, with `before`, `after`, `difference` and `error` (one standard error over
        users) in points of HR@5 of one `ranking`, `verdict` ("leak", "effect" or "none") and `sentence`;
        `leaks`: the names of the effects that are leaks; `sentence`: all of it in short; `seconds`.

    Raises:
        MMSRError: The data set has no test targets, or `tie_seeds` is empty.

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
    runs, weights = [], {}
    for place, (order, tie_seed) in enumerate(tqdm(orders, "orders", disable=not progress)):
        ordered = dataset if tie_seed is None else break_ties(dataset, "random", tie_seed)
        with_rules = place < 2  # in the file's order and in the first random one
        found, chosen = _counted(ordered, by, tested, decay, not facts["times_are_steps"], with_rules)
        if with_rules:
            weights[order] = chosen
            if learn:
                found[LEARNED, None] = _learned(ordered, by, tested, seed, rng)
        examples = _test_part(ordered, by, tested)
        runs.append({"order": order, "tie_seed": tie_seed, "ranks": found, "examples": examples})
    first = runs[0]["examples"]
    record: dict[str, Any] = {
        "schema": LeaksRecord.schema,
        "dataset": dataset.name,
        "num_users": users_before,
        "num_items": dataset.num_items,
        "order": facts,
        "headline": headline(Split(first, first, first)),
        "own_targets": 100 * own_target_share(first),
        "targets": len(first),
        "sampled": None,
        "decay": decay,
        "tie_seeds": list(tie_seeds),
        "weights": weights,
        "rows": [row for run in runs for row in _rows(run)],
    }
    if len(first) < test_targets or dataset.num_users < users_before:
        record["sampled"] = {"users": int(tested.sum()), "of": users_before}
    record["effects"] = _effects(record, runs)
    record["leaks"] = [effect["name"] for effect in record["effects"] if effect["verdict"] == "leak"]
    record["seconds"] = time.perf_counter() - began
    return LeaksRecord(record | {"sentence": _summary(record)})


def _opened(data: Dataset | str | os.PathLike) -> Dataset:
    if isinstance(data, Dataset):
        return data
    from mmsr_lite.data import load

    return load(data, modalities=[], ties="file")


def _fewer_users(dataset: Dataset, rng: np.random.Generator) -> Dataset:
    """The data set, or a part of its users drawn at random when it is large; the catalogue stays."""
    if len(dataset.item) <= MOST_INTERACTIONS:
        return dataset
    order = rng.permutation(dataset.num_users)
    kept = np.sort(order[np.cumsum(np.diff(dataset.offsets)[order]) <= MOST_INTERACTIONS])
    number = np.full(dataset.num_users, -1)
    number[kept] = np.arange(len(kept))
    rows = np.flatnonzero(number[dataset.user] >= 0)
    facts = {name: np.asarray(dataset.facts[name])[rows] for name in PER_INTERACTION if name in dataset.facts}
    return replace(
        dataset,
        user=number[dataset.user[rows]],
        item=dataset.item[rows],
        time=dataset.time[rows],
        user_ids=tuple(dataset.user_ids[user] for user in kept),
        facts=dataset.facts | facts,
    )


def _tested_users(dataset: Dataset, by: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """(U,) bool whose test targets are ranked, and how many test targets all users have."""
    test = split(dataset, by=by, validation=False).test
    if not len(test):
        raise MMSRError(f"{dataset.name!r} has no test targets; give users at least five interactions")
    many = np.bincount(test.user, minlength=dataset.num_users)
    most = max(MOST_SCORES // dataset.num_items, 1)
    order = rng.permutation(dataset.num_users)
    tested = np.zeros(dataset.num_users, bool)
    tested[order[np.cumsum(many[order]) <= most]] = True
    return tested, len(test)


def _test_part(dataset: Dataset, by: str, tested: np.ndarray) -> Examples:
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
    found = ranks_with_rules(chain, test, [None, *((rule, chosen[rule.name]) for rule in rules)])
    names = [None, *(rule.name for rule in rules)]
    return {(COUNTING, name): both for name, both in zip(names, found, strict=True)}, chosen


def _learned(dataset: Dataset, by: str, tested: np.ndarray, seed: int, rng: np.random.Generator) -> np.ndarray:
    """(2, targets) ranks of a small SASRec."""
    train, test = split(dataset, by=by, validation=False).train, _test_part(dataset, by, tested)
    if len(train) > MOST_LEARNED:
        many = np.bincount(train.user, minlength=dataset.num_users)
        order = rng.permutation(dataset.num_users)
        kept = np.zeros(dataset.num_users, bool)
        kept[order[np.cumsum(many[order]) <= MOST_LEARNED]] = True
        train = train.select(kept[train.user])
    model = SmallSASRec(SmallSASRecConfig(seed=seed), dataset.num_items)
    model.learn(train)
    return np.stack(list(both_ranks(model, test).values()))


def _rows(run: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics of each system in one order, for each group of targets."""
    rows = []
    for (system, rule), both in run["ranks"].items():
        found = results(dict(zip(RANKINGS, both, strict=True)), run["examples"])
        for group in found["targets"]:
            labels = {
                "system": system,
                "rule": rule,
                "order": run["order"],
                "tie_seed": run["tie_seed"],
                "group": group,
            }
            values = {key_of(name, ranking): v for ranking in RANKINGS for name, v in found[ranking][group].items()}
            rows.append(labels | {"targets": found["targets"][group]} | values)
    return rows


def _hits(run: dict[str, Any], system: str, rule: str | None, ranking: str, users: int) -> np.ndarray:
    """(U,) how many targets of each user stand among the first five."""
    ranks = run["ranks"][system, rule][list(RANKINGS).index(ranking)]
    return np.bincount(run["examples"].user, gains(ranks)[METRIC], minlength=users)


def _effect(name: str, before: np.ndarray, after: np.ndarray, targets: int, ranking: str) -> dict[str, Any]:
    """A difference of HR@5 in points, with its standard error over users, from hits (U,) of each user."""
    change = after - before
    error = 100 * float(np.sqrt(len(change) * change.var()) / targets)
    difference = 100 * float(change.sum() / targets)
    values = {"before": 100 * float(before.sum() / targets), "after": 100 * float(after.sum() / targets)}
    clear = abs(difference) > CLEAR * error
    return {"name": name, "ranking": ranking, **values, "difference": difference, "error": error, "clear": bool(clear)}


def _effects(record: dict[str, Any], runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One effect for each question that the data allow."""
    users = max(int(run["examples"].user.max()) for run in runs) + 1
    targets, shown = record["targets"], record["headline"]
    file, *random = runs

    def hits(run: dict[str, Any], system: str, rule: str | None = None, ranking: str = shown) -> np.ndarray:
        return _hits(run, system, rule, ranking, users)

    effects = []
    if record["order"]["tied"] >= LEAST_TIED:
        mean = np.mean([hits(run, COUNTING, None, "all") for run in random], axis=0)
        counted = _effect("tie order", hits(file, COUNTING, None, "all"), mean, targets, "all")
        effects.append(counted | _tie_verdict(record, counted))
        if (LEARNED, None) in file["ranks"]:
            pair = hits(file, LEARNED, None, "all"), hits(random[0], LEARNED, None, "all")
            learned = _effect("tie order, small SASRec", *pair, targets, "all")
            sentence = (
                f"A small SASRec, which is not converged, has {learned['before']:.2f} with ties as in the file and "
                f"{learned['after']:.2f} with ties at random."
            )
            effects.append(learned | {"verdict": "effect" if learned["clear"] else "none", "sentence": sentence})
    ids = _effect("ids", hits(file, COUNTING), hits(file, COUNTING, "ids"), targets, shown)
    if random:
        other = _effect("ids", hits(random[0], COUNTING), hits(random[0], COUNTING, "ids"), targets, shown)
        effects.append(ids | _ids_verdict(record, ids, other))
    else:
        effects.append(ids | _ids_verdict(record, ids, None))
    honest, order = (random[0], "random") if random else (file, "file")
    repeated = _effect(
        "repetition", hits(honest, COUNTING, None, "all"), hits(honest, COUNTING, "repetition", "all"), targets, "all"
    )
    effects.append(repeated | _repetition_verdict(record, repeated, record["weights"][order]["repetition"]))
    popular = hits(honest, COUNTING, "popularity")
    always = _effect("popularity", hits(honest, COUNTING), popular, targets, shown)
    effects.append(always | _added(always, "How popular an item is in the whole training part"))
    if (COUNTING, "popularity now") in honest["ranks"]:
        now = _effect("popularity now", popular, hits(honest, COUNTING, "popularity now"), targets, shown)
        words = "How popular an item was shortly before, in place of its popularity in the whole training part,"
        effects.append(now | _added(now, words))
    return effects


def _tie_verdict(record: dict[str, Any], effect: dict[str, Any]) -> dict[str, str]:
    facts, fixed = record["order"], fixed_order(record["order"])
    rising = (
        "" if facts["tied_rising"] is None else f", and {facts['tied_rising']:.1f} % of these pairs have rising ids"
    )
    sentence = (
        f"{facts['tied']:.1f} % of neighbours have the same time{rising}. With ties at random counting goes from "
        f"{effect['before']:.2f} to {effect['after']:.2f}"
    )
    if not effect["clear"] or effect["difference"] > 0:
        also = " The ids fix the order of ties, so break them at random all the same." if fixed else ""
        return {"verdict": "none", "sentence": f"{sentence}: the order of ties in the file gives nothing away.{also}"}
    lost = f"{-effect['difference']:.2f} points come from the order of the file"
    if fixed:
        return {
            "verdict": "leak",
            "sentence": f"{sentence}: {lost}, which is that of the ids and not of what happened.",
        }
    doubt = "unless the file is known to list what happened in its order, this is a leak"
    return {"verdict": "leak", "sentence": f"{sentence}: {lost}; {doubt}."}


def _ids_verdict(record: dict[str, Any], effect: dict[str, Any], other: dict[str, Any] | None) -> dict[str, str]:
    weight = record["weights"]["file"]["ids"]
    if weight == 1:
        return {"verdict": "none", "sentence": "No rule of ids was better on the training part than none."}
    which = "higher" if weight > 1 else "lower"
    sentence = (
        f"Preferring {which} ids than the last one (x {max(weight, 1 / weight):.2g}) adds {effect['difference']:+.2f}"
    )
    if other is not None:
        sentence += f" with ties as in the file, and with ties at random its own weight adds {other['difference']:+.2f}"
    if effect["clear"] and effect["difference"] > 0:
        return {"verdict": "leak", "sentence": f"{sentence}: the ids say something about what comes next."}
    return {"verdict": "none", "sentence": f"{sentence}, {_doubt(effect)}."}


def _repetition_verdict(record: dict[str, Any], effect: dict[str, Any], weight: float) -> dict[str, str]:
    share = f"{record['own_targets']:.2f} % of the targets lie in their own history"
    if weight == 0:
        return {"verdict": "none", "sentence": f"{share}; no rule of repetition was better than none."}
    what = "Putting own items behind all others" if weight < 0 else "Preferring own items"
    added = f"{share}. {what} adds {effect['difference']:+.2f}"
    if effect["clear"] and effect["difference"] > 0:
        return {"verdict": "effect", "sentence": f"{added}: look at the {record['headline']} ranking first."}
    return {"verdict": "none", "sentence": f"{added}, {_doubt(effect)}."}


def _added(effect: dict[str, Any], what: str) -> dict[str, str]:
    clear = effect["clear"] and effect["difference"] > 0
    sentence = f"{what} adds {effect['difference']:+.2f} to counting"
    if clear:
        return {"verdict": "effect", "sentence": f"{sentence}."}
    return {"verdict": "none", "sentence": f"{sentence}, {_doubt(effect)}."}


def _doubt(effect: dict[str, Any]) -> str:
    """Why a rule that seemed to help on the training part counts for nothing."""
    if effect["clear"] and effect["difference"] < 0:
        return "so what seemed to help on the training part does not hold"
    return f"which is within {CLEAR:g} standard errors of nothing"


def _summary(record: dict[str, Any]) -> str:
    names = record["leaks"]
    if not names:
        return f"{record['dataset']}: no leak was found in the order of ties or in the ids."
    sentences = [effect["sentence"] for effect in record["effects"] if effect["verdict"] == "leak"]
    return f"{record['dataset']}: {len(names)} leak{'s' if len(names) > 1 else ''} ({', '.join(names)}). {' '.join(sentences)}"


def leaks_text(record: Mapping[str, Any]) -> str:
    """The record of `leaks` as lines of text: a table in percent, then a sentence for each question.

    Args:
        record: From `leaks`.

    Returns:
        Several lines.
    """
    shown = ("HR@5", "MRR@5", "HR@20", "masked HR@5", "masked MRR@5", "masked HR@20")
    lines = [
        f"{record['dataset']}: {record['num_users']:,} users, {record['num_items']:,} items; {record['targets']:,} test targets"
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


def _table(record: Mapping[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Rows of the record by system, rule, order and group of targets; those of several tie seeds together."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in record["rows"]:
        rule = "" if row["rule"] is None else f" + rule of {row['rule']}"
        group = "" if row["group"] == "every" else f", {row['group']} targets"
        if row["group"] == "every" or row["rule"] is None:
            order = "ties as in the file" if row["order"] == "file" else "ties at random"
            grouped.setdefault(f"{row['system']}{rule}, {order}{group}", []).append(row)
    return list(grouped.items())
