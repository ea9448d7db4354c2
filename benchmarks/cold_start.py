"""A first training on a fresh GPU machine: `python benchmarks/cold_start.py FOLDER --out FILE` (Beauty), three minutes.

Each training runs in a process of its own: with kernels and an empty cache of Triton's ("cold"), the plain way
("plain"), and with the cache that the cold one filled ("warm"). One JSON line each is printed and written to FILE as
soon as it is known; the last line compares them with the goals and says what to look at next.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MODES = {  # name -> (what MMSR_KERNELS says, which cache of Triton's)
    "plain": ("off", "none"),
    "cold": ("auto", "first"),
    "warm": ("auto", "first"),
    "plain again": ("off", "none"),
    "cold again": ("auto", "second"),
    "cold, compiled before the first step": ("warm", "third"),
    "warm again": ("auto", "first"),
}
LIMIT = 170  # seconds after which no further training is begun


def train_once(source: str, epochs: int, precision: str) -> dict[str, Any]:
    """Train and rank in this process; what took how long."""
    began = time.perf_counter()
    import torch

    sys.path.insert(0, str(ROOT))
    from mmsr_lite.data.split import split
    from mmsr_lite.evaluation.ranks import evaluate, ranks
    from mmsr_lite.evaluation.strategy import strategy_of
    from mmsr_lite.training import changeover
    from mmsr_lite.training.captured import CapturedStep
    from mmsr_lite.training.ingredients import build, codebooks, prepare
    from mmsr_lite.training.loop import train
    from mmsr_lite.training.run_config import RunConfig

    config = RunConfig(source).with_settings(epochs=epochs, precision=precision, selection="none", device="cuda")
    dataset = prepare(config)
    parts, model = split(dataset, validation=False), build(config, dataset, codebooks(config, dataset))
    torch.zeros(1, device="cuda")
    torch.cuda.synchronize()
    loaded = time.perf_counter()
    note: dict[str, Any] = {"load_s": loaded - began}

    class Watched(changeover.Changeover):
        def __init__(self, *arguments: Any):
            start = time.perf_counter()
            super().__init__(*arguments)
            note["prepare_s"] = time.perf_counter() - start
            self.kept = self.preparation

        def _change(self, epoch: int, number: int) -> None:
            torch.cuda.synchronize()
            note["changed_after_s"] = time.perf_counter() - loaded
            super()._change(epoch, number)
            note["changing_s"] = time.perf_counter() - loaded - note["changed_after_s"]
            note["kernels"] = [
                {name: round(value, 2) if isinstance(value, float) else value for name, value in line.items()}
                for line in self.kept.report
            ]

        def close(self) -> None:
            if self.preparation is not None:
                note["still_compiling"] = not self.preparation.ready()
                note["error"] = self.preparation.error
            super().close()

    first_steps: list[float] = []

    class Timed(CapturedStep):
        def __call__(self, *arguments: Any, **options: Any) -> None:
            super().__call__(*arguments, **options)
            if len(first_steps) < 3:
                torch.cuda.synchronize()
                first_steps.append(time.perf_counter() - loaded)

    from mmsr_lite.training import loop

    loop.Changeover, loop.CapturedStep = Watched, Timed
    record = train(model, parts, config.train, progress=False)
    torch.cuda.synchronize()
    note["train_s"] = time.perf_counter() - loaded
    note["first_steps_after_s"] = first_steps
    note["epochs_s"] = [entry["seconds"] for entry in record["epochs"]]
    note |= {name: record.get(name) for name in ("kernels_from", "kernels_compiled", "device")}
    note["ended_with"] = strategy_of(model).name
    seconds = []
    for _ in range(6):
        start = time.perf_counter()
        ranks(model, parts.test)
        seconds.append(time.perf_counter() - start)
    note |= {"first_ranking_s": seconds[0], "ranking_s": statistics.median(seconds[1:])}
    quality = evaluate(model, parts.test)
    return note | {"HR@5": quality["HR@5"], "MRR@5": quality["MRR@5"], "loss": record["epochs"][-1]["loss"]}


def verdict(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The goals, and what to look at where one is missed."""

    def least(kind: str, key: str) -> float:
        return min(
            (row[key] for name, row in rows.items() if name.startswith(kind) and key in row), default=float("nan")
        )

    cold, plain, warm = (least(kind, "train_s") for kind in ("cold", "plain", "warm"))
    warm_epochs = [row["epochs_s"][1:] for name, row in rows.items() if name.startswith("warm") and "epochs_s" in row]
    warm_epoch = (
        statistics.median(seconds for epochs in warm_epochs for seconds in epochs) if warm_epochs else float("nan")
    )
    ranking = least("warm", "ranking_s")
    advice = []
    first = rows.get("cold", {})
    if first.get("error"):
        advice.append(f"kernels could not be compiled: {first['error']}")
    if cold > plain:
        compiled = (first.get("kernels_compiled") or {}).get("seconds")
        advice.append(
            f"cold is slower than plain: compiling took {compiled} s (more processes, fewer specialisations), "
            f"preparing {first.get('prepare_s')} s, the change came after {first.get('changed_after_s')} s; "
            "if the epochs after the change are slow, raise COST in training/changeover.py"
        )
    if first.get("ended_with") == "plain" and not first.get("error"):
        advice.append("the cold training never changed over: it was not worth it, or kernels came too late")
    if not warm_epoch <= 0.10:
        advice.append("a warm epoch takes more than 0.10 s: compare `python -m benchmarks kernels` with results/")
    if not ranking <= 0.04:
        advice.append("a warm ranking takes more than 0.04 s: was it by kernels? (`ended_with`)")
    goals = {"cold_s": cold, "plain_s": plain, "warm_s": warm, "warm_epoch_s": warm_epoch, "warm_ranking_s": ranking}
    met = {"cold <= plain": cold <= plain, "warm epoch <= 0.10": warm_epoch <= 0.10, "ranking <= 0.04": ranking <= 0.04}
    return {"mode": "verdict", **goals, "met": met, "next": advice or ["all goals are met"]}


def main() -> None:
    """Run every mode in a process of its own, and write what each says."""
    parser = argparse.ArgumentParser("python benchmarks/cold_start.py", description=__doc__)
    parser.add_argument("source", help="a folder of data (Beauty)")
    parser.add_argument("--out", required=True, help="the file of JSON lines")
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--precision", default="tf32")
    parser.add_argument("--only", nargs="+", default=list(MODES), choices=list(MODES))
    parser.add_argument("--child", action="store_true", help="train once, as the environment says, and print a line")
    args = parser.parse_args()
    if args.child:
        print("\n" + json.dumps(train_once(args.source, args.epochs, args.precision)), flush=True)
        return
    began, rows = time.perf_counter(), {}
    command = [sys.executable, __file__, args.source, "--out", args.out, "--child", "--epochs", str(args.epochs)]
    with tempfile.TemporaryDirectory() as folder, Path(args.out).open("w", encoding="utf-8") as file:
        for name in args.only:
            wish, cache = MODES[name]
            place = str(Path(folder, cache))
            environment = os.environ | {"MMSR_KERNELS": wish, "TRITON_CACHE_DIR": place, "PYTHONPATH": str(ROOT)}
            if time.perf_counter() - began > LIMIT:
                row: dict[str, Any] = {"mode": name, "error": "no time was left"}
            else:
                done = subprocess.run(
                    [*command, "--precision", args.precision], env=environment, capture_output=True, text=True
                )
                row = {"mode": name, "MMSR_KERNELS": wish}
                if done.returncode:
                    row["error"] = done.stderr[-2000:]
                else:
                    row |= json.loads(done.stdout.strip().splitlines()[-1])
                    row["warnings"] = [line for line in done.stderr.splitlines() if "kernels" in line]
            rows[name] = row
            for line in [row, *([verdict(rows)] if name == args.only[-1] else [])]:
                print(json.dumps(line), flush=True)
                file.write(json.dumps(line) + "\n")
                file.flush()


if __name__ == "__main__":
    main()
