"""Can MMSR beat counting and its own shuffled codes? `python -m benchmarks search SOURCE` looks for a recipe of each.

Trials drawn at random, the same for true and for shuffled features and codes, learn from the first four fifths of every
training part and are judged on its last fifth, so no test item is seen. Those whose lesser gain over counting (in HR@5
or in MRR@5) is greatest, of earlier calls too, are tried with more seeds, and the best in the mean is the recipe. It is
trained on the whole training part with five seeds, beside the same with shuffled ones and without modalities, and
shuffled ones by their own recipe, and tested over users. Writes benchmarks/results/<data set>-search.csv and
-recipe.csv, each resumable run by run, and -seen.csv: hits by how often the target had been seen.
"""

import argparse
import time
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from benchmarks.timing import RESULTS
from mmsr_lite.commands.typed_words import name_value_pairs
from mmsr_lite.data import load
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import split
from mmsr_lite.data.storage import atomic
from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments.controls import VARIANTS
from mmsr_lite.experiments.kept_ranks import load_ranks
from mmsr_lite.experiments.processes import pool_of, run_job_there
from mmsr_lite.experiments.run_names import run_id
from mmsr_lite.experiments.statistics import crossed
from mmsr_lite.experiments.study import Job
from mmsr_lite.experiments.table import METRICS
from mmsr_lite.experiments.worker import Worker
from mmsr_lite.models.mmsr import MMSRConfig
from mmsr_lite.training.loop import TrainConfig
from mmsr_lite.training.run_config import RunConfig

SPACE: dict[str, list[Any]] = {
    "lr": [1e-3, 3e-3, 5e-3, 1e-2],
    "batch": [256, 512, 1024],
    "epochs": [10, 20, 30],
    "dropout": [0.2, 0.4, 0.6],
    "input_dropout": [0.2, 0.4, 0.6, 0.7],
    "label_smoothing": [0.0, 0.1, 0.2],
    "weight_decay": [0.0, 0.01, 0.1, 0.3],
    "layers": [1, 2],
    "item_features": [False, True],
    "feature_start": [0.0, 0.5],
}
SEEN = ("0 to 2", "3 to 5", "6 to 10", "11 to 20", "21 to 50", "more")  # times
GOALS = ("HR@5", "MRR@5")
SHOWN = (*GOALS, "HR@20", "MRR@20")
SEARCHED = ("true", "shuffled")  # of VARIANTS
RANKS = Path("runs", "search")


def training_part(data: Dataset) -> Dataset:
    """The data set without its test items: its own split judges on the last fifth of what is left."""
    keep = np.ones(len(data.item), bool)
    keep[split(data, validation=False).test.end] = False
    return replace(data, user=data.user[keep], item=data.item[keep], time=data.time[keep])


def draw(count: int, fixed: dict[str, Any]) -> list[dict[str, Any]]:
    """The settings of the first `count` trials, always the same ones."""
    chance, space = np.random.default_rng(0), SPACE | {n: v if isinstance(v, list) else [v] for n, v in fixed.items()}
    return [{name: values[chance.integers(len(values))] for name, values in space.items()} for _ in range(count)]


def carry_out(jobs: list[Job], data: Dataset, at: str, args: argparse.Namespace) -> pd.DataFrame:
    """Run what the table does not have, several at once, a row as soon as it is known; the table."""
    file = RESULTS / f"{data.name}-{at}.csv"
    rows = pd.read_csv(file, dtype={"variant": str}).to_dict("records") if file.is_file() else []
    worker, end = Worker(data, args.device, RANKS / at), time.monotonic() + 60 * args.minutes
    todo = [job for job in jobs if run_id(job.config) not in {row["run"] for row in rows}]
    with pool_of(args.jobs, worker) as pool, tqdm(total=len(todo)) as bar:
        running: dict[Future, Job] = {}
        while True:
            while todo and len(running) < args.jobs and time.monotonic() < end:
                job = todo.pop(0)
                running[pool.submit(run_job_there, job)] = job
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                job = running.pop(future)
                try:
                    made = future.result()[0]
                except MMSRError:  # it diverged: a bad trial
                    made = [{"run": run_id(job.config), "seconds": 0.0} | dict.fromkeys(METRICS, 0.0)]
                rows += [row | job.labels for row in made]
                bar.update()
            with atomic(file) as tmp:
                pd.DataFrame(rows).round(dict.fromkeys(METRICS, 4) | {"seconds": 1}).to_csv(tmp, index=False)
    return pd.DataFrame(rows)


def earlier(table: pd.DataFrame, base: RunConfig) -> dict[str, Job]:
    """The trials that a table has, from whatever space they were drawn; those of other data or code are left out."""
    whole = {f.name for config in (TrainConfig, MMSRConfig) for f in fields(config) if f.type is int}
    found, told = {}, ("run", "trial", "variant", "seed", "best_epoch", "device", "seconds", *METRICS)
    for row in table.drop_duplicates("trial").to_dict("records"):
        some = {n: int(v) if n in whole else v for n, v in row.items() if n not in told and not pd.isna(v)}
        config = base.with_settings(**some, **VARIANTS[row["variant"]])
        if run_id(config) == row["trial"]:
            found[row["trial"]] = Job({"variant": row["variant"], "trial": row["trial"]} | some, config)
    return found


def ranked(table: pd.DataFrame, trials: dict[str, Job], counting: dict[str, Any]) -> pd.DataFrame:
    """The settings and results of `trials`, each the mean of its seeds, by their lesser gain over counting."""
    by = table[table.trial.isin(trials)].groupby("trial")
    mean = by[[*SHOWN]].mean().assign(seeds=by.size())
    gain = np.min([mean[name] / counting[name] - 1 for name in GOALS], axis=0)
    settings = pd.DataFrame([trials[trial].labels for trial in mean.index], mean.index)
    return settings.drop(columns="trial").join(mean.assign(gain=gain)).sort_values("gain", ascending=False)


def by_seen(seen: np.ndarray, ranks: dict[str, list[np.ndarray]]) -> pd.DataFrame:
    """HR@5 and HR@20 of each system by how often the target (E,) was `seen` in the training part, mean over seeds."""
    bins = pd.cut(pd.Series(seen, name="seen"), [-1, 2, 5, 10, 20, 50, np.inf], labels=SEEN)
    hits = {f"{name} HR@{k}": 100 * (np.stack(some) <= k).mean(0) for name, some in ranks.items() for k in (5, 20)}
    grouped = pd.DataFrame({"targets": 1} | hits).groupby(bins, observed=True)
    return grouped.mean().round(3).assign(targets=grouped.size())


def main(argv: list[str]) -> None:
    """Search, train the recipe, compare, print."""
    parser = argparse.ArgumentParser("python -m benchmarks search", description=__doc__.splitlines()[0])
    parser.add_argument("source", help="a folder such as amazon-beauty, raw or prepared")
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--finalists", type=int, default=4, help="trials of each kind that get two more seeds")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=8)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="a value, or a list to draw from")
    parser.add_argument("--only-search", action="store_true")
    args = parser.parse_args(argv)
    data, fixed = load(args.source), name_value_pairs(args.set, json_values=True)
    base = RunConfig(data.name, tuple(m.name for m in data.modalities))
    base = base.with_settings(selection="none", precision="tf32")
    inner = training_part(data)
    counting = {}
    for part, at in ((inner, "search"), (data, "recipe")):
        one = Job({"model": "markov", "at": at}, replace(base, model="markov"))
        counting[at] = Worker(part, "cpu", RANKS / at).run_job(one)[0][0]
        print("counting", at, {name: round(counting[at][name], 2) for name in SHOWN})
    trials = {}
    for some in draw(args.trials, fixed):
        for name, change in VARIANTS.items():
            config = base.with_settings(**some, **change)
            if name in SEARCHED:
                trials[run_id(config)] = Job({"variant": name, "trial": run_id(config)} | some, config)
    table = carry_out([*trials.values()], inner, "search", args)
    trials |= earlier(table, base)
    found = ranked(table, trials, counting["search"])
    again = [trials[trial] for trial in found.groupby("variant").head(args.finalists).index]
    again = [replace(job, config=job.config.with_settings(seed=seed)) for seed in (1, 2) for job in again]
    found = ranked(carry_out(again, inner, "search", args), trials, counting["search"])
    print(found.groupby("variant").head(8).to_string())
    if args.only_search:
        return
    best = found[found.seeds == found.seeds.max()].groupby("variant")
    recipes = {name: trials[some.index[0]].labels for name, some in best}
    for name, labels in recipes.items():
        print("recipe of", name, labels)
        recipes[name] = {setting: v for setting, v in labels.items() if setting not in ("variant", "trial")}
    systems = {name: (recipes["true"], change) for name, change in VARIANTS.items()}
    systems |= {f"{name}, its own recipe": (recipes[name], VARIANTS[name]) for name in SEARCHED[1:]}
    jobs = [
        Job({"variant": name} | recipe, base.with_settings(**recipe, **change, seed=seed))
        for seed in range(args.seeds)
        for name, (recipe, change) in systems.items()
    ]
    table = carry_out(jobs, data, "recipe", args)
    table = table[table.run.isin([run_id(job.config) for job in jobs])]
    print(table.groupby("variant")[[*SHOWN]].agg(["mean", "std"]).round(2).to_string())
    user = split(data, validation=False).test.user
    runs = {"counting": [counting["recipe"]["run"]]} | {n: list(some["run"]) for n, some in table.groupby("variant")}
    kept = {n: [load_ranks(RANKS / "recipe" / f"{run}.npz") for run in some] for n, some in runs.items()}
    ranks = {name: there for name, some in kept.items() if (there := [one for one in some if one is not None])}
    if "true" not in ranks:
        return
    seen = np.bincount(training_part(data).item, minlength=data.num_items + 1)
    by_seen(seen[split(data, validation=False).test.targets], ranks).to_csv(RESULTS / f"{data.name}-seen.csv")
    for other in (name for name in ranks if name != "true"):
        for metric in SHOWN:
            test = crossed(ranks["true"], ranks[other], user, metric, other_has_seeds=other != "counting")
            print("true less", other, metric, test.record())
