# %% [markdown]
# # Gate decisions per data set
#
# "The optimal order for modality fusion varies per dataset", says the paper, and its [[update gate]] is there to find it. Gates should be late where modalities have sequences of their own, early where they depend on each other.
#
# <details><summary>What this page finds (guess first, open it at the end)</summary>
#
# | claim | evidence on this page | verdict |
# |---|---|---|
# | Gates differ between data sets. | codes lean later in `cycle` than in `match`, in five seeds of five | yes, for pictures |
# | They differ because of the modalities. | two fifths of the difference are left when pictures say nothing | in part |
# | The optimal order varies. | late is ahead in HR@5 in every shop of the paper; in `match` early by less than seeds differ | hardly |
# | Every gate is an answer. | on Beauty, categories have 0.00, 0.43 and 0.00 in three seeds: no score asks them | no |
# | The gate that is asked matters. | forced to early, Beauty loses 43 % of its hits, ML-100K 20 % | yes |
#
# </details>
#
# **You will be able to** describe the gates of a data set in one table, say what share of their variation something explains, and run the control that tells whether they speak
# of the modalities.
#
# **Prerequisites:** [05 the update gate](05_the_update_gate.ipynb); variance.
#
# **Time:** {{minutes}}.
#
# **Measured:** {{measured}}.
#
# **Live page:** without a kernel, [the page `both`](../docs/live-pages.md) answers in any browser.

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
worlds = {world: stored(f"wardrobe-{world}", train=TRAIN) for world in ("cycle", "match")}
tables = {world: gates(*pair) for world, pair in worlds.items()}
summaries = {world: gates_summary(table) for world, table in tables.items()}
print(*(f"{world}: {summary['sentence']}" for world, summary in summaries.items()), sep="\n")
tables["cycle"].sample(4, random_state=0)

# %% [markdown]
# **Before you run it:** in which of the two worlds will the gates of codes be early, and in which from early to late?

# %%
show.interact(
    lambda world, by: show.inspector(summaries[world], by),
    world=list(worlds), by=["code", "type", "position", "length", "popularity"],
)  # fmt: skip

# %% [markdown]
# *How to read it:* a row is a group, the mark its median, the bar from 5 to 95 % of its gates.
#
# <details><summary>What came out</summary>
#
# In `match` all codes of the first layer are early. In `cycle` they are everything from early to late, and one code is not like the next.
#
# </details>

# %%
first = {world: table[(table.layer == 0) & (table.type != "item")] for world, table in tables.items()}  # gates of codes
assert all(len(table) > 150_000 for table in tables.values())
assert 0.1 < first["match"].late.mean() < 0.15
assert first["cycle"].late.std() > 3 * first["match"].late.std()

# %% [markdown]
# ## What decides a gate?
#
# Give each gate the mean of its group: the share of the variance that is then gone is what the grouping explains. For `cycle` the generator's secret is a grouping, too: the direction in which the user walks.
#
# **Before you run it:** what will explain most: which code it is, where it stands, how long the history is, or the secret?

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
# <details><summary>What came out</summary>
#
# Position and length explain next to nothing anywhere. In `cycle`, code and secret together explain almost three quarters: gates hold the direction of the walk. In `match` nothing on this list explains anything.
#
# </details>

# %%
explained = pd.Series(shares).unstack()
assert (explained.loc[["position", "length"]] < 0.05).all().all()
assert 0.7 < explained.loc["id and direction", "cycle"] < 0.78 and 0.2 < explained.loc["id", "cycle"] < 0.3
assert explained.loc["id", "match"] < 0.02

# %% [markdown]
# ## Does the data set speak?
#
# One model for each world is one draw. Here are five [[seed|seeds]] each ([benchmarks](../benchmarks/README.md)).
#
# **Before you run it:** codes lean later in `cycle` than in `match`. In how many of the five seeds?

# %%
true = pd.read_csv(stored_file("benchmarks/results/planted_truth.csv")).query(
    "modalities and world in ['cycle', 'match']"
)
true = true.assign(codes="true")
colour = show.colour("modality 1")  # pictures have this colour in every view
axes = true.plot.scatter("beta_picture", "world", figsize=(8, 1.8), color=colour, s=60, alpha=0.7, ylabel="")
_ = axes.set(xlim=(0, 1), ymargin=0.2, xlabel="mean beta[0] of picture codes, layer 1; a dot is a seed",
             title="No seed of cycle is as early as one of match")  # fmt: skip

# %%
codes = ["beta_picture", "beta_text"]
least, most = (true.groupby("world")[codes].agg(how) for how in ("min", "max"))
assert (true.groupby("world").size() == 5).all() and (least.loc["cycle"] > most.loc["match"]).all()
assert true.beta_item.min() > 0.85

# %% [markdown]
# <details><summary>What came out</summary>
#
# In all five. This is what the paper would predict, and many would stop here.
#
# </details>
#
# Five other trainings, on other terms (`mmsr-lite tables gates wardrobe:cycle`), say less. Picture codes lie apart again. The bands of text codes nearly meet:

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
# If gates lean late in `cycle` *because* its modalities have sequences, the lean must go when these are taken away. The control gives each item the codes of another item.
#
# **Before you run it:** where will the gates of shuffled picture codes be, in `cycle` and in `match`?

# %%
shuffled = pd.read_csv(stored_file("benchmarks/results/planted_control.csv"))
both = pd.concat([true, shuffled.assign(codes="shuffled")]).sort_values(["world", "codes"])
both["of"] = both.world + ", " + both.codes
axes = both.plot.scatter("beta_picture", "of", figsize=(8, 2.2), color=colour, s=60, alpha=0.7, ylabel="")
_ = axes.set(xlim=(0, 1), ymargin=0.2, xlabel="mean beta[0] of picture codes, layer 1; a dot is a seed",
             title="Pictures that say nothing: nearer, and still apart")  # fmt: skip

# %%
show.interact(
    lambda column: both.groupby("of")[column].agg(["min", "mean", "max"]).round(2),
    column=["beta_picture", "beta_text", "beta_item", "model", "share"],
)

# %% [markdown]
# <details><summary>What came out</summary>
#
# Nearer to each other, and still apart in every seed: of the difference two fifths are left, and for texts a sixth. This part must come from what else differs, such as the sequence of *items*.
#
# **That gates differ between two data sets does not show what they differ for.**
#
# </details>
#
# <details><summary>How sure?</summary>
#
# Three shuffled seeds, which lie a tenth apart: read this as "some" and "little".
#
# </details>

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
# That is asked by fixing it: one model may only go late (`NI(hohe)`), one only early (`NI(heho)`). Table 4 of the paper has both for three shops.
#
# **Before you run it:** on how many of the three shops is early ahead, in the paper's own numbers? And in which of our worlds?

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
# <details><summary>What came out</summary>
#
# On none in HR@5, on Beauty alone in MRR@5: "varies per dataset" hangs on one number. In `cycle` late is ahead, in every seed. In `match`, where early should be right, it is ahead by less than its seeds lie apart.
#
# The gate is ahead of both in `cycle`. But `hohe`, late fusion that is not [[non-invasive]], does as well without a gate.
#
# </details>
#
# <details><summary>How sure?</summary>
#
# Means of five seeds; not tested, for the ranks of these runs are not kept.
#
# </details>

# %%
early = {shop: found.loc["NI(heho)"] > found.loc["NI(hohe)"] for shop, found in orders.items()}
ahead = {metric: [shop for shop in early if early[shop][metric]] for metric in ("HR@5", "MRR@5")}
assert ahead == {"HR@5": ["match"], "MRR@5": ["Beauty", "match"]}
better = {shop: found["HR@5"][["NI(hohe)", "NI(heho)"]].max() for shop, found in orders.items()}
gain = {shop: round(100 * (found.loc["HAN-GNN", "HR@5"] / better[shop] - 1)) for shop, found in orders.items()}
assert gain == {"Beauty": 4, "Clothing": 2, "Sports": 9, "cycle": 4, "match": -1}
assert abs(orders["Beauty"].loc[["NI(hohe)", "NI(heho)"], "HR@5"].diff().iloc[1]) < 0.01
assert round(1 - orders["Clothing"].loc["NI(heho)", "HR@5"] / orders["Clothing"].loc["NI(hohe)", "HR@5"], 1) == 0.3

# %%
ends = {world: one.groupby("variant")["HR@5"].agg(["min", "mean", "max"]) for world, one in rows.items()}
low, mean, high = (pd.DataFrame({world: end[how] for world, end in ends.items()}).T for how in ("min", "mean", "max"))
late, fast = "NI(hohe)", "NI(heho)"
assert low.loc["cycle", late] > high.loc["cycle", fast] and all(len(one) == 50 for one in rows.values())
assert round(mean.loc["match", fast] - mean.loc["match", late], 1) == 0.3
assert high.loc["match", fast] - low.loc["match", fast] > 0.3
assert low.loc["cycle", "HAN-GNN"] > high.loc["cycle", late]
assert abs(mean.loc["cycle", "hohe"] - mean.loc["cycle", "HAN-GNN"]) < 0.3

# %% [markdown]
# ## Two real data sets
#
# Amazon Beauty and ML-100K, three seeds of MMSR with one layer (`mmsr-lite tables gates FOLDER`): the mean gate of each node type, and HR@5 when all gates are forced.
#
# **Before you run it:** on Beauty the three seeds disagree on the gate of categories. How can all three rank equally well?

# %%
real = {"Beauty": "amazon-beauty", "ML-100K": "ml-100k-file-order"}
tables_of = {name: pd.read_csv(stored_file(f"assets/results/{place}/gate_values.csv")) for name, place in real.items()}
kept = pd.concat(tables_of, names=["data set"])
means = kept.query("by == 'all'").pivot_table("beta", ["data set", "node_type"], "seed")
runs = {name: pd.DataFrame(stored_study("gates", place)["rows"]) for name, place in real.items()}
forced = pd.DataFrame({name: one.groupby("variant")["HR@5"].mean() for name, one in runs.items()})
show.interact(lambda what: {"beta[0]": means.round(2), "HR@5": forced.round(2)}[what], what=["beta[0]", "HR@5"])

# %% [markdown]
# <details><summary>What came out</summary>
#
# Because no score depends on it. With one layer the user's state is the last item's ([[last pooling]]). So one gate of each history reaches a score: that of the last item.
#
# **Before you read a gate, ask whether anything depends on it.**
#
# </details>
#
# The gate that counts:

# %%
counts = kept.query("by == 'position' and bin == 1 and node_type == 'item'")
counts = counts.pivot_table("beta", "seed", "data set")
counts.round(2)

# %% [markdown]
# It is later on Beauty in every seed, and trained models need it: forced to early, Beauty loses 43 percent of its hits.
#
# What the two data sets differ *for* is open again: on both, MMSR without any modality is not lower in its mean ([notebook 13](13_paper_released_code_counting.ipynb)).

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
# All gates, for your own statistics:

# %%
save_gates(tables["match"].query("position == 1"), "runs/12_match.csv")
pd.read_csv("runs/12_match.csv").groupby(["layer", "type"]).late.describe().round(2)

# %% [markdown]
# ## Recap
#
# | ask | because |
# |---|---|
# | Does the difference stay when the modalities say nothing? | Part of it does. |
# | Does any score depend on this gate? | With one layer, on the last item's alone. |
# | Is the other fixed order better anywhere? | In one number of the paper. |
#
# ## Exercises
#
# 1. *(value, easy, 3 min)* In the stored run of `cycle`, first layer: which share of the gates of *picture* codes leans to early fusion (`late` below a half)?

# %% tags=["exercise"]
check("12.1", ...)

# %% tags=["solution"]
check("12.1", float((first["cycle"].query("type == 'picture'").late < 0.5).mean()))

# %% [markdown]
# 2. *(value, easy, 2 min)* In one shop of the paper's Table 4 `NI(heho)` is ahead of `NI(hohe)` in one metric. Which shop?

# %% tags=["exercise"]
check("12.2", ...)

# %% tags=["solution"]
check("12.2", "Beauty")

# %% [markdown]
# 3. *(function, medium, 8 min)* Return the share of the variance of `values` that the means of `groups` explain: two lists of the same length.


# %% tags=["exercise"]
def explained_by(values, groups):
    """Values (N,) and the group of each (N,); returns a share from 0 to 1."""
    return ...


check("12.3", explained_by)

# %% tags=["solution"]
check(
    "12.3",
    lambda values, groups: pd.Series(values).groupby(list(groups)).transform("mean").var() / pd.Series(values).var(),
)

# %% [markdown]
# 4. *(argument, hard, 10 min)* "The gates of shop A are late, so its customers choose by pictures and texts apart." Answer in 40 to 120 words: what is missing?

# %% tags=["exercise"]
check("12.4", ...)

# %% tags=["solution"]
check(
    "12.4",
    "A gate says which path the model takes, not why. First I would ask whether any score depends on these gates: with one "
    "layer only the gate of the last item does. Then I would train the control, with codes shuffled among the items. If the "
    "gates stay late when pictures say nothing, the reason is not in the pictures. Last, other seeds: one model is one draw, "
    "and on Beauty the gates of categories differ from seed to seed.",
)

# %% [markdown]
# **Code you will read:** [explain/gates.py](../mmsr_lite/explain/gates.py), the table; [explain/gates_summary.py](../mmsr_lite/explain/gates_summary.py), its summary; [experiments/gates.py](../mmsr_lite/experiments/gates.py), the study that keeps gates with its runs and forces them.
#
# **Next:** [13 the paper, the released code, and counting](13_paper_released_code_counting.ipynb), which asks whether there is anything to decide.
