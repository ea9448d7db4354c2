"""Two peers on the same examples and device: `python -m benchmarks peers FOLDER`. Ratios above one: ours is faster.

- SASRec and GRU4Rec of RecBole 1.2.1 (PyPI) against ours: same sizes, batch, split and loss over all items; examples a
  second in training and in full ranking, and what both reach after as many epochs. RecBole is no dependency: without it
  this half is left out. An environment for it: `python -m venv V && V/bin/pip install -e . tensorboard psutil tabulate
  && V/bin/pip install --no-deps recbole==1.2.1 colorlog==4.7.2 colorama==0.4.4 thop texttable pandas==2.2.3 pytz` (ray,
  which it also asks for, is for tuning alone).
- One HAN-GNN layer on our dense batch against the same layer by PyG's MessagePassing on `graph.edge_index()`, forward
  and backward, outputs compared first; with and without making the edges.
"""

import argparse
import contextlib
import logging
import math
import tempfile
import time
import warnings
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.timing import RESULTS, file_name, median_seconds, wait
from mmsr_lite.data.split import Examples, Split, split
from mmsr_lite.data.storage import write_json
from mmsr_lite.evaluation.device_examples import DeviceExamples, width_for
from mmsr_lite.evaluation.ranks import evaluate
from mmsr_lite.graph.relations import MATCH, SELF
from mmsr_lite.models import MODELS
from mmsr_lite.nn.han import HOMOGENEOUS, HANLayer
from mmsr_lite.training.device import pick_device
from mmsr_lite.training.ingredients import build, prepare
from mmsr_lite.training.loop import TrainConfig, train
from mmsr_lite.training.run_config import RunConfig

SIZES = {"layers": 2, "heads": 2, "dropout": 0.2}
THEIRS: dict[str, tuple[str, dict[str, Any]]] = {  # our name: RecBole's, and its settings
    "sasrec": ("SASRec", {"n_layers": SIZES["layers"], "n_heads": SIZES["heads"], "hidden_act": "relu",
                          "hidden_dropout_prob": SIZES["dropout"], "attn_dropout_prob": SIZES["dropout"]}),
    "gru4rec": ("GRU4Rec", {"num_layers": SIZES["layers"], "dropout_prob": SIZES["dropout"]}),
}  # fmt: skip
QUALITY = ("HR@5", "MRR@5", "HR@20")


def few(some: Examples, count: int | None) -> Examples:
    """At most `count` examples, drawn evenly."""
    return some if count is None else some.select(np.linspace(0, len(some) - 1, min(count, len(some))).astype(int))


def ours(name: str, parts: Split, num_items: int, how: argparse.Namespace, device: torch.device) -> dict[str, float]:
    """Our model: examples a second, median epoch of those after the first; percent after the last.

    Our loop's rate falls to zero in a line, RecBole's stays: ours starts at twice `how.lr`, so that their means agree.
    """
    has = {field.name for field in fields(MODELS[name].Config)}
    sizes = SIZES | {"dim": how.dim, "max_history": parts.train.max_history}
    torch.manual_seed(0)
    model = MODELS[name](MODELS[name].Config(**{n: v for n, v in sizes.items() if n in has}), num_items)
    config = TrainConfig(how.epochs, how.batch, 2 * how.lr, selection="none", device=str(device), precision="tf32")
    record = train(model, parts, config, progress=False)
    seconds = float(np.median([entry["seconds"] for entry in record["epochs"][1:]]))
    found = {"train_per_s": len(parts.train) / seconds} | {m: evaluate(model, parts.test)[m] for m in QUALITY}
    return found | {"rank_per_s": len(parts.test) / median_seconds(lambda: evaluate(model, parts.test), device, most=3)}


def recbole(name: str, parts: Split, num_items: int, how: argparse.Namespace, device: torch.device) -> dict[str, float]:
    """RecBole's: the same examples, written as its files; its own loops and metrics, all padded to one length."""
    np.float_, np.complex_, np.unicode_ = np.float64, np.complex128, np.str_  # numpy 2 has no such names
    from recbole.config import Config
    from recbole.data import create_dataset, data_preparation
    from recbole.utils import get_model, get_trainer, init_seed

    get_model(THEIRS[name][0])  # one of its models switches anomaly detection on for all, which is slow and no peer's
    torch.autograd.set_detect_anomaly(False)  # choice; nor can such a backward pass be captured in a CUDA graph
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):  # it leaves logs where it runs
        place = Path(folder, "peer")
        place.mkdir()
        for part, some in (("train", parts.train), ("valid", few(parts.test, 50)), ("test", parts.test)):
            rows = zip(some.user, some.histories(), some.lengths, some.targets, strict=True)
            lines = [f"{u}\t{' '.join(map(str, items[:n]))}\t{target}" for u, items, n, target in rows]
            head = "user_id:token\titem_id_list:token_seq\titem_id:token"
            (place / f"peer.{part}.inter").write_text("\n".join([head, *lines]), encoding="utf-8")
        theirs, sizes = THEIRS[name]
        settings = sizes | {
            "data_path": folder, "benchmark_filename": ["train", "valid", "test"], "alias_of_item_id": ["item_id_list"],
            "load_col": {"inter": ["user_id", "item_id_list", "item_id"]},
            "MAX_ITEM_LIST_LENGTH": parts.train.max_history,
            "embedding_size": how.dim, "hidden_size": how.dim, "inner_size": how.dim,
            "loss_type": "CE", "train_neg_sample_args": None, "train_batch_size": how.batch, "eval_batch_size": 2048,
            "learning_rate": how.lr, "metrics": ["Hit", "MRR"], "topk": [5, 20], "valid_metric": "MRR@5",
            "state": "CRITICAL",
            "use_gpu": device.type == "cuda", "gpu_id": "0", "show_progress": False, "checkpoint_dir": folder,
        }  # fmt: skip
        config = Config(model=theirs, dataset="peer", config_dict=settings)
        init_seed(0, True)
        dataset = create_dataset(config)
        train_data, _, test_data = data_preparation(config, dataset)
        model = get_model(theirs)(config, train_data.dataset).to(config["device"])
        trainer = get_trainer(config["MODEL_TYPE"], theirs)(config, model)
        taken = []
        for epoch in range(how.epochs):
            began = time.perf_counter()
            trainer._train_epoch(train_data, epoch, show_progress=False)
            wait(device)
            taken.append(time.perf_counter() - began)
        found = {"train_per_s": len(parts.train) / float(np.median(taken[1:]))}
        reached = trainer.evaluate(test_data, load_best_model=False)
        found |= {m: 100 * float(reached[m.lower().replace("hr", "hit")]) for m in QUALITY}
        rank = median_seconds(lambda: trainer.evaluate(test_data, load_best_model=False), device, warm=0, most=3)
    return found | {"rank_per_s": len(parts.test) / rank}


class EdgeHAN(nn.Module):
    """A HANLayer's forward pass, its weights shared, as PyG would have it: nodes (B N, D) and an edge list."""

    def __init__(self, layer: HANLayer):
        from torch_geometric.nn import MessagePassing
        from torch_geometric.utils import softmax

        class Attend(MessagePassing):
            def forward(
                self, edges: Tensor, asked: Tensor, told: Tensor, values: Tensor, weight: Tensor | None
            ) -> Tensor:
                return self.propagate(edges, asked=asked, told=told, values=values, weight=weight)

            def message(self, asked_i, told_j, values_j, weight, index, ptr, size_i) -> Tensor:
                product = asked_i * told_j if weight is None else asked_i * told_j * weight  # (E, D)
                return softmax(F.leaky_relu(product.sum(-1)), index, ptr, size_i)[:, None] * values_j

        super().__init__()
        self.layer, self.attend = layer, Attend(aggr="sum")

    def _typed(self, linear, x: Tensor, types: Tensor) -> Tensor:
        """Each node by the map of its type."""
        found = x.new_zeros(x.shape)
        for t, one in enumerate(linear.maps):
            found[types == t] = one(x[types == t])
        return found

    def forward(self, x: Tensor, types: Tensor, edges: Tensor, relation: Tensor) -> Tensor:
        """States (B N, D) to states; `relation` (E,) as `GraphBatch.edge_index` gives it."""
        layer, match = self.layer, relation == MATCH - SELF
        across, within = edges[:, match | (relation == 0)], edges[:, ~match]
        weight, values, ends = layer.relation[relation[~match]], self._typed(layer.value, x, types), []
        for families in layer.fusion.paths.values():
            reached = x
            for phase, family in enumerate(families):
                if family == HOMOGENEOUS:
                    read = values if phase == 0 else self._typed(layer.value, reached, types)
                    reached = self.attend(within, read, read, values, weight)
                else:
                    scale = math.sqrt(x.shape[1]) if layer.scale else 1
                    key, query = self._typed(layer.key, reached, types), self._typed(layer.query, reached, types)
                    reached = self.attend(across, key / scale, query, values, None)
            ends.append(reached)
        return layer.combine(*ends) + x if layer.residual else layer.combine(*ends)


def han(config: RunConfig, dataset, parts: Split, batch: int, device: torch.device) -> dict[str, Any]:
    """Milliseconds of one layer's forward and backward pass, dense and by edges, for three lengths of history."""
    model, found = build(config, dataset).to(device), {}
    lengths, feed = parts.train.lengths, DeviceExamples(parts.train, device)
    order = np.argsort(lengths, kind="stable")
    layer = model.layers[0].eval()
    edge = EdgeHAN(layer)
    for share in (0.3, 0.8, 0.98):
        begin = min(int(share * len(order)), len(order) - batch)
        rows = order[begin : begin + batch]
        history = feed(torch.from_numpy(rows).to(device), width_for(lengths[rows].max(), device))[0]
        with torch.no_grad():
            graph = model.graphs(history)
            states = [state.detach() for state in model.nodes(graph)]
        states = [state.requires_grad_() for state in states]
        types = graph.types.repeat(len(history))
        edges, relation = graph.edge_index()

        def dense(graph=graph, states=states) -> Tensor:
            fresh = replace(graph)  # makes its relations and matches again, as each batch must
            return torch.cat(layer(states, fresh), 1)

        def by_edges(states=states, edges=edges, relation=relation, types=types) -> Tensor:
            return edge(torch.cat(states, 1).flatten(0, 1), types, edges, relation)

        def with_edges(graph=graph, states=states, types=types) -> Tensor:
            return edge(torch.cat(states, 1).flatten(0, 1), types, *replace(graph).edge_index())

        real = graph.exists
        error = (dense()[real] - by_edges().view(*real.shape, -1)[real]).abs().max()
        row: dict[str, Any] = {"nodes": int(real.sum()), "edges": edges.shape[1], "largest_difference": float(error)}
        for name, forward in (("dense", dense), ("edges", by_edges), ("edges_made", with_edges)):
            row[f"{name}_ms"] = 1000 * median_seconds(
                lambda forward=forward: forward().square().mean().backward(), device
            )
        row |= {f"ratio_{name}": row[f"{name}_ms"] / row["dense_ms"] for name in ("edges", "edges_made")}
        found[f"length {history.shape[1]}"] = row
    return found


def main(argv: list[str]) -> None:
    """Measure what is installed, print and write."""
    parser = argparse.ArgumentParser("python -m benchmarks peers", description=__doc__.splitlines()[0])
    parser.add_argument("source", help="a folder such as amazon-beauty, raw or prepared")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--models", nargs="+", default=[*THEIRS], choices=THEIRS)
    parser.add_argument("--leave-one-out", action="store_true", help="test the last item of each user, not a fifth")
    parser.add_argument("--max-history", type=int, default=50)
    parser.add_argument("--examples", type=int, help="at most so many to train on, and half of it to rank, for a CPU")
    args = parser.parse_args(argv)
    device = pick_device(args.device)
    torch.set_float32_matmul_precision("high")
    config = RunConfig(args.source).with_settings(device=args.device)
    dataset = prepare(config)
    parts = split(dataset, validation=False, max_history=args.max_history)
    whole, found = parts, {"terms": vars(args) | SIZES}
    if args.leave_one_out:
        parts = split(dataset, test_share=0, max_history=args.max_history)
        parts = replace(parts, test=parts.validation)
    half = args.examples and args.examples // 2
    parts = Split(few(parts.train, args.examples), parts.validation, few(parts.test, half))
    found |= {"examples": len(parts.train), "ranked": len(parts.test)}
    for name in args.models:
        found[name] = {"ours": ours(name, parts, dataset.num_items, args, device)}
        try:
            found[name]["recbole"] = theirs = recbole(name, parts, dataset.num_items, args, device)
            found[name]["ratio"] = {
                key: found[name]["ours"][key] / theirs[key] for key in ("train_per_s", "rank_per_s")
            }
        except ModuleNotFoundError as error:
            found[name]["recbole"] = f"not installed: {error.name}"
    found["han"] = han(config, dataset, whole, args.batch, device)
    for name, value in found.items():
        print(name, value)
    write_json(RESULTS / f"peers-{file_name(device)}.json", found, indent=1)
