"""Exercises of notebook 02: nodes and relations of MSGraphs made by hand."""

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.functions import Case
from mmsr_lite.graph.msgraph import MSGraph, build_msgraph


def same() -> MSGraph:
    """The MSGraph of item 3 three times in a row; its text has the codes 4 and 5.

    Returns:
        The graph.

    Example:
        >>> same()
        MSGraph(items=3, nodes=3, edges=9)
    """
    return build_msgraph([3, 3, 3], {"text": {3: [4, 5]}})


def relation(P_i: set[int], P_j: set[int]) -> str | None:
    """The relation of a centre to another node of the same type.

    Args:
        P_i: the positions of the centre.
        P_j: the positions of the other node.

    Returns:
        "out", "in" or "both"; None where there is no edge.

    Example:
        >>> relation({1}, {2}), relation({1, 3}, {2}), relation({1}, {3})
        ('out', 'both', None)
    """
    before, after = any(p + 1 in P_j for p in P_i), any(p - 1 in P_j for p in P_i)
    return {(True, False): "out", (False, True): "in", (True, True): "both"}.get((before, after))


def seen_from_7(history: list[int]) -> str | None:
    """The relation of item 7 to item 9 in a history.

    Args:
        history: items; both 7 and 9 occur.

    Returns:
        "out", "in" or "both"; None where there is no edge.

    Example:
        >>> seen_from_7([7, 7, 9, 9]), seen_from_7([7, 9, 7])
        ('out', 'both')
    """
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
        minutes=3,
    ),
    Exercise(
        "02.3",
        lambda: relation,
        "a step is a pair of positions that follow each other; both means one step each way, not one at a time.",
        cases=(
            Case(
                lambda: ({1}, {2}),
                lambda found: found == "out",
                lambda found: (
                    "close: the other way round; out is when the centre comes directly before."
                    if found == "in"
                    else "the centre at 1 comes directly before the neighbour at 2: that is out."
                ),
            ),
            Case(lambda: ({5}, {4}), lambda found: found == "in", "the centre at 5 comes directly after 4: in."),
            Case(
                lambda: ({1, 3}, {2}),
                lambda found: found == "both",
                "close: 1 before 2 and 3 after 2 hold together, so the relation is both.",
            ),
            Case(
                lambda: ({1}, {3}),
                lambda found: found is None,
                "positions 1 and 3 do not follow each other: there is no edge, so return None.",
            ),
        ),
        asks="function",
        level="medium",
        minutes=8,
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
        asks="history",
        level="medium",
        minutes=5,
        accepts=lambda given: len(given) == 4 and set(given) == {7, 9} and seen_from_7(given) == "out",
    ),
)
