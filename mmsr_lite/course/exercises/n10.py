"""Exercises of notebook 10: a graph with a gap, what a system keeps, and whom the loss hits."""

from functools import cache

import numpy as np

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.stored import stored_file, stored_study
from mmsr_lite.data.corruption import missing
from mmsr_lite.evaluation.ranks import ranks
from mmsr_lite.experiments.study import Reading
from mmsr_lite.experiments.worker import drop_codes_at_test
from mmsr_lite.graph.msgraph import build_msgraph
from mmsr_lite.training.fit import open_run


@cache
def edges(global_attention: bool = False) -> int:
    """Edges, without self-loops, of items 1, 2, 3 with texts of their own, the second without."""
    graph = build_msgraph([1, 2, 3], {"text": {1: [1], 2: [], 3: [2]}}, global_attention=global_attention)
    return sum(edge.relation != "self" for edge in graph.edges)


@cache
def kept(model: str) -> float:
    """The share of HR@5, in percent, that is left when 70 % of the items lose all their modalities at test."""
    rows = [r for r in stored_study("missing", "wardrobe-cycle")["rows"] if (r["model"], r["variant"]) == (model, "")]
    worst = [r["HR@5"] for r in rows if (r["modality"], r["rate"], r["at"]) == ("mixed", 0.7, "test")]
    return float(100 * np.mean(worst) / np.mean([r["HR@5"] for r in rows if not r["corruption"]]))


@cache
def hits() -> tuple[float, float, float]:
    """HR@5 with half of the texts gone: of all histories, of those whose last item kept its text, and lost it."""
    run = open_run(stored_file("runs/wardrobe-cycle"), "cpu")
    parts, reading = run.split, Reading(rate=0.5, corrupted="text")
    less = drop_codes_at_test(run.model, run.config, run.dataset, run.codebooks, reading)
    has = missing(run.dataset, modality="text", rate=0.5).modality("text").present
    has, hit = has[parts.test.items[parts.test.end - 1]], 100 * (ranks(less, parts.test) <= 5)
    return float(hit.mean()), float(hit[has].mean()), float(hit[~has].mean())


EXERCISES = (
    Exercise(
        "10.1",
        edges,
        "four in time between items, four between items and their texts; the texts stand two positions apart.",
        (
            (lambda: edges() + 2, "the two texts are not neighbours in time: 2 is between them."),
            (lambda: edges() // 2, "close: each edge is heard from both ends, and so counts twice."),
            (lambda: edges(True), "that is with global attention."),
            (lambda: edges() + 5, "self-loops are not to be counted."),
        ),
    ),
    Exercise(
        "10.2",
        lambda: kept("mmsr"),
        "not quite a third; SASRec-F, which reads zeros there, not quite a quarter.",
        (
            (lambda: kept("sasrec-f"), "that is SASRec-F."),
            (lambda: 100 - kept("mmsr"), "close: that is what is lost."),
            (lambda: kept("mmsr") / 100, "close: in percent."),
        ),
        within=0.1,
    ),
    Exercise(
        "10.3",
        lambda: hits()[2],
        "the last item speaks for the user, so it is its own codes that are missed most.",
        (
            (lambda: hits()[0], "that is over all histories."),
            (lambda: hits()[1], "close: those are the histories whose last item kept it."),
            (lambda: hits()[2] / 100, "close: in percent."),
        ),
        within=0.1,
    ),
)
