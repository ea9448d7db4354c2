"""Exercises of notebook 02: nodes and relations of MSGraphs made by hand."""

from mmsr_lite.course.check import Exercise
from mmsr_lite.graph.msgraph import MSGraph, build_msgraph


def same() -> MSGraph:
    """Item 3 three times in a row, its text with codes 4 and 5."""
    return build_msgraph([3, 3, 3], {"text": {3: [4, 5]}})


def chain() -> int:
    """Edges between two nodes in a history of four different items."""
    return sum(edge.relation != "self" for edge in build_msgraph([1, 2, 3, 4], {}).edges)


def seen_from_7(history: list[int]) -> str | None:
    """The relation of item 9 seen from item 7 in `history`."""
    graph = build_msgraph(history, {})
    ids = [node.id for node in graph.nodes]
    return graph.relation(ids.index(7), ids.index(9))


EXERCISES = (
    Exercise(
        "02.1",
        lambda: len(same().nodes),
        "one item node and two code nodes: repetition merges.",
        (
            (9, "that counts the item and its codes at every step; repetition merges."),
            (6, "these are the interactions times the node types; what repeats is one node."),
            (2, "close: the item is a node, and each of its two codes is one."),
        ),
    ),
    Exercise(
        "02.2",
        lambda: same().relation(1, 2),
        "each step goes from 4 to 5 and from 5 to 4, for every code of one position meets every code of the next.",
        (
            ("match", "match joins different node types; these are two codes of one modality."),
            (
                lambda given: given in ("in", "out"),
                "that holds, and so does its mirror: at each step both codes follow both.",
            ),
            ("self", "a self-loop joins a node to itself; these are two nodes."),
        ),
    ),
    Exercise(
        "02.3",
        chain,
        "three steps in time, each heard from both sides: once as out, once as in.",
        (
            (3, "close: these are the steps; each gives two edges, for both ends listen."),
            (10, "self-loops are not to be counted."),
            (12, "only adjacent positions are joined, not every pair."),
        ),
    ),
    Exercise(
        "02.4",
        lambda: [7, 7, 9, 9],
        "7 comes directly before 9 somewhere, and 9 nowhere directly before 7.",
        (
            (lambda given: len(given) != 4, lambda given: f"that has {len(given)} interactions; four are asked for."),
            (lambda given: set(given) != {7, 9}, "it should be made of items 7 and 9, and both must occur."),
            (
                lambda given: seen_from_7(given) == "both",
                "close: 9 also comes directly before 7 there, so the relation is both.",
            ),
            (lambda given: seen_from_7(given) == "in", "there 7 comes directly after 9: seen from 7 that is in."),
        ),
        accepts=lambda given: len(given) == 4 and set(given) == {7, 9} and seen_from_7(given) == "out",
    ),
)
