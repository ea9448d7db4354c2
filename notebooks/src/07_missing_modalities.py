# %% [markdown]
# # Missing modalities
#
# Shops have items without a picture, and items without a text. Most models fill the gap with a default vector; MMSR leaves the node out (section 5.4), and the paper reports that this makes
# it robust. Robust against what, and how much? Here modalities are taken away from items of the world `cycle`, where they are needed, first from a model that was trained with all of them,
# then from the training as well.
#
# **You will be able to** take a modality away from items at test or altogether, read a curve such as those of Figure 4, and find out whose predictions it is that suffer.
#
# **Prerequisites:** [02 the MSGraph](02_the_msgraph.ipynb), [06 early versus late](06_early_versus_late.ipynb) for how a study is read.
#
# **Measured:** {{measured}}.

# %%
import pandas as pd
import torch

from mmsr_lite import check, show, stored_study, trace
from mmsr_lite.data.corruption import missing
from mmsr_lite.evaluation.ranks import ranks
from mmsr_lite.experiments.perform import without
from mmsr_lite.experiments.study import Reading, Setting
from mmsr_lite.training.run import build, codebooks, open_run

# %% [markdown]
# ## No node, or a zero
#
# `without` gives a trained model whose items have lost their codes: what it learned stays, what it looks up goes. The graph of user 17, with half of the catalogue's pictures gone; choose another
# share.
#
# **Before you run it:** the lane of pictures gets emptier. What happens to the edges between the pictures that are left?

# %%
config, model, dataset, parts = open_run("../assets/wardrobe-cycle", "cpu")
books = codebooks(config, dataset)
poorer = {
    rate: without(model, config, dataset, books, Reading(rate=rate, corrupted="picture"))
    for rate in (0.5, 0.7, 0.3, 0.0)
}
show.play(lambda missing: show.msgraph(trace(poorer[missing], dataset, user=17)), missing=list(poorer))

# %% [markdown]
# They join neighbouring *positions* only, so a gap of one item cuts the chain of pictures. Items are never cut off: their own chain is whole.

# %%
past = torch.from_numpy(dataset.history(17)[None, :-1])
graphs = {rate: one.graphs(past) for rate, one in poorer.items()}
edges = {rate: [int((r > 1).sum()) for r in graph.relations] for rate, graph in graphs.items()}  # without self-loops
assert edges[0.0][0] == edges[0.7][0] and edges[0.0][1] > edges[0.3][1] > edges[0.7][1]
pd.DataFrame(edges, index=model.node_types).sort_index(axis=1).rename_axis(columns="share of pictures missing")

# %% [markdown]
# SASRec-F and DIF-SR have no graph. Where MMSR has no node, they read a vector of zeros:

# %%
filled = build(Setting.of(dataset).config("sasrec-f"), missing(dataset, modality="picture", rate=0.5))
gone = ~filled.modalities.present[1:, 0]
vectors = filled.modalities(torch.arange(1, dataset.num_items + 1))[0]  # (V, M, D)
assert gone.float().mean() == 0.5 and (vectors[gone, 0] == 0).all() and (vectors[:, 1] != 0).any(1).all()
vectors[:4, 0, :4].detach()

# %% [markdown]
# ## Missing at test only
#
# The curves of Figure 4, in the world `cycle`: a model trained on everything meets a catalogue in which a share of the items has lost its picture, its text, or both ("mixed"). Four systems, six epochs, **one seed each**: differences
# of a few points say nothing, and none is read off below. MMSR's seeds lie six points apart ([notebook 08](08_aggregators_and_ablations.ipynb)), and this one, 65, is among the low ones: compare what a system keeps,
# not where it starts.
#
# **Before you run it:** the paper finds MMSR the most stable of MMSR, SASRec-F and DIF-SR. What do you expect when both modalities are gone for 70 % of the items?

# %%
TRAIN = False  # True: train SASRec-F here, a minute or two; the other systems are then missing below
study = stored_study("missing", "wardrobe-cycle")
at_test = {"corruption": "missing", "at": "test"}
anew = stored_study("missing", "wardrobe-cycle", TRAIN, ["sasrec-f"] if TRAIN else None)
show.play(lambda metric: show.curves(anew, where=at_test, metric=metric), metric=["HR@5", "MRR@5", "HR@20", "MRR@20"])

# %%
rows = pd.DataFrame(study["rows"])
systems = rows.query("at != 'training and test'").set_index(["model", "variant", "modality", "rate"])["HR@5"]
whole, worst = systems.xs(("", 0.0), level=("modality", "rate")), systems.xs(("mixed", 0.7), level=("modality", "rate"))
pd.DataFrame({"undisturbed": whole, "70 % mixed": worst, "kept, %": 100 * worst / whole}).round(1)

# %% [markdown]
# - **MMSR is the least stable.** It keeps 32 % of its hits, SASRec-F, which reads zeros, 53 %. A node that is missing is as if it had never been, and with it go its edges, which tell the
#   direction of the walk.
# - **With [[global attention]]** (section 5.4: items listen to every code of the history) it keeps 86 %, of less: undamaged it stands at 57 instead of 65. It hardly uses pictures at all.
# - **DIF-SR loses nothing**, not one rank. It reads codes for its attention alone, and that is so sure of itself after training (the last item gives all its weight to one position in every
#   head; looked at, not shown here) that no code moves it. Codes also enter its training, where it has to predict them; what they do there this curve cannot see. Who does not listen cannot miss anything: a flat curve is no proof of good use.

# %%
kept = (100 * worst / whole).round()
assert kept["mmsr", ""] == 32 and kept["sasrec-f", ""] == 53 and kept["mmsr", "global attention"] == 86
assert whole.round()[[("mmsr", "global attention"), ("mmsr", "")]].tolist() == [57, 65]
assert systems["dif-sr"].nunique() == 1
assert rows.query("model == 'dif-sr' and at != 'training and test'")["MRR@20"].nunique() == 1
assert whole["mmsr", "global attention"] - systems["mmsr", "global attention", "picture", 0.7] < 0.5

# %% [markdown]
# ## Missing at training, too
#
# In a real shop what is missing is missing from the beginning, and the model can learn to do without. Choose when it is missing, and compare the heights of the curves; one seed each, as above.
#
# **Before you run it:** which of MMSR and SASRec-F will profit more from having known?

# %%
show.play(
    lambda missing_at: show.curves(study, where={"corruption": "missing", "at": missing_at}),
    missing_at=["training and test", "test"],
)

# %% [markdown]
# Of both modalities missing ("mixed"): it depends on the share. At 30 % MMSR gets back 20 points and SASRec-F 12, at 70 % 25 and 30. Trained so, SASRec-F stays within a point or so of the undamaged whatever is missing: the
# items' identities, which it also reads, must have taken over. MMSR at 30 % is where it was undamaged (the paper even reports gains there), and down from 65 to 46 at 70 %, where the paper sees "a substantial performance
# drop" for all. So here, in one seed, the graph without nodes is not more robust than a vector of zeros; in the paper's shops it was. MMSR's other eleven points go up and down between 59 and 68, hardly wider than its seeds.
# DIF-SR, which lost nothing at test, goes down with the share here (66 to 56), but its 52 without 30 % of the pictures shows how far one seed strays. With global attention MMSR is better off with 70 % missing (62) than with everything (57).

# %%
both = rows[rows["at"] == "training and test"].set_index(["model", "variant", "modality", "rate"])["HR@5"]
assert (whole["sasrec-f", ""] - both["sasrec-f"]).abs().max() < 1.5
mixed, others = both.xs("mixed", level="modality"), both["mmsr", ""].drop(("mixed", 0.7))
assert abs(mixed["mmsr", "", 0.3] - whole["mmsr", ""]) < 1 and round(mixed["mmsr", "", 0.7]) == 46
assert len(others) == 11 and others.round().between(59, 68).all()
assert round(both["dif-sr", "", "picture", 0.3]) == 52 and round(mixed["dif-sr", "", 0.7]) == 56
assert round(mixed["mmsr", "global attention", 0.7]) == 62
back = {name: mixed[name, ""] - systems.xs(("", "mixed"), level=(1, 2))[name] for name in ("mmsr", "sasrec-f")}
assert [round(back[name][rate]) for rate in (0.3, 0.7) for name in back] == [20, 12, 25, 30]

# %% [markdown]
# ## In real shops
#
# The same four systems on Amazon Beauty (titles and categories) and on ML-100K (titles, genres, plots and posters), every share, one seed each, made on a GPU. In `cycle` two thirds of MMSR's hits were gone with both modalities missing at test.
#
# **Before you run it:** how many will be gone here? And who will lose most?

# %%
shops = {"Beauty": stored_study("missing", "amazon-beauty"), "ML-100K": stored_study("missing", "ml-100k")}
show.play(
    lambda shop, missing_at: show.curves(shops[shop], where={"corruption": "missing", "at": missing_at}),
    shop=list(shops), missing_at=["test", "training and test"],
)  # fmt: skip

# %%
real = pd.concat(pd.DataFrame(one["rows"]).assign(shop=name) for name, one in shops.items())
most = real.query("rate == 0 or (modality == 'mixed' and rate == 0.7)").replace({"at": {"": "undisturbed"}})
left = most.pivot_table("HR@5", ["shop", "model", "variant"], "at", sort=False)
left.round(2).rename_axis(columns="HR@5, 70 % of all missing at")

# %% [markdown]
# *At test alone*, on Beauty, MMSR loses 9 % of its hits, SASRec-F 2 % and DIF-SR 1 %; with global attention, as the paper has it here, MMSR loses next to nothing (7.65 to 7.62), and starts no lower. So MMSR *is* more stable than
# SASRec-F if its items listen to all codes, and less stable if they do not. (In MRR@5, that is: MMSR as it is loses 16 %, SASRec-F 4 %, with global attention it is 0.4 %, and the three 95 % intervals lie apart.
# In HR@5 those of SASRec-F and of global attention overlap.) DIF-SR loses nothing that is clear. On ML-100K MMSR loses 6 %, SASRec-F 4 % and DIF-SR 1 %; with global attention it loses nothing. Of these MMSR's 6 % alone are clear.

# %%
lost = (100 * (1 - left.div(left["undisturbed"], axis=0))).round()
assert lost["test"].to_list() == [9, 0, 2, 1, 6, 0, 4, 1]  # MMSR, with global attention, SASRec-F, DIF-SR
mrr = most.query("shop == 'Beauty'").pivot_table("MRR@5", ["model", "variant"], "at", sort=False)
assert (100 * (1 - mrr["test"] / mrr["undisturbed"])).round(1).to_list() == [16.1, 0.4, 3.8, 0.5]

# %%
tests = {(shop, t["system"], t["metric"]): t for shop, one in shops.items() for t in one["tests"]}
names = ("mmsr", "sasrec-f", "mmsr, global attention", "dif-sr")
losses = {(shop, name, m): tests[shop, f"{name}, missing, mixed, 0.7, test", m] for shop in shops
          for name in names for m in ("HR@5", "MRR@5")}  # fmt: skip
plain, zeros, attentive, _ = (losses["Beauty", name, "MRR@5"] for name in names)
assert plain["high"] < zeros["low"] and zeros["high"] < attentive["low"]
assert losses["Beauty", "sasrec-f", "HR@5"]["high"] > losses["Beauty", "mmsr, global attention", "HR@5"]["low"]
assert [name for name in names if losses["ML-100K", name, "HR@5"]["p"] < 0.05] == ["mmsr"]
assert all(losses["Beauty", name, m]["p"] > 0.1 for name in names[2:] for m in ("HR@5", "MRR@5"))

# %% [markdown]
# *At training, too*, MMSR and SASRec-F lose nothing on Beauty: MMSR has 7.70 without 70 % of the titles and categories, more than with all. DIF-SR has 7.14 instead of 7.39, which is less than its five undisturbed seeds differ.
# That looks as robust as the paper says. But MMSR without any code has 7.66 at these settings, and none of 25 codebooks is clearly ahead of it (`codebook` in the [results](../assets/results/README.md)): nobody misses what nobody needs.
#
# On ML-100K SASRec-F is the one of them that what modalities say does help ([all controls](../assets/results/README.md)). It alone falls with the share, to 5.78 of 6.00: not clear in HR@5, clear in HR@20. Who gains has something to lose.

# %%
beauty, films = left.loc["Beauty"].round(2), left.loc["ML-100K"].round(2)
assert beauty["training and test"].to_list() == [7.70, 7.64, 7.75, 7.14]
assert beauty["undisturbed"].to_list() == [7.58, 7.65, 7.64, 7.39]
seeds = pd.DataFrame(stored_study("comparison", "amazon-beauty")["rows"]).query("model == 'dif-sr'")["HR@5"]
assert len(seeds) == 5 and seeds.max() - seeds.min() > 7.39 - 7.14
codes = stored_study("codebook", "amazon-beauty")
assert round(pd.DataFrame(codes["rows"]).query("variant == 'no codes'")["HR@5"].mean(), 2) == 7.66
books_apart = [t for t in codes["tests"] if t["metric"] == "HR@5"]
assert len(books_apart) == 25 and not any(t["p"] < 0.05 and t["difference"] > 0 for t in books_apart)

# %%
falls = real.query("shop == 'ML-100K' and modality == 'mixed' and at == 'training and test'")
falls = falls.pivot_table("HR@5", ["model", "variant"], "rate").diff(axis=1).lt(0).sum(axis=1)
assert falls["sasrec-f", ""] == 3 and (falls == 3).sum() == 1
assert films.loc[("sasrec-f", ""), ["undisturbed", "training and test"]].to_list() == [6.00, 5.78]
p = {m: tests["ML-100K", "sasrec-f, missing, mixed, 0.7, training and test", m]["p"] for m in ("HR@5", "HR@20")}
assert p["HR@20"] < 0.01 < 0.1 < p["HR@5"]

# %% [markdown]
# ## Whose predictions suffer?
#
# The mean over all users hides who pays. Take the stored model and half of the pictures again, and part the test targets by whether the *last* item of the history still has its picture.
#
# **Before you run it:** both groups lost about half of the pictures in their histories. Will they lose the same?

# %%
last = parts.test.items[parts.test.end - 1]  # the last item before each target
has = missing(dataset, modality="picture", rate=0.5).modality("picture").present[last]
hit = {name: 100 * (ranks(one, parts.test) <= 5) for name, one in {"whole": model, "half": poorer[0.5]}.items()}
found = pd.DataFrame(hit).groupby(has).mean().rename({True: "last item has its picture", False: "has lost it"})
found.round(1)

# %% [markdown]
# Both start from 67 or 68. Where the last item keeps its picture 6 points are lost, where it does not 22: [[last pooling]] reads the answer from the last item's node, which is where the picture is missed most. And where the
# last item has lost picture *and* text (half of the items lose both), its identity is still there, and hardly helps: 11 are left of 67.

# %%
blind = without(model, config, dataset, books, Reading(rate=0.5))
gone = ~missing(dataset, rate=0.5).modality("picture").present[last]
lost = (found["whole"] - found["half"]).round()
assert found["whole"].between(67, 68).all() and lost.tolist() == [22, 6]
assert round(100 * (ranks(blind, parts.test)[gone] <= 5).mean()) == 11

# %% [markdown]
# Which share is missing, and of what, is yours to choose:

# %%
rates = {
    (of, rate): without(model, config, dataset, books, Reading(rate=rate, corrupted=of))
    for of in ("picture", "text")
    for rate in (0.3, 0.9)
}
show.play(
    lambda of, rate: f"HR@5 {100 * (ranks(rates[of, rate], parts.test) <= 5).mean():.1f}",
    of=["picture", "text"],
    rate=[0.3, 0.9],
)

# %% [markdown]
# ## Summary
#
# | the paper says | in the world `cycle` | on Beauty |
# |---|---|---|
# | missing nodes are simply left out | so they are, and the graph stays exact | the same |
# | MMSR is robust up to a half missing | missing at training too, and 30 %: yes; at test only it loses most of all | a tenth lost at most; it needs no codes |
# | global attention makes items aware of other codes | yes, and cost 9 points where nothing is missing | yes, at no cost |
# | it is more stable than SASRec-F and DIF-SR | no, neither; but DIF-SR's stability is not listening | than SASRec-F, with global attention; else least of all. On ML-100K not clearly |
#
# One seed, one small world, whose items' identities carry much; the shares 10 and 50 % at training, and the damage to one modality alone, are not measured (`mmsr-lite tables missing wardrobe:cycle` goes on from the tables here).
#
# ## Exercises
#
# 1. A history of items 1, 2, 3. Items 1 and 3 have a text with a code of its own each, item 2 has none; no pictures. How many edges has its MSGraph, self-loops not counted, each edge once for each end that listens?

# %% tags=["exercise"]
check("07.1", ...)

# %% tags=["solution"]
check("07.1", 2 * 2 + 2 * 2)

# %% [markdown]
# 2. What share of its HR@5, in percent, does MMSR keep when 70 % of the items lose all they have at test? One digit after the point.

# %% tags=["exercise"]
check("07.2", ...)

# %% tags=["solution"]
check("07.2", float(100 * worst["mmsr", ""] / whole["mmsr", ""]))

# %% [markdown]
# 3. Half of the *texts* are gone: what HR@5 has the stored model where the last item has lost its text?

# %% tags=["exercise"]
check("07.3", ...)

# %% tags=["solution"]
check(
    "07.3",
    100 * float((ranks(without(model, config, dataset, books, Reading(rate=0.5, corrupted="text")), parts.test)
                 [~missing(dataset, modality="text", rate=0.5).modality("text").present[last]] <= 5).mean()),
)  # fmt: skip

# %% [markdown]
# **Code you will read:** [experiments/missing.py](../mmsr_lite/experiments/missing.py), the study; [experiments/perform.py](../mmsr_lite/experiments/perform.py), `without`;
# [nn/modality.py](../mmsr_lite/nn/modality.py), the zeros of the others.
#
# **Next:** [08 aggregators and ablations](08_aggregators_and_ablations.ipynb), where parts of the model are taken away instead.
