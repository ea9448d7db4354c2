# %% [markdown]
# # Aggregators and ablations
#
# Table 3 of the paper exchanges the [[aggregator]], Table 4 takes parts of [[HAN-GNN]] away, and each time HAN-GNN as a whole is ahead. Such an [[ablation]] is how a paper shows that every part
# is needed. Here both tables are repeated where it is known what there is to find, and you will see what an ablation can tell, and two things that it cannot.
#
# **You will be able to** say before any training what a variant can and cannot know, read an ablation with its seeds, and split its effect into "there are codes" and "the codes are right".
#
# **Prerequisites:** [03 dual attention](03_dual_attention.ipynb), [04 the update gate](04_the_update_gate.ipynb), [06](06_early_versus_late.ipynb) for seeds and tests.
#
# **Measured:** {{measured}}.

# %%
from math import comb

import pandas as pd
import torch

from mmsr_lite import check, load, show, stored_study
from mmsr_lite.data.storage import read_json
from mmsr_lite.experiments import ablation
from mmsr_lite.experiments.perform import without
from mmsr_lite.experiments.study import Reading, Setting
from mmsr_lite.training.run import build, codebooks

# %% [markdown]
# ## What a variant is
#
# All variants of Table 4 are values of one field of the config, `fusion`, but the last two. NI is [[non-invasive]]: the second [[phase]] sums the layer's input. The paths of each, how their ends become one
# state (`only`: there is but one), and the parameters of one layer:

# %%
dataset = load("wardrobe:cycle")
setting = Setting.of(dataset)
books = codebooks(setting.config(), dataset)
models = {name: build(setting.config(**change), dataset, books).eval() for name, change in ablation.VARIANTS.items()}
layers = {name: model.layers[0] for name, model in models.items()}
pd.DataFrame(
    {name: {"paths": ", ".join(layer.fusion.paths), "merge": layer.fusion.merge, "invasive": layer.fusion.invasive,
            "parameters": sum(p.numel() for p in layer.parameters())} for name, layer in layers.items()}
).T  # fmt: skip

# %% [markdown]
# ## What it can know
#
# The answer is read from the last *item's* node. What reaches it? Take all codes away, or turn the history round before its last item, and see whether the user state changes at all. (Nothing is trained here;
# the vectors $a_r$ start at zero, which makes all weights equal, so they get some values first.)
#
# **Before you run it:** two variants hear one family alone. Which of them never learns what a garment looks like?

# %%
history = torch.from_numpy(dataset.history(17)[None])
turned = torch.cat([history[:, :-1].flip(1), history[:, -1:]], 1)
torch.manual_seed(0)
reaches = {}
with torch.no_grad():
    for name, model in models.items():
        _ = [torch.nn.init.normal_(layer.relation) for layer in model.layers]
        blind = without(model, setting.config(**ablation.VARIANTS[name]), dataset, books, Reading(rate=1.0))
        changed = {"codes": blind.user_state(history), "order": model.user_state(turned)}
        reaches[name] = {what: float((P - model.user_state(history)).norm()) for what, P in changed.items()}
pd.DataFrame(reaches).T.round(2)

# %% [markdown]
# `ho`: items hear items, codes hear codes, and no code ever reaches an item. It is MMSR without modalities, with idle lanes. `NI(heho)` is nearly that: what it sums are items only, and the codes no more than
# steer the weights. Every other variant can know everything, at least in two layers.

# %%
assert reaches["ho"]["codes"] == 0 < min(reaches[name]["codes"] for name in reaches if name != "ho")
assert min(found["order"] for found in reaches.values()) > 0
assert (
    layers["NI(heho)"].fusion.paths == {"heho": ("heterogeneous", "homogeneous")}
    and not layers["NI(heho)"].fusion.invasive
)

# %% [markdown]
# ## Table 4, where sequence is all
#
# The world `cycle`: each modality walks its own circle, and the way back along the history tells the direction. All ten variants, one trial each, six epochs; five seeds for HAN-GNN and Synchronous, two for the others
# (`mmsr-lite tables ablation wardrobe:cycle`).
#
# **Before you run it:** rank `HAN-GNN`, `Synchronous`, `hohe`, `NI(hohe)`, `NI(heho)`, `ho`, `he`.

# %%
study = stored_study("ablation", "wardrobe-cycle")
show.play(lambda metric: show.study(study, metric=metric), metric=["HR@5", "MRR@5", "HR@20", "MRR@20"])

# %% [markdown]
# A mark is a mean, its band goes from the least to the greatest seed, the dotted line on the right is the [[best reachable]].
#
# - `ho`, without modalities in fact, and `he`, which has no edge of time and knows the order from positions alone, are far behind, at 47 and 45. So both families are needed: here Table 4 of the paper holds, and more
#   clearly.
# - `NI(hohe)`, late, is ahead of `NI(heho)`, early, as it should be where all is sequence; with two seeds each, which do not overlap, but lie two points apart themselves.
# - `Synchronous`, which hears both families at once and needs no order, is *first*: 70.7. The paper writes that it does worse than either order alone; here it is ahead of both, and of the gate, 68.3.
#
# - `hohe`, late and invasive, is level with it at 70.6: its second phase sums what the first has made of the states, which does no harm here, though avoiding that is what the non-invasive order is for. Without positions or without types a point or two are lost, with two seeds.
#
# No seed of `ho` and `he` comes within ten points of the others, and neither non-invasive order reaches Synchronous. HAN-GNN and `NI(hohe)`, 66.9, overlap.

# %%
runs = pd.DataFrame(study["rows"])
hits = runs.groupby("variant")["HR@5"].agg(["mean", "min", "max", "size"])
assert hits.loc[["ho", "he"], "mean"].round().tolist() == [47, 45]
assert hits.loc[["ho", "he"], "max"].max() < hits.drop(["ho", "he"])["min"].min() - 10
assert (hits.loc[["NI(hohe)", "HAN-GNN"], "min"] > hits.loc["NI(heho)", "max"]).all()
assert hits["mean"].round(1)[["Synchronous", "HAN-GNN", "NI(hohe)"]].tolist() == [70.7, 68.3, 66.9]
assert hits.loc["HAN-GNN", "min"] < hits.loc["NI(hohe)", "min"]
assert hits.loc["Synchronous", "min"] > hits.loc["NI(hohe)", "max"]
assert hits["mean"].round(1)["hohe"] == 70.6 and hits["mean"].idxmax() == "Synchronous" and len(hits) == 10
fewer = hits.loc["HAN-GNN", "mean"] - hits.loc[["without position", "without type"], "mean"]
assert fewer.between(0.8, 2).all()

# %% [markdown]
# The paper's own numbers, for three shops. Choose one. Is Synchronous behind either order there?

# %%
paper = read_json("../mmsr_lite/experiments/paper.json")
theirs = {shop: pd.DataFrame(table).T["HR@5"] for shop, table in paper["ablation"].items()}
show.play(
    lambda shop: pd.DataFrame({f"paper, {shop}": theirs[shop], "here, cycle": hits["mean"].round(1)}).dropna(),
    shop=list(theirs),
)  # fmt: skip

# %%
orders = ["NI(hohe)", "NI(heho)"]
assert all(theirs[shop]["Synchronous"] > theirs[shop][orders].max() for shop in ("Beauty", "Sports"))
assert theirs["Clothing"][orders].min() < theirs["Clothing"]["Synchronous"] < theirs["Clothing"][orders].max()

# %% [markdown]
# It is not: on Beauty (by a thousandth) and on Sports it is ahead of both, on Clothing between them. Read the table, not only the text. That HAN-GNN is ahead of Synchronous, by 4 to 14 %, is in the table; here it is not so.

# %%
assert [round(100 * (found["HAN-GNN"] / found["Synchronous"] - 1)) for found in theirs.values()] == [4, 14, 8]

# %% [markdown]
# ## Table 4 in two shops
#
# Amazon Beauty, which the paper measured, with titles and categories, and ML-100K with titles, genres, plots and posters: all ten variants, four trials each, five seeds of HAN-GNN and three of the others, on a GPU
# (`mmsr-lite tables ablation FOLDER`). Each difference is that of a variant from HAN-GNN, over 22,363 and 943 users.
#
# **Before you run it:** `ho` has no edge between modalities, so no title and no category reaches the item that is asked. How far behind?

# %%
places = {"Beauty": "amazon-beauty", "ML-100K": "ml-100k"}
ablations = {shop: stored_study("ablation", place) for shop, place in places.items()}
show.play(
    lambda shop, metric: show.differences(ablations[shop], metric=metric),
    shop=list(places), metric=["HR@5", "MRR@5", "HR@20", "MRR@20"],
)  # fmt: skip

# %% [markdown]
# It is *ahead*, clearly over users, on both: 7.75 to the 7.60 of HAN-GNN on Beauty, where it is first of all ten, and 5.56 to 5.24 on ML-100K, where it is first too (p = 0.008 and 0.007; nine differences are tested at once, so neither alone would be much). In the paper it is next to last. Clearly behind HAN-GNN on both are `he`, which has
# no edge between items, and NI(hohe), late alone; on ML-100K also the one without positions. So of the paper's claims one stands here, that items must hear items. What this says about modalities in these shops is the
# subject of [notebook 11](11_paper_released_code_counting.ipynb).

# %%
hits_there = pd.concat({n: pd.DataFrame(one["rows"]).groupby("variant")["HR@5"].mean() for n, one in ablations.items()})
assert theirs["Beauty"].sort_values().index[1] == "ho"
assert hits_there.unstack(0).round(2).loc[["ho", "HAN-GNN"]].to_numpy().tolist() == [[7.75, 5.56], [7.60, 5.24]]
assert (hits_there.unstack(0).idxmax() == "ho").all()

# %%
clear = {
    shop: {t["system"].removeprefix("mmsr, "): t["difference"] > 0
           for t in one["tests"] if t["metric"] == "HR@5" and t["p"] < 0.05}
    for shop, one in ablations.items()
}  # fmt: skip
p = [t["p"] for one in ablations.values() for t in one["tests"] if (t["system"], t["metric"]) == ("mmsr, ho", "HR@5")]
assert [round(value, 3) for value in p] == [0.008, 0.007]
assert clear["Beauty"] == {"ho": True, "NI(hohe)": False, "he": False}
assert clear["ML-100K"] == {
    "ho": True, "Synchronous": True, "NI(hohe)": False, "he": False, "without position": False
}  # fmt: skip

# %% [markdown]
# ## What the seeds say
#
# HAN-GNN has a band of six points; Synchronous has one of less than one. The paired test over users says that Synchronous is ahead with $p < 0.001$; but would five other seeds say so?
#
# **Before you run it:** look at the five values of HAN-GNN. What do you see besides that they are spread?

# %%
seeds = runs[runs.variant.isin(["HAN-GNN", "Synchronous"])].pivot_table("HR@5", "variant", "seed").round(1)
seeds

# %% [markdown]
# Two groups: three seeds arrive at 70 and more, as Synchronous always does, two stay at 65. A seed that arrives is as good with the gate as without; one that does not has stopped half-way within six epochs. (Trained for
# ten, with other dropout, five seeds of HAN-GNN lie within 1.2 points: [benchmarks](../benchmarks/README.md).) So what was measured is not that a model with a gate is worse, but that it is perhaps *less sure to be learned in time*; perhaps, for two of five
# against none of five is little: were both alike, the two late seeds of ten would both be HAN-GNN's in two cases of nine. A table of means with $p < 0.001$ would not have told you.

# %%
han = runs[runs.variant == "HAN-GNN"]["HR@5"]
assert sorted(han.round()) == [65, 65, 70, 70, 71] and hits.loc["Synchronous", ["min", "max"]].diff().iloc[-1] < 1
(test,) = [t for t in study["tests"] if (t["system"], t["metric"]) == ("mmsr, Synchronous", "HR@5")]
assert test["p"] < 0.001 and test["low"] > 0
longer = pd.read_csv("../benchmarks/results/planted_truth.csv").query("world == 'cycle' and modalities").model
assert len(longer) == 5 and longer.max() - longer.min() < 1.2
assert comb(5, 2) / comb(10, 2) == 2 / 9

# %% [markdown]
# Every difference, with its interval over users, all of them "clear". Which would you still sign? (Surely `ho` and `he`, whose seeds are ten points away from all others.)

# %%
show.play(lambda metric: show.differences(study, metric), metric=["HR@5", "MRR@5", "HR@20", "MRR@20"])

# %% [markdown]
# ## Table 3: other aggregators
#
# The same nodes and edges, another rule for listening. [[heterogeneous|Heterogeneous]] GAT (HGAT) has maps for each node type; GAT and GCN take all nodes for alike.
#
# **Before you run it:** in the paper, on Beauty, GCN has 79 % of HAN-GNN's hits. Will it keep more of them here, or fewer?

# %%
third = stored_study("aggregators", "wardrobe-cycle")
show.play(lambda metric: show.study(third, metric=metric), metric=["HR@5", "MRR@5", "HR@20", "MRR@20"])

# %%
means = pd.DataFrame(third["rows"]).groupby("variant")["HR@5"].mean()
beauty = pd.DataFrame(paper["aggregators"]["Beauty"]).T["HR@5"]
table = pd.DataFrame({"paper, Beauty": beauty, "here, cycle": means}).dropna()
table = table.sort_values("paper, Beauty")
table.assign(
    **{"paper, % of HAN-GNN": 100 * beauty / beauty["han-gnn"], "here, %": 100 * means / means["han-gnn"]}
).round(1)

# %% [markdown]
# The last three are the paper's: GraphSAGE, GCN, GAT. The distances are smaller (GCN keeps 90 % here, 79 % there), and another is first: RGAT, with one attention over all relations. HAN-GNN's seeds lie five points apart, so
# with two of them that decides little.

# %%
order = {name: table[name].sort_values().index.tolist() for name in table}
assert order["here, cycle"][:3] == order["paper, Beauty"][:3] == ["graphsage", "gcn", "gat"]
assert order["here, cycle"][-2:] == ["han-gnn", "rgat"] and order["paper, Beauty"][-1] == "han-gnn"
assert round(100 * means["gcn"] / means["han-gnn"]) == 90 and round(100 * beauty["gcn"] / beauty["han-gnn"]) == 79
assert pd.DataFrame(third["rows"]).groupby("variant").size().eq(2).all() and len(means) == 8
low, high = (pd.DataFrame(third["rows"]).groupby("variant")["HR@5"].agg(how) for how in ("min", "max"))
assert low["han-gnn"] < low["rgat"] < high["han-gnn"] and round(high["han-gnn"] - low["han-gnn"]) == 5

# %% [markdown]
# And in the two shops, three seeds each (HAN-GNN five):
#
# **Before you run it:** in the paper HAN-GNN has 28 % more hits on Beauty than GraphSAGE, which there is last. And here?

# %%
thirds = {shop: stored_study("aggregators", place) for shop, place in places.items()}
show.play(
    lambda shop, metric: show.differences(thirds[shop], metric=metric),
    shop=list(places), metric=["HR@5", "MRR@5", "HR@20", "MRR@20"],
)  # fmt: skip

# %% [markdown]
# Nothing like it. On Beauty all eight lie between 7.46 and 7.78, GraphSAGE is not apart from HAN-GNN, and Graphormer is ahead of it; only GCN and GAT are behind, by 2 and 1 %. On ML-100K none
# is clearly apart in HR@5; in MRR@5, which asks for the very first places, five of the seven are *ahead* of it there, HGNN by 13 %. With equal trials HAN-GNN's rule for listening is not what decides in these shops; what the paper's other aggregators were given to tune, its text does not say.

# %%
shops = pd.concat({n: pd.DataFrame(one["rows"]).groupby("variant")["HR@5"].mean() for n, one in thirds.items()}, axis=1)
assert beauty.idxmin() == "graphsage" and round(100 * (beauty["han-gnn"] / beauty["graphsage"] - 1)) == 28
assert shops["Beauty"].agg(["min", "max"]).round(2).tolist() == [7.46, 7.78]
tests = [(shop, t) for shop, one in thirds.items() for t in one["tests"] if t["metric"] == "HR@5" and t["p"] < 0.05]
apart = {(shop, t["system"].removeprefix("mmsr, ")): t["difference"] > 0 for shop, t in tests}
assert apart == {("Beauty", "graphormer"): True, ("Beauty", "gcn"): False, ("Beauty", "gat"): False}
assert (100 * (1 - shops["Beauty"] / shops["Beauty"]["han-gnn"])).round()[["gcn", "gat"]].tolist() == [2, 1]

# %%
first = pd.DataFrame(thirds["ML-100K"]["rows"]).groupby("variant")["MRR@5"].mean()
tests = [t for t in thirds["ML-100K"]["tests"] if t["metric"] == "MRR@5" and t["p"] < 0.05 and t["difference"] > 0]
assert len(tests) == 5 and round(100 * (first["hgnn"] / first["han-gnn"] - 1)) == 13

# %% [markdown]
# ## What an ablation adds up
#
# The most cited ablation of all takes the modalities away. In `cycle` that costs 23 points of HR@5. But two things went: that there *are* codes (more nodes, more parameters, ties between items), and that they are
# *right*. The control keeps the first: every item gets the codes of another.
#
# **Before you run it:** how much of the 23 points comes with codes that say nothing?

# %%
known = pd.read_csv("../benchmarks/results/planted_truth.csv").assign(
    codes=lambda t: t.modalities.map({True: "true", False: "none"})
)
every = pd.concat([known, pd.read_csv("../benchmarks/results/planted_control.csv").assign(codes="shuffled")])
split_up = every.query("world != 'mixed'").groupby(["world", "codes"]).model.agg(["mean", "std", "size"])
split_up = split_up.rename(columns={"size": "seeds"})
show.play(lambda world: split_up.loc[world].loc[["none", "shuffled", "true"]].round(1), world=["cycle", "match"])

# %% [markdown]
# A third: 7.8 points come with any codes, 15.2 with the right ones (roughly: without codes, seeds differ by 8.9). In `match` neither comes. On Amazon Beauty the whole gain came with any codes ([notebook 11](11_paper_released_code_counting.ipynb)). An ablation shows that a part
# is *used*; what for, the control has to say.

# %%
cycle = split_up.loc["cycle", "mean"]
assert round(split_up.loc[("cycle", "none"), "std"], 1) == 8.9
assert round(cycle["true"] - cycle["none"]) == 23 and round(cycle["shuffled"] - cycle["none"], 1) == 7.8
assert round(cycle["true"] - cycle["shuffled"], 1) == 15.2
assert split_up.loc["match", "mean"].max() - split_up.loc["match", "mean"].min() < 0.6

# %% [markdown]
# ## Compute it yourself
#
# `TRAIN = True` trains seed 0 of the ten variants here, five minutes of one CPU core.

# %%
TRAIN = False
anew = stored_study("ablation", "wardrobe-cycle", TRAIN)
show.play(lambda metric: show.study(anew, metric=metric), metric=["HR@5", "MRR@5"])

# %% [markdown]
# ## Summary
#
# | the paper says | in the world `cycle` | in two shops |
# |---|---|---|
# | both families of relations are needed | yes, clearly | edges between items, yes; without those between modalities it is ahead |
# | synchronous fusion is worse than either order | no: ahead of both (and in the paper's own table, twice) | no |
# | the gate is ahead of either order alone | of early, yes, if barely; of late, in the mean, but seeds overlap; and two seeds of five did not arrive | of NI(hohe), yes; of NI(heho), no |
# | HAN-GNN is ahead of GCN, GAT and HGAT | of GCN and GAT; of HGAT not decided | of GCN and GAT on Beauty, by 2 and 1 %; Graphormer is ahead |
#
# (`cycle`: two seeds each, five of HAN-GNN and Synchronous, six epochs. The shops: three, five of HAN-GNN.) Before training, ask what a variant *can* know. After it, look at the seeds. And before you say that a part is needed for what its name says, run the control.
#
# ## Exercises
#
# 1. How many parameters has one update gate at $D = 32$?

# %% tags=["exercise"]
check("08.1", ...)

# %% tags=["solution"]
check("08.1", torch.nn.utils.parameters_to_vector(layers["HAN-GNN"].gate.parameters()).numel())

# %% [markdown]
# 2. Which variant of Table 4 would give the same ranking if all pictures and texts were exchanged?

# %% tags=["exercise"]
check("08.2", ...)

# %% tags=["solution"]
check("08.2", "ho")

# %% [markdown]
# 3. How many points of HR@5 in `cycle` are due to the codes being *right*? One digit after the point.

# %% tags=["exercise"]
check("08.3", ...)

# %% tags=["solution"]
check("08.3", float(cycle["true"] - cycle["shuffled"]))

# %% [markdown]
# **Code you will read:** [nn/han.py](../mmsr_lite/nn/han.py), `FUSIONS`: Table 4 in nine lines; [nn/aggregators/attention.py](../mmsr_lite/nn/aggregators/attention.py), GAT and HGAT;
# [experiments/study.py](../mmsr_lite/experiments/study.py), what "equal terms" are.
#
# **Next:** [09 gate decisions per data set](09_gate_decisions_per_data_set.ipynb), on the part of the model that this notebook found hard to learn.
