"""Random requests to an explorer, and how the records of Python and of the engine in a page may differ."""

import json
import random
import re

import numpy as np

from mmsr_lite.errors import MMSRError

CLOSE = 1e-4  # of numbers, relative above one
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


def answers_of(session, count: int, seed: str, items: int, users: list) -> tuple[list[dict], list[dict]]:
    """Random requests, and what Python answers to each: message, record, error."""
    rng, requests, answers = random.Random(seed), [], []
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


def differences(one, two, path="") -> list[str]:
    """Where two answers differ by more than rounding; C and k, which a page cannot change, are left out."""
    if isinstance(one, dict) and isinstance(two, dict):
        keys = [key for key in {**one, **two} if not (path.endswith(".draft") and key.startswith("codes"))]
        missing = [f"{path}.{key}: only one has it" for key in keys if (key in one) != (key in two)]
        return missing + [
            d for key in keys if key in one and key in two for d in differences(one[key], two[key], f"{path}.{key}")
        ]
    if isinstance(one, list) and isinstance(two, list):
        if len(one) != len(two):
            return [f"{path}: {len(one)} and {len(two)} values"]
        return [
            d for place, pair in enumerate(zip(one, two, strict=True)) for d in differences(*pair, f"{path}[{place}]")
        ]
    if isinstance(one, str) and isinstance(two, str) and path.endswith("sentence"):
        one, two = NUMBER.sub("#", one), NUMBER.sub("#", two)  # the numbers stand in the record, too
    is_number = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, two))
    same = bool(np.isclose(one, two, rtol=CLOSE, atol=CLOSE)) if is_number else one == two
    return [] if same else [f"{path}: {one!r} and {two!r}"]


def is_told_by_rounding(answer: dict) -> bool:
    """Whether the order of the answer's items, or a verdict, hangs on less than the two sides may differ by."""
    what_if = (answer["message"] or {}).get("what_if")
    for record in [answer["record"], *(what_if[end] for end in ("clean", "changed") if what_if)]:
        scores = sorted(
            {
                row["item"]: row["score"] for row in [*record["answer"]["top"], *filter(None, [record["target"]])]
            }.values()
        )
        if len(scores) > 1 and min(np.diff(scores)) < CLOSE / 5:
            return True
    for measure in filter(None, what_if["measures"].values() if what_if else ()):
        ends = [abs(measure["delta"] - end) for end in measure["band"]]
        if not measure["alike"] and any(1e-7 < end < CLOSE for end in ends):
            return True
    return False
