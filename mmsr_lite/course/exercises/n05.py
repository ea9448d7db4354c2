"""Exercises of notebook 05: a gate by hand, a path that sums no code, a gate that is forced."""

from functools import cache
from typing import Any

import numpy as np
import torch

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.functions import Case, close_to
from mmsr_lite.course.stored import stored
from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
from mmsr_lite.explain.flow import flow
from mmsr_lite.explain.what_if import what_if
from mmsr_lite.graph.codes import fit_codebooks
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.records import FlowRecord


@cache
def cycle() -> Any:
    """The stored run of the world `cycle`.

    Returns:
        The model and the data set; they are opened once.
    """
    return stored("wardrobe-cycle")


def gain(change: dict[str, Any]) -> float:
    """How many times as probable the target of user 12 becomes by a change.

    Args:
        change: the change, as `what_if` takes it.

    Returns:
        The probability after the change, divided by the one before.

    Example:
        >>> from unittest.mock import patch
        >>> doubled = {"measures": {"probability": {"clean": 0.1, "changed": 0.2}}}  # what `what_if` would find
        >>> here = "mmsr_lite.course.exercises.n05."
        >>> with patch(here + "cycle"), patch(here + "what_if", return_value=doubled): gain({"do": "drop"})
        2.0
    """
    found = what_if(*cycle(), 12, change, repeats=1)["measures"]["probability"]
    return found["changed"] / found["clean"]


@cache
def flow_of(fusion: str) -> FlowRecord:
    """The flow of an untrained model of two layers in a small world.

    Args:
        fusion: the order of fusion, as in `MMSRConfig`.

    Returns:
        The record of the flow of user 1; it is computed once for each order.

    Example:
        >>> [node["type"] for node in flow_of("hohe")["nodes"]].count(0) > 0  # type 0 is the item
        True
    """
    world = load("cycle", config=WardrobeConfig(looks=3, themes=3, items_per_cell=2, users=6))
    torch.manual_seed(0)
    books = fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8)
    return flow(MMSR(MMSRConfig(dim=8, layers=2, fusion=fusion), world.num_items, books), world, 1)


def terms_of_codes(record: FlowRecord) -> np.ndarray:
    """What each code node adds to the score of the first item, along each group of paths.

    Args:
        record: the record of a flow.

    Returns:
        (codes, groups) the terms.

    Example:
        >>> bool((terms_of_codes(flow_of("heho")) == 0).all())  # no path of this order sums a code
        True
    """
    terms = np.array(record["flow"]["items"][0]["nodes"])
    return terms[[node["type"] > 0 for node in record["nodes"]]]


def from_codes(record: FlowRecord) -> float:
    """The sum of the sizes of all terms that code nodes add to the score of the first item.

    Args:
        record: the record of a flow.

    Returns:
        The sum; terms of opposite sign do not cancel.

    Example:
        >>> from_codes(flow_of("heho")), from_codes(flow_of("hohe")) > 0
        (0.0, True)
    """
    return float(np.abs(terms_of_codes(record)).sum())


def said_of_codes(found: Any, fusion: str) -> str:
    """What is wrong with a sum of the terms of code nodes.

    Args:
        found: what the learner's function returned.
        fusion: the order of fusion of the model.

    Returns:
        A sentence for the learner.

    Example:
        >>> said_of_codes(terms_of_codes(flow_of("hohe")).sum(), "hohe")
        'close: terms of opposite sign hide each other; add their sizes.'
    """
    terms = terms_of_codes(flow_of(fusion))
    if close_to(terms.sum())(found):
        return "close: terms of opposite sign hide each other; add their sizes."
    if close_to(np.abs(terms.sum(1)).sum())(found):
        return "close: take sizes before you add the groups of a node."
    whole = np.abs(np.array(flow_of(fusion)["flow"]["items"][0]["nodes"])).sum()
    if close_to(whole)(found):
        return "close: that is what all nodes bring; leave out those of type 0."
    return "add the sizes of the terms of all nodes whose type is not 0."


EXERCISES = (
    Exercise(
        "05.1",
        lambda: 1 / (1 + 3),
        "exp(0) = 1 beside exp(ln 3) = 3: a quarter late, three quarters early.",
        (
            (3 / 4, "close: that is beta[1], the weight of heho."),
            (0, "0 goes into the softmax; what comes out is exp(0) / (exp(0) + exp(ln 3))."),
            (0.5, "the two numbers differ, so the weights do."),
        ),
        minutes=3,
    ),
    Exercise(
        "05.2",
        lambda: from_codes,
        "zero for every weight and every history: codes steer the attention of this path and never enter its sum.",
        cases=(
            Case(
                lambda: (flow_of("hohe"),),
                lambda found: close_to(from_codes(flow_of("hohe")))(found),
                lambda found: said_of_codes(found, "hohe"),
            ),
            Case(
                lambda: (flow_of("heho"),),
                lambda found: close_to(0)(found),
                "of this heho no code node brings anything; did you add what the items bring?",
            ),
            Case(
                lambda: (flow_of("heho-invasive"),),
                lambda found: close_to(from_codes(flow_of("heho-invasive")))(found),
                lambda found: said_of_codes(found, "heho-invasive"),
            ),
        ),
        asks="function",
        level="medium",
        minutes=10,
    ),
    Exercise(
        "05.3",
        lambda: {"do": "gate", "to": "heho", "type": "text"},
        "the gate of the text codes stood the wrong way round for this user: it held the wrong direction.",
        (
            (lambda given: given["do"] != "gate", "that is another kind of change; force gates with 'do': 'gate'."),
            (lambda given: abs(gain(given) - 1) < 0.05, "these gates stand there already: nearly nothing changes."),
            (lambda given: gain(given) < 1, lambda given: f"that makes it {gain(given):.2f} times as probable: less."),
            (lambda given: True, lambda given: f"close: {gain(given):.2f} times as probable, and two is asked for."),
        ),
        accepts=lambda given: given["do"] == "gate" and gain(given) >= 2,
        asks="design",
        level="medium",
        minutes=8,
    ),
)
