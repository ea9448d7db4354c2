"""Train what the notebooks open, on one thread of the CPU: `make assets` (ARGS="wardrobe-match" for one run)."""

import shutil
import sys

import torch

from mmsr_lite.course.stored import RUNS as STORED
from mmsr_lite.data.storage import write_json
from mmsr_lite.explain.trace import trace
from mmsr_lite.training.fit import fit
from mmsr_lite.training.kept_codes import CODES
from mmsr_lite.training.run_config import DEMO, RunConfig

FUSED = {
    "model": "sasrec",
    "layers": 1,
    "heads": 1,
    "dim": 32,
    "dropout": 0.1,
    "codes": 8,
    "codes_per_item": 1,
    "epochs": 12,
    "patience": 12,
    "batch": 256,
    "lr": 1e-2,
    "device": "cpu",
    "refit": False,
}
RUNS = {
    f"wardrobe-{world}": RunConfig(f"wardrobe:{world}").with_settings(**DEMO | {"device": "cpu"})
    for world in ("cycle", "match")
} | {  # both orders of fusion in the world in which late fusion wins
    f"clocks-{order}": RunConfig("worlds:clocks-student").with_settings(**FUSED | {"fusion": order})
    for order in ("early", "late")
}
USER = 12


def main(names: list[str]) -> None:
    """Train the named runs, or all; keep config, history, metrics, weights, and one trace."""
    torch.set_num_threads(1)
    for name in names or RUNS:
        run = fit(RUNS[name], STORED / name)
        shutil.rmtree(STORED / name / "state", ignore_errors=True)
        (STORED / name / CODES).unlink(missing_ok=True)  # codes are learned again where their file is not
        write_json(STORED / name / "trace.json", trace(run.model, run.dataset, USER))
        ours, best = (run.metrics[part]["HR@5"] for part in ("test", "reachable"))
        print(f"{name}: HR@5 {ours:.2f} of {best:.2f} that can be reached")


if __name__ == "__main__":
    main(sys.argv[1:])
