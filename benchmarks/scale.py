"""What more GPUs bring: `torchrun --nproc-per-node=N -m benchmarks scale`, once with N=1 and once with each other N.

A global step of random histories (sizes of benchmarks/growth.py) on N GPUs of one host, and the sum of the gradient of
the item table alone. Adds its rows to benchmarks/results/scale-<device>.csv.
"""

import argparse
import csv

import torch

from benchmarks.growth import BASE, random_step
from benchmarks.timing import RESULTS, file_name, median_seconds
from mmsr_lite.training.device import pick_device
from mmsr_lite.training.distributed import add_up, processes, rank, size

WORKLOADS = {  # name -> (negatives, sizes): where two GPUs can help, and where the sum or the launches are in the way
    "batch 512": (0, {"batch": 512}),
    "batch 8,192": (0, {"batch": 8192}),
    "batch 8,192, a million items": (0, {"batch": 8192, "items": 1_000_000}),
    "batch 8,192, a million items, 1,024 negatives": (1024, {"batch": 8192, "items": 1_000_000}),
}


def main(argv: list[str]) -> None:
    """Measure on all processes, write on the first."""
    parser = argparse.ArgumentParser("python -m benchmarks scale", description=__doc__)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batch", type=int, help="instead of those of the workloads, for a CPU")
    args = parser.parse_args(argv)
    device = pick_device(args.device)
    torch.set_float32_matmul_precision("high")
    rows = []
    with processes(device):
        for name, (negatives, sizes) in WORKLOADS.items():
            sizes = sizes | ({"batch": args.batch, "items": 10_000} if args.batch else {})
            how = {"limit": float("inf"), "most": 10}  # all processes must call as often
            seconds = median_seconds(random_step(device, negatives, size(), **sizes), device, **how)
            table = torch.zeros((BASE | sizes)["items"] + 1, BASE["dim"], device=device)
            alone = median_seconds(lambda table=table: add_up([table]), device, **how)
            found = {"workload": name, "processes": size(), "step_s": f"{seconds:.6f}", "sum_s": f"{alone:.6f}"}
            rows.append(found)
            if rank() == 0:
                print(found, flush=True)
        write, processes_now = rank() == 0, str(size())
    if write:
        place = RESULTS / f"scale-{file_name(device)}.csv"
        if place.is_file():
            with place.open() as file:
                rows = [row for row in csv.DictReader(file) if row["processes"] != processes_now] + rows
        with place.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
