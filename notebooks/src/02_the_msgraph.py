# %% [markdown]
# # The MSGraph
#
# MMSR does not read a [[history]] as a list of items but as a graph of items *and* of what they carry: the [[MSGraph]] (section 4.1 of the paper).
# Here you make one by hand, then one of a real user, and ask of each edge why it is there.
#
# **You will be able to** say which nodes and edges a history gives, name every [[relation]] from the side of the node that listens, and say what codes
# add to a graph of items.
#
# **Prerequisites:** [01 data and modality codes](01_data_and_modality_codes.ipynb): an item carries k codes of each modality.
#
# **Measured:** {{measured}}.

# %%
from itertools import product

import numpy as np
import pandas as pd

from mmsr_lite import HETEROGENEOUS, HOMOGENEOUS, build_msgraph, check, fit_codebooks, show, stored, trace

# %% [markdown]
# ## Nodes: A B A
#
# A user takes item 7 (A), then 9 (B), then 7 again. The picture of 7 is described by code 1, that of 9 by codes 1 and 2.
#
# **Before you run it:** how many nodes will there be? Three interactions, but repetition merges into one node.

# %%
codes = {"picture": {7: [1], 9: [1, 2]}}
graph = build_msgraph([7, 9, 7], codes)
pd.DataFrame(graph.nodes)

# %% [markdown]
# Four: two items and two codes. Item 7 stands at positions 1 and 3; picture code 1 is carried at all three. (The paper counts $m \times 3$ nodes for
# $m$ interactions with pictures and texts: the most there can be with one code each, before anything repeats.)

# %%
assert len(graph.nodes) == 2 + 2
assert [node.positions for node in graph.nodes] == [(1, 3), (2,), (1, 2, 3), (2,)]

# %% [markdown]
# ## Edges
#
# An edge has a direction: the *centre* $i$ listens to its *neighbour* $j$, and the relation is named from the centre's side. With $P_i$ the `positions` of
# node $i$, the [[homogeneous]] relations, within one [[node type]], tell the order in time:
#
# | relation | holds when | in words |
# |---|---|---|
# | `self` | $i = j$ | a node listens to itself |
# | `out` | some $p \in P_i$ has $p+1 \in P_j$ | the centre comes directly before |
# | `in` | some $p \in P_i$ has $p-1 \in P_j$ | the centre comes directly after |
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
# A row is a centre, a column a neighbour. Change the history: when does `both` fall apart into `out` and `in`?

# %%
show.interact(
    lambda history: build_msgraph(history, codes).to_pandas(),
    history=[[7, 9], [9, 7], [7, 9, 7], [7, 7, 9], [9, 9, 9]],
)

# %% [markdown]
# ## A real user
#
# A trained model, its codes, and a user of the wardrobe world. Garments stand in the middle lane, codes above and below; a code sits at the mean of its
# positions, and its whiskers lead to them. Choose a user; with a kernel, click an edge to see why it is there.

# %%
TRAIN = False  # True: train here instead of opening what is stored, a minute or two
model, dataset = stored("wardrobe-mixed", train=TRAIN)
show.interact(lambda user: show.msgraph(trace(model, dataset, user=user)), user=range(12, 40))

# %% [markdown]
# ## What codes add
#
# Garments hardly ever repeat, so among *items* an MSGraph is a plain chain. Codes do repeat, and where they do the chain closes into circles: one edge between
# two codes can stand for steps of several pairs of items. Count it over two hundred users.
#
# **Before you run it:** which share of a user's item nodes stands at more than one position? Which share of the picture codes?

# %%
tables = {name: codes.numpy() for name, codes in zip(model.node_types[1:], model.codes, strict=True)}
graphs = [build_msgraph(dataset.history(user), tables) for user in range(200)]
nodes = [(node.type, len(node.positions) > 1) for each in graphs for node in each.nodes]
repeated = pd.DataFrame(nodes, columns=["type", "share at several positions"]).groupby("type").mean()
repeated.round(3)

# %%
assert repeated.loc["item"].item() < 0.1 < 0.3 < repeated.loc[["picture", "text"]].min().item()

# %% [markdown]
# The paper estimates four edges for a node (section 4.5): one to the step before, one to the step after, two to the other channels. Self-loops not
# counted, is that so here?

# %%
edges = pd.Series([edge.relation for each in graphs for edge in each.edges])
per_node = edges.value_counts() / sum(len(each.nodes) for each in graphs)
pd.concat([per_node, pd.Series({"all but self": per_node.drop("self").sum()})]).round(2)

# %%
assert round(per_node.drop("self").sum(), 1) == 4.6
assert HOMOGENEOUS == ("self", "out", "in", "both") and HETEROGENEOUS == ("self", "match")

# %% [markdown]
# Nearly: 4.6. A code at several positions matches several items. It depends on how many codes there are, C, and how many an item carries, k (section 5.5);
# here self-loops are counted, and nothing is trained.
#
# **Before you run it:** more codes per item, k from 1 to 3: do nodes or edges grow faster?

# %%
sizes = {}
for C, k in product((7, 14, 28), (1, 2, 3)):
    tables_of = {b.name: b.codes for b in fit_codebooks(dataset, num_codes=C, codes_per_item=k, dim=32)}
    made = [build_msgraph(dataset.history(user), tables_of) for user in range(50)]
    count = sum(len(each.nodes) for each in made)
    sizes[C, k] = {"nodes per user": count / 50, "edges per node": sum(len(each.edges) for each in made) / count}
sizes = pd.DataFrame(sizes).T.rename_axis(["C", "k"])
sizes.round(1)

# %% [markdown]
# Edges: each step joins every code of one item with every code of the next, k times k. And with a small C the same codes come again and again, so there are
# fewer nodes.

# %%
assert all(sizes.loc[(C, 3), "edges per node"] > 2 * sizes.loc[(C, 1), "edges per node"] for C in (7, 14, 28))
assert all(sizes.loc[(28, k), "nodes per user"] > sizes.loc[(7, k), "nodes per user"] for k in (1, 2, 3))

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
# So that items without a picture may still hear about pictures, the paper lets items attend to *every* code of the history (global attention, section
# 5.4): each item then matches each code.

# %%
show.interact(
    lambda global_attention: pd.Series(
        [edge.relation for edge in build_msgraph(history, tables, global_attention=global_attention).edges]
    ).value_counts(),
    global_attention=[False, True],
)

# %% [markdown]
# ## Take it elsewhere
#
# The same graph for networkx and for PyTorch Geometric (whose `HANConv` is another model than this [[HAN-GNN]]):

# %%
print(graphs[12].to_networkx())
print(graphs[12].to_hetero_data().edge_types[:4])

# %% [markdown]
# ## Summary
#
# One node for each distinct item and code; time within a type, matches across types; what is missing is not there. Items give a chain, shared codes tie
# it into a graph.
#
# ## Exercises
#
# A user takes item 3 three times in a row; its text has codes 4 and 5.
#
# 1. How many nodes has the graph?

# %% tags=["exercise"]
check("02.1", ...)

# %% tags=["solution"]
check("02.1", len(build_msgraph([3, 3, 3], {"text": {3: [4, 5]}}).nodes))

# %% [markdown]
# 2. What is the relation of the two text codes?

# %% tags=["exercise"]
check("02.2", ...)

# %% tags=["solution"]
check("02.2", build_msgraph([3, 3, 3], {"text": {3: [4, 5]}}).relation(1, 2))

# %% [markdown]
# 3. Four different items, no modalities. How many edges has the graph, self-loops not counted?

# %% tags=["exercise"]
check("02.3", ...)

# %% tags=["solution"]
check("02.3", 2 * 3)

# %% [markdown]
# 4. Give a history of four interactions, a list made of items 7 and 9, in which the relation of centre 7 to neighbour 9 is `out`.

# %% tags=["exercise"]
check("02.4", ...)

# %% tags=["solution"]
check("02.4", [7, 7, 9, 9])

# %% [markdown]
# **Code you will read:** [graph/msgraph.py](../mmsr_lite/graph/msgraph.py), this page in a hundred lines; [graph/batch.py](../mmsr_lite/graph/batch.py), the
# same for hundreds of histories at once as tensor products.
#
# **Next:** [04 dual attention](04_dual_attention.ipynb), how a node listens along these edges.
