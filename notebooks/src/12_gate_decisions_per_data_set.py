# %% [markdown]
# # Gate decisions per data set
#
# "The optimal order for modality fusion varies per dataset", says the paper, and its [[update gate]] is there to find it. So the gates of a trained model should tell one data set
# from another, for the reason that the paper gives: late where modalities have strong sequences of their own, early where they depend on each other. Notebook 05 read gates
# user by user. Here all gates of a data set are read at once, and then held against what else could have made them.
#
# **You will be able to** describe the gates of a data set in one table, say what share of their variation something explains, and run the control that tells whether they speak
# of the modalities.
#
# **Prerequisites:** [05 the update gate](05_the_update_gate.ipynb); variance.
#
# **Measured:** {{measured}}.

# %%
from itertools import product

import pandas as pd

from mmsr_lite import check, gates, gates_summary, paper_tables, save_gates, show, stored, stored_file, stored_study

# %% [markdown]
# ## All gates of a data set
#
# `gates` gives one row for each gate: every node of every user's last history, in every layer. `late` is [[beta]][0], the weight of [[hohe]].

# %%
TRAIN = False  # True: train here instead of opening what is stored, a minute or two for each world
worlds = {world: stored(f"wardrobe-{world}", train=TRAIN) for world in ("cycle", "match", "mixed")}
tables = {world: gates(*pair) for world, pair in worlds.items()}
summaries = {world: gates_summary(table) for world, table in tables.items()}
print(*(f"{world}: {summary['sentence']}" for world, summary in summaries.items()), sep="\n")
tables["cycle"].sample(4, random_state=0)

# %% [markdown]
# **Before you run it:** the codes are the nodes that stand for modalities. In which of the three data sets will they be early, in which late, in which both? Choose the data set and how its gates are grouped.

# %%
show.interact(
    lambda world, by: show.inspector(summaries[world], by),
    world=list(worlds), by=["code", "type", "position", "length", "popularity"],
)  # fmt: skip

# %% [markdown]
# Each row is a group: the mark its median, the bar from 5 to 95 % of its gates. In `match` all codes of the first layer are early, near 0.1. In `cycle` they are everything from early to late: wide bars, and one code is not like the next. In `mixed`, where half of the users are of
# each kind, nearly all are late. Over 150,000 gates in each world.

# %%
first = {world: table[(table.layer == 0) & (table.type != "item")] for world, table in tables.items()}  # gates of codes
assert all(len(table) > 150_000 for table in tables.values())
assert 0.1 < first["match"].late.mean() < 0.15 and first["mixed"].late.mean() > 0.9
assert first["cycle"].late.std() > 3 * first["match"].late.std()

# %% [markdown]
# ## What decides a gate?
#
# Group the gates by something, give each its group's mean, and see how much of the variance is left: the share that is gone is what the grouping explains. It is computed within each
# node type. For `cycle` the generator's secret is a grouping, too: the direction in which the user walks round the looks (pictures) or themes (texts).
#
# **Before you run it:** what will explain most: which code it is, where it stands in the history, how long the history is, or the secret?

# %%
for world, (_, data) in worlds.items():
    truth = data.facts["truth"]
    way = pd.DataFrame([latent[1:] for latent in truth.latents], columns=["picture", "text"]).to_numpy()
    column = (first[world].type == "text").astype(int)
    first[world] = first[world].assign(direction=way[truth.latent[first[world].user], column])
shares = {}
for (world, table), by in product(first.items(), (["id"], ["position"], ["length"], ["id", "direction"])):
    kept, whole = (table.groupby(["type", *keys], observed=True).late.transform("mean") for keys in (by, []))
    shares[" and ".join(by), world] = 1 - (table.late - kept).var() / (table.late - whole).var()
pd.Series(shares).unstack().round(2)

# %% [markdown]
# Where a node stands and how long the history is explain next to nothing anywhere. In `cycle` it matters which code it is, and with the secret added almost three
# quarters are explained: the gates of the codes hold the direction of the walk (notebook 05). In `match` nothing on this list explains anything: there all codes do alike.

# %%
explained = pd.Series(shares).unstack()
assert (explained.loc[["position", "length"]] < 0.05).all().all()
assert 0.7 < explained.loc["id and direction", "cycle"] < 0.78 and 0.2 < explained.loc["id", "cycle"] < 0.3
assert explained.loc["id", "match"] < 0.02

# %% [markdown]
# A reading of such tables needs care with small groups. Group by *user*: with about five gates in each group the means explain something by chance alone, in expectation
# (groups − 1) / (gates − 1). Exercise 3 asks for it.
#
# ## Does the data set speak?
#
# One model for each world is one draw. Five [[seed|seeds]] each, trained for [benchmarks](../benchmarks/README.md): the mean gate of the picture codes in the first layer.
#
# **Before you run it:** the codes' gates lean later in `cycle` than in `match`. In how many of the five seeds?

# %%
true = pd.read_csv(stored_file("benchmarks/results/planted_truth.csv")).query("modalities").assign(codes="true")
colour = show.colour("modality 1")  # pictures have this colour in every view
axes = true.plot.scatter("beta_picture", "world", figsize=(8, 1.8), color=colour, s=60, alpha=0.7, ylabel="")
_ = axes.set(xlim=(0, 1), ymargin=0.2, xlabel="mean beta[0] of picture codes; a dot is a seed")

# %%
codes = ["beta_picture", "beta_text"]
least, most = (true.groupby("world")[codes].agg(how) for how in ("min", "max"))
assert (true.groupby("world").size() == 5).all() and (least.loc["cycle"] > most.loc["match"]).all()
assert (least.loc["mixed"] > most.loc["match"]).all() and true.beta_item.min() > 0.85

# %% [markdown]
# In all five: no seed of `cycle` is as early as any of `match`. This is what the paper would predict, and many would stop here.
#
# Five other trainings, on other terms (`mmsr-lite tables gates wardrobe:cycle`, and `match`), say less. Picture codes lie apart again, 0.47 to 0.72 and 0.12 to 0.33. Text codes hardly do: 0.29 to 0.73 and 0.11 to 0.28. And in
# three of the five the texts of `cycle` are below a half: later than those of `match`, but not late.

# %%
again = {
    world: pd.read_csv(stored_file(f"assets/results/wardrobe-{world}/gate_values.csv")) for world in ("cycle", "match")
}
again = pd.concat(again, names=["world"]).query("by == 'all' and layer == 1 and node_type != 'item'")
again = again.pivot_table("beta", ["world", "seed"], "node_type")
band = again.groupby("world").agg(["min", "max"]).round(2)
band

# %%
assert band["picture"].to_numpy().tolist() == [[0.47, 0.72], [0.12, 0.33]] and len(again) == 10
assert band["text"].to_numpy().tolist() == [[0.29, 0.73], [0.11, 0.28]]
assert (again.loc["cycle", "text"] < 0.5).sum() == 3

# %% [markdown]
# ## The control
#
# If the gates lean late in `cycle` *because* its modalities have strong sequences, then the lean must go when the modalities are taken away. The control does it: each item carries
# the codes of another item, drawn across the catalogue, so a user's picture codes follow no sequence at all. The items and their order stay.
#
# **Before you run it:** where will the gates of the shuffled picture codes be, in `cycle` and in `match`?

# %%
shuffled = pd.read_csv(stored_file("benchmarks/results/planted_control.csv"))
both = pd.concat([true.query("world != 'mixed'"), shuffled.assign(codes="shuffled")]).sort_values(["world", "codes"])
both["of"] = both.world + ", " + both.codes
axes = both.plot.scatter("beta_picture", "of", figsize=(8, 2.2), color=colour, s=60, alpha=0.7, ylabel="")
_ = axes.set(xlim=(0, 1), ymargin=0.2, xlabel="mean beta[0] of picture codes; a dot is a seed")

# %%
show.interact(
    lambda column: both.groupby("of")[column].agg(["min", "mean", "max"]).round(2),
    column=["beta_picture", "beta_text", "beta_item", "model", "share"],
)

# %% [markdown]
# With codes that say nothing, the gates of picture codes still lean later in `cycle` than in `match`, in every seed: of the difference between the worlds two fifths are left in the mean. For
# texts a sixth is left, and the seeds overlap. (Three seeds, which lie a tenth apart: read this as "some" and "little".) So part of the lean of picture codes is not due to the sequence of pictures, for there is none. It must
# come from what else differs between the worlds, such as the sequence of *items*, which the control left alone. (And in `cycle` the codes did say
# something: shuffling them costs 13 to 17 points of HR@5, see `model`.) **That gates differ between two data sets does not show what they differ for.**

# %%
low, high = (shuffled.groupby("world").beta_picture.agg(how) for how in ("min", "max"))
gap = {name: one.groupby("world")[codes].mean().diff().loc["match"] for name, one in both.groupby("codes")}
left = gap["shuffled"] / gap["true"]
lost = both.query("of == 'cycle, true'").model.mean() - both.query("of == 'cycle, shuffled'").model
left.round(2)

# %%
assert len(shuffled) == 6 and shuffled.groupby("world").size().min() == 3
assert low["cycle"] > high["match"] and (high - low).round(1).tolist() == [0.1, 0.1]
assert 0.38 < left["beta_picture"] < 0.45 and 0.15 < left["beta_text"] < 0.19
assert lost.round().between(13, 17).all()

# %% [markdown]
# ## Does the optimal order vary?
#
# That is asked by fixing it: one model that may only go late (`NI(hohe)`), one that may only go early (`NI(heho)`). Table 4 of the paper has both for three shops; our three worlds have them with five seeds each
# ([notebook 11](11_aggregators_and_ablations.ipynb)).
#
# **Before you run it:** on how many of the three shops is early fusion ahead, in the paper's own numbers? And in which of the worlds?

# %%
paper = paper_tables()["ablation"]
orders = {shop: pd.DataFrame(found).T for shop, found in paper.items()}
rows = {world: pd.DataFrame(stored_study("ablation", f"wardrobe-{world}")["rows"]) for world in worlds}
orders |= {world: one.groupby("variant")[["HR@5", "MRR@5"]].mean() for world, one in rows.items()}
show.interact(
    lambda metric: pd.DataFrame({shop: found[metric] for shop, found in orders.items()})
    .loc[["NI(hohe)", "NI(heho)", "HAN-GNN"]].round(2),
    metric=["HR@5", "MRR@5"],
)  # fmt: skip

# %% [markdown]
# In the shops on none in HR@5 (on Beauty the two are level), and on Beauty alone in MRR@5. Late fusion is the better fixed order nearly everywhere (on Clothing early has 30 % less), so in the paper's tables "varies per dataset" hangs on one number. What
# does differ is how much the order matters. In `cycle` and in `mixed` late is ahead, in every seed. In `match`, where early fusion should be the right one, early is ahead by 0.3, less than its seeds lie apart: the sign turns
# as the paper would have it, and nothing hangs on it.
#
# The gate is ahead of the better order by 2 to 9 % in the paper. In `cycle` its mean is ahead by 4 %, in every seed, in `mixed` by 5 %, with seeds that overlap, in `match` not at all. (And `hohe`, late
# fusion that is not [[non-invasive]], is level with it in `cycle` and ahead of it in `mixed`, without any gate.) These are means and seeds of five runs each; none of the differences is tested, for the ranks of these runs are not kept.

# %%
early = {shop: found.loc["NI(heho)"] > found.loc["NI(hohe)"] for shop, found in orders.items()}
ahead = {metric: [shop for shop in early if early[shop][metric]] for metric in ("HR@5", "MRR@5")}
assert ahead == {"HR@5": ["match"], "MRR@5": ["Beauty", "match"]}
better = {shop: found["HR@5"][["NI(hohe)", "NI(heho)"]].max() for shop, found in orders.items()}
gain = {shop: round(100 * (found.loc["HAN-GNN", "HR@5"] / better[shop] - 1)) for shop, found in orders.items()}
assert gain == {"Beauty": 4, "Clothing": 2, "Sports": 9, "cycle": 4, "match": -1, "mixed": 5}
assert abs(orders["Beauty"].loc[["NI(hohe)", "NI(heho)"], "HR@5"].diff().iloc[1]) < 0.01
assert round(1 - orders["Clothing"].loc["NI(heho)", "HR@5"] / orders["Clothing"].loc["NI(hohe)", "HR@5"], 1) == 0.3

# %%
ends = {world: one.groupby("variant")["HR@5"].agg(["min", "mean", "max"]) for world, one in rows.items()}
low, mean, high = (pd.DataFrame({world: end[how] for world, end in ends.items()}).T for how in ("min", "mean", "max"))
two, late, fast = ["cycle", "mixed"], "NI(hohe)", "NI(heho)"
assert (low.loc[two, late] > high.loc[two, fast]).all() and all(len(one) == 50 for one in rows.values())
assert round(mean.loc["match", fast] - mean.loc["match", late], 1) == 0.3
assert high.loc["match", fast] - low.loc["match", fast] > 0.3
assert (low.loc[two, "HAN-GNN"] > high.loc[two, late]).tolist() == [True, False]
assert abs(mean.loc["cycle", "hohe"] - mean.loc["cycle", "HAN-GNN"]) < 0.3
assert low.loc["mixed", "hohe"] > high.loc["mixed", "HAN-GNN"]

# %% [markdown]
# ## Two real data sets
#
# Amazon Beauty and ML-100K, three seeds of MMSR with one layer, made on a GPU by `mmsr-lite tables gates FOLDER`: the mean gate of each node type in each seed, and HR@5 when a trained model's gates are all forced.
#
# **Before you run it:** on Beauty the three seeds do not agree at all on the gate of categories. How can all three rank equally well?

# %%
real = {"Beauty": "amazon-beauty", "ML-100K": "ml-100k"}
tables_of = {name: pd.read_csv(stored_file(f"assets/results/{place}/gate_values.csv")) for name, place in real.items()}
kept = pd.concat(tables_of, names=["data set"])
means = kept.query("by == 'all'").pivot_table("beta", ["data set", "node_type"], "seed")
runs = {name: pd.DataFrame(stored_study("gates", place)["rows"]) for name, place in real.items()}
forced = pd.DataFrame({name: one.groupby("variant")["HR@5"].mean() for name, one in runs.items()})
show.interact(lambda what: {"beta[0]": means.round(2), "HR@5": forced.round(2)}[what], what=["beta[0]", "HR@5"])

# %% [markdown]
# Because nobody asks it. With one layer the user's state is the last item's ([[last pooling]]), so of all these gates one in each history reaches a score: that of the last item. No loss ever told the others what to be,
# and 0.00, 0.43 and 0.00 for categories are what an untrained question is answered. (With two layers, as in the worlds above, all gates of the first are asked.) **Before you read a gate, ask whether anything depends on it.**
# The one that counts:

# %%
counts = kept.query("by == 'position' and bin == 1 and node_type == 'item'")
counts = counts.pivot_table("beta", "seed", "data set")
counts.round(2)

# %% [markdown]
# 0.91 on Beauty, 0.78 on ML-100K, in every seed later on Beauty. And the trained models need what it says: forced to late they lose 6 % and 13 % of their hits, to early 43 % and 20 %. (That is not yet what a model trained with one order loses:
# NI(hohe), late from the start, loses 2 % on Beauty, see [notebook 11](11_aggregators_and_ablations.ipynb).) What the two data sets differ *for* is open again: on both, the mean of MMSR without any modality is not lower (7.68 to 7.60 and 5.36 to 5.24; not tested: ranks not kept; [notebook 13](13_paper_released_code_counting.ipynb)).

# %%
assert means.loc[("Beauty", "categories")].round(2).tolist() == [0.0, 0.43, 0.0]
assert counts.mean().round(2).to_dict() == {"Beauty": 0.91, "ML-100K": 0.78}
assert counts["Beauty"].min() > counts["ML-100K"].max()
lost = (100 * (1 - forced / forced.loc["own gates"])).round()
assert lost.loc[["forced: hohe", "forced: heho"]].to_numpy().tolist() == [[6, 13], [43, 20]]
trained = pd.DataFrame(stored_study("ablation", "amazon-beauty")["rows"]).groupby("variant")["HR@5"].mean()
assert round(100 * (1 - trained["NI(hohe)"] / trained["HAN-GNN"])) == 2
controls = pd.concat({n: pd.DataFrame(stored_study("controls", place)["rows"]) for n, place in real.items()})
controls = controls.query("model == 'mmsr'").groupby([pd.Grouper(level=0), "variant"])["HR@5"].mean().round(2)
assert controls[:, "none"].tolist() == [7.68, 5.36] and controls[:, "true"].tolist() == [7.60, 5.24]

# %% [markdown]
# ## Keep the table
#
# All gates of a data set, for your own statistics; `.parquet` is smaller. `show.inspector(gates_summary(table), table=table, open=...)` makes the picture above a way to the users behind it, and `gates_beside` puts two
# data sets side by side.

# %%
save_gates(tables["match"].query("position == 1"), "runs/12_match.csv")
pd.read_csv("runs/12_match.csv").groupby(["layer", "type"]).late.describe().round(2)

# %% [markdown]
# ## Summary
#
# Gates of code nodes differ between these two worlds, in every one of five seeds, in the direction that the paper predicts (on other terms in five more, for texts by next to nothing). But two fifths of that difference are still there for pictures when the pictures say nothing (three
# seeds); within `cycle` the gates of the stored model hold a direction, not a fusion order; items' gates are late everywhere; and the fixed order that would have to vary hardly does, neither in the paper's shops nor in these worlds. On Beauty and ML-100K gates differ and matter to the models that have them, and the mean of a model without any modality is no lower. Use gates to *ask* what differs between data sets. The answer needs a control.
#
# ## Exercises
#
# 1. In the stored run of `cycle`, first layer: which share of the gates of *picture* codes leans to early fusion (`late` below a half)?

# %% tags=["exercise"]
check("12.1", ...)

# %% tags=["solution"]
check("12.1", float((first["cycle"].query("type == 'picture'").late < 0.5).mean()))

# %% [markdown]
# 2. In one shop of the paper's Table 4 `NI(heho)` is ahead of `NI(hohe)` in one metric. Which shop?

# %% tags=["exercise"]
check("12.2", ...)

# %% tags=["solution"]
check("12.2", "Beauty")

# %% [markdown]
# 3. Picture codes of `match`, first layer, grouped by `user`: which share of the variance would the users' means explain by chance alone? (Then compute what they do explain.)

# %% tags=["exercise"]
check("12.3", ...)

# %% tags=["solution"]
check(
    "12.3",
    (first["match"].query("type == 'picture'").user.nunique() - 1)
    / (len(first["match"].query("type == 'picture'")) - 1),
)

# %% [markdown]
# **Code you will read:** [explain/gates.py](../mmsr_lite/explain/gates.py), the table and its summary; [experiments/gates.py](../mmsr_lite/experiments/gates.py), the study that keeps gates with its runs and forces them.
#
# **Next:** [13 the paper, the released code, and counting](13_paper_released_code_counting.ipynb), which asks whether there is anything to decide.
