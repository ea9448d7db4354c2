"""Random requests to an explorer, and how the records of Python and of the engine in a page may differ."""

import copy
import json
import math
import random
import re
from itertools import groupby

import numpy as np

from mmsr_lite.errors import MMSRError

CLOSE = 1e-4  # of numbers, relative above one
TIE = 4e-6  # of two scores, relative above one: nearer ones may come in either order; sides differ by 9e-7 at most
NUMBERS = (int, float)  # and not bool, which is a kind of int
VERDICT = {"outside", "alike", "place"}
NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?")
REPEATS = 6


def random_request(record: dict, rng: random.Random, items: int, users: list) -> dict:
    """A request that a person could make of what `record` shows; some cannot be carried out."""
    length = len(record["history"])
    place = lambda: rng.randint(1, length)  # noqa: E731
    name = rng.choice(
        ["add", "remove", "move", "replace", "undo", "redo", "user", "families", "find", "product", *["what_if"] * 6]
    )
    fields = {
        "add": lambda: {"item": rng.randint(1, items), "position": rng.randint(1, length + 1)},
        "remove": lambda: {"position": place()},
        "move": lambda: {"position": place(), "to": place()},
        "replace": lambda: {"position": place(), "item": rng.randint(1, items + 1)},
        "user": lambda: {"user": rng.choice(users)},
        "families": lambda: {"families": rng.sample(["homogeneous", "heterogeneous"], rng.randint(0, 2))},
        "find": lambda: {"words": str(rng.randint(1, 9))},
        "product": lambda: {
            "layer": rng.randint(0, 1),
            "path": rng.choice(["hohe", "heho"]),
            "phase": rng.randint(0, 1),
            "edge": rng.randint(0, len(record["edges"])),
        },
        "what_if": lambda: {"change": random_change(record, rng, items), "repeats": REPEATS},
    }
    return {"do": name, **fields.get(name, dict)()}


def random_change(record: dict, rng: random.Random, items: int) -> dict | list | str:
    """A change of any kind."""
    names, length = record["node_types"], len(record["history"])
    place = rng.randint(1, length)
    node, (neighbour, centre, _) = rng.choice(record["nodes"]), rng.choice(record["edges"])
    named = lambda n: [names[record["nodes"][n]["type"]], record["nodes"][n]["id"]]  # noqa: E731
    part = {"modality": rng.choice([None, *names[1:]])}
    rate = {"rate": rng.choice([0.3, 0.5, 1])}
    own = {"type": names[node["type"]], "id": node["id"]}
    to = {"do": "gate", "to": rng.choice(["hohe", "heho", "half"])}
    changes = [
        "shuffle",
        {"do": "shuffle", **rate},
        {"do": "mismatch", **part, **rate},
        {"do": "noise", **part, **rate},
        {"do": "swap", **part, "position": place, "other": rng.randint(1, length)},
        {"do": "drop", **part, "position": rng.choice([None, place])},
        {"do": "remove", "position": place},
        {"do": "replace", "position": place, "item": rng.randint(1, items)},
        {"do": "move", "position": place, "to": rng.randint(1, length)},
        {"do": "add", "item": rng.randint(1, items), "position": rng.choice([None, place])},
        {"do": "node", **own},
        {"do": "edge", "centre": named(centre), "neighbour": named(neighbour)},
        {"do": "relation", "relation": rng.choice(["self", "out", "in", "both", "match", "homogeneous"])},
        to,
        {**to, "type": rng.choice(names)},
        {**to, **own, "layer": rng.choice([None, 0, 1])},
    ]
    return rng.choice([*changes, [changes[6], to], [changes[9], changes[2]]])


def answers_of(session, count: int, rng: random.Random, items: int, users: list) -> tuple[list[dict], list[dict]]:
    """Random requests, and what Python answers to each: message, record, error."""
    requests, answers = [], []
    for _ in range(count):
        requests.append(random_request(session.record, rng, items, users))
        answers.append(answer_of(session, requests[-1]))
    return requests, answers


def answer_of(session, request: dict) -> dict:
    """What Python answers to one request: message, record, error."""
    message, error = None, None
    try:
        message = session.do(request)
    except MMSRError as mistake:
        error = str(mistake)
    return json.loads(json.dumps({"message": message, "record": session.record, "error": error}))


def differences(one, two, name="") -> list[str]:
    """Where two answers, or what both have in the field `name`, differ by more than rounding.

    C and k, which a page cannot change, are left out.
    """
    if type(one) in NUMBERS and type(two) in NUMBERS:
        same = one == two or abs(one - two) <= CLOSE + CLOSE * abs(two) < math.inf
    elif isinstance(one, dict) and isinstance(two, dict):
        keys = [key for key in {**one, **two} if not (name == "draft" and key.startswith("codes"))]
        missing = [f".{key}: only one has it" for key in keys if (key in one) != (key in two)]
        both = [key for key in keys if key in one and key in two]
        return missing + [f".{key}{d}" for key in both for d in differences(one[key], two[key], key)]
    elif isinstance(one, list) and isinstance(two, list):
        if len(one) != len(two):
            return [f": {len(one)} and {len(two)} values"]
        return [f"[{n}]{d}" for n, (a, b) in enumerate(zip(one, two, strict=True)) for d in differences(a, b, "")]
    elif isinstance(one, str) and isinstance(two, str) and name.endswith("sentence"):
        same = NUMBER.sub("#", one) == NUMBER.sub("#", two)  # the numbers stand in the record, too
    else:
        same = one == two
    return [] if same else [f": {one!r} and {two!r}"]


def compared(python: dict, engine: dict) -> tuple[list[str], set[str]]:
    """Two answers to one request, compared but for what rounding tells.

    Scores nearer than `TIE` may come in either order, so of a run of such scores the set of items is compared, and its
    ranks are not. A verdict on a delta that lies all but on the end of its band may be either. All else is compared.

    Returns:
        Where the answers differ, and what was not compared: "order", "verdict" or nothing.
    """
    one, two, untold = _copy(python), _copy(engine), set()
    for name in ("clean", "changed", None):
        pair = [_record_of(answer, name) for answer in (one, two)]
        if not all(pair):
            continue
        tied, ends = _tied(pair[0]), [record["answer"]["top"][-1]["item"] for record in pair]
        if tied or ends[0] != ends[1]:
            untold.add("order")
            _sort_ties(*pair, tied)
            for answer, record in zip((one, two), pair, strict=True):
                _forget_ranks(answer, record, name, {item for run in tied for item in run})
    measures = [((answer["message"] or {}).get("what_if") or {}).get("measures") or {} for answer in (one, two)]
    for name in measures[0].keys() & measures[1].keys():
        if measures[0][name] and measures[1][name] and _is_on_the_edge(name, measures[0][name]):
            untold.add("verdict")
            for measure in measures:
                measure[name] |= dict.fromkeys(VERDICT & measure[name].keys())
            for answer in (one, two):
                _forget_verdict(answer)
    if _forget_next_ranks(one, two):
        untold.add("order")
    return differences(one, two), untold


def _copy(answer: dict) -> dict:
    """The answer; what `compared` may change in it is a copy."""
    answer = answer | {"record": _own(answer["record"])}
    what_if = (answer["message"] or {}).get("what_if")
    if what_if:
        parts = {name: _own(what_if[name]) for name in ("clean", "changed")}
        parts |= {name: copy.deepcopy(what_if[name]) for name in ("top", "measures")}
        answer["message"] = answer["message"] | {"what_if": what_if | parts}
    return answer


def _own(record: dict) -> dict:
    return record | {name: copy.deepcopy(record[name]) for name in ("answer", "target", "flow") if name in record}


def _record_of(answer: dict, name: str | None) -> dict | None:
    """The record that is shown, or one end of the comparison."""
    return answer["record"] if name is None else ((answer["message"] or {}).get("what_if") or {}).get(name)


def _tied(record: dict) -> list[set[int]]:
    """Runs of items, among the best and the next one, whose scores follow each other too closely."""
    rows = [*record["answer"]["top"], *filter(None, [record["target"]])]
    scores = {row["item"]: row["score"] for row in rows}
    runs: list[set[int]] = []
    before = None
    for item in sorted(scores, key=lambda item: -scores[item]):
        if before is not None and scores[before] - scores[item] < TIE * max(1, abs(scores[item])):
            runs[-1].add(item)
        else:
            runs.append({item})
        before = item
    return [run for run in runs if len(run) > 1]


def _sort_ties(one: dict, two: dict, tied: list[set[int]]) -> None:
    """Within each run the items of both records by number; items at the cut that only one of them has are left out."""
    tops = [record["answer"]["top"] for record in (one, two)]
    end = tops[0][-1]["score"]
    kept = {row["item"] for row in tops[0]} & {row["item"] for row in tops[1]}
    run_of = {item: number for number, run in enumerate(tied) for item in run}
    for record, top in zip((one, two), tops, strict=True):
        # Who is beyond the cut is not in the record: one who has the last score may stand there for another.
        top = [row for row in top if row["item"] in kept or abs(row["score"] - end) > TIE * max(1, abs(end))]
        runs = groupby(top, key=lambda row: run_of.get(row["item"], ("alone", row["item"])))
        record["answer"]["top"] = [row for _, run in runs for row in sorted(run, key=lambda row: row["item"])]
        if record.get("flow"):
            goal = record["target"]["item"] if record["target"] else None
            flows = [flow for flow in record["flow"]["items"] if flow["item"] in {*kept, goal}]
            record["flow"]["items"] = sorted(flows, key=lambda flow: flow["item"])
    flows = [record["flow"]["items"] if record.get("flow") else [] for record in (one, two)]
    for pair in zip(*flows, strict=False):
        if len({"nodes" in flow and flow["nodes"] is not None for flow in pair}) > 1:
            for flow in pair:  # nodes are told of the first item, and the first is one of a tie
                flow["nodes"] = None


def _forget_ranks(answer: dict, record: dict, name: str | None, items: set[int]) -> None:
    """Take away the ranks of tied items, and what is said of them."""
    if record["target"] and record["target"]["item"] in items:
        record["target"]["rank"] = None
    what_if = (answer["message"] or {}).get("what_if")
    if name is None or not what_if:
        return
    for row in what_if["top"]:
        if row["item"] in items:
            row[name] = None
    what_if["top"].sort(key=lambda row: row["item"])
    if what_if["watched"]["item"] in items:
        what_if["measures"]["rank"] = None
        _forget_verdict(answer)


def _forget_next_ranks(one: dict, two: dict) -> bool:
    """Take away ranks of a what-if that are one place apart, and say whether there were any.

    They are those of items beyond the best, and of random repeats: their scores are not in the record, so it cannot be
    seen that two of them are all but equal. 43.5, a tie in Python, is 43 or 44 where the last digit tells them apart.
    Where ranks of repeats are one place apart, so may be the ends of their band, which are computed from them.
    """
    what_ifs = [(answer["message"] or {}).get("what_if") for answer in (one, two)]
    if not all(what_ifs):
        return False
    tops = zip(*(what_if["top"] for what_if in what_ifs), strict=False)
    pairs = [rows for rows in tops if rows[0]["item"] == rows[1]["item"]]
    places = [(rows, name) for rows in pairs for name in ("clean", "changed")]
    ranks = [what_if["measures"].get("rank") for what_if in what_ifs]
    if all(ranks):
        draws = [measure["draws"] for measure in ranks]
        places += [(draws, number) for number in range(min(map(len, draws)))]
    near = _one_place_apart(places)
    if all(ranks) and any(pair is draws for pair, _ in near):
        bands = [measure["band"] for measure in ranks]
        near += _one_place_apart([(bands, end) for end in range(2)])
    for pair, key in near:
        pair[0][key] = pair[1][key] = None
    return bool(near)


def _one_place_apart(places: list[tuple]) -> list[tuple]:
    """Those of the places (pair, key) at which the two of the pair hold ranks that differ by one or less."""
    known = [(pair, key) for pair, key in places if all(one[key] is not None for one in pair)]
    return [(pair, key) for pair, key in known if 0 < abs(pair[0][key] - pair[1][key]) <= 1]


def _is_on_the_edge(name: str, measure: dict) -> bool:
    """Whether a verdict hangs on rounding: a difference all but as large as the `slack` that Python allows for.

    The sides differ by a fifth of that slack at most.
    """
    slack = 1e-5 * max(1, abs(measure["clean"]))
    if name == "probability":
        slack = 1e-4 * max(measure["clean"], measure["changed"])
    (low, high), delta, draws = measure["band"], measure["delta"], measure["draws"]
    gaps = [low - delta, delta - high, np.ptp([delta, *draws]), *(abs(draw) - abs(delta) for draw in draws)]
    return any(0.7 * slack < gap < 1.3 * slack for gap in gaps)


def _forget_verdict(answer: dict) -> None:
    answer["message"]["what_if"]["sentence"] = None
