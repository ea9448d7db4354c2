# %% [markdown]
# # Prediction and what-if
#
# After the last layer one [[state]] is left to speak for the user, and a dot product with every item makes the answer (section 4.4, equation 7). Here you compute it, and then do what no
# attention map can do for you: change something, run again, and see whether the answer cares.
#
# **You will be able to** get from states to a [[rank]] by hand, put a [[what-if]] question, hold its answer against a [[band]], and avoid two ways of fooling yourself.
#
# **Prerequisites:** [05 the update gate](05_the_update_gate.ipynb).
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

from mmsr_lite import check, explore, show, stored, trace, what_if

# %% [markdown]
# ## From state to answer
#
# [[last pooling|Last pooling]]: $P$ is the final state of the node that holds the last item. Then, with the rows $e_v$ of `item_table()`,
#
# $$\hat y_v = \langle P, e_v \rangle, \qquad p_v = \mathrm{softmax}(\hat y)_v, \qquad \text{loss} = -\ln p_{target} \text{ (in nats).}$$

# %%
TRAIN = False  # True: train here instead of opening what is stored, a minute or two for each world
worlds = {world: stored(f"wardrobe-{world}", train=TRAIN) for world in ("cycle", "match")}
model, dataset = worlds["cycle"]
user = 62
*history, target = dataset.history(user).tolist()
with torch.no_grad():
    P = model.user_state(torch.tensor([history]))[0]  # (D,)
    scores = model.item_table() @ P  # (V+1,)
scores[0] = -torch.inf  # item 0 is padding
rank, p = 1 + int((scores > scores[target]).sum()), scores.softmax(0)[target]
print(f"rank {rank} of {dataset.num_items}, probability {p:.3f}, loss {-p.log():.2f} nats")

# %%
record = trace(model, dataset, user=user)
assert record["target"]["rank"] == rank and abs(record["target"]["probability"] - float(p)) < 1e-5

# %% [markdown]
# By equation 17 the final state is a sum, so each score is one too: what came through [[hohe]], what through [[heho]], and what the node was before (the
# [[residual connection]]).

# %%
show.interact(lambda most: show.ranking(record, most), most=[10, 5, 3])

# %%
assert record["answer"]["parts"] == ["hohe", "heho", "residual"]
assert all(abs(sum(item["parts"]) - item["score"]) < 1e-3 for item in record["answer"]["top"])

# %% [markdown]
# ## What if
#
# `what_if` changes one thing and runs the model again, beside the clean run. Then it makes other changes *of the same kind*. Where these are few, such as other positions, all are made, and the band is
# their range. Where they are many, such as other orders of a shuffle, some are drawn, and the band is their middle 90 %. A change outside the band does what others of its kind do not.
#
# **Before you run it:** the last garment loses its picture. Will the target's rank leave the band? And if it is the first garment?

# %%
last = {"do": "drop", "modality": "picture", "position": len(history)}
answers = [what_if(model, dataset, user, last), what_if(model, dataset, user, {**last, "position": 1})]
print(*(answer["sentence"] for answer in answers), sep="\n")

# %%
ranks = [answer["measures"]["rank"] for answer in answers]
assert len(history) == 7 and ranks[0]["outside"] and not ranks[1]["outside"]
assert ranks[0]["delta"] > ranks[0]["band"][1] and ranks[1]["delta"] == 0

# %% [markdown]
# <details><summary>What came out</summary>
#
# The last garment's picture matters, more than pictures usually do; the first one's does not at all.
#
# </details>
#
# Try others ([all kinds](../mmsr_lite/explain/edits.py)):

# %%
changes = {
    "last loses its picture": last,
    "last but one loses its picture": {**last, "position": len(history) - 1},
    "first loses its picture": {**last, "position": 1},
    "last two trade texts": {"do": "swap", "modality": "text", "position": len(history), "other": len(history) - 1},
    "no edges backwards": {"do": "relation", "relation": "in"},
    "all gates half": {"do": "gate", "to": "half"},
}
show.interact(lambda change: show.what_if(what_if(model, dataset, user, changes[change])), change=list(changes))

# %% [markdown]
# *How to read it:* a row is a measure, scaled so that its band, the grey bar, has the same width everywhere; the mark is this change. Where there is no other change of the kind, as for "no edges backwards",
# the band has no width, and only the numbers on the left count.
#
# ## One user is an anecdote
#
# Ask the same of forty users whose last step follows the rule of their world. The measure is the loss: by how many nats does $-\ln p_{target}$ rise when edges are cut?
#
# **Before you run it:** fill in the table yourself with 0 and +. Rows: `in` edges cut, `out` edges cut, all edges of time cut (homogeneous), all matches cut (heterogeneous).
# Columns: `cycle`, `match`.

# %%
facts = {world: dataset.facts for world, (_, dataset) in worlds.items()}
ruled = {w: np.array(f["causes"])[f["cause"][worlds[w].dataset.offsets[1:] - 1]] == w for w, f in facts.items()}
users = {world: np.flatnonzero(yes)[:40] for world, yes in ruled.items()}
rise = {}
for world, relation in product(worlds, ("in", "out", "homogeneous", "heterogeneous")):
    cut = {"do": "relation", "relation": relation}
    found = [what_if(*worlds[world], user, cut, repeats=1)["measures"]["probability"] for user in users[world]]
    rise[relation, world] = np.mean([np.log(one["clean"] / one["changed"]) for one in found])
rise = pd.Series(rise).unstack().loc[["in", "out", "homogeneous", "heterogeneous"]]
rise.round(2)

# %% [markdown]
# <details><summary>What came out</summary>
#
# In `cycle` the edges to the step before carry the answer and those to the step after nothing, as the attention of [notebook 04](04_dual_attention.ipynb) suggested. In `match` no edge of
# time matters: there the generator draws from the present item alone. Cutting the matches does harm in both. Keep that in mind for `match`; it is going to mislead.
#
# </details>

# %%
assert rise.loc["in", "cycle"] > rise.loc["homogeneous", "cycle"] > 1 and abs(rise.loc["out", "cycle"]) < 0.2
assert (rise.loc[["in", "out", "homogeneous"], "match"].abs() < 0.1).all()
assert (rise.loc["heterogeneous"] > 1).all()

# %% [markdown]
# ## First way of fooling yourself: shuffling
#
# To see whether order matters, people shuffle histories (so does the paper, in Figure 1). Do it where order is known not to matter.
#
# **Before you run it:** what does a full shuffle cost in `match`? And when the last item stays where it is?

# %%
rng, rows = np.random.default_rng(0), []
for world, one in [(name, one) for name in worlds for one in users[name]]:
    *past, goal = worlds[world].dataset.history(one).tolist()
    kept = [*rng.permutation(past[:-1]).tolist(), past[-1]]
    asked = {"clean": past, "all shuffled": rng.permutation(past).tolist(), "last stays": kept}
    asked |= {"last two alone": past[-2:], "last alone": past[-1:]}
    found = {name: trace(*worlds[world], history=h, target=goal, top=1)["target"] for name, h in asked.items()}
    rows.append({"world": world} | {name: -np.log(target["probability"]) for name, target in found.items()})
loss = pd.DataFrame(rows).groupby("world").mean().T
cost = (loss - loss.loc["clean"]).drop("clean")
cost.round(2)

# %%
assert (cost.loc["all shuffled"] > 3).all()
assert abs(cost.loc["last stays", "match"]) < 0.1 and cost.loc["last stays", "cycle"] > 1
assert cost.loc["last two alone", "cycle"] < 0.3 < 1 < cost.loc["last alone", "cycle"]

# %% [markdown]
# <details><summary>What came out</summary>
#
# Shuffling is costly in *both* worlds, because it puts another item last, and last pooling asks that one. Only with the last item kept does the test speak of order. In `match` it then costs
# nothing, in `cycle` more than a nat. There the last two items are nearly enough, for one step gives the direction away.
#
# </details>

# %% [markdown]
# ## Second way of fooling yourself: the world's reason is not the model's
#
# In `match` the next garment follows from picture *and* text of the present one. So if the garments of a history trade their pictures and texts, the model must be lost.
#
# **Before you run it:** must it?

# %%
trade = {}
for world in worlds:
    found = [what_if(*worlds[world], user, "mismatch", repeats=1)["measures"]["probability"] for user in users[world]]
    trade[world] = np.mean([np.log(one["clean"] / one["changed"]) for one in found])
pd.Series(trade, name="rise of the loss, modalities traded").round(2)

# %%
assert abs(trade["match"]) < 0.1 and trade["cycle"] > 2
assert rise.loc["heterogeneous", "match"] > 10 * trade["match"]
assert worlds["match"].dataset.num_items == 980 and worlds["match"].dataset.num_users == 4000

# %% [markdown]
# <details><summary>What came out</summary>
#
# It is not lost: *which* codes a garment carries makes no difference in `match`. Each garment is seen so often that the model has learned its collection by heart, and needs no picture to
# tell. A rule that is true of the data need not be what a model uses.
#
# And why did cutting all matches do harm there? An item without matches attends only to itself in that phase, and in training the model has never met one. Taking away leads out of the data,
# trading stays within. Where the two disagree, trust the trade.
#
# </details>
#
# ## Everything at once
#
# The explorer holds history, graph, gate, stages, what-if and answer on one selection. With a kernel: drag items, add or remove them, force a gate.

# %%
explore(model, dataset, user=62)

# %% [markdown]
# ## Recap
#
# | claim | evidence | verdict |
# |---|---|---|
# | One change to one user is a finding. | A band of changes of its kind, then forty users. | no: an anecdote |
# | If order matters, shuffling shows it. | It also moves the last item: costly where order says nothing. | first way of fooling yourself |
# | The model uses the world's rule. | Traded modalities cost nothing in `match`. | second way of fooling yourself |
# | What is costly to take away is used. | Cut matches are costly in `match`, traded ones are not. | trust the trade |
#
# ## Exercises
#
# 1. *(value, easy, 2 min)* The model gives the target a probability of $\frac14$. What is the loss of this example, in nats?

# %% tags=["exercise"]
check("06.1", ...)

# %% tags=["solution"]
check("06.1", float(np.log(4)))

# %% [markdown]
# 2. *(value, medium, 4 min)* Of these changes, which have a band, that is, other changes of their kind that differ? `{"do": "gate", "to": "half"}`, `{"do": "relation", "relation": "out"}`,
# `{"do": "drop", "modality": "text", "position": 2}`, `{"do": "shuffle"}`. Give a set of the words after "do".

# %% tags=["exercise"]
check("06.2", ...)

# %% tags=["solution"]
check("06.2", {"drop", "shuffle"})

# %% [markdown]
# 3. *(design, medium, 6 min)* User 62 of `cycle` has seven items before the target, which has rank 3. Find one change that makes the rank worse by at least 10 and leaves the last
# item's place and modalities alone: one of `drop`, `swap`, `node`, `edge`, `relation`, without position 7.

# %% tags=["exercise"]
check("06.3", ...)

# %% tags=["solution"]
check("06.3", {"do": "relation", "relation": "in"})

# %% [markdown]
# 4. *(design, hard, 10 min)* A what-if that separates identity from match: one change, `drop` or `swap`, that takes a modality of the last item alone and leaves every item in place. User 57 has seven items before the target in both
# worlds. After your change the target keeps at least four fifths of its probability in `match`, and loses more than half of it in `cycle`.

# %% tags=["exercise"]
check("06.4", ...)

# %% tags=["solution"]
check("06.4", {"do": "drop", "modality": "picture", "position": 7})

# %% [markdown]
# **Code you will read:** [explain/what_if.py](../mmsr_lite/explain/what_if.py), the clean run, the changed one and the band; [models/mmsr.py](../mmsr_lite/models/mmsr.py), last pooling
# and the loss.
#
# **Next:** [07 can you trust the explanation?](07_can_you_trust_the_explanation.ipynb), where the same questions meet planted truth.
