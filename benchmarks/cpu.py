"""What a laptop feels: `python -m benchmarks cpu`, one thread unless --threads says more; writes results/cpu.json.

The demo's training, graphs a second, a trace and a what-if of one history, and the import, each in this process's wall
time, and in its CPU time where the machine may have other work.
"""

import argparse
import platform
import subprocess
import sys
import time

import numpy as np
import torch

from benchmarks.timing import RESULTS, seconds_of
from mmsr_lite.data.storage import write_json
from mmsr_lite.evaluation.device_examples import DeviceExamples
from mmsr_lite.explain.trace import trace
from mmsr_lite.explain.what_if import what_if
from mmsr_lite.training.ingredients import build, parts_of, prepare
from mmsr_lite.training.loop import train
from mmsr_lite.training.run_config import DEMO, RunConfig

CPU = torch.device("cpu")


def import_seconds() -> float:
    """The quickest of three `import mmsr_lite` in a fresh process."""
    code = "import time; t = time.perf_counter(); import mmsr_lite; print(time.perf_counter() - t)"
    return min(float(subprocess.run([sys.executable, "-c", code], capture_output=True).stdout) for _ in range(3))


def graphs_a_second(model, parts, count: int = 8192, batch: int = 256) -> float:
    """MSGraphs with relations, matches and occupancy of random training histories; batches that stay in the cache."""
    lengths, feed = parts.train.lengths, DeviceExamples(parts.train, CPU)
    some = np.random.default_rng(0).choice(len(lengths), count)
    order = some[np.argsort(lengths[some], kind="stable")]

    def build_all() -> None:
        for rows in np.split(order, range(batch, count, batch)):
            graph = model.graphs(feed(torch.from_numpy(rows), int(lengths[rows].max()))[0])
            graph.relations, graph.matches, graph.occupancy  # noqa: B018

    with torch.no_grad():
        return count / min(seconds_of(build_all, CPU, limit=5))


def milliseconds(calls) -> dict[str, float]:
    """p50 and p95 of calls, after three warm ones."""
    taken = []
    for call in calls:
        began = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - began))
    return {"p50": float(np.percentile(taken[3:], 50)), "p95": float(np.percentile(taken[3:], 95))}


def main(argv: list[str]) -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser("python -m benchmarks cpu", description=__doc__)
    parser.add_argument(
        "source", nargs="?", help="for graphs, trace and what-if: Beauty, say (default: the demo's world)"
    )
    parser.add_argument("--epochs", type=int, default=3, help="of the demo's ten; the time is that of ten (3)")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args(argv)
    torch.set_num_threads(args.threads)
    demo = RunConfig("wardrobe:cycle").with_settings(**DEMO, device="cpu")
    world, busy, wall = prepare(demo), [time.process_time()], [time.perf_counter()]
    model, parts = build(demo, world), parts_of(demo, world)

    def note(record) -> None:
        busy.append(time.process_time())
        wall.append(time.perf_counter())

    record = train(model, parts, demo.with_settings(epochs=args.epochs).train, progress=False, on_epoch=note)
    found = {
        f"demo_{name}_s": DEMO["epochs"] * float(np.median(np.diff(at)))
        for name, at in (("cpu", busy), ("train", wall))
    }
    found["demo_epochs_timed"] = len(record["epochs"])
    if args.source:
        config = RunConfig(args.source).with_settings(device="cpu")
        world = prepare(config)
        model, parts = build(config, world), parts_of(config, world)
    model.eval()
    users = np.random.default_rng(0).choice(world.num_users, 103, replace=False).tolist()
    found["graphs_per_s"] = graphs_a_second(model, parts)
    for name, call, count in (("trace", trace, 103), ("what_if", what_if, 13)):
        times = milliseconds([lambda user=user, call=call: call(model, world, user) for user in users[:count]])
        found |= {f"{name}_{share}_ms": value for share, value in times.items()}
    found |= {"import_s": import_seconds(), "source": world.name, "threads": args.threads}
    for name, value in found.items():
        print(name, round(value, 4) if isinstance(value, float) else value, flush=True)
    write_json(
        RESULTS / "cpu.json", {"device": f"cpu ({platform.machine()})", "torch": torch.__version__} | found, indent=1
    )
