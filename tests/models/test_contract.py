"""What every recommender promises, over the whole index and any number of modalities."""

import json
import re
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from mmsr_lite.evaluation.ranks import ranks
from mmsr_lite.explain.trace import trace
from mmsr_lite.models import MODELS
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.training.loop import TrainConfig, train
from mmsr_lite.training.weights import load_weights, save_tensors

LEARNED, COUNTED = ([name for name, kind in MODELS.items() if kind.learns == learns] for learns in (True, False))
# Each model without modalities and with three; with one or with two where they are turns.
CASES = [(name, m) for n, name in enumerate(LEARNED) for m in (0, 1 + n % 2, 3)] + [(name, 0) for name in COUNTED]
UNREAD = {"mmsr": r"\.key\.maps|\.query\.maps\.0"}  # last pooling asks the items' keys only; with M = 0 nobody asks
WALK = torch.arange(1, 13).repeat(2, 1)  # every item, so that every modality is met


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def make(request, books, cycle):
    """Makes the same kind of model again and again, which has seen the training part."""
    name, modalities = request.param

    def made(seen: bool = True, codebooks=None):
        kind = MODELS[name]
        codebooks = books(modalities, k=3) if codebooks is None else codebooks
        model = kind(kind.Config(dim=8) if kind.learns else kind.Config(), 12, codebooks)
        if seen:
            (model.observe if kind.learns else model.count)(cycle.train)
        return model.eval()

    made.name, made.modalities = request.param
    return made


@pytest.fixture(params=MODELS)
def learner(request, books):
    """Makes the model of a name, with two modalities, small and without dropout."""
    kind = MODELS[request.param]
    small = {"dim": 32, "dropout": 0.0}
    config = kind.Config(**{f.name: small[f.name] for f in fields(kind.Config) if f.name in small})

    def made(seed: int = 0):
        torch.manual_seed(0)
        return kind(config, 12, books(2, dim=32, seed=seed) if kind.learns else ())

    made.kind = kind
    return made


def equal(one, other) -> bool:
    """Whether two models hold the same numbers."""
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_scores_are_finite_but_for_padding_and_repeat_and_ignore_columns_on_the_right(make):
    model, history = make(), torch.tensor([[1, 2, 1, 3], [5, 0, 0, 0]])
    scores = model.scores(history)
    assert scores.shape == (2, 12 + 1) and scores[:, 0].tolist() == [-torch.inf] * 2 and scores[:, 1:].isfinite().all()
    assert torch.equal(model.scores(history), scores)
    wider = torch.nn.functional.pad(history, (0, 3))
    assert torch.allclose(model.scores(wider), scores, atol=1e-6)
    assert torch.allclose(model.scores(history[1:, :1]), scores[1:], atol=1e-6)


def test_the_order_of_the_batch_plays_no_part_and_that_of_a_history_only_where_the_model_says_so(make):
    model, history = make(), torch.tensor([[1, 2, 4, 3], [5, 6, 0, 0], [7, 0, 0, 0]])
    scores = model.scores(history)
    assert torch.allclose(model.scores(history[[2, 0, 1]]), scores[[2, 0, 1]], atol=1e-6)
    shuffled = model.scores(history[:1, [2, 0, 1, 3]])
    assert torch.allclose(shuffled, scores[:1], atol=1e-6) != model.reads_order


def test_what_was_saved_scores_the_same_in_a_new_model(make, tmp_path):
    model, other, history = make(), make(seen=False), torch.tensor([[1, 2, 1, 3]])
    if model.learns:
        assert not torch.equal(other.scores(history), model.scores(history))
    save_tensors(tmp_path / "model.safetensors", model.state_dict())
    load_weights(tmp_path / "model.safetensors", other)
    assert torch.equal(other.scores(history), model.scores(history))


def test_a_model_that_learns_falls_along_the_gradient_of_its_loss_and_one_that_counts_is_done_at_once(make, cycle):
    model, history, target = make(), torch.tensor([[1, 2], [3, 0]]), torch.tensor([4, 5])
    if not model.learns:
        assert train(model, cycle, TrainConfig(device="cpu"))["epochs"] == [] and model.mean_beta(history) == {}
        return
    optimiser, before = torch.optim.SGD(model.parameters(), lr=0.01), model.loss(history, target)
    before.backward()
    optimiser.step()
    assert model.user_state(history).shape == (2, 8) and model.loss(history, target) < before


def test_the_gradient_reaches_every_parameter(make):
    torch.manual_seed(0)  # at a width of 8 other weights can leave all of a layer's ReLU at zero
    model = make()
    if model.learns:
        model.loss(WALK, torch.tensor([1, 2])).backward()
        unread = re.compile(UNREAD.get(make.name, "never"))
        still = [n for n, p in model.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())]
        assert [name for name in still if not unread.search(name)] == []


def test_where_an_item_has_no_modality_its_features_and_codes_are_never_looked_at(make, books):
    nothing, whole = np.float32(np.nan), books(make.modalities, k=3)
    holed = [
        replace(
            book,
            centres=np.concatenate([book.centres[:1] * nothing, book.centres[1:]]),
            reduced=np.where((book.codes > 0).any(1, keepdims=True), book.reduced, nothing),
        )
        for book in whole
    ]
    scores = []
    for codebooks in (whole, holed):
        torch.manual_seed(0)
        scores.append(make(codebooks=codebooks).scores(WALK))
    assert torch.equal(*scores)


def test_codebooks_make_a_difference_just_where_the_model_says_so(learner):
    assert learner().reads_modalities == learner.kind.reads_modalities == (not equal(learner(), learner(seed=1)))


def test_a_seed_decides_the_training_and_the_one_right_answer_is_learned_and_told(learner, cycle, circle):
    models, config = [learner(), learner()], TrainConfig(epochs=5, batch=12, lr=0.02, device="cpu", selection="none")
    for model, settings in zip(models, (config, replace(config, epochs=1)), strict=True):
        train(model, cycle, settings, progress=False)
    model, again = models[0], learner()
    train(again, cycle, replace(config, epochs=1), progress=False)
    assert equal(models[1], again)
    if model.reads_order:
        assert (ranks(model, cycle.test) == 1).all()
    record = json.loads(json.dumps(trace(model, circle, 3)))
    history = circle.history(3)[:-1]
    scores = model.scores(torch.tensor(history[None]))[0]
    top = record["answer"]["top"]
    assert [step["item"] for step in record["history"]] == history.tolist() and len(top) == 10
    assert [answer["score"] for answer in top] == pytest.approx(scores.topk(10).values.tolist(), abs=1e-4)
    assert record["model"]["name"] in MODELS and sum(answer["probability"] for answer in top) < 1 + 1e-6
    if not isinstance(model, MMSR):
        assert record["nodes"] == record["edges"] == record["layers"] == []
        for name, value in record["probes"].items():
            if name.endswith("weights"):
                assert np.array(value).sum(-1) == pytest.approx(1)


def test_label_smoothing_spreads_a_share_of_every_target_over_all_items(learner):
    model, history, target = learner().eval(), torch.tensor([[1, 2, 1, 3], [5, 0, 0, 0]]), torch.tensor([4, 9])
    if not model.learns:
        return
    with torch.no_grad():
        plain = model.loss(history, target)
        model.config = replace(model.config, label_smoothing=0.2)
        smooth = model.loss(history, target)
        log = model.scores(history)[:, 1:].log_softmax(1)  # (B, V)
    spread, own = -log.mean(1), -log.gather(1, target[:, None] - 1)[:, 0]
    assert torch.allclose(smooth - plain, (0.2 * (spread - own)).mean(), atol=1e-5)
