"""The wardrobe's planted truth, checked by counting alone: no model is trained here."""

import re
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, mutual_info_score

from mmsr_lite.data import load as load_source
from mmsr_lite.data.encoders import encode
from mmsr_lite.data.sources.wardrobe import CAUSES, RETIRED, WORLDS, WardrobeConfig, load
from mmsr_lite.data.sources.wardrobe_draw import BOOK
from mmsr_lite.data.split import split
from mmsr_lite.data.storage import content_hash, read_json, write_json
from mmsr_lite.errors import MMSRError
from mmsr_lite.training.fit import open_run
from mmsr_lite.training.run_config import RunConfig

RESULTS = Path(__file__).parents[2] / "assets" / "results"
SMALL = WardrobeConfig(looks=5, themes=5, items_per_cell=2, users=4000, skew=0.5)
DATA = {}


def made(world):
    if world not in DATA:
        DATA[world] = load(world, config=SMALL, modalities=())
    return DATA[world]


@cache
def whole(world):
    """The world in the size of its tables; its pictures are small, which changes no walk."""
    return load(world, config=WardrobeConfig(size=8), modalities=())


def steps(data, clean=None):
    """(before, now, next): three items in a row of one user; with `clean` only where that is the cause of `now`."""
    last = np.arange(2, len(data.item))
    last = last[data.user[last] == data.user[last - 2]]
    last = last if clean is None else last[data.facts["cause"][last - 1] == CAUSES.index(clean)]
    return data.item[last - 2], data.item[last - 1], data.item[last]


def information(key, value, given=None):
    """Mutual information in bits, within each class of `given`, less what chance alone gives (Miller and Madow)."""
    total = 0.0
    for k in np.unique(given if given is not None else [0]):
        rows = slice(None) if given is None else given == k
        a, b = np.unique(key[rows], return_inverse=True)[1], np.unique(value[rows], return_inverse=True)[1]
        chance = a.max() * b.max() / (2 * len(a))
        total += (mutual_info_score(a, b) - chance) * len(a) / len(key)
    return total / np.log(2)


def hit_rate(key, target, cutoff=5):
    """HR@cutoff of counting which targets follow each key, learned on one half of the rows and tested on the other."""
    counts = np.zeros((key.max() + 1, target.max() + 1))
    np.add.at(counts, (key[::2], target[::2]), 1)
    return (np.argsort(-counts, axis=1)[key[1::2], :cutoff] == target[1::2, None]).any(1).mean()


def test_in_match_neither_modality_alone_beats_chance_and_the_pair_does():
    data = made("match")
    look, theme = data.facts["look"], data.facts["theme"]
    before, now, target = steps(data)
    chance, best = 5 / 50, data.facts["truth"].reachable(split(data).test)["HR@5"] / 100
    assert hit_rate(look[now], target) < chance + 0.02
    assert hit_rate(theme[now], target) < chance + 0.02
    assert hit_rate(5 * look[now] + theme[now], target) > 0.95 * best > 4 * chance
    collection = (look[target] + 2 * theme[target]) % 5
    for alone in (look[now], theme[now], 5 * look[before] + look[now], 5 * theme[before] + theme[now]):
        assert abs(information(alone, collection)) < 0.002
    assert information(5 * look[now] + theme[now], collection) > 1.5  # of log2(5) = 2.3 bits, noise 0.1
    assert abs(information(before, collection, given=collection[(look[now] + theme[now]) % 5])) < 0.01


def test_in_cycle_each_modality_follows_its_own_sequence_and_the_pairing_adds_nothing():
    data = made("cycle")
    before, now, target = steps(data)
    for name, other in (("look", "theme"), ("theme", "look")):
        own, side = data.facts[name], data.facts[other]
        pair = 5 * own[before] + own[now]
        assert hit_rate(pair, own[target], 1) > 0.75  # 0.9 * 0.9 + what noise hits
        assert abs(hit_rate(own[now], own[target], 1) - (0.45 + 0.1 / 5)) < 0.02  # a coin between two directions
        assert abs(information(side[now], own[target])) < 0.002
        b, n, t = steps(data, clean="cycle")  # else a break in the one sequence tells that the other one's is noise too
        assert abs(information(5 * side[b] + side[n], own[t], given=5 * own[b] + own[n])) < 0.005


def test_causes_latents_and_lengths_are_what_the_config_says():
    data = made("cycle")
    truth, cause = data.facts["truth"], data.facts["cause"]
    lengths = np.diff(data.offsets)
    assert (lengths.min(), lengths.max(), len(lengths)) == (5, 15, 4000)
    assert (np.bincount(cause)[0], cause[data.offsets[:-1]].max()) == (4000, 0)
    assert abs((cause[cause > 0] == CAUSES.index("noise")).mean() - 0.1) < 0.01
    assert np.abs(np.bincount(truth.latent) / 4000 - 1 / 4).max() < 0.03
    assert set(cause[cause > 1].tolist()) == {CAUSES.index("cycle")}
    histories = split(data).test.histories()
    ends = np.flatnonzero(np.append(np.diff(split(data).test.user), 1))  # each user's longest history
    assert (truth.posterior(histories[ends]).argmax(1) == truth.latent).mean() > 0.95
    for facts in ("look", "theme"):
        assert np.ptp(np.bincount(data.facts[facts][1:])) == 0
        assert np.ptp(np.bincount(data.facts[facts][data.item]) / len(data.item)) < 0.01


@pytest.mark.parametrize("world", RETIRED)
def test_a_world_that_went_is_refused_in_a_sentence_that_names_one_that_can_be_loaded(world):
    with pytest.raises(
        MMSRError, match=rf"the world 'wardrobe:{world}' is gone since version 0.2; .* load '(.*)'"
    ) as told:
        load_source(f"wardrobe:{world}")
    instead = re.findall(r"load '(.*)'", str(told.value))[0]
    assert load_source(f"{instead}-small", modalities=()).num_users > 0


def test_an_old_run_in_a_world_that_went_says_so_in_a_sentence(tmp_path):
    config = RunConfig("wardrobe:mixed").with_settings(dim=8, device="cpu")
    write_json(tmp_path / "config.json", asdict(config))
    with pytest.raises(MMSRError, match=r"the world 'wardrobe:mixed' is gone since version 0\.2"):
        open_run(tmp_path, "cpu")


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path, monkeypatch):
    config = WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=20)
    found = []
    for folder, seed in (("a", 0), ("b", 0), ("c", 1)):
        monkeypatch.setenv("MMSR_CACHE", str(tmp_path / folder))
        data = load("match", config=config, seed=seed)
        features = [m.features.tobytes() for m in data.modalities]
        files = [Path(p).read_bytes() for p in data.pictures[1:]]
        found.append((data.item.tolist(), data.texts, data.titles, files, features))
    assert found[0] == found[1]
    assert all(one != other for one, other in zip(found[0], found[2], strict=True))
    assert load("cycle", config=config, modalities=(), seed=1).pictures == data.pictures  # worlds share their pictures


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_a_world_is_the_one_that_its_tables_were_made_of(world):
    note = read_json(RESULTS / f"wardrobe-{world}" / "dataset.json")
    data = whole(world)
    assert content_hash(data.user, data.item, note["modalities"]) == note["hash"]
    assert data.num_items == note["items"]


def test_no_text_or_title_names_what_a_picture_shows():
    data = load("match", config=WardrobeConfig(looks=17, themes=17, items_per_cell=1, users=1), modalities=())
    shown = {word for look in BOOK["looks"] for word in look} | {"stripe", "dot", "check", "colour", "trouser", "sock"}
    for words in (*data.texts["text"], *data.titles):
        assert not shown & set(re.findall(r"[a-z]+", words.lower()))
    assert len(set(data.titles)) == 17 * 17 + 1
    assert len(set(data.texts["text"])) == 17 * 17 + 1  # siblings of a theme are said differently


@pytest.mark.parametrize(("encoder", "fact"), [("colour-edges", "look"), ("tfidf-svd", "theme")])
def test_each_modality_shows_its_own_class_and_only_that(encoder, fact):
    data = load("match", config=WardrobeConfig(looks=17, themes=17, items_per_cell=1, users=1), modalities=())
    values = data.pictures if fact == "look" else data.texts["text"]
    features, present = encode(encoder, values[1:], seed=0)
    label, other = data.facts[fact][1:], data.facts["theme" if fact == "look" else "look"][1:]
    half = np.random.default_rng(0).random(len(label)) < 0.5
    for labels, right in ((label, (0.95, 1.01)), (other, (0, 0.15))):  # chance is 1/17
        centre = np.stack([features[half & (labels == k)].mean(0) for k in range(17)])
        nearest = ((features[~half, None] - centre) ** 2).sum(-1).argmin(1)
        assert right[0] <= (nearest == labels[~half]).mean() < right[1]
    assert present.all()
    assert adjusted_rand_score(label, KMeans(17, n_init=10, random_state=0).fit_predict(features)) > 0.95


def test_no_picture_is_there_by_half(tmp_path, own_cache, full_disk):
    full_disk("mmsr_lite.data.sources.wardrobe.draw")
    with pytest.raises(MMSRError, match="No space left"):
        load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=1), modalities=())
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_one_encoder_is_for_the_modality_of_its_kind_and_the_other_has_its_own():
    config = WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=9)
    data = load("match", config=config, encoders="colour-edges")
    assert [(one.name, one.features.shape[1] == 242) for one in data.modalities] == [("picture", True), ("text", False)]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"world": "spiral"}, "spiral.*cycle, match"),
        ({"looks": 2}, "looks is 2.*3 to 17"),
        ({"noise": 2}, "noise is 2"),
        ({"world": "match", "looks": 6, "themes": 6}, "looks is 6.*odd number"),
        ({"length": (9, 8)}, "length"),
        ({"themes": 18}, "3 to 17"),
    ],
)
def test_an_impossible_world_is_refused_with_what_is_possible(wrong, message):
    with pytest.raises(MMSRError, match=message):
        WardrobeConfig(**wrong)


def test_mistakes_of_the_caller_are_named():
    with pytest.raises(MMSRError, match="empty"):
        made("cycle").facts["truth"].distributions([[0]])
    with pytest.raises(MMSRError, match=r"sound.*picture, text"):
        load("cycle", config=SMALL, modalities=("sound",))
    assert load_source("wardrobe:match", modalities=[]).name == "wardrobe-match"
