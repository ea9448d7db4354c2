"""Traces made by chance that keep every rule of the record, with drawn pictures and one hostile title."""

import base64
import io
from itertools import pairwise

import numpy as np

from mmsr_lite.views.samples import sample

HOSTILE = "</script><img src=x onerror=alert(1)>"
MODALITIES = ("picture", "text", "sound")
COLOURS = ("#b23a48", "#2f6690", "#3a7d44", "#d9a441", "#6d597a", "#444b54", "#c97b63", "#4d9de0")
WORDS = ("red", "navy", "green", "amber", "plum", "charcoal", "clay", "sky")
GARMENTS = ("shirt", "coat", "skirt", "scarf")


def drawing(item: int) -> str:
    """A small garment as a PNG data address."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (64, 64), "#f4f1ec")
    draw, colour, kind = ImageDraw.Draw(image), COLOURS[item % 8], item // 8 % 4
    body = {
        0: [(20, 14), (44, 14), (58, 26), (51, 34), (45, 30), (45, 54), (19, 54), (19, 30), (13, 34), (6, 26)],
        1: [(22, 8), (42, 8), (54, 20), (50, 46), (44, 44), (46, 60), (18, 60), (20, 44), (14, 46), (10, 20)],
        2: [(24, 12), (40, 12), (54, 54), (10, 54)],
        3: [(20, 8), (44, 8), (46, 22), (38, 26), (42, 58), (30, 58), (28, 26), (18, 22)],
    }[kind]
    draw.polygon(body, fill=colour)
    for line in range(16, 64, 9) if item % 3 == 0 else ():
        draw.line([(22, line), (42, line)], fill="#ffffff", width=2)
    data = io.BytesIO()
    image.save(data, "PNG")
    return "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()


def _item(number: int, hostile: bool = False) -> dict:
    title = HOSTILE if hostile else f"{WORDS[number % 8].title()} {GARMENTS[number // 8 % 4]}"
    return {"item": number, "item_id": f"w{number:03d}", "title": title, "picture": drawing(number)}


def sample_trace(seed: int, types: int = 3, length: int = 8, layers: int = 2, gate: bool = True) -> dict:
    """A trace of a random history: weights sum to one for each centre and family; one item lacks its last modality."""
    rng = np.random.default_rng(seed)
    names = ["item", *MODALITIES[: types - 1]]
    catalogue = (
        [int(i) for i in rng.choice(np.arange(1, 33), size=max(1, length - length // 6), replace=False)]
        if length < 32
        else list(range(1, 33))
    )
    sequence = catalogue[:length] + [int(i) for i in rng.choice(catalogue, size=max(0, length - len(catalogue)))]
    carried = {
        i: {m: sorted(int(c) for c in rng.choice(10, size=2, replace=False)) for m in names[1:]} for i in catalogue
    }
    if types > 1 and length > 2:
        carried[sequence[1]][names[-1]] = []
    history = [
        {
            "position": p,
            "node": 0,
            **_item(i, hostile=i == sequence[0]),
            "texts": {"text": "words"},
            "codes": carried[i],
        }
        for p, i in enumerate(sequence, 1)
    ]
    history[-1]["picture"] = None if length > 4 else history[-1]["picture"]

    keys = list(dict.fromkeys((0, i) for i in sequence))
    for t, name in enumerate(names[1:], 1):
        keys += dict.fromkeys((t, c) for i in sequence for c in carried[i][name])
    index = {key: n for n, key in enumerate(keys)}
    touched = [
        [index[0, i]] + [index[t, c] for t, m in enumerate(names[1:], 1) for c in carried[i][m]] for i in sequence
    ]
    nodes = []
    for n, (t, key) in enumerate(keys):
        positions = [p for p, group in enumerate(touched, 1) if n in group]
        items = list(dict.fromkeys(sequence[p - 1] for p in positions))
        label = history[positions[0] - 1]["title"] if t == 0 else f"{names[t]} code {key}"
        nodes.append({"type": t, "id": key, "label": label, "positions": positions, "items": items})
    for entry, group in zip(history, touched, strict=True):
        entry["node"] = group[0]

    relations = ["self", "out", "in", "both", "match"]
    steps = {(a, b) for x, y in pairwise(touched) for a in x for b in y}
    steps = {(a, b) for a, b in steps if a != b and keys[a][0] == keys[b][0]}
    same = {(a, b) for group in touched for a in group for b in group if keys[a][0] != keys[b][0]}
    edges = [[n, n, 0] for n in range(len(nodes))] + sorted([a, b, 4] for a, b in same)
    for a, b in sorted(steps | {(b, a) for a, b in steps}):  # b attends to a
        edges.append([a, b, 3 if {(a, b), (b, a)} <= steps else 2 if (a, b) in steps else 1])

    def attention(family: str) -> dict:
        mine = [r == 0 or (r == 4) == (family == "heterogeneous") for _, _, r in edges]
        logits = [float(x) if m else None for x, m in zip(rng.normal(0, 1.4, len(edges)), mine, strict=True)]
        total = np.zeros(len(nodes))
        for (_, centre, _), x in zip(edges, logits, strict=True):
            total[centre] += 0 if x is None else np.exp(x)
        weights = [
            None if x is None else float(np.exp(x) / total[c]) for (_, c, _), x in zip(edges, logits, strict=True)
        ]
        return {"family": family, "weights": weights, "logits": logits}

    def layer() -> dict:
        late = rng.beta(2, 2, len(nodes))
        orders = {"hohe": ("homogeneous", "heterogeneous"), "heho": ("heterogeneous", "homogeneous")}
        return {
            "attention": {path: [attention(family) for family in order] for path, order in orders.items()},
            "beta": [[float(b), float(1 - b)] for b in late] if gate else None,
            "gate_logits": [[float(np.log(b / (1 - b))), 0.0] for b in late] if gate else None,
            "norms": {
                k: [float(x) for x in rng.gamma(4, 0.5, len(nodes))] for k in ("input", "hohe", "heho", "output")
            },
        }

    def stages() -> list[dict]:
        found = [{"stage": "build", "probe": None, "shape": [length, len(catalogue)], "row": None}]
        for number in range(layers):
            for path, families in (
                ("hohe", ("homogeneous", "heterogeneous")),
                ("heho", ("heterogeneous", "homogeneous")),
            ):
                for phase, family in enumerate(families):
                    probe = f"layers.{number}.probes.{path}_{phase + 1}_weights"
                    at = {"layer": number, "path": path, "phase": phase}
                    found.append({"stage": family, "probe": probe, "shape": [len(nodes)] * 2, "row": None} | at)
        row = [round(float(x), 5) for x in rng.normal(size=8)]
        return [*found, {"stage": "pool", "probe": None, "shape": [8], "row": row}]

    top = []
    for number, score in zip(
        rng.choice(np.arange(1, 33), 10, replace=False), np.sort(rng.gamma(4, 1, 10))[::-1], strict=True
    ):
        split = rng.dirichlet((3, 3, 1)) * score
        top.append(
            {**_item(int(number)), "score": float(score), "probability": float(score / 60), "parts": split.tolist()}
        )
    rank = int(rng.integers(1, 11))
    target = {key: top[rank - 1][key] for key in ("item", "item_id", "title", "picture", "score", "probability")}
    return {
        "schema": "mmsr-lite/trace/1",
        "dataset": {"name": "wardrobe-cycle", "items": 484},
        "model": {"name": "mmsr", "label": "MMSR, adaptive", "layers": layers, "seed": 0, "run": "3fa2"},
        "user": {"index": seed, "id": f"u{seed:04d}"},
        "node_types": names,
        "relations": relations,
        "history": history,
        "target": {**target, "rank": float(rank)},
        "nodes": nodes,
        "edges": edges,
        "layers": [layer() for _ in range(layers)],
        "stages": stages(),
        "answer": {"parts": ["hohe", "heho", "residual"], "top": top},
        "truth": {"cause": "match"},
    }


def sample_history(epochs: int = 8, types: int = 3) -> dict:
    """The record of a training run, as training writes it."""
    names = ["item", *MODALITIES[: types - 1]]
    rows = [
        {"epoch": e, "loss": 5.5 * 0.8**e + 2, "seconds": 1.0, "lr": 0.001,
         "validation": {"HR@5": 30 - 25 * 0.7**e, "MRR@5": 18 - 15 * 0.7**e},
         "beta": {name: 0.5 + 0.02 * e * (1 if i % 2 else -1) for i, name in enumerate(names)}}
        for e in range(1, epochs + 1)
    ]  # fmt: skip
    return {"epochs": rows, "best_epoch": epochs - 1}


def sample_metrics() -> dict:
    """The metrics of a run beside counting and the best reachable, percent."""
    names = ("HR@5", "MRR@5", "HR@20", "MRR@20", "NDCG@5")
    row = lambda *values: dict(zip(names, values, strict=True))  # noqa: E731
    return {
        "dataset": "wardrobe-cycle",
        "model": "MMSR, adaptive",
        "test": row(41.2, 27.4, 66.3, 30.1, 30.8),
        "reachable": row(44.0, 29.0, 70.0, 32.2, 33.0),
        "counting": {"markov": row(21.0, 12.9, 40.2, 14.8, 15.0), "popularity": row(2.1, 1.0, 6.5, 1.4, 1.3)},
    }


def sample_what_if(seed: int = 3) -> dict:
    """A change with four measures, one of them outside its band, and a node whose gate moved."""
    clean, changed = sample_trace(seed), sample_trace(seed + 1)
    low, high = -1.0, 3.0

    def measure(before: float, delta: float) -> dict:
        ends = {"clean": before, "changed": before + delta, "delta": delta}
        return ends | {"band": [low, high], "outside": not low <= delta <= high, "draws": [low, 0.0, 1.0, high]}

    beta = {"clean": 0.4, "changed": 0.6, "delta": 0.2, "band": [-0.1, 0.1]}
    measures = {"rank": measure(2.0, 5.0), "score": measure(6.5, -0.5), "probability": measure(0.1, 0.5), "beta": None}
    top = [
        {"item": t["item"], "title": t["title"], "clean": i, "changed": i + 1}
        for i, t in enumerate(clean["answer"]["top"], 1)
    ]
    nodes = [
        {"type": 0, "id": clean["nodes"][0]["id"], "clean": 0, "changed": None, "beta": [beta, beta | {"band": None}]}
    ]
    record = {
        "schema": "mmsr-lite/what-if/1",
        "changes": [{"do": "remove", "position": 1}],
        "told": [f"{HOSTILE} leaves"],
        "repeats": 4,
        "seed": 0,
        "watched": {key: clean["target"][key] for key in ("item", "item_id", "title")},
        "clean": clean,
        "changed": changed,
        "edges": [{"clean": 0, "changed": None}],
        "attention": [{"hohe": [[None], [0.1]]} for _ in clean["layers"]],
    }
    return record | {"measures": measures, "nodes": nodes, "top": top, "sentence": "The rank goes from 2 to 7."}


def sample_gates() -> dict:
    """The gates of a data set by type and by position."""
    row = {"count": 9, "mean": 0.5, "median": 0.5, "low": 0.2, "high": 0.9}
    kinds = [row | {"layer": layer, "type": kind} for layer in (0, 1) for kind in ("item", "picture")]
    spans = [kind | {"from": 1, "to": 1 + kind["layer"]} for kind in kinds]
    record = {"schema": "mmsr-lite/gates/1", "dataset": "d", "model": "m", "node_types": ["item", "picture"]}
    record |= {"users": 9, "rows": 36, "layers": 2, "edges": [0.0, 0.5, 1.0]}
    record["histogram"] = [{"layer": 0, "type": "item", "counts": [5, 4]}]
    return record | {"by": {"type": kinds, "position": spans}, "sentence": "Half of the gates lean to late fusion."}


def sample_compare() -> dict:
    """Two models and a difference that is clear of zero, and one that is not."""
    differences = {
        "HR@5": {"mean": 2.0, "interval": [1.0, 3.0], "clear": True},
        "MRR@5": {"mean": 0.5, "interval": [-0.5, 1.5], "clear": False},
    }
    record = {"schema": "mmsr-lite/compare/1", "dataset": "d", "models": ["late", "early"], "users": 7}
    record |= {"metrics": [*differences], "examples": 9, "means": {"HR@5": [4.0, 2.0], "MRR@5": [1.0, 0.5]}}
    pair = {"models": [0, 1], "differences": differences, "better": 4, "worse": 2, "equal": 1}
    return record | {"pairs": [pair | {"sentence": "Late wins."}], "disagree": [], "sentence": "Late wins."}


def sample_faithfulness() -> dict:
    """Two curves of three points and the sentence of a test."""
    curve = {"share": [0, 0.5, 1], "ours": [0.5, 0.2, 0.1], "random": [0.5, 0.4, 0.1]}
    curve |= {"band": [[0.5, 0.3, 0.1], [0.5, 0.45, 0.1]], "sentence": "Ours falls faster."}
    tests = {"deletion": curve, "insertion": curve | {"sentence": ""}, "gradient": None}
    record = {"schema": "mmsr-lite/faithfulness/1", "explains": "beta", "model": "m", "dataset": "d"}
    record |= {"histories": 9, "unit": "a gate"}
    return record | {"tests": tests, "sentence": "Beta passes 1 of 2 tests."}


def sample_leaks() -> dict:
    """A data set whose order at ties leaks: counting in the file's order and in two random ones, and one rule."""
    effect = {"name": "tie order", "ranking": "all", "before": 8.0, "after": 6.0, "difference": -2.0, "error": 0.1}
    effect |= {"clear": True, "verdict": "leak", "sentence": "The file's order is worth two points."}
    rows = []
    for order, tie_seed, value in (("file", None, 8.0), ("random", 0, 5.9), ("random", 1, 6.1)):
        for group, more in (("every", 0.0), ("later", -3.0), ("same time", 3.0)):
            labels = {"system": "counting", "rule": None, "order": order, "tie_seed": tie_seed, "group": group}
            rows.append(labels | {"targets": 90, "HR@5": value + more, "masked HR@5": value + more + 1})
    rows.append(rows[0] | {"rule": "ids", "HR@5": 8.6})
    record = {
        "schema": "mmsr-lite/leaks/1",
        "dataset": HOSTILE,
        "num_users": 50,
        "num_items": 30,
        "order": {"tied": 44.0},
    }
    record |= {"headline": "masked", "own_targets": 0.0, "targets": 90, "sampled": None, "decay": 0.5}
    record |= {"tie_seeds": [0, 1], "weights": {"file": {"ids": 2.0}}, "rows": rows, "effects": [effect]}
    return record | {"leaks": ["tie order"], "seconds": 3.0, "sentence": "One leak."}


def sample_codebook() -> dict:
    """Two codes, one without items."""
    codes = [{"id": 1, "count": 4, "items": [_item(1, True), _item(2)]}, {"id": 2, "count": 0, "items": []}]
    return {"schema": "mmsr-lite/codebook/1", "dataset": "d", "modality": "picture", "codes": codes}


STUDY_LABELS = ("model", "variant", "corruption", "modality", "rate", "at")


def study_row(value: float, *labels) -> dict:
    return dict(zip(STUDY_LABELS, labels, strict=True)) | {"HR@5": value, "MRR@5": value / 2}


def sample_study() -> dict:
    """Two systems; one has two seeds, and loses a modality at test."""
    rows = [
        study_row(4.0, "a", "", "", "", 0.0, ""),
        study_row(6.0, "a", "", "", "", 0.0, ""),
        study_row(9.0, "b", "", "", "", 0.0, ""),
    ]
    rows += [study_row(3.0, "a", "", "missing", "x", 0.5, "test"), study_row(1.0, "a", "", "missing", "y", 0.5, "test")]
    rows += [study_row(2.0, "a", "", "missing", "x", 0.5, "training")]
    tests = [{"system": HOSTILE, "against": "a", "metric": "HR@5", "difference": 4.0, "low": 3.0, "high": 5.0}]
    tests[0] |= {"p": 0.01, "holm": 0.03, "apart": True}
    unclear = {"system": "c", "low": -1.0, "p": 0.02, "holm": 0.06, "apart": False}  # below 5 % before Holm alone
    tests += [tests[0] | {"metric": "MRR@5"}, tests[0] | unclear]
    record = {
        "schema": "mmsr-lite/study/1",
        "study": "missing",
        "dataset": HOSTILE,
        "labels": [*STUDY_LABELS],
        "reachable": None,
    }
    return record | {"rows": rows, "tests": tests}


def sample_flow() -> dict:
    """The flow that comes with the package, with a hostile name of an item and of a node."""
    record = sample("flow")
    record["ranked"][0]["title"] = record["nodes"][0]["label"] = HOSTILE
    return record


def sample_fusion() -> dict:
    """The comparison that comes with the package, of a data set and a system with hostile names."""
    record = sample("fusion")
    record["dataset"] = record["systems"][-1]["name"] = record["comparisons"][-2]["one"] = HOSTILE
    return record


def sample_stability() -> dict:
    """The models that come with the package on one history, whose titles are hostile."""
    record = sample("stability")
    record["history"][1]["title"] = record["watched"]["title"] = HOSTILE
    return record


OTHERS = {"training": sample_history, "what_if": sample_what_if, "inspector": sample_gates}
OTHERS |= {
    "compare": sample_compare,
    "fidelity": sample_faithfulness,
    "codebook": sample_codebook,
    "leaks": sample_leaks,
    "flow": sample_flow,
    "fusion": sample_fusion,
    "stability": sample_stability,
}


def record_for(view: str) -> dict:
    """A record that the view of this name reads."""
    return OTHERS[view]() if view in OTHERS else sample_trace(3, length=5)
