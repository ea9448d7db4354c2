"""Graphs of changed histories are those that a model of these codes and edges would build."""

from dataclasses import replace

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmsr_lite.explain.changed_graphs import cut, graphs_with, variant
from mmsr_lite.explain.interventions import rerun
from tests.properties import examples

HISTORIES = torch.tensor([[1, 2, 1, 3, 5], [12, 4, 4, 7, 0], [9, 0, 0, 0, 0]])
HISTORY = st.lists(st.integers(1, 12), min_size=1, max_size=6)


def close(one: torch.Tensor, two: torch.Tensor) -> bool:
    return torch.allclose(one, two, rtol=1e-4, atol=1e-5)


def same_graph(one, two) -> bool:
    parts = [(*graph.ids, *graph.relations, graph.matches, graph.last) for graph in (one, two)]
    return all(torch.equal(a, b) for a, b in zip(*parts, strict=True))


@settings(max_examples=examples(30), deadline=None)
@given(histories=st.lists(HISTORY, min_size=1, max_size=3))
def test_graphs_without_other_codes_are_the_model_s_own(random_model, histories):
    model, longest = random_model(), max(map(len, histories))
    padded = torch.tensor([[*past, *[0] * (longest - len(past))] for past in histories])
    assert same_graph(graphs_with(model, histories, [{}] * len(histories)), model.graphs(padded))


def test_a_node_that_only_others_hear_still_exists(random_model):
    graph = random_model(1).graphs(HISTORIES[:1])
    centre, neighbour = next(pair for pair in (graph.edges[0] > 0).nonzero().tolist() if pair[0] != pair[1])
    keep = torch.zeros_like(graph.edges, dtype=torch.bool)
    keep[0, centre, neighbour] = True
    assert sorted(cut(graph, keep).exists[0].nonzero()[:, 0].tolist()) == sorted([centre, neighbour])


def test_other_codes_are_a_codebook_that_holds_them(random_model, books):
    codes = {(0, 1): [6], (1, 5): [], (0, 3): [2, 4]}
    pair = [replace(book, codes=book.codes.copy()) for book in books(2)]
    for (modality, item), own in codes.items():
        pair[modality].codes[item] = [*own, *[0] * (2 - len(own))]
    model, other = random_model(), random_model(codebooks=tuple(pair))
    graph = graphs_with(model, [HISTORIES[0].tolist(), HISTORIES[1, :4].tolist()], [codes, {}])
    scores, _ = rerun(model, graph)
    assert close(scores[0, 1:], other.scores(HISTORIES[:1])[0, 1:])
    assert close(scores[1, 1:], model.scores(HISTORIES[1:2])[0, 1:])
    alone = variant(model, graphs_with(model, [HISTORIES[0].tolist()], [codes]), codes)
    assert close(alone.scores(torch.tensor([[7]]))[0, 1:], scores[0, 1:])
    assert all(torch.equal(one, two) for one, two in zip(alone.codes, other.codes, strict=True))
    assert [table.tolist() for table in model.codes] == [book.codes.tolist() for book in books(2)]
