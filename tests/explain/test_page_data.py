"""What a page holds of models, items and users, and how large it is."""

import base64
from dataclasses import replace

import numpy as np
import pytest
import torch

from mmsr_lite.data import load
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain import page_data as module
from mmsr_lite.explain.opening import telling_users
from mmsr_lite.explain.page_data import kept_items, page_data
from mmsr_lite.explain.page_model import rounded
from mmsr_lite.explain.session import Session
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.models.sasrec import SASRec
from mmsr_lite.records.live_page import PageData
from mmsr_lite.records.mistakes import first_mistake
from mmsr_lite.views.page import page


def test_weights_are_those_of_the_rounded_model_to_the_last_bit(random_model, world):
    model = random_model()
    held = page_data([model], world, [0])["models"][0]["weights"]["items"]
    values = np.frombuffer(base64.b64decode(held["data"]), "<f2").reshape(held["shape"])
    assert np.array_equal(values.astype(np.float32), rounded(model).item_table().detach().numpy())
    assert not torch.equal(rounded(model).item_table(), model.item_table())


def test_what_a_page_reads_has_every_field_that_its_schema_names(random_model, world):
    model = random_model()
    data = page_data([model], world, (0, 1))
    assert first_mistake(data, PageData) is None
    assert first_mistake(Session(model, world).page_data(), PageData) is None
    del data["models"][0]["weights"]["layers"][0]["gate"]
    assert first_mistake(data, PageData) == ("models[0].weights.layers[0].gate", "is missing")


def test_a_large_catalogue_is_cut_to_what_histories_and_answers_need(random_model, world, monkeypatch):
    monkeypatch.setattr(module, "ANSWERS", 2)
    monkeypatch.setattr(module, "_bytes_of_an_item", lambda models, dataset: 0.99 * module.MOST_BYTES / 9)  # nine fit
    model = random_model()
    kept = kept_items([model], world, [0], also=[12])
    past = world.history(0)
    best = model.scores(torch.tensor([past[:-1].tolist()]))[0].topk(2).indices.tolist()
    needed = {12, *past.tolist(), *best}
    assert kept[0] == 0 and needed <= set(kept.tolist()) and len(kept) - 1 == max(9, len(needed)) < 12
    data = page_data([model], world, [0], also=[12], pseudonyms=False)
    assert data["kept"] == kept.tolist() and data["models"][0]["weights"]["items"]["shape"] == [len(kept), 8]
    assert f"{len(kept) - 1} of 12 items (ranks and probabilities are among these alone)" in data["note"]
    assert data["items"]["title"] == [world.titles[item] for item in kept]


def test_a_title_that_is_the_id_becomes_a_pseudonym_too(random_model, world):
    assert world.titles == world.item_ids  # where a source has no titles
    data = page_data([random_model()], world, ["u3"])
    assert data["items"]["id"] == data["items"]["title"] == ["", *(f"item {item}" for item in range(1, 13))]
    assert [data["users"][0][name] for name in ("index", "id")] == [0, "no. 1"]
    named = replace(world, titles=("", *("hat" for _ in range(12))))
    assert set(page_data([random_model()], named, [0])["items"]["title"][1:]) == {"hat"}


def test_the_first_user_is_the_one_on_whom_early_is_ahead_of_late(random_model, world):
    models = [random_model(fusion=fusion) for fusion in ("adaptive", "hohe", "heho")]

    def rank(model, user):
        *past, target = world.history(user).tolist()
        scores = model.scores(torch.tensor([past]))[0]
        return 1 + int((scores > scores[target]).sum())

    lead = {user: rank(models[1], user) / rank(models[2], user) for user in range(8)}
    chosen = telling_users(models, world, 3)
    assert [lead[user] for user in chosen] == pytest.approx(sorted(lead.values(), reverse=True)[:3])
    best = telling_users(models[:1], world, 8)
    assert [rank(models[0], user) for user in best] == sorted(rank(models[0], user) for user in range(8))


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda random: SASRec(SASRec.Config(dim=8), 12), "cannot run in a page; give an MMSR"),
        (lambda random: random(aggregator="gat"), "cannot run in a page; give an MMSR with aggregator 'han-gnn'"),
        (lambda random: random(together=True), "items of one time as one step"),
        (lambda random: MMSR(MMSRConfig(dim=8), 9), "made for 9 items, and 'd' has 12 others"),
    ],
)
def test_what_cannot_run_in_a_page_is_told(random_model, world, make, says):
    with pytest.raises(MMSRError, match=says):
        page_data([make(random_model)], world, [0])


def test_a_weight_beyond_16_bits_a_user_of_one_item_and_seven_models_are_told(random_model, world):
    model = random_model()
    with torch.no_grad():
        model.nodes.tables[0].weight[3, 0] = 1e6
    with pytest.raises(MMSRError, match=r"'nodes.tables.0.weight' of MMSR, adaptive holds what no 16-bit float can"):
        rounded(model)
    with pytest.raises(MMSRError, match="'u9' has one item"):
        page_data([random_model()], world, ["u9"])
    with pytest.raises(MMSRError, match="1 to 6 models, got 7"):
        page_data([random_model()] * 7, world, [0])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["wardrobe:cycle", "worlds:pick"])
def test_a_page_of_six_models_of_a_world_has_at_most_three_megabytes(name):
    world, rng = load(name), np.random.default_rng(0)
    books = []
    for modality in world.modalities:
        codes = rng.integers(1, 8, (world.num_items + 1, 3))
        books.append(Codebook(modality.name, codes, rng.normal(size=(8, 32)).astype(np.float32), codes))
    models = [MMSR(MMSRConfig(dim=32, layers=2), world.num_items, books) for _ in range(6)]
    data = page_data(models, world, [*range(8)])
    assert len(page("six", models=data).encode()) < 3e6


def test_an_item_takes_two_bytes_a_weight_one_a_code_two_fifths_of_its_texts_and_its_share_of_the_pictures(
    random_model, world, monkeypatch
):
    models = [random_model(), random_model(1)]  # of two modalities and of one, two codes each
    names = ("", *("x" * 10 for _ in range(12)))
    data = replace(world, item_ids=names, titles=names, texts={"words": ("", *("y" * 600 for _ in range(12)))})
    weights = 2 * 8 + 2 + 2 + 2 * 8 + 2
    texts = 10 + 10 + 500  # a long text is cut
    assert module._bytes_of_an_item(models, data) == pytest.approx(weights + 0.4 * texts)
    monkeypatch.setattr(module, "data_uri", lambda picture, side: picture)
    pictures = [None, *("a" * 400 if item <= 6 else "b" * 400 if item <= 9 else None for item in range(1, 13))]
    shared = 9 / 12 * 400 * 3 / 4 * len({None, "a", "b"}) / 13  # base64 takes four letters for three bytes
    found = module._bytes_of_an_item(models, replace(data, pictures=tuple(pictures)))
    assert found == pytest.approx(weights + 0.4 * texts + shared)
