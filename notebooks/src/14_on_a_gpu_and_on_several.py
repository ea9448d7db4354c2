# %% [markdown]
# # On a GPU, and on several
#
# The same call trains on a laptop and on a GPU. This notebook goes from raw files to a table, says where the speed comes from, and trains with two processes at once. Where there is a GPU and the data it trains live; elsewhere it shows what was stored.
#
# <details><summary>What this page finds (guess first, open it at the end)</summary>
#
# | claim | evidence on this page | verdict |
# |---|---|---|
# | A graph network is slow on a GPU. | 76 s an epoch of Beauty for the released code, a tenth to a sixth of a second here | not if graphs are built there |
# | Fewer digits cost quality. | float32, tf32 and bf16 within what the test set can tell | not here |
# | The number of processes changes the result. | two losses that differ by rounding | no |
# | Two GPUs are twice as fast. | 1.9 times with a batch of 8,192, not at all with 512 | when a step is long |
#
# </details>
#
# **You will be able to** run a real data set from raw files to a table, tell what makes a graph network slow on a GPU, and decide whether several GPUs would help.
#
# **Prerequisites:** [08 your own data](08_your_own_data.ipynb).
#
# **Time:** {{minutes}}.
#
# **Measured:** {{measured}} (and about as much again in the two processes that it starts).
#
# **Live page:** without a kernel, [the page `control`](../docs/live-pages.md) answers in any browser.

# %%
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import torch

# %%
from mmsr_lite import DEMO, RunConfig, check, fit, load, read_json, show, split, stored, stored_file

DATA = Path(os.environ.get("MMSR_SHARED_DATA", "../../shared/data"), "amazon-beauty")  # a folder, raw or prepared
LIVE = torch.cuda.is_available() and DATA.is_dir()
print("training live on the GPU" if LIVE else "no GPU, or no data: stored numbers are shown")

# %% [markdown]
# ## From raw to table
#
# Each of these commands can be stopped and goes on where it was.
#
# ```
# mmsr-lite download amazon-2014:Beauty -o raw
# mmsr-lite prepare amazon:raw/Beauty --modalities title categories --encoder sentence -o beauty
# mmsr-lite describe beauty
# mmsr-lite train beauty --device cuda --precision tf32 --out runs/beauty
# mmsr-lite tables comparison beauty --device cuda --jobs 4 --page
# ```
#
# The data set must be the paper's, by the counts of its Table 1.

# %%
RESULTS, BENCHMARKS = stored_file("assets/results/amazon-beauty"), stored_file("benchmarks/results")
beauty = read_json(RESULTS / "dataset.json")
examples = len(split(load(DATA, modalities=()), validation=False).train) if LIVE else 142_197
pd.Series({name: beauty[name] for name in ("users", "items", "interactions")})

# %%
assert (beauty["users"], beauty["items"], beauty["interactions"]) == (22_363, 12_101, 198_502)
assert examples == 142_197

# %%
config = RunConfig(str(DATA), ("title", "categories")).with_settings(epochs=9, selection="none", precision="tf32")
if LIVE:
    run = fit(config, "runs/14_beauty")
    found = pd.Series(run.metrics["test"])
else:
    found = (
        pd.read_csv(RESULTS / "comparison.csv").query("model == 'mmsr'")[["HR@5", "MRR@5", "HR@20", "MRR@20"]].mean()
    )
found.round(2)

# %%
assert found["HR@5"] > 7

# %% [markdown]
# ## How long it takes
#
# **Before you run it:** the released code takes more than a minute for an epoch of Beauty on an H100, with workers that build graphs. What do you expect here?

# %%
speed = read_json(BENCHMARKS / "nvidia-h100-80gb-hbm3.json")
rows = {f"here, {row['precision']}": row for row in speed["rows"] if not row["negatives"]}
rows |= {"released code (H100)": speed["released"]}
table = pd.DataFrame(rows).T[["train_epoch_s", "rank_s", "peak_gib"]].astype(float)
axes = table.train_epoch_s.plot.barh(figsize=(8, 2.4), color="0.3", xlabel="seconds an epoch of Beauty, one H100")
axes.set_title("Built on the GPU, an epoch takes a fraction of a second")
axes.bar_label(axes.containers[0], fmt="{:.2g} s", padding=4)
axes.set_xlim(0, 85)
table.set_axis(["an epoch, s", "full ranking, s", "memory, GiB"], axis=1).round(2)

# %%
ours = table.drop("released code (H100)")
assert speed["released"]["train_epoch_s"] == 76 and speed["device"] == "NVIDIA H100 80GB HBM3"
assert (480 * ours.train_epoch_s < 76).all() and 760 < 76 / ours.train_epoch_s["here, tf32"] < 770
assert (10 * ours.peak_gib < speed["released"]["peak_gib"]).all()
kernels = read_json(BENCHMARKS / "kernels-nvidia-h100-80gb-hbm3.json")
plain, fused = (kernels[path]["8"] for path in ("plain", "fused"))  # histories of up to 8 items
assert plain["kernels"] == 478 and round(plain["ms"], 1) == 1.9
assert fused["kernels"] == 82 and round(fused["ms"], 1) == 0.4

# %% [markdown]
# <details><summary>What came out</summary>
#
# Nearly five hundred times faster, with less than a tenth of the memory. The batch is larger here, as in the paper.
#
# </details>
#
# Where does that come from?
#
# - **Nothing is prepared one by one.** Histories lie in one array on the GPU. Graphs of a whole batch are built there, by comparing and sorting.
# - **Small graphs are dense.** GPUs are made for products of matrices. Scattering along edges is slower, and its sums come in another order each time.
# - **Nothing of size (B, N, N, D) is kept.** Equation 12 has three factors, so the relation's vector goes into one of them first.
# - **A step is recorded once** as a CUDA graph and replayed.
# - **Few kernels.** Instead of 478 small ones, 82 do the work of a step, beside each other where they can. `nn/han.py` says it in tensor operations, `kernels/` in Triton, tested to agree.
#
# The third point is arithmetic. Choose the batch and the nodes of a history:

# %%
show.interact(
    lambda batch, nodes: pd.Series({
        "a matrix of weights (B, N, N), MiB": batch * nodes**2 * 4 / 2**20,
        "a vector for each pair (B, N, N, D = 128), MiB": batch * nodes**2 * 128 * 4 / 2**20,
    }).round(1),
    batch=[128, 512, 2048], nodes=[40, 80, 160],
)  # fmt: skip

# %% [markdown]
# How many nodes are there in a batch of wardrobe histories?

# %%
model, dataset = stored("wardrobe-cycle")
some = split(dataset, validation=False).train
graph = model.graphs(torch.from_numpy(some.histories()[-512:]))
sizes = pd.Series(
    {
        "graphs": len(graph.history),
        "slots N": graph.exists.shape[1],
        "nodes, mean": graph.exists.sum(1).float().mean().item(),
    }
)
sizes.round(1)

# %%
assert sizes["graphs"] == 512 and sizes["nodes, mean"] < sizes["slots N"]

# %% [markdown]
# ## Fewer digits
#
# `--precision` says in what products of matrices are done: float32, tf32 or bf16, from many digits to few.
#
# **Before you run it:** HR@5 after nine epochs; will it fall from float32 to bf16?

# %%
nine = read_json(BENCHMARKS / "nine-epochs-nvidia-h200.json")["rows"]
quality = pd.DataFrame(nine).set_index("precision")[["hr5", "mrr5"]]
error = (quality.hr5 * (100 - quality.hr5) / 33_942) ** 0.5  # binomial: what a test set of this size can tell
quality.assign(standard_error=error).round(2)

# %%
assert quality.hr5.max() - quality.hr5.min() < 2 * error.max() and quality.mrr5.max() - quality.mrr5.min() < 0.1

# %% [markdown]
# <details><summary>What came out</summary>
#
# No. The rows differ by less than this test set can tell apart. Run again with the same [[seed]], float32 differs from itself as much ([benchmarks](../benchmarks/README.md)), because a GPU adds in no fixed order.
#
# </details>
#
# ## Several processes, one model
#
# `torchrun --nproc-per-node=2 -m mmsr_lite train beauty` starts two processes. Each takes half of every batch, gradients are added up, and both take the same step. `--batch` is that of all together. It works on CPUs, too:
#
# **Before you run it:** one process and two, the same seed, no dropout. Should the losses be equal, alike, or unrelated?

# %%
# two processes need a GPU each; with one GPU or none, both runs are on the CPU
device = "cuda" if torch.cuda.device_count() > 1 else "cpu"
settings = DEMO | {"epochs": 1, "dropout": 0.0, "layers": 1, "device": device}
words = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items() if name != "refit"]
words.append("--no-refit")
folder = Path("runs/14_two")
command = shlex.split("-m torch.distributed.run --standalone --nproc-per-node=2 -m mmsr_lite train wardrobe:match")
shutil.rmtree(folder, ignore_errors=True)
two = subprocess.run([sys.executable, *command, *words, "--out", folder], capture_output=True, text=True)
print(two.stdout)

# %%
assert two.returncode == 0, two.stderr[-2000:]

# %%
fit(RunConfig("wardrobe:match").with_settings(**settings), "runs/14_one")
losses = {name: read_json(f"runs/14_{name}/history.json")["epochs"][0]["loss"] for name in ("one", "two")}
pd.Series(losses)

# %%
assert abs(losses["two"] / losses["one"] - 1) < 5e-3  # with room: GPUs add in no fixed order

# %% [markdown]
# <details><summary>What came out</summary>
#
# Alike: they differ by rounding alone.
#
# </details>
#
# ## When do several GPUs help?
#
# After each step the gradient of every parameter travels to all. Nearly all of it is the item table.

# %%
steps = -(-examples // 512)
step = 1000 * ours.train_epoch_s["here, tf32"] / steps
show.interact(
    lambda items: (
        f"{items:,} items: {(items + 1) * 128 * 4 / 1e6:,.1f} MB travel after each step (a step of Beauty: {step:.1f} ms)"
    ),
    items=[12_101, 100_000, 1_000_000, 10_000_000],
)

# %%
assert steps == 278 and step < 0.4

# %% [markdown]
# A step of Beauty takes less than half a millisecond: there is nothing to share out. What pays there is **one run on each GPU**, `mmsr-lite tables ... --jobs`. One run on several pays when a step is long: large batches, long histories, many items.
#
# **Before you run it:** a small batch, a large one, and a large one with a million items: where will two GPUs be nearly twice as fast?

# %%
measured = pd.read_csv(BENCHMARKS / "scale-nvidia-h100-80gb-hbm3.csv").pivot(index="workload", columns="processes")
faster = measured["step_s"].rdiv(measured["step_s"][1], axis=0)
faster.add_suffix(" GPUs, times as fast").assign(
    **{"the sum of the table's gradient, ms": 1000 * measured["sum_s"][2]}
).round(2)

# %%
assert faster[2].between(1.85, 1.95).sum() == 2 and faster[2]["batch 512"] < 1.05
assert 1.05 < faster[2]["batch 8,192, a million items, 1,024 negatives"] < 1.1

# %% [markdown]
# <details><summary>What came out</summary>
#
# With the large batches; with the small one not at all. With drawn items a step is mostly Adam's pass over the item table, which every GPU does in full.
#
# </details>
#
# ## Recap
#
# | question | answer |
# |---|---|
# | What makes it fast? | graphs built on the GPU, dense, in one recorded step of few kernels |
# | Which precision? | it matters less than the seed |
# | Several GPUs? | for several runs first, for one run when a step is long |
#
# ## Exercises
#
# 1. *(value, easy, 3 min)* The gradient of Beauty's item table (12,101 items and the padding, D = 128, float32): how many megabytes (of a million bytes)?

# %% tags=["exercise"]
check("14.1", ...)

# %% tags=["solution"]
check("14.1", (12_101 + 1) * 128 * 4 / 1e6)

# %% [markdown]
# 2. *(function, easy, 5 min)* Write how many steps an epoch has. The batch is that of all processes together.


# %% tags=["exercise"]
def steps_of_an_epoch(examples, batch, processes):
    """Three whole numbers. Returns a whole number."""
    return ...


check("14.2", steps_of_an_epoch)

# %% tags=["solution"]
check("14.2", lambda examples, batch, processes: -(-examples // batch))

# %% [markdown]
# 3. *(value, medium, 4 min)* HR@5 is 7.6 % over 33,942 targets. How large is its binomial standard error, in points?

# %% tags=["exercise"]
check("14.3", ...)

# %% tags=["solution"]
check("14.3", (7.6 * 92.4 / 33_942) ** 0.5)

# %% [markdown]
# 4. *(argument, medium, 8 min)* A colleague asks for eight GPUs to train on Beauty eight times as fast, with a batch of 512. Answer in 40 to 100 words: what will happen, and what would you do with eight GPUs?

# %% tags=["exercise"]
check("14.4", ...)

# %% tags=["solution"]
check(
    "14.4",
    "It will hardly be faster. A step of Beauty takes less than half a millisecond with a batch of 512, and after each step "
    "the gradient of the item table travels to all, so most of the time would go into waiting. I would train one run on "
    "each GPU, for example eight seeds. With a much larger batch, or more items, a step is long, and I would measure "
    "whether two GPUs help before asking for eight.",
)

# %% [markdown]
# **Code you will read:** [training/step.py](../mmsr_lite/training/step.py), a step and its CUDA graph; [training/distributed.py](../mmsr_lite/training/distributed.py), several
# processes in a page; [kernels/programs/attention.py](../mmsr_lite/kernels/programs/attention.py), equations 12 and 13 as kernels; [graph/batch.py](../mmsr_lite/graph/batch.py), the graphs of a batch at once.
#
# **Next:** your own question. [CONTRIBUTING.md](../CONTRIBUTING.md) says where a model, a study or a view goes; [00 start here](00_start_here.ipynb) is where the others begin.
