"""Exercises of notebook 04: a softmax, the relations' vectors, who is heard, and one weight of the stored model."""

import math
from functools import cache

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.stored import stored
from mmsr_lite.explain.trace import trace
from mmsr_lite.graph.msgraph import build_msgraph
from mmsr_lite.graph.relations import HETEROGENEOUS, HOMOGENEOUS


def heard() -> set[str]:
    """The node types that an item with two modalities hears across types."""
    graph = build_msgraph([7], {"picture": {7: [1]}, "text": {7: [1]}})
    edges = [edge for edge in graph.edges if edge.centre == 0 and edge.relation in HETEROGENEOUS]
    return {graph.nodes[edge.neighbour].type for edge in edges}


@cache
def to_itself(path: str, phase: int) -> float:
    """The weight that the last item of user 17 gives itself in the first layer of the stored model of `cycle`."""
    record = trace(*stored("wardrobe-cycle"), user=17)
    last = record["history"][-1]["node"]
    own = next(n for n, (near, centre, _) in enumerate(record["edges"]) if near == centre == last)
    return record["layers"][0]["attention"][path][phase]["weights"][own]


EXERCISES = (
    Exercise(
        "04.1",
        lambda: 3 / (1 + 3),
        "exp(ln 3) = 3 beside exp(0) = 1: three quarters.",
        (
            (3.0, "that is exp of the logit; divide by the sum over both neighbours."),
            (1 / 4, "close: that is the weight of the first neighbour."),
            (math.log(3), "that is the logit; a softmax takes exp, then divides by the sum."),
            (1, "the logits are not shares: exp(0) is 1, not 0."),
        ),
    ),
    Exercise(
        "04.2",
        lambda: len(HOMOGENEOUS),
        "self, out, in and both; match is heterogeneous and has maps instead.",
        (
            (5, "close: match is heterogeneous, and equation 13 has no such vector."),
            (3, "close: the self-loop takes part too, under a vector of its own."),
            (12, "they are shared by the node types."),
        ),
    ),
    Exercise(
        "04.3",
        heard,
        "its own codes of each modality, and by the self-loop itself.",
        (
            ({"picture", "text"}, "close: the self-loop takes part in both attentions."),
            ({"item"}, "that is homogeneous attention; heho begins with the other."),
        ),
    ),
    Exercise(
        "04.4",
        lambda: 1 - to_itself("heho", 0),
        "weights add up to one, so it is one minus the self-loop's.",
        (
            (lambda: to_itself("heho", 0), "close: that is what it gives itself."),
            (lambda: 1 - to_itself("heho", 1), "that is phase 2, where it hears items; take phase 1."),
            (lambda: 1 - to_itself("hohe", 1), "that is phase 2 of hohe; take phase 1 of heho."),
            (lambda given: given > 1, "a weight is at most 1."),
        ),
    ),
)
