# %% [markdown]
# # The update gate: early, late, in between
#
# Both orders have been walked, and every node holds two candidate states. The [[update gate]] weighs them, node by node and layer by layer
# (equations 16 and 17). The paper reads its weights as an answer to the old question: where the sequence is strong, fusion should be late; where
# modalities depend on one another, early (section 4.5). Here the truth is planted, so the reading can be held against it.
#
# **You will be able to** compute [[beta]] by hand, compare gates across worlds, and tell what a gate *says* from what it *does*.
#
# **Prerequisites:** [04 dual attention](04_dual_attention.ipynb).
#
# **Measured:** {{measured}}.

# %%
from itertools import product

import pandas as pd
import torch
from sklearn.metrics import roc_auc_score

from mmsr_lite import check, evaluate, gates, gates_summary, listen, read_json, show, split, stored, stored_file
from mmsr_lite import trace, what_if

# %% [markdown]
# ## One gate by hand
#
# $$\beta = \mathrm{softmax}\big(\texttt{mlp}([h^{hohe} ; h^{heho}])\big), \qquad
# h' = \beta_0\, h^{hohe} + \beta_1\, h^{heho} + h.$$
#
# `beta[0]` weighs [[hohe]], late fusion; `beta[1]` weighs [[heho]], early. The softmax is this package's reading of "scores for gate selection", and the last
# $h$ is a [[residual connection]], which the paper leaves open.

# %%
TRAIN = False  # True: train here instead of opening what is stored, a minute or two for each world
worlds = {world: stored(f"wardrobe-{world}", train=TRAIN) for world in ("cycle", "match", "mixed")}
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
# All gates of one user, `beta[0]` in colour: orange is late, violet is early, and so in every picture. Choose a user.

# %%
show.interact(lambda user: show.gates(trace(model, dataset, user=user)), user=range(17, 50))

# %% [markdown]
# ## Three worlds, three answers?
#
# In `cycle` everything is sequence: each modality walks its own circle. In `match` everything is interplay: picture and text of the current garment
# together name what follows. In `mixed` half of the users are of each kind.
#
# **Before you run it:** what do you expect of beta[0] in `cycle`, in `match`? Write down a number for each. (Pictures count layers from 1, tables from 0.)

# %%
tables = {world: gates(*pair) for world, pair in worlds.items()}  # one row for each gate of each user's history
late = pd.concat(tables, names=["world"]).groupby(["world", "layer", "type"], observed=True)["late"].mean()
late.rename("mean beta[0]").unstack("type").round(2)

# %% [markdown]
# The *codes* answer as the paper expects, in the first layer: early in `match`, later in `cycle`. The *items* do not: their gates are late in both worlds, and
# they are the ones the answer is read from.

# %%
codes = ["picture", "text"]
assert (late["match", 0][codes] < 0.2).all() and (late["cycle", 0][codes] > 0.5).all()
assert (late[["cycle", "match"]].xs("item", level="type") > 0.98).all()

# %% [markdown]
# One run is one run. These are means over the first layer for five seeds each, trained for [benchmarks](../benchmarks/README.md): in every one the codes of `cycle` are later
# than those of `match`, and the items are late in both. (Over the first layer, because of the last one's gates that of the last item alone reaches a score: [[last pooling]].)

# %%
seeds = pd.read_csv(stored_file("benchmarks/results/planted_truth.csv")).query("modalities")
seeds = seeds.groupby("world")[["beta_item", "beta_picture", "beta_text"]].agg(["min", "max"])
seeds.round(2)

# %%
least, most = (seeds.xs(which, level=1, axis=1) for which in ("min", "max"))
assert (least.loc["cycle", ["beta_picture", "beta_text"]] > most.loc["match", ["beta_picture", "beta_text"]]).all()
assert (least.loc[["cycle", "match"], "beta_item"] > 0.98).all()

# %% [markdown]
# A mean hides how it comes about. The median and the middle 90 % of the gates, by node type, position (1 is the last) or length of the history:

# %%
summaries = {world: gates_summary(table) for world, table in tables.items()}
show.interact(
    lambda world, by: show.inspector(summaries[world], by), world=list(summaries), by=["type", "position", "length"]
)

# %% [markdown]
# ## What the gate does
#
# What a gate says can be read; what it does must be tried. A probe can be given another value: force every gate to late, to early, to a half, and
# rank all test targets again.
#
# **Before you run it:** in `match` the code nodes say early, at 0.12. What happens to HR@5 there when all gates are forced to late?

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

# %% [markdown]
# In `match` hardly anything happens: the codes' early fusion is not needed for the answer, however clearly beta says it. (There the item's own identity is enough,
# see notebook 06.) In `cycle` a quarter of the hits is lost, although every mean there says late already. (All early costs half of the hits or more in both: the items
# were late.) So beta is not the importance of an order: where it speaks most clearly it may not matter, and where it seems undecided it may.

# %%
assert effect.loc["learned", "match"] - effect.loc["all late", "match"] < 1
assert 0.7 < effect.loc["all late", "cycle"] / effect.loc["learned", "cycle"] < 0.8
assert (effect.loc["all early"] < 0.55 * effect.loc["learned"]).all()

# %% [markdown]
# ## What the gate knows
#
# Why does `cycle` need its gates? A mean of 0.56 for picture codes in the first layer is not a hesitation: look at the code of each user's *last* item, and nine gates in ten
# stand below 0.1 or above 0.9. What do they tell apart? The generator knows each user's hidden direction. Group the gates by code and by the direction in which the
# user walks round the looks (for text codes: the themes).
#
# **Before you run it:** fusion order should not depend on the direction, should it?

# %%
truth = dataset.facts["truth"]
table = tables["cycle"].query("layer == 0 and position == 1 and places == 1 and length >= 3")  # at the last place only
table = table.assign(looks=[truth.latents[z][1] for z in truth.latent[table.user]])
table = table.assign(themes=[truth.latents[z][2] for z in truth.latent[table.user]])
ways = {
    kind: table[table.type == kind].groupby(["id", way]).late.mean().unstack()
    for kind, way in (("picture", "looks"), ("text", "themes"))
}
ways = pd.concat(ways, names=["type", "code"]).rename_axis(columns="direction")
ways.round(2)

# %% [markdown]
# It does, and for most codes it is all or nothing: the same code goes late when the user walks one way and early when the user walks the other. **The gate has
# become a switch that holds the direction of the walk.** That is worth having, because the next garment depends on it, and it has little to do with
# early or late fusion being right for this user.

# %%
assert ((table.late < 0.1) | (table.late > 0.9))[table.type != "item"].mean() > 0.85
assert ((ways[1] - ways[-1]).abs() > 0.7).sum() >= 8  # of fourteen codes
assert ((ways[1] - ways[-1]) > 0.7).any() and ((ways[-1] - ways[1]) > 0.7).any()  # either way round

# %% [markdown]
# ## Early, late, in between
#
# How did it come there? Beta during training, for each node type. An untrained gate is near a half.
#
# **Before you run it:** in which world will the gates go late first?

# %%
histories = {world: read_json(stored_file(f"runs/wardrobe-{world}/history.json")) for world in worlds}
show.interact(lambda world: show.training(histories[world]), world=list(worlds))

# %%
epochs = {world: pd.DataFrame([epoch["beta"] for epoch in history["epochs"]]) for world, history in histories.items()}
assert all((beta.iloc[0] > 0.75).all() for beta in epochs.values())
assert (epochs["match"].iloc[-1][codes] < 0.65).all() and (epochs["match"].iloc[-1]["item"] > 0.98)

# %% [markdown]
# In all three, and for every node type, above 0.75 after one epoch: that late comes first is a habit of training and no finding about the data. The worlds differ in what
# comes back from there: the codes of `match` do, its items stay.
#
# In the `mixed` world a user is of one kind or the other, and one model serves both. Does the gate tell them apart? The items' gates of the second layer are the
# most telling.
#
# **Before you run it:** for which kind of user should beta[0] be larger?

# %%
truth = worlds["mixed"].dataset.facts["truth"]
kinds = pd.Series([truth.latents[z][0] for z in truth.latent], name="kind")
items = tables["mixed"].query("layer == 1 and type == 'item'").groupby("user").late.mean()
items.groupby(kinds[items.index]).describe().round(2)

# %%
told = roc_auc_score(kinds[items.index] == "cycle", items)  # chance that of two users the cycle one has the larger mean
round(float(told), 2)

# %%
assert 0.8 < told < 0.95 and items.groupby(kinds[items.index]).mean().min() > 0.8

# %% [markdown]
# Later for the users who follow a sequence, as the paper would have it, and right in about six of seven pairs of users; yet both means are above 0.8: the order is right, the
# level says nothing.
#
# ## Summary
#
# Beta is a softmax over two numbers that a small network makes of both ends. Across worlds and users it leans as the paper expects, in some nodes
# and layers. But it is a part of the network like any other: it need not matter where it speaks clearly (`match`), and it may hold something else
# altogether (`cycle`: a direction). Read it as a hint, test it by forcing it.
#
# ## Exercises
#
# 1. The gate's network gives a node the numbers $0$ (for hohe) and $\ln 3$ (for heho). What is `beta[0]`?

# %% tags=["exercise"]
check("05.1", ...)

# %% tags=["solution"]
check("05.1", float(torch.tensor([1.0, 3.0]).log().softmax(0)[0]))

# %% [markdown]
# 2. In the stored run of `match`: what is the mean *early* weight, `beta[1]`, of the text codes in the first layer? Two digits.

# %% tags=["exercise"]
check("05.2", ...)

# %% tags=["solution"]
check("05.2", round(float(1 - late["match", 0, "text"]), 2))

# %% [markdown]
# 3. Force gates yourself. For user 12 of `cycle`, find a change such as this one that makes the target at least twice as probable as in the clean run. Give the change.

# %%
change = {"do": "gate", "to": "hohe", "type": "item"}
probability = what_if(model, dataset, 12, change)["measures"]["probability"]
{name: round(probability[name], 4) for name in ("clean", "changed")}

# %% tags=["exercise"]
check("05.3", ...)

# %% tags=["solution"]
check("05.3", {"do": "gate", "to": "heho", "type": "text"})

# %% [markdown]
# **Code you will read:** [nn/gate.py](../mmsr_lite/nn/gate.py), equations 16 and 17 in twenty lines; [explain/gates.py](../mmsr_lite/explain/gates.py), the table of all gates.
#
# **Next:** [06 prediction and what-if](06_prediction_and_what_if.ipynb), from states to an answer, and how to question it.
