# %% [markdown]
# # The MSGraph
#
# MMSR does not read a [[history]] as a list of items but as a graph of items *and* of what they carry: the [[MSGraph]] (section 4.1 of the paper).
# Here you make one by hand, then one of a real user, and ask of each edge why it is there.
#
# **You will be able to** say which nodes and edges a history gives, name every [[relation]] from the side of the node that receives, and hand the graph on to networkx,
# PyTorch Geometric and pyvis.
#
# **Prerequisites:** [01 data and modality codes](01_data_and_modality_codes.ipynb): an item carries some [[code|codes]] of each [[modality]]. Folded cells check the text; skip them.
#
# **Time:** {{minutes}}.
#
# **Measured:** {{measured}}.
#
# **Live page:** without a kernel, [the page `cycle`](../docs/live-pages.md) answers in any browser.

# %%
import re
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import torch
from IPython.display import HTML
from pyvis.network import Network
from torch_geometric.nn import HeteroConv, SAGEConv

from mmsr_lite import HETEROGENEOUS, HOMOGENEOUS, build_msgraph, check, show, stored, trace

# %% [markdown]
# ## Nodes: A B A
#
# A user takes A, which is item 7, then B, which is item 9, then A again. The picture of A is described by code 1, that of B by codes 1 and 2.
#
# **Before you run it:** how many nodes will there be for these three interactions?

# %%
codes = {"picture": {7: [1], 9: [1, 2]}}
graph = build_msgraph([7, 9, 7], codes)
pd.DataFrame(graph.nodes)

# %% [markdown]
# <details><summary>What came out</summary>
#
# Four: two items and two codes. Repetition merges into one node: item 7 stands at two positions, and picture code 1 is carried at all of them.
#
# </details>

# %%
assert len(graph.nodes) == 2 + 2
assert [node.positions for node in graph.nodes] == [(1, 3), (2,), (1, 2, 3), (2,)]

# %% [markdown]
# ## Edges
#
# An edge has a direction: the *neighbour* $j$ sends what it knows, and the *centre* $i$ receives it. The centre *attends* to the neighbour. The relation is named from the centre's side. $P_i$ is the set of `positions` of
# node $i$: in A B A, A has $P = \{1, 3\}$ and B has $\{2\}$. The [[homogeneous]] relations, within one [[node type]], tell the order in time:
#
# | relation | holds when | in words |
# |---|---|---|
# | `self` | $i = j$ | a node attends to itself |
# | `out` | for at least one $p$ in $P_i$, $p+1$ is in $P_j$ | the centre comes directly before |
# | `in` | for at least one $p$ in $P_i$, $p-1$ is in $P_j$ | the centre comes directly after |
# | `both` | `out` and `in` | back and forth |
#
# Across node types there is one [[heterogeneous]] relation, `match`: $P_i \cap P_j \neq \emptyset$, they belong to the same item.
#
# **Before you run it:** what is the relation between items 7 and 9? Between item 7 and picture code 2?

# %%
graph.to_pandas()

# %%
assert graph.relation(0, 1) == "both"  # 7 before 9 and 9 before 7
assert graph.relation(0, 3) is None  # code 2 is carried by 9 alone
assert graph.relation(2, 3) == "both"  # A's code 1 before B's code 2, and back

# %% [markdown]
# A row is a centre, a column a neighbour. Change the history: between the items, when is there `both`, and when only `out` or `in`?

# %%
show.interact(
    lambda history: build_msgraph(history, codes).to_pandas(),
    history=[[7, 9], [9, 7], [7, 9, 7], [7, 7, 9], [9, 9, 9]],
)

# %%
tried = [build_msgraph(history, codes) for history in ([7, 9], [7, 9, 7], [7, 7, 9])]
assert [one.relation(0, 1) for one in tried] == ["out", "both", "out"] and tried[0].relation(1, 0) == "in"

# %% [markdown]
# <details><summary>What came out</summary>
#
# Only A B A goes from one item to the other and back. Otherwise the first item has `out`, and the second `in`.
#
# </details>
#
# ## A real user
#
# A trained model, its codes, and a user of the wardrobe world. Garments stand in the middle lane, codes above and below; a code stands at the mean of its
# positions, and thin lines lead to them. (Ranks and gates follow in later notebooks.) Choose a user; with a kernel, click an edge to see why it is there.

# %%
TRAIN = False  # True: train here instead of opening what is stored, a minute or two
model, dataset = stored("wardrobe-cycle", train=TRAIN)
tables = {name: codes.numpy() for name, codes in zip(model.node_types[1:], model.codes, strict=True)}
show.interact(lambda user: show.msgraph(trace(model, dataset, user=user)), user=range(12, 40))

# %% [markdown]
# *How to read it:* time runs from left to right, a lane is a [[node type]]. An edge within a lane is a step in time, an edge between lanes belongs to one item.
#
# ## What codes add, measured with networkx
#
# Garments hardly ever repeat, so among *items* an MSGraph is a plain chain. Codes do repeat, and tie the chain into a graph. networkx can say how much: the *distance* from the first item
# to the last one, in steps, and the *clustering*, the share of a node's neighbours that are neighbours themselves.
#
# **Before you run it:** a history of eight items is a chain of seven steps. How many steps will be left with codes?

# %%
users = [user for user in range(400) if len(dataset.history(user)) == 8]
measured = {}
for name, some in {"items alone": {}, "with codes": tables}.items():
    graphs = [build_msgraph(dataset.history(user), some).to_networkx().to_undirected() for user in users]
    ends = [(0, max(n for n, kind in graph.nodes(data="type") if kind == "item")) for graph in graphs]
    steps = [nx.shortest_path_length(graph, *pair) for graph, pair in zip(graphs, ends, strict=True)]
    loopless = [nx.Graph((a, b) for a, b in graph.edges if a != b) for graph in graphs]
    measured[name] = {
        "steps, first to last": np.mean(steps),
        "clustering": np.mean([*map(nx.average_clustering, loopless)]),
    }
pd.DataFrame(measured).T.round(2)

# %%
alone, coded = measured["items alone"], measured["with codes"]
assert alone["steps, first to last"] > 6.2 > 2 * coded["steps, first to last"]
assert alone["clustering"] < 0.02 < 0.2 < coded["clustering"]

# %% [markdown]
# <details><summary>What came out</summary>
#
# Less than half. A code that comes back is one node at several positions, so it is a short cut through time. And neighbours of a node are often neighbours themselves, which in a chain of items
# hardly ever happens.
#
# </details>
#
# The *betweenness* of a node is the share of shortest ways that lead through it. Its *degree* counts its edges; its *PageRank* is high where neighbours have high ones. Which nodes of a user are the bridges?

# %%
measures = {"betweenness": nx.betweenness_centrality, "degree": nx.degree_centrality, "PageRank": nx.pagerank}
made = {user: build_msgraph(dataset.history(user), tables) for user in range(12, 40)}
show.interact(
    lambda user, by: pd.Series(measures[by](made[user].to_networkx()), name=by)
    .rename(lambda n: f"{made[user].nodes[n].type} {made[user].nodes[n].id}").nlargest(5).round(2),
    user=range(12, 40), by=list(measures),
)  # fmt: skip

# %% [markdown]
# ## When a modality is missing
#
# An item without a picture has no picture codes, so there is **no node**: nothing is filled in, and the graph stays exact.
#
# **Before you run it:** take the pictures of all but the first garment away. How many picture nodes remain? How many edges between them?

# %%
history = dataset.history(12)
blind = tables["picture"].copy()
blind[history[1:]] = 0
poor = build_msgraph(history, {**tables, "picture": blind})
left = [index for index, node in enumerate(poor.nodes) if node.type == "picture"]
edges = [(a, b) for a in left for b in left if a != b and poor.relation(a, b)]
len(left), len(edges)

# %%
assert len(left) == len(np.unique(tables["picture"][history[0]])) == 1 and not edges

# %% [markdown]
# <details><summary>What came out</summary>
#
# One node, that of the first garment, and no edge.
#
# </details>
#
# ## A layer of PyTorch Geometric on it
#
# `to_hetero_data()` is the same graph for PyTorch Geometric, so any of its layers runs on it. Here each kind of edge has an untrained matrix of its own. What reaches the last item in one [[layer]]? The
# gradient, how its output changes with each input, tells: it is zero for every node that cannot reach it.
#
# **Before you run it:** name the nodes that reach the last item.

# %%
graph = build_msgraph(history, tables)
data = graph.to_hetero_data()
torch.manual_seed(0)
x = {kind: torch.randn(data[kind].num_nodes, 8, requires_grad=True) for kind in data.node_types}
layer = HeteroConv({edge: SAGEConv((8, 8), 8) for edge in data.edge_types})
layer(x, data.edge_index_dict)["item"][-1].sum().backward()
reach = {kind: [n.id for n, g in zip([n for n in graph.nodes if n.type == kind], x[kind].grad.abs().sum(1), strict=True) if g]
         for kind in data.node_types}  # fmt: skip
pd.Series(reach, name="what reaches the last item")

# %%
last = max(node for node, own in enumerate(graph.nodes) if own.type == "item")
near = {edge.neighbour for edge in graph.edges if edge.centre == last}
assert reach == {kind: [n.id for i, n in enumerate(graph.nodes) if n.type == kind and i in near] for kind in reach}
assert HOMOGENEOUS == ("self", "out", "in", "both") and HETEROGENEOUS == ("self", "match")

# %% [markdown]
# <details><summary>What came out</summary>
#
# Itself, the item before, and its own codes. Everything else needs a second layer. (PyTorch Geometric's own `HANConv` is another model than this [[HAN-GNN]].)
#
# </details>
#
# ## A page to play with
#
# pyvis makes a page in which nodes can be dragged. It is written beside the notebook; a click on an edge tells its relation.

# %%
page, shapes = Network(directed=True, cdn_resources="in_line", height="460px"), {"item": "dot", "picture": "square"}
for n, node in enumerate(graph.nodes):
    place = {"x": 110 * float(np.mean(node.positions)), "y": 150 * ["picture", "item", "text"].index(node.type)}
    page.add_node(n, label=f"{node.type} {node.id}", shape=shapes.get(node.type, "diamond"), **place)
for edge in graph.edges:
    if edge.relation != "self":
        page.add_edge(edge.neighbour, edge.centre, title=edge.relation)
page.toggle_physics(False)
html = re.sub(r"<(link|script)[^>]*https?://[^>]*>(</script>)?", "", page.generate_html())  # nothing is fetched
Path("runs").mkdir(exist_ok=True)
Path("runs/02_msgraph.html").write_text(html, encoding="utf-8")
HTML('<iframe src="runs/02_msgraph.html" width="100%" height="480"></iframe>')

# %% [markdown]
# ## Recap
#
# | claim | evidence | verdict |
# |---|---|---|
# | Repetition merges into one node. | A B A has two item nodes. | by definition |
# | Codes tie the chain into a graph. | The way from first to last item is less than half as long. | measured |
# | In one layer the whole history reaches a node. | A gradient is zero but for neighbours. | no: direct neighbours only |
# | A missing picture is a zero. | It has no node and no edge. | no |
#
# ## Exercises
#
# A user takes item 3 three times in a row; its text has codes 4 and 5.
#
# 1. *(value, easy, 2 min)* How many nodes has the graph?

# %% tags=["exercise"]
check("02.1", ...)

# %% tags=["solution"]
check("02.1", len(build_msgraph([3, 3, 3], {"text": {3: [4, 5]}}).nodes))

# %% [markdown]
# 2. *(value, easy, 3 min)* What is the relation of the two text codes?

# %% tags=["exercise"]
check("02.2", ...)

# %% tags=["solution"]
check("02.2", build_msgraph([3, 3, 3], {"text": {3: [4, 5]}}).relation(1, 2))

# %% [markdown]
# 3. *(function, medium, 8 min)* Write the rule of the table above for two different nodes of one type.


# %% tags=["exercise"]
def relation(P_i, P_j):
    """P_i and P_j are sets of positions of centre and neighbour. Returns "out", "in", "both" or None."""
    return ...


check("02.3", relation)

# %% tags=["solution"]
check(
    "02.3",
    lambda P_i, P_j: {(1, 0): "out", (0, 1): "in", (1, 1): "both"}.get(
        (any(p + 1 in P_j for p in P_i), any(p - 1 in P_j for p in P_i))
    ),
)

# %% [markdown]
# 4. *(history, medium, 5 min)* Give a history of four interactions, a list made of items 7 and 9, in which the relation of centre 7 to neighbour 9 is `out`.

# %% tags=["exercise"]
check("02.4", ...)

# %% tags=["solution"]
check("02.4", [7, 7, 9, 9])

# %% [markdown]
# **Code you will read:** [graph/msgraph.py](../mmsr_lite/graph/msgraph.py), this page in a hundred lines; [graph/batch.py](../mmsr_lite/graph/batch.py), the
# same for hundreds of histories at once as tensor products.
#
# **Next:** [03 early and late fusion, by hand](03_early_and_late_fusion.ipynb), what the graph is there to decide.
