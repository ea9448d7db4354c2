# %% [markdown]
# # The update gate, and what beta really weighs
#
# MMSR has computed both [[fusion order|orders]], so every node holds two vectors. The [[update gate]] weighs them, node by node and layer by layer (equations 16 and 17). The paper reads its
# weights as an answer: late where the sequence is strong, early where modalities depend on one another (section 4.5). Here the truth is planted, so the reading can be tested.
#
# **You will be able to** compute beta by hand, tell what a gate *says* from what it *does*, and say what flows along the two paths that it weighs.
#
# **Prerequisites:** [04 dual attention](04_dual_attention.ipynb), [03 early and late fusion, by hand](03_early_and_late_fusion.ipynb). Folded cells check the text; skip them.
#
# **Time:** {{minutes}}.
#
# **Measured:** {{measured}}.
#
# **Live page:** without a kernel, [the page `both`](../docs/live-pages.md) answers in any browser.

# %%
from itertools import product

import numpy as np
import pandas as pd
import torch

from mmsr_lite import RunConfig, build_model, check, evaluate, explore, flow, flow_summary, flow_table, gates
from mmsr_lite import gates_summary, last_examples, listen, show, split, stored, stored_file, trace, what_if

# %% [markdown]
# ## One gate by hand
#
# $$\beta = \mathrm{softmax}\big(\texttt{mlp}([h^{hohe} ; h^{heho}])\big), \qquad
# h' = \beta_0\, h^{hohe} + \beta_1\, h^{heho} + h.$$
#
# `beta[0]` weighs `hohe`, which the paper calls late: first along time, then between an item and its codes. `beta[1]` weighs `heho`, the reverse, which it calls early. The last $h$, the node's vector before the layer, is a [[residual connection]], which the paper leaves open.
#
# The next cell opens two models. `listen` records what passes a [[probe]], a named place in the model; from that beta is computed.

# %%
TRAIN = False  # True: train here instead of opening what is stored, a minute or two for each world
worlds = {world: stored(f"wardrobe-{world}", train=TRAIN) for world in ("cycle", "match")}
model, dataset = worlds["cycle"]
user = 17
with torch.no_grad(), listen(model) as seen:
    graph, _ = model.states(torch.from_numpy(dataset.history(user)[None, :-1]))
layer, at = model.layers[0], "layers.0.probes."
h, hohe, heho, output = (torch.cat(seen[at + name], 1)[0] for name in ("input", "hohe", "heho", "output"))  # (N, D)
beta = layer.gate.mlp(torch.cat([hohe, heho], -1)).softmax(-1)  # (N, 2)
texts = [f"text code {code}" for code in graph.ids[2][0]]
pd.DataFrame(beta[-len(texts) :].detach(), texts, ["hohe, late", "heho, early"]).round(2)

# %%
assert torch.allclose(beta, seen[at + "beta"][0], atol=1e-6) and torch.allclose(beta.sum(1), torch.ones(len(beta)))
assert torch.allclose(beta[:, :1] * hohe + beta[:, 1:] * heho + h, output, atol=1e-5)

# %% [markdown]
# ## What the gate says
#
# In `cycle` everything is sequence. In `match` picture and text of the current garment together name what follows.
#
# **Before you run it:** write down a number for beta[0] in `cycle` and one for `match`.

# %%
tables = {world: gates(*pair) for world, pair in worlds.items()}  # one row for each gate of each user's history
late = pd.concat(tables, names=["world"]).groupby(["world", "layer", "type"], observed=True)["late"].mean()
counted = late.rename({0: 1, 1: 2}, level="layer")  # from 1, as in pictures
counted.rename("mean beta[0]").unstack("type").round(2)

# %%
codes = ["picture", "text"]
assert (late["match", 0][codes] < 0.2).all() and (late["cycle", 0][codes] > 0.5).all()
assert (late[["cycle", "match"]].xs("item", level="type") > 0.98).all()

# %% [markdown]
# <details><summary>What came out</summary>
#
# The *codes* answer as the paper expects, in the first layer: early in `match`, later in `cycle`. The *items* do not. Their gates say late in both worlds, and the model predicts from the last item's vector.
#
# </details>
#
# <details><summary>How sure?</summary>
#
# One run is one run. Five seeds for each world ([benchmarks](../benchmarks/README.md)) say the same: in every one the codes of `cycle` are later than those of `match`, and the items
# are late in both. The next cell asserts it.
#
# </details>

# %%
seeds = pd.read_csv(stored_file("benchmarks/results/planted_truth.csv")).query("modalities")
seeds = seeds.groupby("world")[["beta_item", "beta_picture", "beta_text"]].agg(["min", "max"])
least, most = (seeds.xs(which, level=1, axis=1) for which in ("min", "max"))
assert (least.loc["cycle", ["beta_picture", "beta_text"]] > most.loc["match", ["beta_picture", "beta_text"]]).all()
assert (least.loc[["cycle", "match"], "beta_item"] > 0.98).all()

# %% [markdown]
# Now the gates of one user of `cycle`:

# %%
show.interact(lambda user: show.gates(trace(model, dataset, user=user)), user=range(17, 50))

# %% [markdown]
# *How to read it:* a row is a node, a column is a layer, the colour is `beta[0]`. Orange leans to `hohe`, violet to `heho`.
#
# A mean hides how it comes about. With a kernel, draw a box over some gates: the users behind them are listed, and a click opens one in the explorer.

# %%
picked = "cycle"
show.inspector(gates_summary(tables[picked]), table=tables[picked], open=lambda user: explore(*worlds[picked], user))

# %% [markdown]
# *How to read it:* each row is a kind of node in a layer. The mark is the median of beta[0], the bar the middle 90 % of the gates.
#
# ## What the gate does
#
# What a gate says can be read; what it does must be tried. Force every gate, and rank all test targets again.
#
# **Before you run it:** in `match` the code nodes say early, clearly. What happens to [[HR@K|HR@5]] there when all gates are forced to late?

# %%
forced = {"learned": None, "all late": (1.0, 0.0), "all early": (0.0, 1.0), "half": (0.5, 0.5)}
found = {}
for world, (name, to) in product(("cycle", "match"), forced.items()):
    run = worlds[world]
    other = {f"layers.{n}.probes.beta": lambda beta, to=to: torch.tensor(to).expand_as(beta) for n in (0, 1) if to}
    with listen(run.model, other):
        found[name, world] = evaluate(run.model, split(run.dataset).test)["HR@5"]
effect = pd.Series(found).unstack().loc[list(forced)]
effect.round(1)

# %%
assert effect.loc["learned", "match"] - effect.loc["all late", "match"] < 1
assert 0.7 < effect.loc["all late", "cycle"] / effect.loc["learned", "cycle"] < 0.8
assert (effect.loc["all early"] < 0.55 * effect.loc["learned"]).all()

# %% [markdown]
# <details><summary>What came out</summary>
#
# In `match` hardly anything happens: the codes' early path is not needed, however clearly beta says it. In `cycle` a quarter of the hits is lost, although the mean gate was at late already. So beta
# is not the importance of an order.
#
# Why a quarter? In `cycle` the gate of a code stands nearly at zero or nearly at one, and which of them depends on the direction in which the user walks. It has become a
# switch that holds the direction. That has little to do with early or late fusion. The folded cell checks it against the planted truth.
#
# </details>

# %%
truth = dataset.facts["truth"]
table = tables["cycle"].query("layer == 0 and position == 1 and places == 1 and length >= 3 and type == 'picture'")
table = table.assign(way=[truth.latents[z][1] for z in truth.latent[table.user]])
ways = table.groupby(["id", "way"]).late.mean().unstack()
assert ((table.late < 0.1) | (table.late > 0.9)).mean() > 0.8 and ((ways[1] - ways[-1]).abs() > 0.7).sum() >= 4

# %% [markdown]
# ## What flows along the two paths
#
# Beta weighs two *paths*. What do they carry? Hold attention and gates as they are. Then a score is a sum: each path through the layers adds one term. So the share of each group of
# paths is exact ([what beta weighs](../docs/what-beta-weighs.md)). "Crossed" is a step between an item and a code. Early fusion is "crossed, then time", late fusion is "time, then crossed".
#
# **Before you run it:** in `cycle` the last item's beta says late, nearly with all its weight. Which share of the target's score does late fusion bring?

# %%
show.interact(lambda user: show.flow(flow(model, dataset, user)), user=range(3, 20))

# %%
flows = {name: flow_summary(flow_table(*run, last_examples(run.dataset).select(np.arange(60))))
         for name, run in worlds.items()}  # fmt: skip
shares = pd.DataFrame({name: one["by"]["all"][0]["shares"] for name, one in flows.items()}, flows["cycle"]["groups"])
(100 * shares).round(1).rename_axis("mean share, %")

# %%
fused = shares.loc[["crossed, then time", "time, then crossed"]]
assert (fused.loc["time, then crossed"] < 0.12).all() and (fused.loc["crossed, then time"] < 0.05).all()
assert (shares.loc[["own identity", "own codes"]].sum() > 0.8).all()

# %% [markdown]
# *How to read it:* a bar is what a group of paths adds to an item's score, or takes from it.
#
# <details><summary>What came out</summary>
#
# Little. Most of a score is the last item itself and its own codes; both kinds of fusion together bring about a tenth or less. A beta near one says which path was taken, and nothing of what
# came along it.
#
# </details>
#
# ## A path called early that carries no modality
#
# In *non-invasive* paths, the default, the first step only sets attention weights; the second adds up the layer's *input*. In *invasive* ones it adds up what the first step made. So heho ends in a sum over items: codes change the weights, but are never added. This holds for random weights, too.
#
# **Before you run it:** in which of these untrained models do codes bring something to the score?

# %%
made = RunConfig("wardrobe:cycle").with_settings(dim=8, layers=2, codes=7, codes_per_item=1)
orders = ("heho", "heho-invasive", "hohe", "hohe-invasive")
untrained = {order: build_model(made.with_settings(fusion=order), dataset) for order in orders}
parts = {}
for order, other in untrained.items():
    nodes = flow(other, dataset, 17)
    sizes = np.abs(nodes["flow"]["items"][0]["nodes"]).sum(1)  # (N,) of each node's terms
    parts[order] = {"from codes, %": 100 * sizes[[node["type"] > 0 for node in nodes["nodes"]]].sum() / sizes.sum()}
pd.DataFrame(parts).T.round(1)

# %%
assert parts["heho"]["from codes, %"] == 0 < min(parts[order]["from codes, %"] for order in orders[1:])

# %% [markdown]
# <details><summary>What came out</summary>
#
# In all but `heho`.
#
# </details>
#
# ## Recap
#
# | claim | evidence | verdict |
# |---|---|---|
# | Beta leans as the paper says. | Codes do in the first layer, items do not; five seeds. | in part |
# | Beta says how much an order matters. | Forced to late, `match` loses nothing; `cycle` loses a quarter. | no |
# | Beta near one means late fusion. | Late fusion is a small share of the score. | no: read the flow |
# | heho is early fusion. | Only the invasive one sums codes into items. | of the default layer, no |
#
# ## Exercises
#
# 1. *(value, easy, 3 min)* The gate's network gives a node the numbers $0$ (for hohe) and $\ln 3$ (for heho). What is `beta[0]`?

# %% tags=["exercise"]
check("05.1", ...)

# %% tags=["solution"]
check("05.1", float(torch.tensor([1.0, 3.0]).log().softmax(0)[0]))

# %% [markdown]
# 2. *(function, medium, 10 min)* Prove by test that a path sums no code: of a flow record as above, return the sum of the sizes of all that code nodes bring to the first item's score. Your function has to give zero for `heho`, and only there.


# %% tags=["exercise"]
def from_codes(record):
    """record is what `flow` returns; nodes with type 0 are items. Returns a number."""
    return ...


check("05.2", from_codes)

# %% tags=["solution"]
check(
    "05.2",
    lambda record: sum(
        np.abs(terms).sum()
        for node, terms in zip(record["nodes"], record["flow"]["items"][0]["nodes"], strict=True)
        if node["type"]
    ),
)

# %% [markdown]
# 3. *(design, medium, 8 min)* For user 12 of `cycle`, design a change of the same form that makes the target at least twice as probable as in the clean run. (This one changes nothing: these gates are at `hohe` already.)

# %%
change = {"do": "gate", "to": "hohe", "type": "item"}
probability = what_if(model, dataset, 12, change)["measures"]["probability"]
{name: round(probability[name], 4) for name in ("clean", "changed")}

# %% tags=["exercise"]
check("05.3", ...)

# %% tags=["solution"]
check("05.3", {"do": "gate", "to": "heho", "type": "text"})

# %% [markdown]
# **Code you will read:** [nn/gate.py](../mmsr_lite/nn/gate.py), equations 16 and 17 in twenty lines; [explain/flow.py](../mmsr_lite/explain/flow.py), the sum of paths.
#
# **Next:** [06 prediction and what-if](06_prediction_and_what_if.ipynb), from states to an answer, and how to question it.
