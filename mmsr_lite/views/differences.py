"""What differs between two traces of one history, in a sentence and as a table.

A page says the same without Python: explorer/differences.js has `sayDifferences` and `sayVerdict`, and a test checks
that both say the same.
"""

from collections.abc import Sequence
from typing import Any

from mmsr_lite.records import TraceRecord
from mmsr_lite.records.schema import TableRow
from mmsr_lite.views import theme, untrusted, wording

RIGHT = 5  # the ranks that count as right, as in HR@5
ORDERS = {"heho": "early", "hohe": "late"}  # order of fusion in a record -> in words


def say_verdict(one: TraceRecord, two: TraceRecord, names: Sequence[str]) -> str:
    """Say which of two models ranks the next item well where the other does not; of a world, also why.

    Args:
        one: A trace.
        two: Another one, of the same history.
        names: What the two are called.

    Returns:
        A sentence, and the world's reason as a second one; empty where both are right or both are wrong.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> early = sample("trace")
        >>> late = early | {"target": early["target"] | {"rank": 25.0}}
        >>> say_verdict(early, late, ("A", "B"))
        'A is right here and B is wrong: what came next, Green skirt, has rank 3 in A and rank 25 in B.'
    """
    ends = one["target"], two["target"]
    if not ends[0] or not ends[1] or ends[0]["item"] != ends[1]["item"]:
        return ""
    is_right = [end["rank"] <= RIGHT for end in ends]
    if is_right[0] == is_right[1]:
        return ""
    orders = [order_of(record) for record in (one, two)]
    called = [untrusted.clean(name, 30) for name in names]
    if None not in orders and orders[0] != orders[1]:
        called = [f"{order} fusion" for order in orders]
    right, wrong = called if is_right[0] else called[::-1]
    title = untrusted.clean(ends[0]["title"], 40)
    places = [f"rank {wording.rank(end['rank'])} in {name}" for end, name in zip(ends, called, strict=True)]
    says = f"{right} is right here and {wrong} is wrong: what came next, {title}, has {places[0]} and {places[1]}."
    says = says[:1].upper() + says[1:]
    truth, loser = one["truth"] or {}, orders[is_right[0]]
    if loser is not None and truth.get("loser") == loser:
        says += f" Why: {untrusted.clean(truth['reason'], 300)}"
    return says


def order_of(record: TraceRecord) -> str | None:
    """The order of fusion of a model, by a record of it; None where the model has both orders, or none.

    Args:
        record: A trace.

    Returns:
        "early", "late" or None.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> order_of(sample("trace"))
    """
    fusion = str(record["model"].get("fusion") or "")
    return ORDERS.get(fusion.removesuffix("-invasive"), fusion if fusion in ORDERS.values() else None)


def say_differences(one: TraceRecord, two: TraceRecord, names: Sequence[str]) -> str:
    """Say how two traces differ: the rank of the next item, the largest change in its score, best items, edges.

    Args:
        one: A trace.
        two: Another trace of the same history, or of the history before an edit.
        names: What the two are called.

    Returns:
        The sentence.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> say_differences(sample("trace"), sample("trace"), ("early", "late"))[:50]
        'Both rank the next item, Green skirt, 3; 3 of the '
    """
    a, b = (untrusted.clean(name, 30) for name in names)
    target, other = one["target"], two["target"]
    if target and other and target["item"] == other["item"]:
        title = untrusted.clean(target["title"], 40)
        ranks = [wording.rank(end["rank"]) for end in (target, other)]
        says = [f"{a} ranks the next item, {title}, {ranks[0]}, and {b} ranks it {ranks[1]}"]
        if target["rank"] == other["rank"]:
            says = [f"Both rank the next item, {title}, {ranks[0]}"]
    else:
        first, second = (_first(record) for record in (one, two))
        says = [f"{a} puts {first} first, and {b} puts {second} first"]
    group = most_different_group(one, two)
    if group is not None:
        name, was, now = group
        short = theme.PATH_GROUPS.get(name)
        what = f"{short} ({name})" if short else name
        values = [wording.signed(value, 2) for value in (was, now)]
        says.append(f"of its score the part that differs most is {what}, {values[0]} against {values[1]}")
    tops = [[item["item"] for item in record["answer"]["top"]] for record in (one, two)]
    shared = sum(item in tops[1] for item in tops[0])
    says.append(f"{shared} of the first {wording.count(len(tops[0]), 'item')} are the same")
    alone = len(_edges(one) ^ _edges(two))
    if alone:
        says.append(f"{wording.count(alone, 'edge')} {'is' if alone == 1 else 'are'} in one graph alone")
    return f"{'; '.join(says)}."


def most_different_group(one: TraceRecord, two: TraceRecord) -> tuple[str, float, float] | None:
    """The group of paths whose contribution to the watched item's score differs most between two traces.

    Args:
        one: A trace; the item is its target, or its best one.
        two: Another trace.

    Returns:
        The group and its contribution in each trace; None where a trace lacks the flow of this item.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> most_different_group(sample("trace"), sample("trace")) is None
        True
    """
    flows = [_flow(record, watched(one)) for record in (one, two)]
    if flows[0] is None or flows[1] is None:
        return None
    pairs = list(zip(flows[0], flows[1], strict=True))
    place = max(range(len(pairs)), key=lambda group: abs(pairs[group][1] - pairs[group][0]))
    return one["flow"]["groups"][place], *pairs[place]


def watched(record: TraceRecord) -> int | None:
    """The item that the panels are about: the one that came next, or the best one where that is not known.

    Args:
        record: A trace.

    Returns:
        The item, or None.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> watched(sample("trace")) == sample("trace")["target"]["item"]
        True
    """
    if record["target"]:
        return record["target"]["item"]
    return record["answer"]["top"][0]["item"] if record["answer"]["top"] else None


def table_of(one: TraceRecord, two: TraceRecord, names: Sequence[str]) -> list[TableRow]:
    """Two traces as a table: rank and score of the next item, parts of that score, beta of the last item.

    Args:
        one: A trace.
        two: Another one.
        names: What the two are called.

    Returns:
        Rows `{"of": ..., name of one: ..., name of two: ...}`.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> table_of(sample("trace"), sample("trace"), ("a", "b"))[0]
        {'of': 'rank of the next item', 'a': 3.0, 'b': 3.0}
    """
    columns = [_numbers(record, watched(one)) for record in (one, two)]
    rows = [key for key in {**columns[0], **columns[1]} if any(column.get(key) is not None for column in columns)]
    return [{"of": row} | {name: column.get(row) for name, column in zip(names, columns, strict=True)} for row in rows]


def _numbers(record: TraceRecord, item: int | None) -> dict[str, float | None]:
    target = record["target"]
    found: dict[str, float | None] = {}
    if target:
        found |= {"rank of the next item": target["rank"], "its score": target["score"]}
    flow = _flow(record, item)
    if flow is not None and record["flow"]:
        found |= {f"from {group}": value for group, value in zip(record["flow"]["groups"], flow, strict=True)}
    for number, layer in enumerate(record["layers"], 1):
        pair = layer["beta"][record["history"][-1]["node"]] if layer["beta"] else None
        found[f"β of hohe at the last item, layer {number}"] = pair[0] if pair else None
    return found


def _flow(record: TraceRecord, item: int | None) -> list[float] | None:
    """The contributions to an item's score, by group of paths."""
    items = (record.get("flow") or {}).get("items", ())
    return next((own["groups"] for own in items if own["item"] == item), None)


def _first(record: TraceRecord) -> str:
    top = record["answer"]["top"]
    return untrusted.clean(top[0]["title"], 40) if top else ""


def _edges(record: TraceRecord) -> set[tuple[Any, ...]]:
    """The edges of a trace, each named by the types and ids of both ends."""
    keys = [(record["node_types"][node["type"]], node["id"]) for node in record["nodes"]]
    return {(keys[source], keys[centre]) for source, centre, _ in record["edges"]}
