# %% [markdown]
# # Can you trust the explanation?
#
# Attention and gates can be read, and what is read is easily believed. An explanation is [[faithfulness|faithful]] when it names what the model used. That can be tested, best where
# the truth is [[planted truth|planted]].
#
# **You will be able to** read a deletion curve against its [[band]], name a test that a convincing picture can fail, and tell what a gate says from what it gives away.
#
# **Prerequisites:** [06 prediction and what-if](06_prediction_and_what_if.ipynb); rank correlation, the area under a ROC curve (chance is one half).
#
# **Time:** {{minutes}}.
#
# **Measured:** {{measured}}.
#
# **Live page:** without a kernel, [the page `both`](../docs/live-pages.md) answers in any browser.

# %%
import copy

import numpy as np
import pandas as pd
import torch
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from mmsr_lite import check, compare_with_pyg, faithfulness, gates, listen, ranks, show, stored, trace
from mmsr_lite import what_if

# %% [markdown]
# ## Take it away
#
# If attention explains an answer, the nodes it calls important must matter. So remove nodes, the most important first, and watch the probability of the model's first item, beside
# random orders, over forty histories. Importance is *attention rollout*: attention multiplied along all paths from the last item.
#
# **Before you run it:** which curve falls fastest if attention is right? And if it says nothing?

# %%
TRAIN = False  # True: train here instead of opening what is stored, a minute or two for each world
names = {"cycle": "wardrobe-cycle", "match": "wardrobe-match", "both": "both-small-adaptive-invasive"}
models = {world: stored(name, train=TRAIN) for world, name in names.items()}
records = {
    (world, explains): faithfulness(*models[world], explains=explains, histories=40)
    for world in models
    for explains in ("attention", "beta")
}
show.interact(
    lambda world, explains: show.fidelity(records[world, explains]), world=list(models), explains=["attention", "beta"]
)

# %% [markdown]
# *How to read it:* from left to right more nodes are taken away; up is the probability of the first item; the grey band holds random orders.
#
# All tests at once; a dash cannot be asked:

# %%
said = {pair: {name: test and test["passed"] for name, test in r["tests"].items()} for pair, r in records.items()}
verdicts = pd.DataFrame(said).replace({True: "passed", False: "failed", None: "-"})
verdicts

# %% [markdown]
# <details><summary>What came out</summary>
#
# In `cycle` the nodes that attention names do matter: without a fifth of them the probability has fallen most of the way. In `match` they matter less than nodes drawn at random. The same
# picture explains in one data set and fails in the next.
#
# </details>

# %%
tests = {world: records[world, "attention"]["tests"] for world in models}
assert tests["cycle"]["deletion"]["passed"] and tests["cycle"]["insertion"]["passed"]
assert not tests["match"]["deletion"]["passed"] and tests["match"]["insertion"]["area"]["difference"] < 0
curve = tests["cycle"]["deletion"]
assert curve["share"][2] == 0.2 and curve["ours"][2] - curve["ours"][-1] < 0.3 * (curve["ours"][0] - curve["ours"][-1])

# %% [markdown]
# ## Shuffle the weights
#
# Does the picture change when the model is destroyed (Adebayo and others, 2018)? Here every tensor of weights has its numbers in random order. Which of the two is trained?

# %%
model, dataset = models["both"]
twin, generator = copy.deepcopy(model), torch.Generator().manual_seed(0)
for own in (own for own in twin.parameters() if own.requires_grad):
    own.data = own.data.flatten()[torch.randperm(own.numel(), generator=generator)].view_as(own)
either = {"A": twin, "B": model}
show.interact(lambda which: show.attention(trace(either[which], dataset, user=12)), which=["A", "B"])

# %% [markdown]
# *How to read it:* rows attend to columns.
#
# <details><summary>Which one?</summary>
#
# B is the trained one.
#
# </details>
#
# **Before you run it:** how alike are the attention weights of the two (rank correlation over edges)? And the importance of nodes by rollout?

# %%
rows = []
for pair in zip(*([trace(one, dataset, user=user) for user in range(12, 32)] for one in (model, twin)), strict=True):
    for path, phase in (("hohe", 0), ("hohe", 1), ("heho", 0), ("heho", 1)):
        both = ([w for layer in r["layers"] for w in layer["attention"][path][phase]["weights"] if w] for r in pair)
        rows.append((path, phase + 1, spearmanr(*both).statistic))
edges = pd.DataFrame(rows, columns=["path", "phase", "correlation"]).groupby(["path", "phase"]).correlation.mean()
rollout = {world: tests[world]["random_weights"]["spearman"] for world in models}
print("rollout over nodes:", {world: round(value, 2) for world, value in rollout.items()})
edges.round(2)

# %% [markdown]
# <details><summary>What came out</summary>
#
# The weights of the edges change; the order of the *nodes* hardly does. Who is near the last item receives much, whatever was learned: the rollout shows the graph.
#
# </details>
#
# Now destroy from the top down, layer by layer. **Before you run it:** does the rollout notice the first step? Does beta?

# %%
weights = {pair: record["tests"]["random_weights"] for pair, record in records.items()}
steps = {pair: {step["part"]: step["spearman"] for step in test["layers"]} for pair, test in weights.items()}
pd.DataFrame(steps).round(2)

# %%
assert edges.max() < 0.6
assert min(rollout.values()) > 0.7 and all(len(test["draws"]) == 3 for test in weights.values())
passed = {pair: test["passed"] for pair, test in weights.items()}
assert passed == {pair: pair[1] == "beta" for pair in weights}
parts = pd.DataFrame(steps)
assert parts.loc["layer 2"].xs("attention", level=1).min() > 0.85 > 0.8 > parts.loc["layer 2"].xs("beta", level=1).max()

# %% [markdown]
# <details><summary>What came out</summary>
#
# Beta does, the rollout does not. This is the one test that beta passes in all three worlds.
#
# </details>

# %% [markdown]
# ## What beta says, and what the states know
#
# In `both` the gate can be marked. Half of the users live by `pick`, where early fusion wins, half by `clocks`, where late fusion does ([notebook 03](03_early_and_late_fusion.ipynb)).
#
# **Before you run it:** say "late" where beta[0] is above a half. Which share of the purchases is right?

# %%
tested = models["both"].split.test
causes = np.array(dataset.facts["causes"])[dataset.facts["cause"][tested.end]]
bought, cause = tested.select(causes != "browse"), causes[causes != "browse"]
table = gates(model, dataset, bought).query("type == 'item' and position == 1")  # the last item, in both layers
late = table.query("layer == 1")
axes = late.plot.hist(column=["late"], by="kind", bins=40, range=(0, 1), figsize=(8, 3.6), sharex=True, legend=False,
                      ylabel="purchases")  # fmt: skip
axes[0].set_title("Beta says late for both kinds of user: clocks above, pick below")
_ = axes[1].set(title="", xlabel="beta[0] of the last item, layer 2: the weight of hohe")

# %%
areas = {f"beta, layer {n + 1}": roc_auc_score(rows.kind == "clocks", rows.late) for n, rows in table.groupby("layer")}
clocks, right = cause == "clocks", ((late.late > 0.5) == (late.kind == "clocks")).mean()
assert len(bought) == len(late) == 687 and (late.kind == "clocks").sum() == clocks.sum()
assert abs(right - 0.5) < 0.05 and areas["beta, layer 2"] < 0.4 and (late.late > 0.5).mean() > 0.95

# %% [markdown]
# Move the border:

# %%
show.interact(
    lambda border: pd.crosstab(late.kind, np.where(late.late > border, "late", "early"), colnames=["it says"]),
    border=[0.5, 0.8, 0.9, 0.99, 0.999, 0.9999, 0.99999],
)

# %% [markdown]
# <details><summary>What came out</summary>
#
# Beta says late nearly always: right as often as chance. The lower values belong to `clocks`, the wrong kind.
#
# </details>
#
# Does the model not know its user, or does its gate not say? A *probe*, a logistic regression, reads the state: fitted on half of the users, marked on the others.
#
# **Before you run it:** how will the probe do?

# %%
with torch.no_grad():
    states = model.user_state(torch.from_numpy(bought.histories())).numpy()
half = bought.user % 2 == 0
probe = LogisticRegression(max_iter=1000).fit(states[half], clocks[half])
areas["probe of the state"] = roc_auc_score(clocks[~half], probe.decision_function(states[~half]))
pd.Series(areas, name="area under the ROC curve").round(2)

# %%
assert areas["probe of the state"] > 0.97

# %% [markdown]
# <details><summary>What came out</summary>
#
# The state holds the kind of user. The gate has no need to say it.
#
# </details>
#
# <details><summary>How sure?</summary>
#
# One model. In five seeds of the larger world beta leans one way, the other, or not at all ([worlds](../docs/worlds.md)).
#
# </details>
#
# ## Force the gate
#
# So move it: force the last layer to hohe, "late", then to heho, "early".
#
# **Before you run it:** for whose purchases should early be better?

# %%
forced = {"learned": ranks(model, bought)}
for name, to in {"late": (1.0, 0.0), "early": (0.0, 1.0)}.items():
    with listen(model, {"layers.1.probes.beta": lambda beta, to=to: torch.tensor(to).expand_as(beta)}):
        forced[name] = ranks(model, bought)
hits = (pd.DataFrame(forced) <= 5).groupby(cause).mean() * 100
show.slopes(
    hits.T.to_dict(), "The early path of the last layer ruins clocks and harms pick", "HR@5 on purchases, percent"
)

# %%
moved = roc_auc_score(clocks, np.log(forced["early"] / forced["late"]))
assert (hits["late"] > hits["learned"] - 2).all() and (hits["early"] < 0.85 * hits["learned"]).all()
assert round(moved, 2) == 0.88

# %% [markdown]
# *How to read it:* a line is a kind of user, from the learned gate to both forced ones.
#
# <details><summary>What came out</summary>
#
# For nobody's. But the effect of moving it tells the kinds apart (0.88). An intervention is an experiment, a weight is a statement.
#
# </details>
#
# ## Ask somebody else
#
# PyTorch Geometric has explainers: `GNNExplainer` learns a mask on the edges, a gradient asks how much each edge counts. *attention* is our mean weight of an edge, *flow* the part
# of it that reaches the answer.

# %%
asked = [compare_with_pyg(model, dataset, int(user), epochs=50) for user in np.unique(bought.user)[:8]]
methods = asked[0]["methods"]
agreement = pd.DataFrame(1.0, methods, methods)
for pair, *same in zip(*(one["agreement"] for one in asked), strict=True):
    mean = np.mean([pair["spearman"], *(other["spearman"] for other in same)])
    one, other = (methods[index] for index in pair["methods"])
    agreement.loc[one, other] = agreement.loc[other, one] = mean
agreement.round(2)

# %% [markdown]
# `plus`: how often the first item changes *without* the better half of the edges (high is good); `minus`: *with nothing but* that half (low is good).

# %%
fidelity = pd.DataFrame({n: pd.DataFrame([r["fidelity"][i] for r in asked]).mean() for i, n in enumerate(methods)}).T
fidelity

# %% [markdown]
# <details><summary>What came out</summary>
#
# They do not agree. Plain attention goes with none of the others. Where explainers disagree, ask which test you care about.
#
# </details>

# %%
others = [name for name in methods if name != "attention"]
assert agreement.loc["attention", others].max() < 0.3 < agreement.loc["gradient", ["flow", "GNNExplainer"]].min()
assert fidelity.minus["attention"] > fidelity.minus[others].max()

# %% [markdown]
# ## Recap
#
# | claim | evidence | verdict |
# |---|---|---|
# | Attention names the nodes that matter. | Deletion: yes in `cycle`, no in `match`. | not in general |
# | The picture shows what was learned. | Rollout is much the same from a destroyed model. | no: it shows the graph |
# | Beta names the kind of user. | Right as often as chance. | no |
# | So the model does not know its user. | A probe of its state is nearly always right. | it knows; the gate does not say |
# | Moving the gate tells more than reading it. | Area 0.88, and no border is needed. | yes, one model |
#
# ## Exercises
#
# 1. *(value, medium, 4 min)* Of 100 histories the first item changes in 92 when the half $S$ of the nodes is taken away, and in 3 when only $S$ is left. A random half does 67 and 65. By
#    how many percentage points is $S$ ahead in fid-?

# %% tags=["exercise"]
check("07.1", ...)

# %% tags=["solution"]
check("07.1", 65 - 3)

# %% [markdown]
# 2. *(function, medium, 10 min)* Implement a deletion curve: the score with all nodes, then after each removal, the most important node first.


# %% tags=["exercise"]
def deletion_curve(nodes, score):
    """nodes, the most important first; score(kept) takes a list of nodes. Returns a list of len(nodes) + 1 numbers."""
    return ...


check("07.2", deletion_curve)

# %% tags=["solution"]
check("07.2", lambda nodes, score: [score(nodes[gone:]) for gone in range(len(nodes) + 1)])

# %% [markdown]
# 3. *(value, medium, 4 min)* In `pick` three steps have beta[0] of 0.6, 0.7 and 0.9, in `clocks` two have 0.8 and 0.95. What is the area under the ROC curve? (The share of pairs, one of
#    each kind, in which `clocks` has more.)

# %% tags=["exercise"]
check("07.3", ...)

# %% tags=["solution"]
check("07.3", 5 / 6)

# %% [markdown]
# 4. *(design, medium, 8 min)* Give a user of `both`, from 12 to 59, whose purchase needs hohe at the last item: with its gates forced to `heho` the target falls by 20 places or more, forced to
#    `hohe` by one at most. The next cell tells of one.

# %%
one = 27
gate = {"do": "gate", "type": "item", "id": int(dataset.history(one)[-2])}  # the last item before the target
{to: what_if(model, dataset, one, gate | {"to": to}, repeats=1)["measures"]["rank"]["delta"] for to in ("heho", "hohe")}

# %% tags=["exercise"]
check("07.4", ...)

# %% tags=["solution"]
check("07.4", 45)

# %% [markdown]
# 5. *(argument, hard, 20 min)* Write a referee report of 120 to 180 words on this claim: "Our attention maps show why the model recommends an item." A partner gives two points each for *claim*, *control*, *seeds or users*,
# and *limits*. `check` looks for these four, not for your verdict.

# %% tags=["exercise"]
check("07.5", ...)

# %% tags=["solution"]
check(
    "07.5",
    "The claim is that attention maps show why an item is recommended. The paper shows maps of a few users that look "
    "plausible. That does not support the claim, since a map can look plausible for reasons that were not learned. I ask "
    "for three controls. First, destroy the weights and draw the same maps: if they stay alike, they show the graph. "
    "Second, remove the nodes that attention calls important and compare with random orders of removal, over some "
    "hundred users and several seeds, with intervals. Third, use a world in which the cause is planted, and count how "
    "often the map names it, beside chance. The comparison has limits of its own: taking nodes away leads out of the "
    "data, so trades within the data should stand beside it, and one data set does not speak for another. Until then I "
    "would call the maps illustrations. Attention may still be a useful hint of where to intervene, which the authors "
    "could show directly by forcing it. I recommend a major revision.",
)

# %% [markdown]
# **Code you will read:** [explain/faithfulness.py](../mmsr_lite/explain/faithfulness.py), what is measured; [explain/interventions.py](../mmsr_lite/explain/interventions.py), how a node or a
# gate is taken away.
#
# **Next:** [08 your own data](08_your_own_data.ipynb), where no truth is planted.
