"""The planted truth of the worlds, and the reasons why an order of fusion loses; checked without training a network."""

import io
import re
from collections import defaultdict
from functools import cache
from itertools import combinations, pairwise, permutations, product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from mmsr_lite.data import load as load_source
from mmsr_lite.data.encoders import encode
from mmsr_lite.data.order import break_ties
from mmsr_lite.data.sources import find
from mmsr_lite.data.sources.wardrobe_draw import BOOK
from mmsr_lite.data.sources.worlds import STUDENT, WORLDS, load, make, parts_of_users
from mmsr_lite.data.sources.worlds.both import BothConfig
from mmsr_lite.data.sources.worlds.clocks import ClocksConfig
from mmsr_lite.data.sources.worlds.drawing import draw_item
from mmsr_lite.data.sources.worlds.pick import PickConfig
from mmsr_lite.data.sources.worlds.reasons import (
    additive_read_out,
    most_frequent_look,
    one_weight_for_each_place,
)
from mmsr_lite.data.sources.worlds.truth import gains_of_groups
from mmsr_lite.data.sources.worlds.world import Group, NextStep, World, WorldConfig
from mmsr_lite.data.split import split
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.metrics import metrics
from mmsr_lite.evaluation.ranks import ranks
from mmsr_lite.models.counting import Markov, Popularity

TINY = {  # few enough sessions to go through all of them
    "pick": PickConfig(looks=2, themes=2, garments=2, basics=1, browses=2, users=60, length=(5, 7)),
    "clocks": ClocksConfig(
        looks=2, themes=2, garments=2, accessories=1, browses=2, look_lag=2, theme_lag=1, users=60, length=(5, 7)
    ),
    "both": BothConfig(
        looks=2,
        themes=3,
        garments=1,
        basics=2,
        accessories=1,
        browses=2,
        look_lag=2,
        theme_lag=1,
        users=60,
        length=(5, 7),
    ),
}
DATA = {}


def made(world, **changes):
    """A world without pictures; the student's size unless something else is asked for."""
    key = (world, *changes.items())
    if key not in DATA:
        config = WORLDS[world].Config(**STUDENT[world] | {"users": 1000} | changes)
        DATA[key] = load(world, config=config, modalities=(), drawn=False)
    return DATA[key]


@cache
def whole(world):
    """A world by its name and size, without pictures."""
    return load(world, modalities=(), drawn=False)


def tiny(world):
    if world not in DATA:
        DATA[world] = load(world, config=TINY[world], modalities=(), drawn=False)
    return DATA[world]


# The laws, written down a second time: all sessions of a world, each as likely as the others.


def pick_sessions(looks, themes, browses):
    """(garments as (look, theme), what is bought as (look, None)) of each possible session."""
    others = range(1, themes)
    for place in range(browses):
        for p in product(range(looks), repeat=browses):
            for t in product(others, repeat=browses - 1):
                themes_of = [*t[:place], 0, *t[place:]]
                yield list(zip(p, themes_of, strict=True)), (p[place], None)


def clocks_sessions(looks, themes, browses, look_lag, theme_lag):
    """The same for `clocks`; `themes` is a list of themes."""
    for p in product(range(looks), repeat=browses):
        for t in product(themes, repeat=browses):
            yield list(zip(p, t, strict=True)), (p[browses - look_lag], t[browses - theme_lag])


@cache
def sessions_of(world, config):
    """All sessions of each hidden kind of user."""
    lags = {"browses": config.browses}
    if world == "pick":
        return {"all": list(pick_sessions(config.looks, config.themes, config.browses))}
    lags |= {"look_lag": config.look_lag, "theme_lag": config.theme_lag}
    if world == "clocks":
        return {"all": list(clocks_sessions(config.looks, range(config.themes), **lags))}
    return {
        "pick": list(pick_sessions(config.looks, config.themes, config.browses)),
        "clocks": list(clocks_sessions(config.looks, range(1, config.themes), **lags)),
    }


def described(data, items):
    """What each item is: (look, theme, whether it is bought); -1 is no theme."""
    groups = data.facts["truth"].world.groups()
    of_item = [groups[number] for number in data.facts["group"][items]]
    return [(one.look, one.theme, one.kind != "garment") for one in of_item]


@pytest.mark.parametrize("world", WORLDS)
def test_the_chances_of_the_next_item_are_those_of_going_through_all_sessions(world):
    data, config = tiny(world), TINY[world]
    truth = data.facts["truth"]
    likely = defaultdict(float)  # (what the first two sessions hold) -> how likely
    for kind, sessions in sessions_of(world, config).items():
        share = truth.world.kinds[kind] / len(sessions) ** 2
        for one, two in product(sessions, repeat=2):
            steps = []
            for garments, (look, theme) in (one, two):
                steps += [(p, t, False) for p, t in garments] + [(look, -1 if theme is None else theme, True)]
            likely[tuple(steps)] += share
    examples = split(data).test
    short = examples.select(examples.lengths < 2 * (config.browses + 1))
    found = truth.distributions(short.histories())
    sizes = defaultdict(int)
    for one in described(data, np.arange(1, data.num_items + 1)):
        sizes[one] += 1
    for history, row in zip(short.histories(), found, strict=True):
        before = tuple(described(data, history[history > 0]))
        nexts = defaultdict(float)
        for steps, chance in likely.items():
            if steps[: len(before)] == before:
                nexts[steps[len(before)]] += chance
        total = sum(nexts.values())
        items = described(data, np.arange(1, data.num_items + 1))
        expected = [nexts[one] / total / sizes[one] for one in items]
        np.testing.assert_allclose(row[1:], expected, atol=1e-12)
        assert row[0] == 0


@pytest.mark.parametrize("world", WORLDS)
def test_the_best_reachable_is_the_expectation_of_the_exact_ranking_item_by_item(world):
    data = tiny(world)
    examples, cutoffs = split(data).test, (1, 3)
    chances = data.facts["truth"].distributions(examples.histories())[:, 1:].round(12)
    earned = defaultdict(float)
    for row in chances:
        for chance in row:
            above, level = int((row > chance).sum()), int((row == chance).sum())
            for rank in range(above + 1, above + level + 1):  # each of the tied places is as likely
                for cutoff in cutoffs:
                    if rank <= cutoff:
                        earned[f"HR@{cutoff}"] += chance / level
                        earned[f"MRR@{cutoff}"] += chance / level / rank
                        earned[f"NDCG@{cutoff}"] += chance / level / np.log2(1 + rank)
    found = data.facts["truth"].reachable(examples, cutoffs)
    for name, value in found.items():
        assert value == pytest.approx(100 * earned[name] / len(examples), abs=1e-9), name


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_targets_drawn_by_the_generator_earn_the_best_reachable_within_chance(world):
    data = made(world)
    examples, truth = split(data).test, data.facts["truth"]
    chance = truth.distributions(examples.histories())
    tied = chance + 1e-9 * np.random.default_rng(0).random(chance.shape)
    rank = 1 + (tied > tied[np.arange(len(tied)), examples.targets][:, None]).sum(1)
    earned = 100.0 * (rank <= 5)
    assert abs(earned.mean() - truth.reachable(examples)["HR@5"]) < 3.5 * earned.std() / np.sqrt(len(rank))
    causes = data.facts["cause"][examples.end]
    for name, gains in truth.reachable_by_cause(examples).items():
        of_cause = earned[causes == data.facts["causes"].index(name)]
        assert abs(of_cause.mean() - gains["HR@5"]) < 3.5 * of_cause.std() / np.sqrt(len(of_cause)) + 1e-9, name
        if name != "browse":
            assert gains["HR@5"] == pytest.approx(100)  # five items in a group, and the group is certain
            assert gains["MRR@5"] == pytest.approx(100 * (1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5)


@pytest.mark.parametrize("world", WORLDS)
def test_every_purchase_has_the_look_and_the_theme_that_its_cause_names(world):
    data = made(world)
    facts, offsets = data.facts, data.offsets
    names = np.array(facts["causes"])[facts["cause"]]
    decided = facts["because"][:, 0] >= 0
    assert (decided == (names != "browse")).all()
    kinds = np.array(facts["user_kinds"])[facts["user_kind"]]
    formal = 0
    for target in np.flatnonzero(decided):
        start = offsets[data.user[target]]
        session = np.arange(target - 3, target)
        assert (names[session] == "browse").all()
        because = start + facts["because"][target]
        if names[target] == "pick":
            (formal_place,) = session[facts["theme"][data.item[session]] == 0]
            assert because[0] == formal_place
            assert facts["look"][data.item[target]] == facts["look"][data.item[formal_place]]
            assert facts["theme"][data.item[target]] == -1
            formal += 1
        else:
            assert because.tolist() == [target - 3, target - 2]
            assert facts["look"][data.item[target]] == facts["look"][data.item[target - 3]]
            assert facts["theme"][data.item[target]] == facts["theme"][data.item[target - 2]]
        if world == "both":
            assert kinds[data.user[target]] == names[target]
    assert formal > 0 or world == "clocks"


def test_the_two_kinds_of_users_of_both_are_halves():
    kind = made("both").facts["user_kind"]
    assert abs(kind.mean() - 0.5) < 3.5 * 0.5 / np.sqrt(len(kind))


def test_before_its_first_purchase_a_formal_garment_alone_gives_a_user_of_both_away():
    truth = tiny("both").facts["truth"]  # groups: look * 3 + theme, theme 0 is formal
    assert truth.posterior([]).tolist() == [0.5, 0.5]
    assert truth.posterior([0]).tolist() == [1, 0]
    # the first of two garments is not formal for half of the pick users, and for all of the clocks users
    np.testing.assert_allclose(truth.posterior([1]), [0.25 / 0.75, 0.5 / 0.75])
    assert truth.posterior([1, 2]).tolist() == [0, 1]


@pytest.mark.parametrize("world", WORLDS)
def test_a_history_that_no_user_can_have_still_has_chances_that_add_up_to_one(world):
    data = tiny(world)
    rng = np.random.default_rng(0)
    histories = rng.integers(1, data.num_items + 1, size=(200, 6))
    np.testing.assert_allclose(data.facts["truth"].distributions(histories).sum(1), 1)


# Reasons


def told_by(sessions, key):
    """The share of purchases that the best guess gets right from `key` of the garments alone."""
    counts = defaultdict(lambda: defaultdict(int))
    for garments, bought in sessions:
        counts[key(garments)][bought] += 1
    return sum(max(row.values()) for row in counts.values()) / len(sessions)


KEYS = {
    "pictures": lambda garments: tuple(p for p, _ in garments),
    "texts": lambda garments: tuple(t for _, t in garments),
    "last garment": lambda garments: garments[-1],
    "garments in any order": lambda garments: tuple(sorted(garments)),
}
TOLD = {  # of world `pick` (6 looks, 3 themes) and world `clocks` (8 looks, 8 themes), three garments a session
    "pick": {
        "pictures": (6 * 3 / 3 + 90 * 2 / 3 + 120 * 1 / 3) / 216,
        "texts": 1 / 6,
        "last garment": 1 / 3 + 2 / 3 * 1 / 6,
        "garments in any order": 1,  # early fusion needs no order here
    },
    "clocks": {"pictures": 1 / 8, "texts": 1 / 8, "last garment": 1 / 64},
}


@pytest.mark.parametrize(("world", "name"), [(world, name) for world, names in TOLD.items() for name in names])
def test_what_one_channel_or_one_garment_tells_is_what_the_table_says(world, name):
    config = WORLDS[world].Config()
    (sessions,) = sessions_of(world, config).values()
    assert told_by(sessions, KEYS[name]) == pytest.approx(TOLD[world][name])


TOLD_OF_KIND = {  # of world `both` (8 looks, 8 themes and the formal one)
    "pick": {
        "pictures": (8 * 3 / 3 + 168 * 2 / 3 + 336 * 1 / 3) / 512,
        "texts": 1 / 8,
        "last garment": 1 / 3 + 2 / 3 * 1 / 8,
    },
    "clocks": {"pictures": 1 / 8, "texts": 1 / 8, "last garment": 1 / 64},
}


@pytest.mark.slow
def test_in_both_no_channel_and_no_garment_alone_tells_a_kind_of_user_more_than_the_table_says():
    config = BothConfig()
    for kind, sessions in sessions_of("both", config).items():
        for name, share in TOLD_OF_KIND[kind].items():
            assert told_by(sessions, KEYS[name]) == pytest.approx(share), (kind, name)
    assert most_frequent_look(config.looks, config.browses) == pytest.approx(TOLD_OF_KIND["pick"]["pictures"])
    # one weight for each place, the limit of a whole garment that is read as one token
    assert one_weight_for_each_place(config.looks, config.themes - 1) == pytest.approx((9 / 16) ** 2)


def test_every_purchase_of_both_can_be_foretold_exactly_at_its_full_size():
    data = load("both", config=BothConfig(users=200), modalities=(), drawn=False)
    found = data.facts["truth"].reachable_by_cause(split(data).test)
    for kind in ("pick", "clocks"):
        assert found[kind]["HR@5"] == pytest.approx(100)
        assert found[kind]["MRR@5"] == pytest.approx(100 * (1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5)
    # a browse is one of 200 equal garments of its look and theme at the very best
    assert found["browse"]["HR@5"] < 100 * 5 / 200


def test_pictures_alone_are_right_as_often_as_the_most_frequent_look():
    assert most_frequent_look(6, 3) == pytest.approx(TOLD["pick"]["pictures"])


def right_places(look_sequence, b):
    """At how many formal places an additive read-out with b[place][look] can be right, `a` being the best there is.

    The places of a set are all right for one `a` if no cycle of swaps among them gains (Rockafellar).
    """
    places, best = range(len(look_sequence)), 0
    for size in range(len(look_sequence), 0, -1):
        for chosen in permutations(places, size):
            if list(chosen) != sorted(chosen):
                continue
            kept = sum(b[j][look_sequence[j]] for j in chosen)
            swaps = [list(zip(chosen, order, strict=True)) for order in permutations(chosen)]
            others = [sum(b[j][look_sequence[i]] for j, i in swap) for swap in swaps]
            same = [all(look_sequence[i] == look_sequence[j] for j, i in swap) for swap in swaps]
            if all(kept > other + 1e-12 or equal for other, equal in zip(others, same, strict=True)):
                return size
    return best


def test_no_additive_read_out_gets_more_of_pick_than_the_one_by_hand():
    looks, rng = 4, np.random.default_rng(0)
    sequences = list(product(range(looks), repeat=3))
    by_hand = additive_read_out(looks, 3)
    rising = [[place * look for look in range(looks)] for place in range(3)]
    assert np.mean([right_places(one, rising) for one in sequences]) / 3 == pytest.approx(by_hand)
    for _ in range(60):
        b = rng.normal(size=(3, looks))
        assert np.mean([right_places(one, b) for one in sequences]) / 3 <= by_hand + 1e-12


def data_place(data, target):
    return target - data.offsets[data.user[target]]


def additive_guess(sequence, formal, looks):
    """The look with the greatest a(q, looks) + b(q, formal place), where b(q, j) = j q.

    `a` makes the places of the longest part that does not fall right: (sum of the steps of place times look along it).
    """
    chosen = max((one for size in range(1, 4) for one in combinations(range(3), size) if rises(sequence, one)), key=len)
    a = np.full(looks, -1e9)
    total = 0.0
    for before, place in pairwise((None, *chosen)):
        if before is not None and sequence[before] != sequence[place]:
            # between the two places the higher look overtakes the lower one
            total -= (before + place) / 2 * (sequence[place] - sequence[before])
        a[sequence[place]] = total
    return int(np.argmax(a + formal * np.arange(looks)))


def rises(sequence, places):
    return all(sequence[one] <= sequence[two] for one, two in pairwise(places))


def test_the_additive_read_out_by_hand_earns_its_share_on_the_purchases_of_pick():
    data, looks = made("pick"), 6
    facts = data.facts
    right = []
    for target in np.flatnonzero(facts["because"][:, 0] >= 0):
        sequence = facts["look"][data.item[target - 3 : target]].tolist()
        formal = int(facts["because"][target, 0] - data_place(data, target) + 3)
        right.append(sequence[formal] == additive_guess(sequence, formal, looks))
    share = additive_read_out(looks, 3)
    assert abs(np.mean(right) - share) < 3.5 * np.std(right) / np.sqrt(len(right))
    assert share == pytest.approx((6 * 3 / 3 + 90 * 7 / 9 + 120 * 2 / 3) / 216)


def test_no_single_weight_for_each_place_gets_more_of_clocks_than_the_table_says():
    best = 0.0
    for weights in product(range(3), repeat=3):  # of the three garments; only their order counts
        right = 0.0
        for garments, (look, theme) in clocks_sessions(3, range(3), 3, 3, 2):
            by_look, by_theme = np.zeros(3), np.zeros(3)
            for weight, (p, t) in zip(weights, garments, strict=True):
                by_look[p] += weight
                by_theme[t] += weight
            shares = [(by == by.max()) / (by == by.max()).sum() for by in (by_look, by_theme)]
            right += shares[0][look] * shares[1][theme]
        best = max(best, right / 3**6)
    assert best == pytest.approx(one_weight_for_each_place(3, 3))
    assert one_weight_for_each_place(8, 8) == pytest.approx((1 + 1 / 8) / 2 * (1 + 1 / 8) / 2)


COUNTED = [("pick", 1 / 6, 0.5), ("clocks", 1 / 64, 0.25), ("both", 1 / 16, 0.45)]  # share of the purchases, at most


@pytest.mark.slow
@pytest.mark.parametrize(
    ("world", "popularity", "markov"),
    COUNTED,
)
def test_counting_identities_gets_no_more_purchases_than_the_table_says(world, popularity, markov):
    data = whole(f"{world}-student")
    parts = split(data)
    decisive = parts.test.select(data.facts["because"][parts.test.end, 0] >= 0)
    for model_class, most in ((Popularity, popularity), (Markov, markov)):
        model = model_class(model_class.Config(), data.num_items)
        model.count(parts.train)
        margin = 3.5 * np.sqrt(most * (1 - most) / len(decisive))
        assert metrics(ranks(model, decisive))["HR@5"] / 100 < most + margin


def counted_in_sessions(data, by_look):
    """The share of `pick` purchases that counting gets: what was bought in the sessions of each garment, by identity.

    Naive Bayes over the three garments; `by_look` also tells it which basics have one look.
    """
    facts, parts = data.facts, split(data)
    kinds = np.array([one.kind for one in facts["truth"].world.groups()])[facts["group"]]
    basics = np.flatnonzero(kinds == "basic")  # item 0 has the kind of the last group, which is none of these
    column = np.full(data.num_items + 1, -1)
    column[basics] = facts["look"][basics] if by_look else np.arange(len(basics))

    def sessions(examples):
        end = examples.end[facts["cause"][examples.end] == facts["causes"].index("pick")]
        return examples.items[end[:, None] - [3, 2, 1]], column[examples.items[end]]

    (garments, bought), (asked, right) = sessions(parts.train), sessions(parts.test)
    counts = np.zeros((data.num_items + 1, column.max() + 1))
    np.add.at(counts, (garments, bought[:, None]), 1)
    seen = counts.sum(1, keepdims=True)
    # rounded, because the same three numbers in another order have another last digit, and here they tie
    scores = np.log((counts + 1) / (seen + counts.shape[1]))[asked].sum(1).round(9)
    own = scores[np.arange(len(right)), right][:, None]
    rank = (scores > own).sum(1) + ((scores == own).sum(1) + 1) / 2
    return (rank <= (1 if by_look else 5)).mean()


@pytest.mark.parametrize(("world", "basics", "looks"), [("pick-student", 0.452, 0.863), ("both-student", 0.615, 0.963)])
def test_what_identity_tells_is_what_the_table_says(world, basics, looks):
    data = whole(world)
    assert counted_in_sessions(data, by_look=False) == pytest.approx(basics, abs=0.001)
    assert counted_in_sessions(data, by_look=True) == pytest.approx(looks, abs=0.001)


def test_a_formal_garment_of_both_is_seen_seven_or_eight_times_in_training():
    data = whole("both-student")
    facts, config = data.facts, data.facts["truth"].config
    groups = facts["truth"].world.groups()
    formal = np.array([one.kind == "garment" and one.theme == 0 for one in groups])[facts["group"]]
    seen = np.bincount(data.item[facts["part"] == 0], minlength=data.num_items + 1)
    # of n garments of a session that is still open n / 3 are formal; lengths from 8 to 13 are as likely
    of_user = np.mean([length // 4 + length % 4 / 3 for length in range(8, 14)])
    expected = 0.75 * config.users / 2 * of_user / (config.looks * config.garments)
    assert expected == pytest.approx(7.66, abs=0.01)
    assert seen[1:][formal[1:]].mean() == pytest.approx(expected, rel=0.04)


# What a person sees


def test_the_same_world_is_the_same_to_the_byte_and_another_seed_is_another_world(tmp_path, monkeypatch):
    found = []
    for folder, seed in (("a", 0), ("b", 0), ("c", 1)):
        monkeypatch.setenv("MMSR_CACHE", str(tmp_path / folder))
        data = load("both", config=TINY["both"], seed=seed)
        features = [one.features.tobytes() for one in data.modalities]
        files = [Path(path).read_bytes() for path in data.pictures[1:]]
        found.append((data.item.tolist(), data.texts, data.titles, files, features))
    assert found[0] == found[1]
    assert all(one != other for one, other in zip(found[0], found[2], strict=True))


def test_a_basic_has_a_frame_and_an_accessory_a_tag_and_nothing_else_differs():
    pictures = {
        kind: np.asarray(Image.open(io.BytesIO(draw_item(3, kind, 80, [0]))).convert("RGB"), int)
        for kind in ("garment", "basic", "accessory")
    }
    for kind, most in (("basic", 0.12), ("accessory", 0.06)):
        changed = (abs(pictures[kind] - pictures["garment"]).max(2) > 60).mean()
        assert 0.005 < changed < most
    assert (abs(pictures["basic"] - pictures["garment"]).max(2) > 60)[20:60, 20:60].sum() == 0


@pytest.mark.slow
def test_the_codes_of_the_pictures_are_the_looks_and_those_of_the_texts_the_themes():
    config = BothConfig(garments=4, accessories=2, users=2)
    data = load("both", config=config, modalities=())
    for encoder, values, label in (
        ("colour-edges", data.pictures, "look"),
        ("tfidf-svd", data.texts["text"], "theme"),
    ):
        features, present = encode(encoder, values[1:], seed=0)
        classes = data.facts[label][1:]
        assert present.all()
        clusters = KMeans(len(np.unique(classes)), n_init=4, random_state=0).fit_predict(features)
        assert adjusted_rand_score(classes, clusters) > 0.95


def test_no_text_or_title_names_what_a_picture_shows():
    data = tiny("both")
    shown = {word for look in BOOK["looks"] for word in look} | {"stripe", "dot", "check", "colour", "trouser", "sock"}
    for words in (*data.texts["text"], *data.titles):
        assert not shown & set(re.findall(r"[a-z]+", words.lower()))
    assert len(set(data.titles)) == data.num_items + 1
    kinds = [one.kind for one in data.facts["truth"].world.groups()]
    for title, group in zip(data.titles[1:], data.facts["group"][1:], strict=True):
        word = kinds[group]
        assert (word in title) == (word != "garment")


def test_all_items_of_a_user_are_in_one_part_and_every_place_is_tested():
    data = made("pick")
    parts = split(data)
    users = [set(part.user.tolist()) for part in (parts.train, parts.validation, parts.test)]
    assert [len(one) for one in users] == [750, 100, 150]
    assert not users[0] & users[1] and not users[0] & users[2] and not users[1] & users[2]
    assert set(parts.test.lengths.tolist()) == set(range(1, 13))
    assert np.bincount(parts_of_users(3, seed=0)).tolist() == [1, 1, 1]


def test_a_world_is_loaded_by_name_in_its_own_size_or_the_students():
    assert load("pick-small", modalities=(), drawn=False).num_items == 6 * 3 * 60 + 6 * 5
    with pytest.raises(MMSRError, match="unknown size of a world 'huge'; choose from: small, student"):
        load("pick-huge")
    data = whole("pick-student")
    assert (data.name, data.num_items) == ("world-pick-student", 6 * 3 * 150 + 6 * 5)
    assert data.facts["truth"].config == PickConfig(**STUDENT["pick"])
    assert find("worlds:pick-student")[1] == "pick-student"
    assert break_ties(data).item.tolist() == data.item.tolist()  # no two items of a user have one time


@pytest.mark.parametrize("world", WORLDS)
def test_why_is_two_or_three_sentences_that_name_both_orders(world):
    why = WORLDS[world].why
    assert "Early fusion" in why and "ate fusion" in why
    assert len(re.findall(r"\.( |$)", why)) == 2


# Mistakes


@pytest.mark.parametrize(
    ("config", "wrong", "message"),
    [
        (PickConfig, {"looks": 1}, "looks is 1.*from 2 to 17"),
        (PickConfig, {"length": (9, 8)}, "length"),
        (ClocksConfig, {"look_lag": 2}, "two different lags"),
        (ClocksConfig, {"look_lag": 4}, "at most 3"),
        (BothConfig, {"theme_lag": 3}, "two different lags"),
        (BothConfig, {"themes": 2}, "themes is 2"),
    ],
)
def test_an_impossible_world_is_refused_with_what_is_possible(config, wrong, message):
    with pytest.raises(MMSRError, match=message):
        config(**wrong)


def test_mistakes_of_the_caller_are_named():
    with pytest.raises(MMSRError, match=r"unknown world 'spiral'.*both, clocks, pick"):
        load("spiral")
    with pytest.raises(MMSRError, match="PickConfig; expected a BothConfig"):
        load("both", config=PickConfig())
    with pytest.raises(MMSRError, match="there is no data set 'worlds'"):
        load_source("worlds")
    with pytest.raises(MMSRError, match="a history is empty"):
        tiny("pick").facts["truth"].distributions(np.zeros((1, 1)))


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (NextStep(np.ones(1), "whim"), "the cause 'whim'; expected one of: known"),
        (NextStep(np.array([0.5]), "known"), r"add up to 0.5; expected \(1,\) and 1"),
        (NextStep(np.ones(2) / 2, "known"), r"shape \(2,\)"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(step, message):
    class Broken(World):
        causes = ("known",)

        def groups(self):
            return [Group(look=0, theme=0, items=3)]

        def next_step(self, history, kind):
            return step

    with pytest.raises(MMSRError, match=message):
        make(Broken(WorldConfig(users=1)), "broken", modalities=(), drawn=False)


def test_a_world_without_a_rule_says_what_to_write():
    with pytest.raises(NotImplementedError, match="World has no groups; write the method `groups`"):
        World(WorldConfig()).groups()


def test_equally_likely_items_share_the_ranks_that_they_fill():
    gain = 1 / np.arange(1, 4)  # MRR@3
    found = gains_of_groups(np.array([0.2, 0.6, 0.2]), np.array([2, 3, 2]), gain)
    np.testing.assert_allclose(found, [0, (1 + 1 / 2 + 1 / 3) / 3, 0])
    found = gains_of_groups(np.array([0.4, 0.6]), np.array([2, 3]), gain)  # all items are as likely: five ranks
    np.testing.assert_allclose(found, [(1 + 1 / 2 + 1 / 3) / 5] * 2)


# docs/worlds.md


def blocks_of_the_page():
    page = (Path(__file__).parents[2] / "docs" / "worlds.md").read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_worlds_page_shows_code_that_runs():
    using, writing = blocks_of_the_page()
    names = {}
    exec(using, names)
    assert names["truth"].reachable_by_cause(names["test"])["pick"]["HR@5"] == pytest.approx(100)
    exec(writing, names)
    assert len(writing.splitlines()) <= 50
    data = names["taste"]
    examples = split(data).test
    truth = data.facts["truth"]
    # after one item either kind is as likely; 10 equal garments in the group that both kinds may take next
    first = examples.select(examples.lengths == 1)
    both = 0.5 / 4 / 10 + 0.5 / 5 / 10
    assert truth.reachable(first, (5,))["HR@5"] == pytest.approx(100 * 5 * both)
    causes = np.array(data.facts["causes"])[data.facts["cause"]]
    for fact in ("look", "theme"):
        place = np.flatnonzero(causes == fact)
        assert (data.facts[fact][data.item[place]] == data.facts[fact][data.item[place - 1]]).all()


@pytest.mark.parametrize("world", ["pick", "clocks"])
def test_the_worlds_page_says_why_as_the_world_does(world):
    page = (Path(__file__).parents[2] / "docs" / "worlds.md").read_text(encoding="utf-8")
    assert f"| {WORLDS[world].why} |" in page
