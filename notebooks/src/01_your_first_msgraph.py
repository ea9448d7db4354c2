# %% [markdown]
# # Your first MSGraph
#
# MMSR does not read a history as a list of items but as a graph of items *and* of what they carry: the MSGraph (section 4.1 of the paper).
# Here you make one by hand, then one of a real user, and ask of each edge why it is there.
#
# **You will be able to** say which nodes and edges a history gives, how features become modality codes, and what happens when a modality
# is missing. **You need** nothing; [00 start here](00_start_here.ipynb) shows where it leads. **Runtime** about ten seconds on a CPU, under 1 GB.

# %%
import numpy as np
import pandas as pd

from mmsr_lite import MMSR, MMSRConfig, load, show, trace
from mmsr_lite.graph.codes import fit_codebooks
from mmsr_lite.graph.msgraph import build_msgraph

# %% [markdown]
# ## By hand: A B A
#
# A user takes item 7, then 9, then 7 again. The picture of 7 is described by code 1, that of 9 by codes 1 and 2.
#
# **Before you run it:** how many nodes will there be? Three interactions, but repetition merges into one node.

# %%
graph = build_msgraph([7, 9, 7], {"picture": {7: [1], 9: [1, 2]}})
pd.DataFrame(graph.nodes)

# %% [markdown]
# Four: two items and two codes. Item 7 stands at positions 1 and 3; picture code 1 is carried at all three positions.
#
# Edges have a direction: the centre listens to its neighbour, and relations are named from the centre's side. Within one node type
# (*homogeneous*) they tell the order in time: `out`, the centre comes directly before; `in`, directly after; `both`. Across
# types (*heterogeneous*) there is one relation, `match`: they belong to the same item. Each node also listens to itself.
#
# **Before you run it:** what is the relation between 7 and 9? Between 7 and picture code 2?

# %%
relations = [[graph.relation(c, n) or "-" for n in range(4)] for c in range(4)]
names = [f"{node.type} {node.id}" for node in graph.nodes]
pd.DataFrame(relations, index=names, columns=names)

# %%
assert graph.relation(0, 1) == "both"  # 7 before 9 and 9 before 7
assert graph.relation(0, 3) is None  # code 2 is carried by 9 alone
assert graph.relation(2, 3) == "both"  # A's code 1 before B's code 2, and back

# %% [markdown]
# ## From features to codes
#
# No two pictures are equal, so raw features would give each item nodes of its own. k-means finds C centres in each modality, and an item gets
# the k nearest: **codes** that items share.

# %%
dataset = load("wardrobe:mixed")
books = fit_codebooks(dataset, num_codes=7, codes_per_item=2, dim=32)
user = 12
history = dataset.history(user)[:6]
pd.DataFrame(
    {book.name: list(map(tuple, book.codes[history])) for book in books}, index=[dataset.titles[i] for i in history]
)

# %% [markdown]
# ## A real user's MSGraph
#
# The first number is the nearest code. Garments that look alike share picture codes although they are different items: an edge between
# such codes is a step in time that item nodes cannot show, because items hardly ever repeat.

# %%
tables = {book.name: book.codes for book in books}
real = build_msgraph(history, tables)
pd.Series([node.type for node in real.nodes]).value_counts()

# %% [markdown]
# The picture needs something that listens; an untrained HAN-GNN will do, so do not read its attention yet. Garments stand in
# the middle lane, codes above and below; a code sits at the mean of its positions, its whiskers lead to them.

# %%
model = MMSR(MMSRConfig(dim=32), dataset.num_items, books)
show.msgraph(trace(model, dataset, history=history.tolist()))

# %% [markdown]
# ## Why is this edge here?
#
# Ask of any pair. Take the first picture code and the code after it:

# %%
kinds = [node.type for node in real.nodes]
first = kinds.index("picture")
one, other = real.nodes[first], real.nodes[first + 2]
print(f"picture code {one.id} at positions {one.positions}, picture code {other.id} at {other.positions}")
print("seen from the first:", real.relation(first, first + 2))

# %% [markdown]
# ## When a modality is missing
#
# An item without a picture has no picture codes, so there is **no node**: nothing is filled in, and the graph stays exact.
#
# **Before you run it:** take the pictures of all but the first garment away. How many picture nodes remain? How many edges between them?

# %%
blind = tables["picture"].copy()
blind[history[1:]] = 0
poor = build_msgraph(history, {**tables, "picture": blind})
left = [index for index, node in enumerate(poor.nodes) if node.type == "picture"]
edges = [(a, b) for a in left for b in left if a != b and poor.relation(a, b)]
print(len(left), "picture nodes and", len(edges), "edges between them: codes of one item are no step in time")

# %%
assert len(left) == len(np.unique(tables["picture"][history[0]])) and not edges

# %% [markdown]
# ## Take it elsewhere
#
# The same graph for networkx and for PyTorch Geometric (whose `HANConv` is another model than this HAN-GNN):

# %%
print(real.to_networkx())
print(real.to_hetero_data().edge_types[:4])

# %% [markdown]
# ## Summary
#
# One node for each distinct item and code; time within a type, matches across types; what is missing is not there.
#
# **Exercises**, with the answer in the next cell. A user takes item 3 three times in a row; its text has codes 4 and 5. 1. How many nodes?
# 2. What is the relation of the two text codes? 3. Of the item and code 4?

# %%
same = build_msgraph([3, 3, 3], {"text": {3: [4, 5]}})
assert len(same.nodes) == 3
assert same.relation(1, 2) == "both"  # 4 then 5, and 5 then 4, at each step
assert same.relation(0, 1) == "match"

# %% [markdown]
# **Code you will read:** [graph/msgraph.py](../mmsr_lite/graph/msgraph.py), this page in a hundred lines; [graph/batch.py](../mmsr_lite/graph/batch.py), the
# same for hundreds of histories at once as tensor products; [graph/codes.py](../mmsr_lite/graph/codes.py).
