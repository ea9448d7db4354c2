# %% [markdown]
# # Aggregators and ablations
#
# Table 3 of the paper exchanges the [[aggregator]], Table 4 takes parts of [[HAN-GNN]] away, and each time HAN-GNN as a whole is ahead. Such an [[ablation]] is how a paper shows that every part is needed. Here both tables are repeated where it is known what there is to find.
#
# <details><summary>What this page finds (guess first, open it at the end)</summary>
#
# | claim of the paper | evidence on this page | verdict |
# |---|---|---|
# | Both families of relations are needed. | `cycle`: yes, in every seed. In shops the variant without edges between modalities has the highest mean. | where there is a sequence to learn |
# | Synchronous fusion is worse than either order. | Its mean is above both orders in `cycle`, and twice in the paper's own table. | no |
# | The gate is ahead of either order. | In `cycle` of the non-invasive ones; `hohe` does as well without a gate. | in part |
# | HAN-GNN's aggregator is the best. | Highest mean in `cycle`; on Beauty three others are above it. | not in these shops |
# | Codes bring what their removal costs. | A third comes with codes that say nothing. | no: run the control |
#
# </details>
#
# No difference on this page is tested, for the ranks of these runs are not kept. Look at the seeds.
#
# **You will be able to** say before any training what a variant can know, read an ablation with its seeds, and split its effect into "there are codes" and "the codes are right".
#
# **Prerequisites:** [05 the update gate](05_the_update_gate.ipynb), and for seeds [09 early versus late](09_figure_1.ipynb).
#
# **Time:** {{minutes}}.
#
# **Measured:** {{measured}}; ten minutes more with `TRAIN = True`.
#
# **Live page:** without a kernel, [the page `control`](../docs/live-pages.md) answers in any browser.

# %%
import pandas as pd
import torch

from mmsr_lite import ABLATIONS, Reading, Setting, build_model, check, codebooks, drop_codes_at_test, load, paper_tables
from mmsr_lite import show, stored_file, stored_study

# %% [markdown]
# ## What a variant is
#
# `ho` and `he` have one family of relations alone, on a GCN. `ho, attention` and `he, attention` keep HAN-GNN's own attention over it; these two are in the stored tables. NI is [[non-invasive]]: the second [[phase]] sums the layer's input.

# %%
dataset = load("wardrobe:cycle")
setting = Setting.of(dataset)
books = codebooks(setting.config(), dataset)
models = {name: build_model(setting.config(**change), dataset, books).eval() for name, change in ABLATIONS.items()}
layers = {name: model.layers[0] for name, model in models.items()}
pd.DataFrame(
    {name: {"paths": ", ".join(layer.fusion.paths), "merge": layer.fusion.merge, "invasive": layer.fusion.invasive,
            "parameters": sum(p.numel() for p in layer.parameters())} for name, layer in layers.items()}
).T  # fmt: skip

# %% [markdown]
# ## What it can know
#
# The answer is read from the last *item's* node. Take all codes away, or turn the history round before its last item, and see whether the user state changes. Nothing is trained here.
#
# **Before you run it:** four variants attend along one family alone. Which of them never learn what a garment looks like?

# %%
history = torch.from_numpy(dataset.history(17)[None])
turned = torch.cat([history[:, :-1].flip(1), history[:, -1:]], 1)
torch.manual_seed(0)
reaches = {}
with torch.no_grad():
    for name, model in models.items():  # relation vectors start at zero, so they get some values first
        _ = [torch.nn.init.normal_(layer.relation) for layer in model.layers if hasattr(layer, "relation")]
        blind = drop_codes_at_test(model, setting.config(**ABLATIONS[name]), dataset, books, Reading(rate=1.0))
        changed = {"codes": blind.user_state(history), "order": model.user_state(turned)}
        reaches[name] = {what: float((P - model.user_state(history)).norm()) for what, P in changed.items()}
pd.DataFrame(reaches).T.round(2).rename_axis(columns="change of the user state, without")

# %%
assert {name for name, found in reaches.items() if found["codes"] == 0} == {"ho", "ho, attention"}
assert min(found["order"] for found in reaches.values()) > 0 and not layers["NI(heho)"].fusion.invasive

# %% [markdown]
# <details><summary>What came out</summary>
#
# The two `ho`: items attend to items, codes to codes, and no code ever reaches an item. They are MMSR without modalities, with idle lanes.
#
# </details>
#
# ## Table 4, where sequence is all
#
# In `cycle` each modality walks its own circle. Ten variants had four trials each, ten epochs at most, then five seeds (`mmsr-lite tables ablation wardrobe:cycle`).
#
# **Before you run it:** rank `HAN-GNN`, `Synchronous`, `hohe`, `NI(hohe)`, `NI(heho)`, `ho, attention`, `he, attention`.

# %%
study = stored_study("ablation", "wardrobe-cycle")
show.interact(lambda metric: show.study(study, metric=metric), metric=["HR@5", "MRR@5", "HR@20", "MRR@20"])

# %%
runs = pd.DataFrame(study["rows"])
hits = runs.groupby("variant")["HR@5"].agg(["mean", "min", "max", "size"])
one_family = ["ho, attention", "he, attention"]
assert hits["mean"].idxmax() == "Synchronous" and (hits["size"] == 5).all() and len(hits) == 10
assert hits.loc[[*one_family, "NI(heho)", "NI(hohe)"], "max"].max() < hits.loc["HAN-GNN", "min"]
assert hits.loc["NI(hohe)", "min"] > hits.loc["NI(heho)", "max"]
assert abs(hits.loc["hohe", "mean"] - hits.loc["HAN-GNN", "mean"]) < 0.3

# %%
paper = paper_tables()
theirs = {shop: pd.DataFrame(table).T["HR@5"] for shop, table in paper["ablation"].items()}
orders = ["NI(hohe)", "NI(heho)"]
assert all(theirs[shop]["Synchronous"] > theirs[shop][orders].max() for shop in ("Beauty", "Sports"))
assert theirs["Clothing"][orders].min() < theirs["Clothing"]["Synchronous"] < theirs["Clothing"][orders].max()

# %% [markdown]
# *How to read it:* a mark is a mean, its band goes from the least to the greatest seed. The dotted line is the [[best reachable]].
#
# <details><summary>What came out</summary>
#
# | claim | evidence in `cycle` | verdict |
# |---|---|---|
# | Both families are needed. | Every seed with one family is behind every seed of HAN-GNN. | yes |
# | Late is ahead of early. | `NI(hohe)` is ahead of `NI(heho)` in every seed. | yes, here |
# | The gate is ahead of either. | It is ahead of both in every seed; `hohe` is level with it. | of NI orders |
# | Synchronous is worse than either order. | It has the highest mean. | no |
#
# The paper's own numbers have Synchronous above both orders on Beauty and on Sports. Read the table, not only the text.
#
# </details>
#
# ## Table 4 in two shops
#
# Amazon Beauty, which the paper measured, and ML-100K; five seeds of HAN-GNN and three of the others. A line is a variant, as percent above or below HAN-GNN in the same column.
#
# **Before you run it:** `ho, attention` has no edge between modalities, so no title reaches the item that is asked. How far behind?

# %%
places = {"Beauty": "amazon-beauty", "ML-100K": "ml-100k-file-order"}
ablations = {shop: pd.DataFrame(stored_study("ablation", place)["rows"]) for shop, place in places.items()}
there = pd.DataFrame({shop: rows.groupby("variant")["HR@5"].mean() for shop, rows in ablations.items()})
columns = pd.DataFrame({"cycle": hits["mean"], "Beauty": there["Beauty"], "ML-100K": there["ML-100K"]})
ahead = 100 * (columns / columns.loc["HAN-GNN"] - 1)
some = ["Synchronous", *orders, *one_family]
show.slopes(
    {name: ahead.loc[name].to_dict() for name in some},
    "Without edges between modalities: a loss in cycle, the best mean in shops", "HR@5, percent above HAN-GNN", 0.0,
)  # fmt: skip

# %%
assert (there.idxmax() == "ho, attention").all() and ahead.loc[one_family, "cycle"].max() < -10
assert all(set(there[shop].nsmallest(2).index) == {"he, attention", "NI(hohe)"} for shop in places)
films = ablations["ML-100K"].query("variant == 'HAN-GNN'")["HR@5"]
assert films.max() - films.min() > 0.8 and len(films) == 5

# %% [markdown]
# <details><summary>What came out</summary>
#
# Not behind at all: it has the highest mean of all ten in both shops. Nothing here shows that edges between modalities help there. [Notebook 13](13_paper_released_code_counting.ipynb) asks what modalities bring in these shops.
#
# </details>
#
# <details><summary>How sure?</summary>
#
# Three seeds against five, and on ML-100K the seeds of HAN-GNN alone lie almost a point apart.
#
# </details>
#
# ## What the seeds say
#
# In `cycle` the mean of `NI(heho)` is 56, in a band of 21 points.
#
# **Before you run it:** where in the band are its five seeds?

# %%
kinds = ["HAN-GNN", "Synchronous", "NI(heho)", *one_family]
few = runs[runs.variant.isin(kinds)].sort_values("variant", ascending=False)
axes = few.plot.scatter("HR@5", "variant", figsize=(8, 2.6), color=show.colour("match"), alpha=0.6, s=60, ylabel="")
_ = axes.set(title="A seed arrives or stays; the mean is where no seed is", ymargin=0.15,
             xlabel="HR@5 in cycle, percent; a dot is a seed")  # fmt: skip

# %%
seeds = runs.pivot_table("HR@5", "variant", "seed").loc[kinds]
two = ["NI(heho)", "ho, attention"]
assert (seeds.loc[two] > 55).sum(axis=1).tolist() == [3, 4] and round(hits.loc["NI(heho)", "mean"]) == 56
assert seeds.loc[[*two, "he, attention"]].stack().loc[lambda s: s < 55].between(43, 45).all()
assert round(hits.loc["NI(heho)", "max"] - hits.loc["NI(heho)", "min"]) == 21
more = pd.read_csv(stored_file("benchmarks/results/cycle_cpu_seeds.csv"))["HR@5"]
assert len(more) == 13 and (more < hits.loc["NI(hohe)", "mean"]).sum() == 2

# %% [markdown]
# <details><summary>What came out</summary>
#
# None is near the mean. Three arrive, and two stay where every seed of `he, attention` stands, which has no edge of time. Whether a seed learns to follow the sequence within its epochs decides more than the variant does.
#
# </details>
#
# <details><summary>How sure?</summary>
#
# Thirteen more seeds of HAN-GNN on a CPU reach further down: two are below the mean of `NI(hohe)` ([command](../benchmarks/README.md)). So five seeds do not settle a lead of a point or two.
#
# </details>
#
# ## Table 3: other aggregators
#
# The same nodes and edges, another aggregator. [[heterogeneous|Heterogeneous]] GAT (HGAT) has maps for each node type; GAT and GCN take all nodes for alike.
#
# **Before you run it:** in the paper, on Beauty, GraphSAGE is last, a fifth behind. And here?

# %%
third = {name: pd.DataFrame(stored_study("aggregators", place)["rows"]).groupby("variant")["HR@5"].mean()
         for name, place in {"cycle": "wardrobe-cycle", "Beauty, here": "amazon-beauty", "ML-100K": "ml-100k-file-order"}.items()}  # fmt: skip
means = pd.DataFrame({"Beauty, paper": pd.DataFrame(paper["aggregators"]["Beauty"]).T["HR@5"], **third})
behind = 100 * (means / means.loc["han-gnn"] - 1)
show.slopes(
    {name: behind.loc[name].to_dict() for name in ("gcn", "graphsage", "gat", "hgat", "rgat")},
    "The paper's distances are found in cycle, not on Beauty", "HR@5, percent above HAN-GNN", 0.0,
)  # fmt: skip

# %%
assert means["Beauty, paper"].idxmin() == "graphsage" and round(behind.loc["graphsage", "Beauty, paper"]) == -22
assert means["cycle"].idxmax() == "han-gnn" and set(means["cycle"].nsmallest(3).index) == {"gcn", "graphsage", "gat"}
assert (behind["Beauty, here"].abs() < 2.5).all() and (behind["Beauty, here"] > 0.1).sum() >= 3
assert behind["ML-100K"].abs().max() < 6

# %% [markdown]
# <details><summary>What came out</summary>
#
# Among the best. On Beauty all eight means lie within two and a half percent of HAN-GNN. In `cycle` the last three are the paper's.
#
# </details>
#
# ## What an ablation adds up
#
# The most cited ablation takes the modalities away. In `cycle` that costs 23 points. But two things went: that there *are* codes, with nodes and parameters, and that they are *right*. The control keeps the first: every item gets the codes of another.
#
# **Before you run it:** how much of the 23 points comes with codes that say nothing?

# %%
known = pd.read_csv(stored_file("benchmarks/results/planted_truth.csv")).assign(
    codes=lambda t: t.modalities.map({True: "true", False: "none"})
)
every = pd.concat([known, pd.read_csv(stored_file("benchmarks/results/planted_control.csv")).assign(codes="shuffled")])
every = every.query("world == 'cycle'").sort_values("codes")
axes = every.plot.scatter("model", "codes", figsize=(8, 2.2), color=show.colour("match"), alpha=0.6, s=60)
_ = axes.set(title="Codes that say nothing bring a third of the gain", ymargin=0.2,
             xlabel="HR@5 in cycle, percent; a dot is a seed")  # fmt: skip

# %%
cycle = every.groupby("codes").model.mean()
assert round(cycle["true"] - cycle["none"]) == 23 and round(cycle["shuffled"] - cycle["none"]) == 8
assert (every.query("codes == 'none'").model > 55).sum() == 1

# %%
asked = pd.DataFrame(stored_study("controls", "wardrobe-cycle")["rows"])
gru = asked.query("model == 'gru4rec-f' and variant == 'none'")["HR@5"].mean()
ours = asked.query("model == 'mmsr'").groupby("variant")["HR@5"].agg(["mean", "max"])
assert round(ours.loc["shuffled", "mean"] - ours.loc["none", "mean"], 1) == 7.5 and round(gru) == 66
assert round(ours.loc["true", "mean"] - ours.loc["none", "max"]) == 7

# %% [markdown]
# <details><summary>What came out</summary>
#
# A third. And look at the seeds without codes: four stay, one arrives. GRU4Rec without any modality has 66. So most of the gap is not knowledge that codes add: without them MMSR seldom learns the sequence in its ten epochs.
#
# </details>
#
# <details><summary>How sure?</summary>
#
# The table `controls` says the same, where each kind of code had trials of its own.
#
# </details>
#
# ## Compute it yourself
#
# `TRAIN = True` trains seed 0 of the ten stored variants. With dropout a CPU's run is another draw than a GPU's.

# %%
TRAIN = False
anew = stored_study("ablation", "wardrobe-cycle", TRAIN)
show.interact(lambda metric: show.differences(anew, metric=metric), metric=["HR@5", "MRR@5"])

# %% [markdown]
# ## Recap
#
# | ask | because |
# |---|---|
# | What can the variant know at all? | `ho` attends to no code, trained or not. |
# | Where are the seeds? | A mean may lie where no seed is. |
# | Does the text say what the table says? | Synchronous is above both orders, twice. |
# | Was the part used for what its name says? | A third of the gain needs no knowledge. |
#
# ## Exercises
#
# 1. *(value, easy, 2 min)* Which variant of Table 4 would give the same ranking if all pictures and texts were exchanged?

# %% tags=["exercise"]
check("11.1", ...)

# %% tags=["solution"]
check("11.1", "ho")

# %% [markdown]
# 2. *(function, medium, 6 min)* Split an ablation: of what modalities seem to bring, which share is due to the codes being *right*?


# %% tags=["exercise"]
def share_of_right_codes(none, shuffled, true):
    """Three lists of HR@5, one value for each seed. Returns a share from 0 to 1."""
    return ...


check("11.2", share_of_right_codes)

# %% tags=["solution"]
check(
    "11.2",
    lambda none, shuffled, true: (
        (sum(true) / len(true) - sum(shuffled) / len(shuffled)) / (sum(true) / len(true) - sum(none) / len(none))
    ),
)

# %% [markdown]
# 3. *(argument, hard, 10 min)* "Without its part X our model loses six points, so X is needed for what its name says." Answer in 40 to 120 words.

# %% tags=["exercise"]
check("11.3", ...)

# %% tags=["solution"]
check(
    "11.3",
    "That points are lost shows that X is used in these runs, not what for. With X also its parameters went, so I would "
    "keep them and take away only what X is said to do, as shuffled codes do. Then I would look at each of the seeds: if "
    "two of five have not learned, the mean of six points lies where no seed is, and more epochs may close the gap.",
)

# %% [markdown]
# **Code you will read:** [nn/han.py](../mmsr_lite/nn/han.py), `FUSIONS`: Table 4 in nine lines; [nn/aggregators/attention.py](../mmsr_lite/nn/aggregators/attention.py), GAT and HGAT;
# [experiments/setting.py](../mmsr_lite/experiments/setting.py), what "equal terms" are.
#
# **Next:** [12 gate decisions per data set](12_gate_decisions_per_data_set.ipynb), on the part of the model that Synchronous and `hohe` do without.
