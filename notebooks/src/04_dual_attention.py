# %% [markdown]
# # Dual attention
#
# A node of the [[MSGraph]] has two kinds of neighbours: nodes of its own type, which tell of time, and nodes of other types, which tell of the same item.
# [[HAN-GNN]] attends to each kind by a rule of its own, one kind after the other (section 4.3.2). Here you compute both rules by hand from a trained
# model's weights, and then ask what it has learned to attend to.
#
# **You will be able to** compute an attention weight from states and parameters, say what the second [[phase]] takes from the first, and read off
# whether a model attends backwards or forwards in time.
#
# **Prerequisites:** [02 the MSGraph](02_the_msgraph.ipynb), [03 early and late fusion, by hand](03_early_and_late_fusion.ipynb); the [[softmax]].
#
# **Time:** {{minutes}}.
#
# **Measured:** {{measured}}.
#
# **Live page:** without a kernel, [the page `cycle`](../docs/live-pages.md) answers in any browser.

# %%
from collections import Counter
from itertools import product

import pandas as pd
import torch
import torch.nn.functional as F

from mmsr_lite import RELATIONS, SELF, check, listen, show, stored, trace

# %% [markdown]
# ## Listening to a model
#
# The model shows its insides through named [[probe|probes]]; `listen` records what passes them. These are the probes of the first layer, with the shapes of
# what they saw for one user. A list holds one tensor for each node type; where types meet, one tensor spans all nodes.

# %%
TRAIN = False  # True: train here instead of opening what is stored, a minute or two
model, dataset = stored("wardrobe-cycle", train=TRAIN)
user = 17
*history, target = dataset.history(user).tolist()
with torch.no_grad(), listen(model) as seen:
    graph, _ = model.states(torch.tensor([history]))
first = {name.removeprefix("layers.0.probes."): value for name, value in seen.items() if name.startswith("layers.0.")}
pd.Series(
    {name: [tuple(x.shape) for x in v] if isinstance(v, list | tuple) else tuple(v.shape) for name, v in first.items()}
)

# %% [markdown]
# `hohe` and `heho` are the two [[fusion order|orders]]; each has two phases, and each phase `logits` and `weights`. Here is the whole record as a picture,
# with the last item chosen; press order and phase, and watch which edges light up.

# %%
record = trace(model, dataset, user=user)
show.msgraph(record, {"node": record["history"][-1]["node"]})

# %% [markdown]
# ## Among its own kind: equation 12
#
# With $h_i$ the [[state]] of the centre $i$ and $h_j$ that of a [[homogeneous]] neighbour, both of node type $t$,
#
# $$e^{ho}_{ij} = \mathrm{LeakyReLU}\big(a_r \cdot (V_i \odot V_j)\big), \qquad V_i = \texttt{value}_t\, h_i,$$
#
# where $a_r$ is a row of `layer.relation`, one for each of `self`, `out`, `in`, `both`. (The paper writes the LeakyReLU into equation 11.)
#
# **Before you run it:** the product $V_i \odot V_j$ does not change when $i$ and $j$ trade places. What, then, can make a node attend more to the step before
# than to the step after?

# %%
layer = model.layers[0]
V = layer.value.maps[0](first["input"][0][0])  # (N_0, D): the item nodes
i, j = (graph.ids[0][0].tolist().index(item) for item in (history[-1], history[-2]))  # the last item, the one before
r = int(graph.relations[0][0, i, j])
e = F.leaky_relu(layer.relation[r - SELF] @ (V[i] * V[j]))
theirs = first["hohe_1_logits"][0][0, i, j]
print(f"relation {RELATIONS[r - SELF]}, the last item comes directly after: by hand {e:.4f}, in the model {theirs:.4f}")

# %%
assert torch.isclose(e, theirs, atol=1e-5)
assert RELATIONS[r - SELF] == "in" and RELATIONS[graph.relations[0][0, j, i] - SELF] == "out"

# %% [markdown]
# <details><summary>What came out</summary>
#
# Only $a_r$: seen from the other end the same edge has another relation, and so another vector.
#
# </details>
#
# ## Weights: equation 11
#
# A softmax over the neighbours of the family makes weights of the logits. An item stands in a chain, so the last item has two neighbours: itself and the
# item before.

# %%
logits = first["hohe_1_logits"][0][0, i]
weights = logits.softmax(0)
near = [n for n, relation in enumerate(graph.relations[0][0, i]) if relation]
names = [dataset.titles[graph.ids[0][0, n]] for n in near]
columns = {
    "relation": [RELATIONS[graph.relations[0][0, i, n] - SELF] for n in near],
    "logit": logits[near],
    "weight": weights[near],
}
pd.DataFrame(columns, index=names).round(3)

# %%
assert torch.allclose(weights, first["hohe_1_weights"][0][0, i], atol=1e-6)
assert torch.isclose(weights[near].sum(), torch.tensor(1.0)) and len(near) == 2

# %% [markdown]
# ## Across kinds: equation 13
#
# An item and a picture code do not live in one space, so neither can be compared as it is. Each type has maps of its own into a common space, and the
# [[heterogeneous]] neighbour asks while the centre answers ([[query, key, value]]):
#
# $$e^{he}_{ij} = \mathrm{LeakyReLU}\big(\texttt{query}_{t_j} h_j \cdot \texttt{key}_{t_i} h_i \,/\, \sqrt D\big).$$
#
# The $\sqrt D$ is not in the paper; on Amazon Beauty training [diverged](../benchmarks/README.md) without it. `scale=False` takes it away.
#
# **Before you run it:** now the picture code attends to the item instead. Will the logit be the same?

# %%
code = graph.last_nodes[1][0][0, 0]  # the last item's picture code
item, picture = first["input"][0][0, i], first["input"][1][0, code]
D = len(item)
e = F.leaky_relu(layer.query.maps[1](picture) @ layer.key.maps[0](item) / D**0.5)  # the item attends: the code asks
back = F.leaky_relu(layer.query.maps[0](item) @ layer.key.maps[1](picture) / D**0.5)  # the code attends: the item asks
print(f"item attends to code: {e:.4f}; code attends to item: {back:.4f}")

# %%
here = graph.widths[0] + code  # slots are counted over all types: items, then picture codes, then text codes
assert torch.isclose(e, first["heho_1_logits"][0][0, i, here], atol=1e-5)
assert torch.isclose(back, first["heho_1_logits"][0][0, here, i], atol=1e-5)
assert not torch.isclose(e, back, atol=1e-2)

# %% [markdown]
# <details><summary>What came out</summary>
#
# No: who asks and who answers has changed.
#
# </details>
#
# ## The second phase
#
# In `hohe` phase 1 is homogeneous, phase 2 heterogeneous. [[non-invasive|Non-invasive]] means: phase 2 takes its *logits* from what phase 1 made, but what
# it *sums* is still the layer's input,
#
# $$h^{hohe}_i = \sum_j \alpha^{hohe,2}_{ij}\, \texttt{value}_{t_j}\, h_j .$$
#
# So the first phase decides whom the second attends to, and adds nothing itself.
#
# **Before you run it:** phase 2 of `hohe` and phase 1 of `heho` use the same maps on the same edges. Are their weights the same?

# %%
values = torch.cat(layer.value(first["input"]), 1)[0]  # (N, D): of the layer's input
ends = torch.cat(first["hohe"], 1)[0]  # (N, D): where hohe ends
late, early = first["hohe_2_weights"][0][0], first["heho_1_weights"][0][0]  # (N, N)
print(f"largest difference of two weights: {(late - early).abs().max():.3f}")

# %%
assert torch.allclose(late @ values, ends, atol=1e-4)  # phase 2 sums the input
assert (late - early).abs().max() > 0.1  # but phase 1 has changed whom it attends to

# %% [markdown]
# <details><summary>What came out</summary>
#
# No. Phase 1 has changed whom phase 2 attends to, and added nothing to what it sums. (The authors' released code computes these logits from the layer's input as well, so there `hohe` never
# reads its first phase: [notebook 13](13_paper_released_code_counting.ipynb).)
#
# </details>
#
# The matrix of any phase:

# %%
show.interact(
    lambda path, phase, layer: show.attention(record, layer - 1, path, phase - 1),
    path=["hohe", "heho"], phase=[1, 2], layer=[1, 2],
)  # fmt: skip

# %% [markdown]
# *How to read it:* a row is a node that attends, and adds up to one; a column is a node that is attended to.
#
# ## What has it learned to attend to?
#
# A weight alone says little: with two neighbours a half is nothing, with ten it is much. So take *weight times number of neighbours*: a node that attends
# to all alike gives 1 to each.
#
# In the world `cycle` each user walks round looks and themes in a direction of their own, and the items so far give it away. In the world `match` the
# next item follows from the present one, and those before say nothing.
#
# **Before you run it:** code nodes attend within their own lane in phase 1 of `hohe`. In `cycle`, should they attend to what came before (`in`) or what comes
# after (`out`)? And in `match`?

# %%
rows, worlds = [], {"cycle": (model, dataset), "match": stored("wardrobe-match")}
for world, user in product(worlds, range(60)):
    one = trace(*worlds[world], user=user)
    weights = one["layers"][0]["attention"]["hohe"][0]["weights"]
    attended = [(*edge, weight) for edge, weight in zip(one["edges"], weights, strict=True) if weight is not None]
    count = Counter(centre for _, centre, _, _ in attended)
    kinds = [one["node_types"][node["type"]] for node in one["nodes"]]
    rows += [(world, kinds[c], one["relations"][r], weight * count[c]) for _, c, r, weight in attended]
table = pd.DataFrame(rows, columns=["world", "centre", "relation", "share"])
table = table.groupby(["world", "centre", "relation"])["share"].mean().unstack()  # weight times number of neighbours
table.round(2).fillna("-")

# %% [markdown]
# <details><summary>What came out</summary>
#
# In `cycle` the codes attend backwards: they give more than their share to what came before, and less to what comes after. In `match` they attend to all alike, and the items to hardly
# anything but themselves. All this fits what the generator does.
#
# </details>

# %%
codes = ["picture", "text"]
assert (table.loc["cycle"].loc[codes, "in"] > 1.5).all() and (table.loc["cycle"].loc[codes, "out"] < 0.75).all()
assert ((table.loc["match"].loc[codes, ["in", "out", "both"]] - 1).abs() < 0.2).all().all()
assert table.loc["match"].loc["item", ["in", "out", "both"]].max() < 0.1

# %% [markdown]
# A pattern that fits is not yet an explanation. Whether these edges *matter* is seen by cutting them, in [notebook 06](06_prediction_and_what_if.ipynb).
#
# ## Recap
#
# | claim | evidence | verdict |
# |---|---|---|
# | Order in time comes from the relation's vector alone. | The product of two values is symmetric. | by algebra |
# | Both directions of a match weigh the same. | The two logits of one edge differ. | no: who asks matters |
# | Phase 1 adds values to phase 2. | Phase 2 sums the layer's input. | no: it steers |
# | The model attends backwards where order matters. | Codes in `cycle` do, in `match` not. | it fits; tested in 06 |
#
# ## Exercises
#
# 1. *(value, easy, 2 min)* A node has two neighbours with logits $0$ and $\ln 3$ (after the LeakyReLU). Which weight gets the second?

# %% tags=["exercise"]
check("04.1", ...)

# %% tags=["solution"]
check("04.1", float(torch.tensor([1.0, 3.0]).log().softmax(0)[1]))

# %% [markdown]
# 2. *(function, medium, 8 min)* Equation 14: make weights of the logits of equation 13. A node attends only where there is an edge; each row adds up to one. Try it on `first["heho_1_logits"]` against the probe `heho_1_weights`.


# %% tags=["exercise"]
def weigh(logits, edges):
    """logits (N, N), a row for each centre; edges (N, N) is True where there is one. Returns weights (N, N)."""
    return ...


check("04.2", weigh)

# %% tags=["solution"]
check(
    "04.2", lambda logits, edges: torch.as_tensor(logits).masked_fill(~torch.as_tensor(edges), -torch.inf).softmax(-1)
)

# %% [markdown]
# 3. *(value, easy, 3 min)* Which node types does an item node attend to in phase 1 of `heho`? Give a set of names from `model.node_types`.

# %% tags=["exercise"]
check("04.3", ...)

# %% tags=["solution"]
check("04.3", {"item", "picture", "text"})

# %% [markdown]
# 4. *(argument, medium, 8 min)* In 30 to 90 words: an item gives its code a weight of one half. Why may that be much for one item and little for another, and which experiment would show that the edge matters?

# %% tags=["exercise"]
check("04.4", ...)

# %% tags=["solution"]
check(
    "04.4",
    "With two neighbours a half is what attending to all alike gives, with ten it is five times that share. So I would "
    "compare weight times number of neighbours. Whether the edge matters is not in the weight: I would cut it, run the "
    "model again, and see whether the target's rank changes more than when a random edge of this kind is cut.",
)

# %% [markdown]
# **Code you will read:** [nn/attention.py](../mmsr_lite/nn/attention.py), equations 12 and 13 in a page; [nn/han.py](../mmsr_lite/nn/han.py), the paths and
# phases; [nn/probe.py](../mmsr_lite/nn/probe.py), how one listens.
#
# **Next:** [05 the update gate](05_the_update_gate.ipynb), which weighs the two orders.
