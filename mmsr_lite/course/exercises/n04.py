"""Exercises of notebook 04: a softmax by hand and as a function, who attends to whom, and what a weight says."""

import math
from typing import Any

import numpy as np

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.functions import Case, as_array, close_to
from mmsr_lite.course.texts import fault_of_text
from mmsr_lite.graph.msgraph import build_msgraph
from mmsr_lite.graph.relations import HETEROGENEOUS


def heard() -> set[str]:
    """The node types that an item with two modalities attends to across types.

    Returns:
        Names of node types.

    Example:
        >>> sorted(heard())
        ['item', 'picture', 'text']
    """
    graph = build_msgraph([7], {"picture": {7: [1]}, "text": {7: [1]}})
    edges = [edge for edge in graph.edges if edge.centre == 0 and edge.relation in HETEROGENEOUS]
    return {graph.nodes[edge.neighbour].type for edge in edges}


LOGITS = np.array([[1.0, 3.0, 2.0], [0.5, 0.0, 4.0], [2.0, 2.0, 2.0]])
EDGES = np.array([[True, False, True], [True, True, False], [True, True, True]])


def weigh(logits: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Equation 14: the attention weights, a softmax of each row over its neighbours.

    Args:
        logits: (N, N) the logit of each centre (row) and neighbour (column).
        edges: (N, N) bool, which pairs are edges.

    Returns:
        (N, N) weights; rows sum to one, and pairs without an edge have 0.

    Example:
        >>> weigh(np.array([[0.0, np.log(3)], [5.0, 1.0]]), np.array([[True, True], [False, True]])).round(2).tolist()
        [[0.25, 0.75], [0.0, 1.0]]
    """
    masked = np.where(edges, logits, -np.inf)
    powers = np.exp(masked - masked.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def said_of_weights(found: Any) -> str:
    """What is wrong with the attention weights of `LOGITS`.

    Args:
        found: what the learner's function returned.

    Returns:
        A sentence for the learner.

    Example:
        >>> said_of_weights(weigh(LOGITS, np.ones_like(EDGES)))
        'that attends to all nodes; leave out those without an edge.'
    """
    everything = np.ones_like(EDGES)
    zeros = np.exp(np.where(EDGES, LOGITS, 0))
    for wrong, sentence in (
        (weigh(LOGITS, everything), "that attends to all nodes; leave out those without an edge."),
        (weigh(LOGITS.T, EDGES.T).T, "close: the columns add up to one; a row is a node that attends."),
        (weigh(LOGITS, everything) * EDGES, "close: leave out the others before the sum, so that rows add up to one."),
        (zeros / zeros.sum(1, keepdims=True), "close: exp(0) is 1, so a logit of 0 still gets attention."),
        (np.where(EDGES, LOGITS, 0), "these are the logits; a softmax takes exp, then divides by the row's sum."),
    ):
        if close_to(wrong)(found):
            return sentence
    return f"take exp of the logits of neighbours, divide by the sum of each row; got shape {as_array(found).shape}."


POINTS = {
    "the number of neighbours": r"neighbour|number|share|alike|average",
    "an experiment that cuts or changes the edge": r"cut|remov|drop|without|what.if|delet|chang",
}
REPLY = (
    "With two neighbours a half is what attending to all alike gives, with ten it is five times that share. So I would "
    "compare weight times number of neighbours. Whether the edge matters is not in the weight: I would cut it, run the "
    "model again, and see whether the target's rank changes more than when a random edge of this kind is cut."
)
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
        lambda: weigh,
        "a softmax over the neighbours alone: what is no neighbour gets nothing, whatever its logit.",
        cases=(
            Case(
                lambda: (LOGITS.copy(), EDGES.copy()),
                lambda found: close_to(weigh(LOGITS, EDGES))(found),
                said_of_weights,
            ),
            Case(
                lambda: (1e3 * LOGITS, EDGES.copy()),
                lambda found: close_to(weigh(1e3 * LOGITS, EDGES))(found),
                "right for small logits; for large ones exp overflows: take the largest of each row off first.",
            ),
        ),
        asks="function",
        level="medium",
        minutes=8,
    ),
    Exercise(
        "04.3",
        heard,
        "its own codes of each modality, and by the self-loop itself.",
        (
            ({"picture", "text"}, "close: the self-loop takes part in both attentions."),
            ({"item"}, "that is homogeneous attention; heho begins with the other."),
        ),
        minutes=3,
    ),
    Exercise(
        "04.4",
        lambda: REPLY,
        "a weight is a share among neighbours, and an experiment is what shows that an edge matters.",
        ((lambda given: True, lambda given: fault_of_text(given, 30, 90, POINTS) or ""),),
        accepts=lambda given: fault_of_text(given, 30, 90, POINTS) is None,
        asks="argument",
        level="medium",
        minutes=8,
    ),
)
