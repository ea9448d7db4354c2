# %% [markdown]
# # Early and late fusion, by hand
#
# A history has several channels: the pictures of its items, and their texts. *Early fusion* mixes the channels of each item and then reads one sequence. *Late fusion* reads
# each channel and mixes the ends. Here you write both, and train both where the answer is known.
#
# **You will be able to** write both orders in a line each, say what each of them cannot know, and tell a limit of an order from a limit of its size.
#
# **Prerequisites:** [01 data and modality codes](01_data_and_modality_codes.ipynb); matrix products. Folded cells check the text; skip them.
#
# **Time:** {{minutes}}.
#
# **Measured:** {{measured}}. Two models are trained here, two are opened.
#
# **Live page:** without a kernel, [the pages `pick` and `clocks`](../docs/live-pages.md) answer in any browser.

# %%
import numpy as np
import pandas as pd
from IPython.display import display

from mmsr_lite import Run, RunConfig, check, displace, fit, ranks, show, stored, stored_file, train

# %% [markdown]
# ## Two histories on paper
#
# In the world `pick` a user looks at garments, of which exactly one has a *formal* text. Then the user buys a basic with the look of that garment.
#
# | history | first garment | second garment | bought |
# |---|---|---|---|
# | A | red, formal | blue, sport | a red basic |
# | B | red, sport | blue, formal | a blue basic |
#
# **Before you run it:** take the mean as the reader, which forgets the order. What does each order of fusion know of A, and of B?

# %%
red, blue = formal, sport = np.eye(2)
histories = {"A": ([red, blue], [formal, sport]), "B": ([red, blue], [sport, formal])}
W = np.random.default_rng(1).normal(size=(4, 3))
early = {name: np.tanh(np.hstack(channels) @ W).mean(0) for name, channels in histories.items()}
late = {name: np.tanh(np.mean(channels, 1).ravel() @ W) for name, channels in histories.items()}
pd.DataFrame({("early", name): early[name] for name in early} | {("late", name): late[name] for name in late}).round(2)

# %%
assert np.allclose(late["A"], late["B"]) and not np.allclose(early["A"], early["B"], atol=0.1)

# %% [markdown]
# <details><summary>What came out</summary>
#
# Late fusion has the same column for both: the same looks were there, and the same texts. Which look came with the formal text is gone. Early fusion has kept it.
#
# </details>
#
# Now write both. `read` is any reader of sequences: it makes one vector of `L` vectors.
#
# 1. *(function, easy, 5 min)* Equations 3 and 4: first one token for each place, $\tanh([\text{look}; \text{text}]\,W)$, then `read`.


# %% tags=["exercise"]
def fuse_early(channels, W, read):
    """M channels, each (L, D); W (M D, D); read makes (D,) of (L, D). Returns (D,)."""
    return ...


check("03.1", fuse_early)

# %% tags=["solution"]
check("03.1", lambda channels, W, read: read(np.tanh(np.concatenate(channels, -1) @ W)))

# %% [markdown]
# 2. *(function, easy, 5 min)* Equations 5 and 6: first `read` each channel, then mix the ends.


# %% tags=["exercise"]
def fuse_late(channels, W, read):
    """M channels, each (L, D); W (M D, D); read makes (D,) of (L, D). Returns (D,)."""
    return ...


check("03.2", fuse_late)

# %% tags=["solution"]
check("03.2", lambda channels, W, read: np.tanh(np.concatenate([read(channel) for channel in channels]) @ W))

# %% [markdown]
# ## A reader that knows the order
#
# Some readers, such as GRU4Rec and SASRec, know the order, so they tell A from B by the texts alone. Is late fusion saved? $W$ still *adds* a number made from the looks and one made from
# the texts. Let the score of "red" be such a sum. It should be above zero in A and D, and below zero in B and C:
#
# | | formal, then sport | sport, then formal |
# |---|---|---|
# | **red, then blue** | A: buys red | B: buys blue |
# | **blue, then red** | C: buys blue | D: buys red |
#
# **Before you run it:** can you find two numbers for the looks and two for the texts that get all four right? The folded cell tries all.

# %%
numbers = [2, 1, 0, -1, -2]
show.interact(
    lambda red_first, blue_first, formal_first, sport_first: pd.DataFrame(
        [[red_first + formal_first, red_first + sport_first], [blue_first + formal_first, blue_first + sport_first]],
        ["red, then blue", "blue, then red"], ["formal, then sport", "sport, then formal"],
    ),
    red_first=numbers, blue_first=numbers[::-1], formal_first=numbers, sport_first=numbers[::-1],
)  # fmt: skip

# %%
found = [
    (a + x > 0) + (a + y < 0) + (b + x < 0) + (b + y > 0)
    for a in numbers for b in numbers for x in numbers for y in numbers
]  # fmt: skip
assert max(found) == 3

# %% [markdown]
# <details><summary>What came out</summary>
#
# Nobody can: three of four is the most. In a sum A + D equals B + C, but one should be above zero, the other below.
#
# </details>
#
# The tanh of equation 6 is a way out: it is a hidden layer, and a wide one can learn which look came with which text. So the limit is size and training.
#
# ## Train two
#
# The small world has three garments in a session, six looks, three texts. The reader is the smallest SASRec. Only purchases are judged, since nobody can foretell what
# a user looks at.
#
# **Before you run it:** which order finds more of the purchases? Chance is one in six. The best sum finds 72.2 %: all where the three looks are equal, two thirds where all differ.

# %%
config = RunConfig("worlds:pick-student").with_settings(
    model="sasrec", layers=1, heads=1, dim=32, dropout=0.1, codes={"picture": 6, "text": 4}, codes_per_item=1,
    epochs=6, patience=6, lr=0.01, batch=256, refit=False,
)  # fmt: skip
early_run = Run(config.with_settings(fusion="early"))
early_run.model = early_run.build()

# %% [markdown]
# The cockpit draws each epoch; you can pause and stop. Its [[HR@K|HR@5]] and [[MRR@K|MRR@5]] count garments too, so they stay low.

# %%
cockpit = show.training_monitor(
    lambda tell: train(early_run.model, early_run.split, early_run.config.train, on_epoch=tell, progress=False)
)
display(cockpit.start().widget)

# %%
early_run.history = cockpit.wait()
runs = {"early": early_run, "late": fit(config.with_settings(fusion="late"), "runs/03_late")}
show.interact(lambda order: show.training(runs[order].history), order=list(runs))

# %%
facts, tested = runs["early"].dataset.facts, runs["early"].split.test
purchases = tested.select(facts["because"][tested.end, 0] >= 0)
pick = {order: 100 * (ranks(run.model, purchases) <= 5).mean() for order, run in runs.items()}
pd.Series(pick, name="purchases among the first five, %").round(1)

# %%
assert pick["early"] > 95 and pick["late"] < 72.2  # with room for a GPU, which draws other dropout
# of the looks of three garments all, two or none are equal: the best sum is right at 3, 7/3 or 2 of 3 places
assert round(100 * (6 * 3 / 3 + 90 * 7 / 9 + 120 * 2 / 3) / 6**3, 1) == 72.2

# %% [markdown]
# <details><summary>What came out</summary>
#
# Early fusion, nearly all of them. The loss falls for both, since both learn which items are popular.
#
# </details>
#
# ## Open two
#
# In the world `clocks` the purchase has the look of the garment three steps back and the text of the garment two steps back.
#
# **Before you run it:** which order should win now, and why?

# %%
kept = {order: stored(f"clocks-{order}") for order in ("early", "late")}
facts, tested = kept["early"].dataset.facts, kept["early"].split.test
bought = tested.select(facts["because"][tested.end, 0] >= 0)
clocks = {order: 100 * (ranks(run.model, bought) <= 5).mean() for order, run in kept.items()}
show.slopes(
    {"pick: one garment decides": pick, "clocks: each channel for itself": clocks},
    "Which order wins depends on where the truth is", "purchases among the first five, percent", 100 / 6,
)  # fmt: skip

# %%
assert clocks["late"] > 99 and clocks["early"] < 16
assert len(np.unique(bought.targets)) > len(np.unique(purchases.targets))

# %% [markdown]
# *How to read it:* a line is a world, from early on the left to late on the right. The dotted line is chance in `pick`; in `clocks` it is lower.
#
# <details><summary>Why late wins there</summary>
#
# A reader takes more from one place and less from another. In early fusion picture and text of a place come together, so an unwanted look or text comes along. Late fusion takes the look from one place
# and the text from another.
#
# </details>
#
# ## A mismatch within the history
#
# If early fusion lives on which text came with which look, then texts that trade places *within a history* must ruin it. The models stay as they are.
#
# **Before you run it:** how many purchases will each order keep?

# %%
rates, after = [1.0, 0.5, 0.0], {}
for order, run in runs.items():
    for rate in rates:
        displace(run.model, "text", rate, seed=0)  # rate 0, the last one, undoes it
        after.setdefault(f"{order} fusion", {})[f"{rate:.0%} traded"] = 100 * (ranks(run.model, purchases) <= 5).mean()
show.slopes(after, "What was bound is lost when texts trade places", "purchases among the first five, percent", 100 / 6)

# %%
lost = {order: after[f"{order} fusion"] for order in runs}
assert lost["early"]["100% traded"] < 45 < 95 < lost["early"]["0% traded"]
fell = {order: lost[order]["0% traded"] - lost[order]["100% traded"] for order in runs}
assert fell["early"] > 50 > 30 > fell["late"]

# %% [markdown]
# *How to read it:* a line is an order, from all texts traded to none.
#
# <details><summary>What came out</summary>
#
# Early fusion loses most of its purchases, late fusion far fewer: it hardly knew the bond.
#
# </details>
#
# ## Capacity
#
# Is late fusion only too small? These models differ in D, the length of their vectors ([command](../benchmarks/README.md)).
#
# **Before you run it:** late fusion has two sequence models, early fusion one. Which of them gains more from width?

# %%
table = pd.read_csv(stored_file("benchmarks/results/pick_capacity.csv"))
widths = table.pivot_table("HR@5", "order", "dim")
show.slopes(
    {f"{order} fusion": {f"D = {dim}": value for dim, value in row.items()} for order, row in widths.iterrows()},
    "A wider late fusion gains, and stays behind", "purchases among the first five, percent",
)  # fmt: skip

# %%
assert (widths.loc["late"].diff()[1:] > 0).all() and (widths.loc["early"] > widths.loc["late"] + 30)[16:].all()

# %% [markdown]
# *How to read it:* a line is an order, from narrow to wide.
#
# <details><summary>How sure?</summary>
#
# One seed, six epochs, codes that are the true looks and texts: no verdict. Both orders share D, but late fusion has more parameters.
#
# </details>
#
# ## Recap
#
# | claim | evidence | verdict |
# |---|---|---|
# | Late fusion forgets which look came with which text. | A and B have the same ends with a reader that forgets the order. | shown on paper |
# | A reader that knows the order saves it. | No sum gets A, B, C and D right. | no; a wide hidden layer may |
# | Early fusion is the better order. | `pick`: early far ahead. `clocks`: late finds all. | neither; it depends on the world |
# | Early fusion lives on the bond. | Texts that trade places within a history ruin it. | shown, one seed |
#
# ## Exercises
#
# 3. *(function, medium, 5 min)* Write the test that no sum passes: `interplay(score)` returns A - B - C + D, where `score(looks, texts)` takes 0 or 1 for row and column of that table.


# %% tags=["exercise"]
def interplay(score):
    """score(looks, texts) is a number; looks and texts are 0 or 1. Returns A - B - C + D."""
    return ...


check("03.3", interplay)

# %% tags=["solution"]
check("03.3", lambda score: score(0, 0) - score(0, 1) - score(1, 0) + score(1, 1))

# %% [markdown]
# 4. *(history, medium, 8 min)* Give two histories of three garments each that late fusion with the mean as its reader cannot tell apart, although other basics are bought. A garment is a pair such as `("red", "formal")`.

# %% tags=["exercise"]
check("03.4", ...)

# %% tags=["solution"]
check("03.4", ([("red", "formal"), ("blue", "sport"), ("red", "sport")],
               [("red", "sport"), ("blue", "formal"), ("red", "sport")]))  # fmt: skip

# %% [markdown]
# 5. *(value, easy, 2 min)* Which percentage of the purchases in this `pick` does a guess find that knows no look at all?

# %% tags=["exercise"]
check("03.5", ...)

# %% tags=["solution"]
check("03.5", 100 / 6)

# %% [markdown]
# 6. *(argument, hard, 10 min)* A friend says: "Late fusion cannot learn `pick`." Answer in 40 to 120 words: what is right, what is not, what was measured, what would you run next? `check` looks for the points, a partner for the argument.

# %% tags=["exercise"]
check("03.6", ...)

# %% tags=["solution"]
check(
    "03.6",
    "Half right. Late fusion ends in a sum, and no sum looks up which look came with the formal text. But equation 6 "
    "has a tanh around it, which is a hidden layer: with enough width it can work its way round. Measured is one run "
    "of 6 epochs at D = 32, in which early fusion finds nearly all purchases and late little more than half. Before I "
    "say cannot, I would train wider models, longer, and with other seeds.",
)

# %% [markdown]
# **Code you will read:** [models/early_late_fusion.py](../mmsr_lite/models/early_late_fusion.py), both orders around any reader;
# [data/sources/worlds/pick.py](../mmsr_lite/data/sources/worlds/pick.py), the world; [worlds](../docs/worlds.md), what is known exactly.
#
# **Next:** [04 dual attention](04_dual_attention.ipynb), how MMSR mixes both in one layer.
