# %% [markdown]
# # The paper, the released code, and counting
#
# **Read this first.** We wrote once that MMSR beats counting on Amazon Beauty. As it was made, that claim does not hold. Counting had one setting, which nobody had tuned; tuned, it equals our best model, as you will see below. And Amazon's times are days: within a
# day the order is that of the file, and a part of what *every* system here predicts is that order ([order that is not order](../docs/order-that-is-not-order.md)). The tables below rank all items in that order, as the paper does, so read them as the field's way, not as the
# last word. A test that decides needs the ranks of every seed; here they are kept for one seed alone, so **no difference on this page is tested**, unless it says so.
#
# Three questions that a table of results does not answer by itself. Is the model better than [[counting]], which learns nothing? Do the modalities bring anything, or
# would any codes do? And is what was measured what the paper describes? The usual answer to the second, an [[ablation]], misleads on Amazon Beauty; a
# control shows how.
#
# **You will be able to** set a counting baseline beside any model, run the control that an ablation needs, and say which choice of epoch a number depends on.
#
# **Prerequisites:** [01 data and modality codes](01_data_and_modality_codes.ipynb), [04 dual attention](04_dual_attention.ipynb); a t-test.
#
# **Measured:** {{measured}}. Beauty's runs are opened from tables; a row took seconds to half a minute on one GPU.

# %%
import pandas as pd
from scipy.stats import ttest_ind

from mmsr_lite import Markov, MarkovConfig, check, evaluate, fit_codebook, load, mismatched, paper_tables
from mmsr_lite import read_json, show, split, stored_file, stored_ranks

# %% [markdown]
# ## Counting
#
# For each pair of items, count how often one came before the other in a training history, a pair at distance $g$ as $1/g$. Score an item by what usually follows the items of
# the history, the last with weight 1, the one before with `decay`, then `decay` squared. No gradient, no seed. On a wardrobe world it takes a second:

# %%
dataset = load("wardrobe:mixed", modalities=())
parts = split(dataset, validation=False)
chain = Markov(MarkovConfig(decay=0.7), dataset.num_items)
chain.count(parts.train)
counted = evaluate(chain, parts.test)
pd.Series(counted)[["HR@5", "MRR@5", "HR@20", "MRR@20"]].round(2)

# %% [markdown]
# Its only setting is `decay`. What does 0 mean, what 1? (With 0 only the last item counts.)

# %%
config = {decay: MarkovConfig(decay=decay) for decay in (0.0, 0.3, 0.5, 0.7, 0.9, 1.0)}
chains = {decay: Markov(one, dataset.num_items) for decay, one in config.items()}
show.interact(
    lambda decay: chains[decay].count(parts.train) or pd.Series(evaluate(chains[decay], parts.test)).round(2),
    decay=list(chains),
)

# %% [markdown]
# ## Does MMSR beat counting?
#
# Amazon Beauty: 22,363 users, 33,942 test targets, every system that learns tuned by the same trials, five seeds each. Counting has the decay 0.7 that stands in its config; it had no trials. Beside it stands what the
# paper reports.
#
# **Before you run it:** the paper's best baseline on Beauty, DIF-SR, has an HR@5 of 6.58, its MMSR 7.16. Where will a Markov chain be?

# %%
RESULTS, BENCHMARKS = stored_file("assets/results/amazon-beauty"), stored_file("benchmarks/results")
table = pd.read_csv(RESULTS / "comparison.csv")
paper = pd.DataFrame(paper_tables()["comparison"]["Beauty"]).T
ours = table.groupby("model")[["HR@5", "MRR@5", "HR@20", "MRR@20"]].mean().sort_values("MRR@5", ascending=False)
both = ours.join(paper[["HR@5", "MRR@5"]].add_prefix("paper: "))
both.round(2)

# %% [markdown]
# Counting, at 7.39, is ahead of every number in the paper's column, MMSR's included; those were measured
# with other features, other code and another choice of epoch, so take this as a warning, not as a verdict. In our own columns the mean of MMSR is higher than untuned counting by 2.9 % in HR@5 and 7.1 % in MRR@5. It is the highest in MRR@5; in HR@5 SASRec-F's is, 7.63 to 7.60.

# %%
mmsr, markov = ours.loc["mmsr"], ours.loc["markov"]
assert round(markov["HR@5"], 2) == 7.39 > both["paper: HR@5"].max() and paper["HR@5"].drop("mmsr").idxmax() == "dif-sr"
assert round(paper.loc["dif-sr", "HR@5"], 2) == 6.58 and round(paper.loc["mmsr", "HR@5"], 2) == 7.16
assert round(100 * (mmsr / markov - 1)["HR@5"], 1) == 2.9 and round(100 * (mmsr / markov - 1)["MRR@5"], 1) == 7.1
assert ours["MRR@5"].idxmax() == "mmsr" and ours["HR@5"].idxmax() == "sasrec-f"
assert ours.loc[["sasrec-f", "mmsr"], "HR@5"].round(2).tolist() == [7.63, 7.60]
assert not any("holm" in test for test in read_json(RESULTS / "comparison.json")["tests"])  # not tested

# %% [markdown]
# ### Tune counting, too
#
# Equal terms are equal for everybody. Counting has one setting; here it is tried at eleven values, each judged on validation and then, counted anew on the whole training part, on test ([command](../benchmarks/README.md)).
# `masked` is the other ranking: a user's own items are left out, which on Beauty are never right.
#
# **Before you run it:** 7.39 with a decay of 0.7. How much is there to gain with another one?

# %%
decays = pd.read_csv(BENCHMARKS / "beauty_counting.csv", index_col="decay")
shown = ["validation MRR@5", "HR@5", "MRR@5", "HR@20", "masked HR@5", "masked MRR@5"]
axes = decays[["HR@5", "MRR@5"]].plot(figsize=(8, 2.6), marker="o", color=["0.2", "0.6"], ylabel="percent, test")
decays[shown].round(2)

# %%
best = decays.loc[decays["validation MRR@5"].idxmax()]
scored = pd.read_csv(BENCHMARKS / "amazon-beauty-recipe.csv").query("variant == 'true'")  # two recipes, true features
means = scored.groupby(scored.cosine.fillna(0) > 0)[["HR@5", "MRR@5"]].mean().round(2)
print(f"counting, the decay that validation chose ({best.name}): HR@5 {best['HR@5']:.2f}, MRR@5 {best['MRR@5']:.2f}")
assert means["HR@5"].tolist() == [7.99, 7.89] and means["MRR@5"].tolist() == [5.00, 5.02]
assert best.name == 0.2 and best[["HR@5", "MRR@5", "HR@20"]].round(2).tolist() == [8.00, 5.30, 13.62]
assert decays.loc[0.7, ["HR@5", "MRR@5"]].round(2).tolist() == [7.39, 4.71] and decays["HR@5"].idxmax() == 0.4
assert decays["masked HR@5"].idxmax() == 0.4 and round(decays.loc[0.4, "masked HR@5"], 2) == 8.65

# %% [markdown]
# Validation chooses 0.2, which has 8.00 in HR@5 and 5.30 in MRR@5. The best of our own models, with features in the embeddings and a recipe that was searched for (further down), has 7.99 and 5.00. So counting is level with it in HR@5 and its number is higher
# in MRR@5; in HR@20 the model's is, 15.11 to 13.62. Whatever stands further down "over counting" is over the untuned chain of 7.39. With own items masked the best decay is another, 0.4.
#
# ### The same targets?
#
# Do they find the *same* targets? The rank of each target by each system is stored. Choose two systems: the share of the hits (first 5) of one that the other has too.

# %%
runs = table.query("seed == 0").set_index("model").run
ranked = stored_ranks("amazon-beauty", runs)
hits = pd.DataFrame({name: ranked[run] <= 5 for name, run in runs.items()}).astype(float)
shared = hits.T @ hits / hits.sum()  # column: whose hits; row: who has them too
show.interact(
    lambda hits, found: f"{found} has {100 * shared.loc[found, hits]:.0f} % of the hits of {hits}",
    hits=["mmsr", "markov", "sasrec", "nova", "popularity"], found=["markov", "mmsr", "sasrec", "nova", "popularity"],
)  # fmt: skip

# %%
assert len(hits) == 33_942 and 0.7 < shared.loc["markov", "mmsr"] < 0.85 and shared.loc["popularity", "mmsr"] < 0.05

# %% [markdown]
# About three quarters of what MMSR finds, counting finds as well, untuned.
#
# And ML-100K, which the paper does not have: 943 users with long histories, 1,349 films with titles, genres, plots and posters; the same trials, five seeds.
#
# **Before you run it:** fewer items, more of each user, richer modalities. Where will MMSR be?

# %%
FILMS = stored_file("assets/results/ml-100k")
films = pd.read_csv(FILMS / "comparison.csv").groupby("model")[["HR@5", "MRR@5", "HR@20"]].mean()
films.sort_values("HR@5", ascending=False).round(2)

# %% [markdown]
# Not in front. Its mean is 11 % below that of untuned counting in HR@5, and below those of eight systems that learn, of which GRU4Rec, at the top, reads no modality. (Not tested: ranks not kept. The five seeds of MMSR reach from 4.64 to 5.51, and validation, one film of each of 943 users, is a poor judge of trials here.)

# %%
assert round(100 * (films.loc["mmsr", "HR@5"] / films.loc["markov", "HR@5"] - 1)) == -11
above = films.index[films["HR@5"] > films["HR@5"]["mmsr"]]
assert len(above.drop("markov")) == 8 and films["HR@5"].idxmax() == "gru4rec"
seeds = pd.read_csv(FILMS / "comparison.csv").query("model == 'mmsr'")["HR@5"]
assert seeds.agg(["min", "max"]).round(2).tolist() == [4.64, 5.51] and len(seeds) == 5

# %% [markdown]
# ## Do the modalities matter? The ablation
#
# The best settings that a search found (see [benchmarks](../benchmarks/README.md)), five seeds: with titles and categories, and without any modality.
#
# **Before you run it:** the ablation will show a difference. Write down what you would conclude from it.

# %%
recipe = pd.read_csv(BENCHMARKS / "beauty_recipe.csv")
some = recipe[recipe.system.isin(["true, feature start", "none"])]
some.groupby("system")[["HR@5", "MRR@5"]].agg(["mean", "std"]).round(2)

# %%
true, none, fake = (recipe[recipe.system == s] for s in ("true, feature start", "none", "shuffled, feature start"))
assert round(true["HR@5"].mean(), 2) == 7.90 and round(none["HR@5"].mean(), 2) == 7.53
assert ttest_ind(true["HR@5"], none["HR@5"], equal_var=False).pvalue < 0.001
assert 6.9 < 100 * (true["HR@5"].mean() / markov["HR@5"] - 1) < 7.1

# %% [markdown]
# 7.90 with modalities, 7.53 without; a t-test over the two times five seeds has $p < 0.001$ (it knows nothing of other users), and untuned counting is 7 % behind. A paper would say: *the modalities bring 0.37 points.* Is that so?
#
# ## The control
#
# An ablation takes two things away at once: what the codes *say*, and that there *are* codes, more nodes, more parameters, something that ties items together. The control
# takes the first alone: each item gets the codes and features of another item, drawn at random across the whole catalogue. Nothing else changes. In the wardrobe it
# looks so:

# %%
world = load("wardrobe:cycle")
mixed_up = mismatched(world, rate=1, seed=0)
before, after = (fit_codebook(one.modalities[0], num_codes=7, codes_per_item=1).codes for one in (world, mixed_up))
show.interact(
    lambda item: pd.Series({"item": world.titles[item], "its picture code": before[item, 0], "now": after[item, 0]}),
    item=range(1, 60),
)  # fmt: skip

# %% [markdown]
# **Before you run it:** Beauty again, trained on codes that say nothing. Nearer to 7.90 or to 7.53?

# %%
some = recipe[recipe.system.isin(["true, feature start", "none", "shuffled, feature start"])]
axes = some.plot.scatter("HR@5", "system", figsize=(8, 2.2), color="0.2", alpha=0.5, ylabel="", s=60)
axes.axvline(markov["HR@5"], color="0.4", linestyle=":", label="counting, not tuned")
axes.axvline(best["HR@5"], color="0.4", linestyle="--", label="counting, tuned")
axes.set(ymargin=0.2)
axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
some.groupby("system")[["HR@5", "MRR@5"]].agg(["mean", "std"]).round(2)

# %% [markdown]
# Just as good: 7.90. Code nodes help on Beauty with this recipe, and help as much when they say nothing about the item. What looked like a gain from modalities is a gain from having more
# nodes and parameters tied to an item. (The means, 7.90 and 7.90 to 7.53, over five seeds. The ranks of these runs are not kept, so the test over users and seeds cannot be made.) On ML-100K, with the trials and seeds of the comparison, codes that say nothing have the lowest mean: HR@5 5.24 with true codes, 4.82 with shuffled ones, 5.36 without any modality (five seeds each, not tested).

# %%
p = {m: ttest_ind(true[m], fake[m], equal_var=False).pvalue for m in ("HR@5", "MRR@5")}
assert round(fake["HR@5"].mean(), 2) == 7.90 and p["HR@5"] > 0.5 and p["MRR@5"] > 0.1
same = pd.read_csv(FILMS / "controls.csv").query("model == 'mmsr'").groupby("variant")["HR@5"].mean().round(2)
assert same[["true", "shuffled", "none"]].tolist() == [5.24, 4.82, 5.36]

# %% [markdown]
# ## Would the control notice?
#
# A control that never finds anything proves nothing. So try it where modalities are known to matter: in the world `cycle` each modality walks its own circle, and in
# `match` the item's identity is enough. Five seeds with modalities and without, three with shuffled ones.
#
# **Before you run it:** six numbers. Which will be alike?

# %%
planted = pd.concat([pd.read_csv(BENCHMARKS / f"planted_{name}.csv") for name in ("truth", "control")])
planted["codes"] = planted.modalities.map({True: "true", False: "none", "shuffled": "shuffled"})
planted = planted[planted.world.isin(["cycle", "match"])]
finding = planted.groupby(["world", "codes"]).model.agg(["mean", "std", "count"])
finding.rename_axis(index={"codes": "HR@5 with codes"}).round(1)

# %%
hr = finding["mean"]
assert round(hr["cycle", "true"] - hr["cycle", "shuffled"]) == 15 and hr["cycle", "shuffled"] - hr["cycle", "none"] > 3
assert abs(hr["match", "true"] - hr["match", "shuffled"]) < 2 and abs(hr["match", "true"] - hr["match", "none"]) < 2
share = (hr["cycle", "shuffled"] - hr["cycle", "none"]) / (hr["cycle", "true"] - hr["cycle", "none"])
print(f"in cycle, {100 * share:.0f} % of what the ablation shows is there with codes that say nothing")
assert 0.2 < share < 0.6

# %% [markdown]
# In `cycle` it notices: shuffled codes lose fifteen points. And even there part of what the ablation shows comes from codes that say nothing. In
# `match` all three are alike. **Whoever claims a gain from modalities has to show shuffled ones beside it**; `mmsr-lite tables controls` does, for every model that reads
# modalities.
#
# ## Where the modalities could come in
#
# Why not on Beauty? The score compares the user with a table of item *identities* (section 4.4): features can change whom an item reminds of, but cannot make a candidate of
# an item that was hardly ever seen. That is a guess, and can be tried. `item_features=True` departs from the paper: an item's embedding becomes its identity **plus a map of
# its features**, in the graph and in the score. Twelve settings were drawn at random and tried with true and with shuffled features and codes alike, the two best of each with two more seeds, on the last fifth of the training part. Then five seeds each:
# the best settings for true ones, with true, shuffled and no modalities; and shuffled ones with the best settings for *them*.
#
# **Before you run it:** a control usually gets the settings of the model that it controls. Does it matter here whether it gets its own?

# %%
scored = pd.read_csv(BENCHMARKS / "amazon-beauty-recipe.csv").query("cosine > 0")  # those of the second search
means = scored.groupby("variant")[["HR@5", "MRR@5", "HR@20"]].agg(["mean", "std"]).round(2)
means

# %% [markdown]
# It decides everything. With the settings that suit true features, shuffled ones are behind by 0.46 in HR@5 and 0.22 in MRR@5: a clear gain from modalities, one would write. With settings of their own they are level in HR@5 (7.89 and 7.89)
# and their mean is *higher* in MRR@5 (5.23 to 5.02). What is left to true features is HR@20: 14.90 to 14.06. (Means of five seeds, each seed of one on the same side of each seed of the other in MRR@5 and HR@20; not tested: ranks not kept.) Where does that come from?
#
# **Before you run it:** if features make candidates of items that identities know too little of, at which targets should true ones be ahead: those seen often in training, or rarely?

# %%
seen = pd.read_csv(BENCHMARKS / "amazon-beauty-seen.csv", index_col="seen")
tuned = "shuffled, its own recipe"
reached = {name: seen[f"{name} HR@20"] for name in ("true", tuned, "none", "counting")}
gain = pd.DataFrame({f"over {name}": 100 * (reached["true"] / reached[name] - 1) for name in (tuned, "counting")})
axes = gain.plot.bar(figsize=(8, 3), color=["0.25", "0.7"], rot=0, xlabel="times the target was seen in training")
axes.set_ylabel("gain of true features\nin HR@20, percent")
axes.axhline(0, color="0.2", linewidth=0.8)
pd.DataFrame(reached).round(1).assign(targets=seen["targets"])

# %% [markdown]
# Neither. Up to five times they are not ahead at all, from 6 to 20 most, and still 7 % at targets seen more than 50 times. At targets seen up to ten times counting (decay 0.7) is ahead of all of them. An earlier search of ours, with
# true features alone, had found 7.99, 5.00 and 15.11, which is 8.2 % over untuned counting in HR@5; its shuffled control stood at 7.79, and we, too, wrote of a gain. So: **tune the control as you tune the model, and counting, too.**

# %%
assert means.xs("mean", axis=1, level=1).loc["true"].tolist() == [7.89, 5.02, 14.90]
assert means.xs("mean", axis=1, level=1).loc[tuned].tolist() == [7.89, 5.23, 14.06]
assert means.xs("mean", axis=1, level=1).loc["shuffled"].tolist() == [7.43, 4.80, 13.91]
apart = scored[scored.variant.isin(["true", tuned])].groupby("variant")[["MRR@5", "HR@20"]].agg(["min", "max"])
assert apart.loc[tuned, ("MRR@5", "min")] > apart.loc["true", ("MRR@5", "max")]
assert apart.loc["true", ("HR@20", "min")] > apart.loc[tuned, ("HR@20", "max")]

# %%
over = gain[f"over {tuned}"]
assert over["6 to 10":"11 to 20"].between(5, 11).all() and (over[:"3 to 5"] < 0).all() and round(over["more"]) == 7
assert (gain["over counting"][:"6 to 10"] < 0).all() and (gain["over counting"]["11 to 20":] > 0).all()

# %% [markdown]
# ## What the released code does
#
# The authors' code is public, which is how one can learn from it at all. Reading it beside the paper shows departures; these five can be switched on here
# (`mmsr-lite tables released`):
#
# | the paper | the released code | here |
# |---|---|---|
# | value, query and key have maps of their own (eq. 12, 13) | one map serves as all three | `tied_maps=True` |
# | `hohe` takes its second logits from the first phase | from the layer's input, so phase 1 is never used | `hohe_reads_input=True` |
# | codes by cosine similarity | Euclidean, over a sigmoid autoencoder | `distance="euclidean", reduction="sigmoid-autoencoder"` |
# | the gate reads both paths together (eq. 16) | it scores each alone | `separate_gate=True` |
# | | the best epoch is chosen on the test set, for each metric by itself | `selection="test"` |
#
# Others (edges overwritten in a matrix of one number a pair, damage that accumulates over epochs, ...) are mistakes that are not worth a switch. Where the two disagree,
# this package follows the paper.
#
# ### One departure, weighed
#
# The last one can be weighed with what is stored: one run on Beauty, measured on the test set after every epoch.
#
# **Before you run it:** how much is gained by picking the epoch on the test set, for each metric by itself?

# %%
run = read_json(BENCHMARKS / "amazon-beauty.json")["test selection"]
epochs = pd.DataFrame([epoch["test"] for epoch in run["epochs"]], index=[epoch["epoch"] for epoch in run["epochs"]])
axes = epochs[["HR@5", "HR@20"]].plot(subplots=True, figsize=(8, 4), marker="o", color=["0.2", "0.5"])
axes[1].set(xlabel="epoch", ylabel="percent")
axes[0].legend(loc="lower right")
picked = pd.DataFrame(
    {"best epoch of each metric": epochs.max(), "its epoch": epochs.idxmax(), "last": epochs.iloc[-1]}
)
picked.round(2)

# %%
more = picked["best epoch of each metric"] - picked["last"]
assert (more >= 0).all() and more["HR@5"] < 0.02 and more["HR@20"] > more["HR@5"]
assert picked["its epoch"].nunique() > 1  # no one model has these numbers

# %% [markdown]
# Here little in HR@5, for the learning rate has come down by then; more in HR@20, whose best epoch is an early one. The sin is less the size than that no single model has
# those numbers, and that a test set which chooses is no test set any more.
#
# ## Summary
#
# On Beauty nothing here shows that MMSR beats counting: ahead of a chain that nobody had tuned, it is level with, or behind, one that was. Nor does what it has come from what the codes say: shuffled across the catalogue they do as
# well. On ML-100K its mean is below counting's. Ablations need a control; the control needs a world in which it finds something, and settings of its own, and so does every baseline. Where the score can
# read features, what they say shows in HR@20, and not in the first five places. Before any of that, ask what in the order of your data is order.
#
# ## Exercises
#
# 1. A chain has seen $A$ before $B$ twice directly, and $A$ before $C$ once with one item between. Transitions from $A$ sum to one. What is $A \to C$?

# %% tags=["exercise"]
check("13.1", ...)

# %% tags=["solution"]
check("13.1", (1 / 2) / (1 + 1 + 1 / 2))

# %% [markdown]
# 2. A model reaches 30 without modalities, 40 with, 36 with shuffled ones. How many of the 10 points may be put down to what the modalities *say*?

# %% tags=["exercise"]
check("13.2", ...)

# %% tags=["solution"]
check("13.2", 40 - 36)

# %% [markdown]
# 3. Beauty: by how many percent is MMSR with the best settings and *shuffled* codes ahead of *untuned* counting in HR@5? (`fake`, `markov`.)

# %% tags=["exercise"]
check("13.3", ...)

# %% tags=["solution"]
check("13.3", 100 * (fake["HR@5"].mean() / markov["HR@5"] - 1))

# %% [markdown]
# 4. Of the systems in `ours`, which have a lower mean than untuned counting in MRR@5? A set of names.

# %% tags=["exercise"]
check("13.4", ...)

# %% tags=["solution"]
check("13.4", set(ours.index[ours["MRR@5"] < markov["MRR@5"]]))

# %% [markdown]
# **Code you will read:** [models/counting.py](../mmsr_lite/models/counting.py), the chain; [data/corruption.py](../mmsr_lite/data/corruption.py), the control;
# [experiments/released.py](../mmsr_lite/experiments/released.py), the departures as a study.
#
# **Next:** [14 on a GPU, and on several](14_on_a_gpu_and_on_several.ipynb), how these tables were made.
