"""Traces made by chance that keep every rule of the record, with drawn pictures and one hostile title."""

from __future__ import annotations

import base64
import io
from itertools import pairwise

import numpy as np

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
    for a, b in sorted(steps | {(b, a) for a, b in steps}):  # b listens to a
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
            "norms": {
                k: [float(x) for x in rng.gamma(4, 0.5, len(nodes))] for k in ("input", "hohe", "heho", "output")
            },
        }

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
        "dataset": {"name": "wardrobe-mixed", "items": 484},
        "model": {"name": "mmsr", "label": "MMSR, adaptive", "layers": layers, "seed": 0, "run": "3fa2"},
        "user": {"index": seed, "id": f"u{seed:04d}"},
        "node_types": names,
        "relations": relations,
        "history": history,
        "target": {**target, "rank": float(rank)},
        "nodes": nodes,
        "edges": edges,
        "layers": [layer() for _ in range(layers)],
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
        "dataset": "wardrobe-mixed",
        "model": "MMSR, adaptive",
        "test": row(41.2, 27.4, 66.3, 30.1, 30.8),
        "reachable": row(44.0, 29.0, 70.0, 32.2, 33.0),
        "counting": {"markov": row(21.0, 12.9, 40.2, 14.8, 15.0), "popularity": row(2.1, 1.0, 6.5, 1.4, 1.3)},
    }
