"""The kernels give the answers and gradients of the plain way: on a GPU, or in Triton's interpreter on a CPU."""

import json
import os
import subprocess
import sys

import pytest
import torch

from mmsr_lite.evaluation.device_examples import DeviceExamples
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.nn.probe import listen
from mmsr_lite.nn.softmax import Negatives, linear_cross_entropy, sampled

triton = pytest.importorskip("triton", reason="needs triton")
GPU = torch.cuda.is_available()
if not GPU and os.environ.get("TRITON_INTERPRET") != "1":
    pytest.skip("needs a GPU, or TRITON_INTERPRET=1", allow_module_level=True)

from mmsr_lite.kernels.adam import clipped_step  # noqa: E402
from mmsr_lite.kernels.gather import gather  # noqa: E402
from mmsr_lite.kernels.graph import graph_tables  # noqa: E402
from mmsr_lite.kernels.last import last_state  # noqa: E402
from mmsr_lite.kernels.loss import FusedCrossEntropy, with_room  # noqa: E402
from mmsr_lite.kernels.mmsr import fused_loss, fused_state, served  # noqa: E402
from mmsr_lite.kernels.nodes import NodeStates, SmallTables  # noqa: E402
from mmsr_lite.kernels.strategy import KernelStrategy  # noqa: E402

DEVICE = torch.device("cuda" if GPU else "cpu")


@pytest.fixture(autouse=True)
def exact_products():
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    yield
    torch.set_float32_matmul_precision(before)


def histories(graphs: int, length: int, items: int = 12) -> torch.Tensor:
    some = torch.randint(1, items + 1, (graphs, length))
    some[0, length // 2 :] = some[0, 0]  # one item again and again
    lengths = torch.randint(1, length + 1, (graphs, 1))
    lengths[0] = length
    return some.masked_fill(torch.arange(length) >= lengths, 0).to(DEVICE)


@pytest.fixture
def made(books):
    def make(modalities=2, k=2, dim=16, **settings) -> MMSR:
        config = MMSRConfig(dim=dim, dropout=0.0, input_dropout=0.0, **settings)
        model = MMSR(config, 12, books(modalities, k=k, dim=dim))
        for parameter in model.parameters():
            if parameter.requires_grad:
                torch.nn.init.normal_(parameter, std=0.25)
        return model.to(DEVICE)

    return make


def both(model: MMSR, history: torch.Tensor):
    learned = {name: p for name, p in model.named_parameters() if p.requires_grad}

    def gradients(state):
        wanted = {"allow_unused": True, "materialize_grads": True}
        found = torch.autograd.grad((state + model.item_table()[1]).sin().sum(), list(learned.values()), **wanted)
        return dict(zip(learned, found, strict=True))

    assert served(model, history)
    model.eval()
    plain, fused = model.user_state(history), fused_state(model, history)
    return plain, fused, gradients(plain), gradients(fused)


@pytest.mark.parametrize("modalities, k, length", [(0, 2, 5), (1, 1, 1), (2, 3, 7), (3, 2, 18), (2, 2, 40)])
@pytest.mark.parametrize("options", [{}, {"scale": False, "residual": False, "cosine": 4.0}, {"item_features": True}])
def test_state_and_gradients_are_those_of_the_plain_way(made, modalities, k, length, options):
    torch.manual_seed(modalities + length)
    if options and length > 10:
        return
    model = made(modalities, k, dim=48 if length == 7 else 16, **options)
    plain, fused, wanted, found = both(model, histories(4, length))
    assert torch.allclose(fused, plain, atol=1e-5)
    for name, value in wanted.items():
        assert torch.allclose(found[name], value, atol=1e-4, rtol=1e-3), name
    assert length < 7 or all(found[f"layers.0.{name}"].any() for name in ("key.maps.0.weight", "relation"))


DEPARTING = ({"tied_maps": True}, {"hohe_reads_input": True}, {"separate_gate": True})
OTHERS = ({"layers": 2}, {"fusion": "hohe"}, {"dim": 300}, {"position": False}, {"global_attention": True}, *DEPARTING)


@pytest.fixture
def everywhere(monkeypatch):
    """The strategy of the kernels, also for tensors on a CPU."""
    monkeypatch.setattr("mmsr_lite.kernels.strategy.on_gpu", lambda tensor: True)
    return KernelStrategy()


@pytest.mark.parametrize("settings", [{}, {"item_features": True, "cosine": 9.0}, *OTHERS], ids=str)
def test_the_strategy_gives_the_loss_and_the_scores_of_every_model(made, everywhere, settings):
    history, target = histories(3, 4), torch.tensor([1, 2, 3], device=DEVICE)
    model = made(**settings)
    assert served(model, history) == (settings not in OTHERS)
    assert everywhere.loss(model, history, target).item() == pytest.approx(model.loss(history, target).item(), rel=1e-5)
    with torch.no_grad():
        assert torch.allclose(everywhere.scores(model, history), model.scores(history), atol=1e-5)


def test_a_probe_with_a_listener_and_an_empty_batch_are_computed_the_plain_way(made):
    model, history = made(), histories(3, 4)
    with listen(model):
        assert not served(model, history)
    assert served(model, history) and not served(model, history[:0])


def test_within_a_block_of_drawn_negatives_the_strategy_draws_them_too(made, everywhere):
    model, history, target = made(), histories(3, 4), torch.tensor([1, 2, 3], device=DEVICE)
    losses = []
    for way in (model.loss, lambda *batch: everywhere.loss(model, *batch)):
        torch.manual_seed(0)
        with sampled(Negatives.of(target, 12, count=4)):
            losses.append(way(history, target).item())
    assert (
        losses[0] == pytest.approx(losses[1], rel=1e-5) != pytest.approx(model.loss(history, target).item(), rel=1e-5)
    )


def test_embeddings_with_room_behind_them_hold_the_same_numbers(made, everywhere):
    model = made()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    everywhere.adopt(model)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    table = model.nodes.tables[0].weight
    assert table.shape == (13, 16) and table.untyped_storage().nbytes() == 16 * 16 * 4


def test_gradients_of_the_loss_are_those_of_the_plain_way_also_when_they_add_up(made):
    model, history = made(), histories(5, 6)
    target = torch.tensor([1, 2, 3, 12, 12], device=DEVICE)

    def twice(loss_of, same_graph: bool) -> dict[str, torch.Tensor]:
        model.zero_grad()
        loss = loss_of(history, target)
        loss.backward(retain_graph=same_graph)
        once = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
        (loss if same_graph else loss_of(history, target)).backward()
        for name, p in model.named_parameters():
            assert name not in once or torch.allclose(p.grad, 2 * once[name], atol=1e-5), name
        return once

    wanted = twice(model.loss, False)
    found = twice(lambda *batch: fused_loss(model, *batch), True)
    for name, value in wanted.items():
        assert torch.allclose(found[name], value, atol=1e-5), name
    assert wanted.keys() == found.keys() and wanted["nodes.tables.0.weight"][1:].any()


def test_input_dropout_drops_the_same_values_in_both_directions(made):
    nodes, history = made().nodes, histories(3, 5)
    small = [nodes.types.weight, nodes.positions.weight, *(table.weight for table in nodes.tables[1:])]
    tables = graph_tables(history, tuple(made().codes), [len(t) - 1 for t in small[2:]], len(small[0]) + len(small[1]))
    learned, seed = (nodes.tables[0].weight, nodes.merge.weight, *small), torch.tensor([7], device=DEVICE)
    made_of = SmallTables(nodes.merge.weight, small), None
    whole = NodeStates.apply(tables, *made_of, None, 0.0, *learned)
    made_of = SmallTables(nodes.merge.weight, small), None
    kept = NodeStates.apply(tables, *made_of, seed, 0.4, *learned)
    mask = torch.where(kept == 0, 0.0, 1 / 0.6)
    assert torch.allclose(kept, whole * mask, atol=1e-5)
    assert (kept == 0)[whole != 0].float().mean().item() == pytest.approx(0.4, abs=0.05)
    assert not torch.equal(kept == 0, NodeStates.apply(tables, *made_of, seed + 1, 0.4, *learned) == 0)
    wanted, found = (torch.autograd.grad((state.sin()).sum(), learned) for state in (whole * mask, kept))
    for one, other in zip(wanted, found, strict=True):
        assert torch.allclose(one, other, atol=1e-4)


def test_dropout_of_the_output_drops_the_same_values_in_both_directions(made):
    model, history = made(residual=False), histories(6, 5)
    learned = [p for name, p in model.named_parameters() if p.requires_grad and ".key.maps." not in name]
    whole = model.user_state(history)
    kept = last_state(model.nodes, model.layers[0], history, tuple(model.codes), 0.0, 0.5)
    mask = torch.where(kept == 0, 0.0, 2.0)
    assert 0.3 < (mask == 0).float().mean() < 0.7 and torch.allclose(kept, whole * mask, atol=1e-5)
    wanted, found = (torch.autograd.grad((state.sin()).sum(), learned) for state in (whole * mask, kept))
    for one, other in zip(wanted, found, strict=True):
        assert torch.allclose(one, other, atol=1e-4)


def test_a_batch_is_gathered_as_on_the_device(cycle):
    examples, rows = DeviceExamples(cycle.train, DEVICE), torch.tensor([5, 0, 17], device=DEVICE)
    wanted = examples(rows, 9)
    found = gather(examples.items, examples.end, examples.lengths, rows, 9)
    assert all(torch.equal(one, other) for one, other in zip(wanted, found, strict=True))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("items", [11, 2100])
def test_the_loss_and_its_gradients_are_those_of_the_plain_way(smoothing, items):
    torch.manual_seed(0)
    state, table = torch.randn(4, 16, device=DEVICE), torch.randn(items, 16, device=DEVICE)
    target = torch.tensor([1, 10, 5, 5], device=DEVICE)
    mine, plain = ([x.clone().requires_grad_() for x in (state, table)] for _ in range(2))
    ours = FusedCrossEntropy.apply(*mine, target, smoothing, torch.float32)
    want = linear_cross_entropy(*plain, target, smoothing=smoothing)
    assert torch.allclose(ours, want, atol=1e-5)
    (3 * ours).backward()
    (3 * want).backward()
    for got, wanted in zip(mine, plain, strict=True):
        assert torch.allclose(got.grad, wanted.grad, atol=1e-5)
    assert not mine[1].grad[0].any()
    spacious = with_room(table).requires_grad_()  # with rows of zeros behind it
    assert spacious.untyped_storage().nbytes() > table.untyped_storage().nbytes() and torch.equal(spacious, table)
    other = FusedCrossEntropy.apply(mine[0], spacious, target, smoothing, torch.float32)
    to_state, to_table = torch.autograd.grad(3 * other, (mine[0], spacious))
    assert other.item() == pytest.approx(want.item(), rel=1e-5)
    assert torch.allclose(to_state, plain[0].grad, atol=1e-5) and torch.allclose(to_table, plain[1].grad, atol=1e-5)
    rounded = FusedCrossEntropy.apply(*mine, target, smoothing, torch.bfloat16)
    assert rounded.item() == pytest.approx(want.item(), rel=0.02)


@pytest.mark.parametrize("clip", [0.5, 1e9])
def test_clipping_and_the_step_are_those_of_torch(clip):
    torch.manual_seed(0)
    sizes = ((3000, 3), (7,), (2, 1024), (5, 5), ())
    start = [torch.randn(size, device=DEVICE) for size in sizes]
    mine, plain = ([torch.nn.Parameter(w.clone()) for w in start] for _ in range(2))
    lr = torch.tensor(0.05, device=DEVICE)
    ours, theirs = (torch.optim.AdamW(w, lr=lr, weight_decay=0.1, fused=True) for w in (mine, plain))
    for _ in range(3):
        for one, other in zip(mine[:-1], plain[:-1], strict=True):  # the last is never asked
            other.grad = torch.randn_like(other)
            one.grad = other.grad.clone()
        length = torch.nn.utils.clip_grad_norm_(plain, clip).item()
        assert (length > clip) == (clip < 1)
        theirs.step()
        clipped_step(ours, clip)
        for one, other, before in zip(mine, plain, start, strict=True):
            assert torch.allclose(one, other, atol=1e-6) and torch.equal(one, before) == (other.grad is None)
    wanted = theirs.state_dict()["state"]
    for index, slots in ours.state_dict()["state"].items():
        for name, value in slots.items():
            assert torch.allclose(value, wanted[index][name], atol=1e-6), name
    assert slots["step"] == 3 and index == len(start) - 2


KEYS = """import importlib, json, sys
found = {}
for name in sys.argv[1:]:
    module = importlib.import_module(f"mmsr_lite.kernels.programs.{name}")
    kernels = [key for key, value in vars(module).items() if hasattr(value, "cache_key")]
    found |= {f"{name}.{key}": getattr(module, key).cache_key for key in reversed(kernels)}
print(json.dumps(found))"""


def test_a_kernel_has_one_key_in_every_process():
    """A process that compiles for another one asks for kernels in an order of its own."""
    modules = ["adam", "attention", "gate", "gather", "graph", "loss", "nodes"]
    first, second = (
        json.loads(subprocess.run([sys.executable, "-c", KEYS, *order], capture_output=True, check=True).stdout)
        for order in (modules, modules[::-1])
    )
    assert first == second


def test_a_job_keeps_the_order_of_arguments_of_which_its_launcher_is_made():
    from mmsr_lite.kernels.programs.job import Job

    job = Job("m", "f", "0", ("cuda", 90, 32), {"z": "*fp32", "a": "i32"}, [], [], {})
    assert list(Job.from_json(job.to_json()).signature) == ["z", "a"]
