"""MSGraph: graphs written down by hand, and what holds for every history."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mmsr_lite.graph.msgraph import Edge, Node, build_msgraph, from_networkx

A, B, C = 7, 9, 4
SEEN_FROM_THE_OTHER_SIDE = {"self": "self", "out": "in", "in": "out", "both": "both", "match": "match"}
HISTORIES = st.lists(st.integers(1, 6), min_size=1, max_size=9)
TABLES = st.dictionaries(st.integers(1, 6), st.lists(st.integers(0, 4), max_size=3), max_size=6)


def named(graph) -> dict:
    """(type, id) of centre and of neighbour -> relation."""
    key = [(node.type, node.id) for node in graph.nodes]
    return {(key[edge.centre], key[edge.neighbour]): edge.relation for edge in graph.edges}


def test_a_b_a_with_image_codes_1_12_1_is_this_graph():
    codes = {"image": {A: [1], B: [1, 2]}}
    aba = build_msgraph([A, B, A], codes)
    places = [("item", A, (1, 3)), ("item", B, (2,)), ("image", 1, (1, 2, 3)), ("image", 2, (2,))]
    assert aba.nodes == tuple(Node(*place) for place in places) and aba.node_types == ("item", "image")
    pairs = {(0, 1): "both", (2, 3): "both", (0, 2): "match", (1, 2): "match", (1, 3): "match"}
    both_ways = pairs | {(b, a): relation for (a, b), relation in pairs.items()}
    assert set(aba.edges) == {Edge(n, n, "self") for n in range(4)} | {Edge(*p, r) for p, r in both_ways.items()}
    assert len(aba.edges) == 4 + 2 * 5 and aba.relation(0, 3) is None and aba.relation(1, 3) == "match"
    everywhere = build_msgraph([A, B, A], codes, global_attention=True)  # items alone hear every code
    assert set(everywhere.edges) - set(aba.edges) == {Edge(3, 0, "match")}
    graph = aba.to_networkx()
    assert graph.edges[0, 1] == {"relation": "both"} and graph.nodes[0]["positions"] == [1, 3]
    assert from_networkx(graph) == aba


def test_transitions_are_named_from_the_centre_and_a_missing_modality_is_no_bridge():
    edges = named(build_msgraph([A, B], {"image": {A: [1], B: [1, 2]}}))
    wanted = {(("item", A), ("item", B)): "out", (("item", B), ("item", A)): "in"}
    wanted |= {(("image", 1), ("image", 2)): "out", (("image", 2), ("image", 1)): "in"}  # 1 stays and leads to 2
    assert {pair: relation for pair, relation in edges.items() if relation in ("out", "in", "both")} == wanted
    graph = build_msgraph([A, B, C], {"image": {A: [1], C: [2]}, "text": {}})
    assert graph.node_types == ("item", "image", "text") and not [n for n in graph.nodes if n.type == "text"]
    assert (("image", 1), ("image", 2)) not in named(graph) and (("item", B), ("item", C)) in named(graph)


def test_codes_of_one_item_match_across_modalities_and_are_adjacent_only_where_it_repeats():
    graph = build_msgraph([A], {"image": {A: [2, 1]}, "text": {A: [5]}})
    ends = [("item", A), ("image", 1), ("image", 2), ("text", 5)]
    pairs = [(a, b) for a in ends for b in ends]
    assert named(graph) == {(a, b): "self" if a == b else "match" for a, b in pairs if a == b or a[0] != b[0]}
    graph = build_msgraph([A, A], {"image": np.array([[0, 0]] * A + [[1, 2]])})
    assert graph.nodes[0] == Node("item", A, (1, 2)) and named(graph)[("item", A), ("item", A)] == "self"
    assert named(graph)[("image", 1), ("image", 2)] == "both" == named(graph)[("image", 2), ("image", 1)]


def test_hetero_data_holds_the_same_nodes_and_edges():
    data = build_msgraph([A, B], {"image": {A: [1], B: [2]}, "text": {}}).to_hetero_data()
    assert data["item"].node_id.tolist() == [A, B] and data["item"].position.tolist() == [1, 2]
    wanted = {("item", "self", "item"): [[0, 1], [0, 1]], ("item", "out", "item"): [[1], [0]]}
    wanted |= {("item", "in", "item"): [[0], [1]], ("image", "match", "item"): [[0, 1], [0, 1]]}
    assert {key: data[key].edge_index.tolist() for key in wanted} == wanted
    assert data.num_edges == 2 * (2 + 2 + 2) and data["text"].num_nodes == 0


@given(HISTORIES, TABLES, TABLES, st.permutations(range(1, 7)))
def test_what_holds_for_every_history(history, image, text, other):
    graph = build_msgraph(history, {"image": image, "text": text})
    edges = named(graph)
    assert sorted(p for n in graph.nodes if n.type == "item" for p in n.positions) == list(range(1, len(history) + 1))
    assert all(edges[key, key] == "self" for key in ((n.type, n.id) for n in graph.nodes))
    assert all(edges[n, c] == SEEN_FROM_THE_OTHER_SIDE[relation] for (c, n), relation in edges.items())
    backwards = named(build_msgraph(history[::-1], {"image": image, "text": text}))
    assert backwards == {pair: SEEN_FROM_THE_OTHER_SIDE[relation] for pair, relation in edges.items()}
    new = dict(zip(range(1, 7), other, strict=True))
    tables = {name: {new[i]: row for i, row in t.items()} for name, t in (("image", image), ("text", text))}
    renamed = build_msgraph([new[item] for item in history], tables)
    assert [n.positions for n in renamed.nodes] == [n.positions for n in graph.nodes] and renamed.edges == graph.edges


def test_items_of_one_time_are_one_step_without_order_and_before_every_item_of_the_next():
    codes = {"image": {A: [1], B: [1, 2], C: [3]}}
    graph = build_msgraph([A, B, C], codes, steps=[0, 0, 1])
    edges = {pair: relation for pair, relation in named(graph).items() if relation in ("out", "in", "both")}
    items = {(("item", one), ("item", C)): "out" for one in (A, B)}
    images = {(("image", one), ("image", 3)): "out" for one in (1, 2)}  # 1 and 2 stand in one step: no edge
    wanted = items | images
    assert edges == wanted | {(b, a): "in" for (a, b) in wanted}
    assert graph.relation(0, 1) is None and graph.steps == (0, 0, 1) and from_networkx(graph.to_networkx()) == graph
    matches = {pair for pair, relation in named(graph).items() if relation == "match"}
    assert matches == {pair for pair, relation in named(build_msgraph([A, B, C], codes)).items() if relation == "match"}


def test_an_item_of_two_neighbouring_steps_is_before_and_after_what_else_is_in_them():
    graph = named(build_msgraph([A, B, A, C], {}, steps=[0, 0, 1, 1]))
    assert graph[("item", A), ("item", B)] == "in" and graph[("item", B), ("item", A)] == "out"  # B 0 -> A 1
    assert graph[("item", A), ("item", C)] == "out" and graph[("item", A), ("item", A)] == "self"


@given(HISTORIES, TABLES)
def test_steps_of_one_position_each_change_nothing(history, table):
    plain, stepped = (build_msgraph(history, {"t": table}, steps=steps) for steps in (None, range(len(history))))
    assert plain.nodes == stepped.nodes and plain.edges == stepped.edges
