"""GraphBatch says the same as MSGraph, one history at a time."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmsr_lite.graph.batch import build_graphs
from mmsr_lite.graph.msgraph import build_msgraph, msgraph_of
from mmsr_lite.graph.relations import RELATIONS
from tests.properties import examples

HISTORIES = st.lists(st.lists(st.integers(1, 12), min_size=1, max_size=8), min_size=1, max_size=10)


def padded(histories, length=0) -> torch.Tensor:
    length = max(length, *map(len, histories))
    return torch.tensor([history + [0] * (length - len(history)) for history in histories])


def nodes_of(graph, row) -> dict:
    """slot -> (type, id, positions) of one history in the batch."""
    found, begin = {}, 0
    for kind, (ids, at) in enumerate(zip(graph.ids, graph.incidence, strict=True)):
        for slot, node in enumerate(ids[row].tolist()):
            if node:
                found[begin + slot] = (kind, node, tuple((at[row, :, slot].nonzero()[:, 0] + 1).tolist()))
            else:
                assert not at[row, :, slot].any()
        begin += ids.shape[1]
    return found


def edges_of(graph) -> list[dict]:
    """For each history (centre, neighbour) -> relation, the ends named as (type, id, positions)."""
    (neighbours, centres), relations = (part.tolist() for part in graph.edge_index())
    rows, n = range(len(graph.history)), sum(graph.widths)
    found, nodes = [{} for _ in rows], [nodes_of(graph, row) for row in rows]
    for centre, neighbour, relation in zip(centres, neighbours, relations, strict=True):
        row = centre // n
        assert row == neighbour // n
        found[row][nodes[row][centre % n], nodes[row][neighbour % n]] = RELATIONS[relation]
    return found


def wanted_edges(msgraph) -> dict:
    key = [(msgraph.node_types.index(node.type), node.id, node.positions) for node in msgraph.nodes]
    return {(key[edge.centre], key[edge.neighbour]): edge.relation for edge in msgraph.edges}


@settings(max_examples=examples(120), deadline=None)
@given(HISTORIES, st.integers(0, 3), st.integers(1, 3), st.integers(0, 99), st.integers(0, 12), st.booleans())
def test_a_batch_is_the_msgraphs_of_its_histories(books, histories, modalities, k, seed, length, everywhere):
    tables = {book.name: book.codes for book in books(modalities, k=k, seed=seed)}
    codes = [torch.from_numpy(table) for table in tables.values()]
    graph = build_graphs(padded(histories, length), codes, global_attention=everywhere)
    singles = [build_msgraph(history, tables, global_attention=everywhere) for history in histories]
    assert edges_of(graph) == [wanted_edges(single) for single in singles]
    assert torch.equal(graph.matches.diagonal(dim1=1, dim2=2), graph.exists)
    final = len(histories) - 1
    taken_out, slots = msgraph_of(graph, singles[final].node_types, final)
    assert taken_out == singles[final]
    assert [nodes_of(graph, final)[slot][1:] for slot in slots] == [(n.id, n.positions) for n in singles[final].nodes]
    for row, (history, single) in enumerate(zip(histories, singles, strict=True)):
        found = nodes_of(graph, row)
        assert graph.exists[row].sum() == len(found) == len(single.nodes)
        for slot, (_, _, positions) in found.items():
            share = [(position in positions) / len(positions) for position in range(1, graph.history.shape[1] + 1)]
            assert np.allclose(graph.occupancy[row, slot], share)
        assert graph.ids[0][row, graph.last[row]] == history[-1]
        for (index, real), ids, kind in zip(graph.last_nodes, graph.ids, single.node_types, strict=True):
            last = {node.id for node in single.nodes if node.type == kind and len(history) in node.positions}
            assert sorted(ids[row, index[row]][real[row]].tolist()) == sorted(last)


def test_the_same_history_has_the_same_graph_alone_or_in_wider_company(books):
    codes = [torch.from_numpy(book.codes) for book in books(3, k=3)]
    alone = edges_of(build_graphs(padded([[3, 1, 3]]), codes))
    assert alone[0] and alone[0] == edges_of(build_graphs(padded([[5, 6, 7, 8, 9, 10], [3, 1, 3]], 15), codes))[1]


@settings(max_examples=examples(60), deadline=None)
@given(HISTORIES, st.integers(0, 3), st.integers(1, 3))
def test_slots_as_many_as_could_be_needed_change_no_edge(books, histories, modalities, k):
    kept = books(modalities, num_codes=6, k=k)
    codes, history = [torch.from_numpy(book.codes) for book in kept], padded(histories)
    roomy = build_graphs(history, codes, num_codes=[6] * modalities)
    length = history.shape[1]
    assert roomy.widths == [length] + [min(6, k * length)] * modalities
    assert edges_of(roomy) == edges_of(build_graphs(history, codes))


STEPS = st.lists(st.integers(0, 1), min_size=8, max_size=8)  # whether a position begins a new step


@settings(max_examples=examples(60), deadline=None)
@given(HISTORIES, STEPS, st.integers(0, 2), st.integers(0, 99))
def test_a_batch_with_steps_is_the_msgraphs_with_these_steps(books, histories, new, modalities, seed):
    tables = {book.name: book.codes for book in books(modalities, k=2, seed=seed)}
    numbers = np.cumsum(new) - new[0]
    steps = [numbers[: len(history)].tolist() for history in histories]
    graph = build_graphs(padded(histories), [torch.from_numpy(t) for t in tables.values()], steps=padded(steps))
    singles = [build_msgraph(past, tables, steps=own) for past, own in zip(histories, steps, strict=True)]
    assert edges_of(graph) == [wanted_edges(single) for single in singles]
    for row, (history, own) in enumerate(zip(histories, steps, strict=True)):
        last = {item for item, step in zip(history, own, strict=True) if step == own[-1]}
        shares = graph.last_step_items[row]
        assert {int(graph.ids[0][row, slot]) for slot in shares.nonzero()[:, 0]} == last
        assert np.allclose(shares.sum(), 1) and np.allclose(shares.max(), 1 / len(last))
        assert graph.from_end[row, : len(history)].tolist() == [own[-1] - step for step in own]


@pytest.mark.parametrize("modalities", [0, 2])
def test_what_the_last_layer_reads_are_rows_of_the_whole_graph(books, modalities):
    codes = [torch.from_numpy(book.codes) for book in books(modalities)]
    graph = build_graphs(padded([[1, 2, 1, 3], [4], [5, 5, 6, 1, 7]]), codes)
    whole = torch.stack([torch.block_diag(*blocks) for blocks in zip(*graph.relations, strict=True)])  # (B, N, N)
    index, real = graph.last_item_neighbours
    for row, slot in real.nonzero().tolist():
        assert torch.equal(graph.last_item_relations[row, slot], whole[row, index[row, slot]])
    assert torch.equal(graph.item_matches, graph.matches[:, : graph.widths[0]])
