"""The engine in a page answers as Python does: the same records for random edits and what-ifs, all orders of fusion.

`MMSR_PARITY=225 pytest tests/browser/test_engine.py` sends 225 requests to each model: 2,250 to ten models of a small
shop (all orders of fusion, the released code), and 225 to one model of each world, to ML-100K's for each number of
modalities, to each of the two runs of the first screen, and 112 to another stored run. The default is a tenth of that.
"""

import json
import os
import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from parity import answer_of, answers_of, compared, differences, random_request

from mmsr_lite.course.stored import stored_pair
from mmsr_lite.data import load
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.explain import page_data as page_data_file
from mmsr_lite.explain.page_data import page_data
from mmsr_lite.explain.page_model import rounded
from mmsr_lite.explain.session import Session
from mmsr_lite.explain.shared_random import SharedRandom, traded
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.nn.han import FUSIONS
from mmsr_lite.views.page import engine
from tests.random_weights import draw_weights

pytestmark = pytest.mark.browser
CASES = int(os.environ.get("MMSR_PARITY", 12))  # requests of each model
AT_ONCE = 25  # requests that the page is sent in a piece
SETTINGS = {  # M and the options of the paper and beyond it that come with each order of fusion
    "adaptive": (2, {}),
    "adaptive-invasive": (3, {"layers": 1}),
    "synchronous": (1, {"residual": False}),
    "hohe": (4, {"scale": False}),
    "hohe-invasive": (2, {"slope": 0.2, "cosine": 16.0}),
    "heho": (3, {"position": False}),
    "heho-invasive": (1, {"global_attention": True}),
    "homogeneous": (0, {"layers": 3}),
    "heterogeneous": (2, {"node_type": False}),
}
WORLDS = {  # world -> its source, and how many modalities its model has
    "cycle": ("wardrobe:cycle", 0),
    "match": ("wardrobe:match", 1),
    "pick": ("worlds:pick-small", 3),
    "clocks": ("worlds:clocks-small", 4),
    "both": ("worlds:both-small", 2),
}
RELEASED = (2, {"tied_maps": True, "hohe_reads_input": True, "separate_gate": True})


@pytest.fixture(scope="module")
def shop() -> Dataset:
    """Eight users of nine of 20 items."""
    rng = np.random.default_rng(3)
    names, users = tuple(f"i{item}" for item in range(21)), tuple(f"u{user}" for user in range(8))
    return Dataset("d", np.repeat(np.arange(8), 9), rng.integers(1, 21, 72), np.arange(72), users, names, names)


@pytest.fixture(scope="module")
def random_weights():
    """Makes an MMSR of M modalities whose weights are drawn, and are what 16-bit floats can hold."""

    def made(modalities: int, items: int = 20, seed: int = 0, **settings) -> MMSR:
        rng, books = np.random.default_rng(seed), []
        for name in ("picture", "text", "sound", "brand")[:modalities]:
            codes = np.array([rng.permutation(6)[:2] + 1 for _ in range(items + 1)])
            codes[np.arange(2) >= rng.integers(3, size=(items + 1, 1))] = 0  # some items lack one code, some both
            codes[0] = 0
            centres = rng.normal(size=(7, settings.get("dim", 8))).astype(np.float32)
            books.append(Codebook(name, codes, centres, centres[codes].sum(1)))
        torch.manual_seed(seed + 1)
        model = MMSR(MMSRConfig(**{"dim": 8, "layers": 2, "max_history": 10} | settings), items, books)
        draw_weights(model, std=0.35)
        return rounded(model)

    return made


@pytest.fixture(scope="module")
def ml_100k(shared_data) -> Dataset:
    """The films of ML-100K, without pictures and modalities."""
    return replace(load(shared_data / "ml-100k", modalities=()), pictures=())


@pytest.fixture(scope="module")
def page(chromium):
    """A page with nothing but the engine in it."""
    page = chromium.new_page()
    page.set_content("<p>")
    page.add_script_tag(content=f"{engine()}\nwindow.engine = engine;")
    yield page
    page.close()


ANSWER = """(asked) => {
  const [data, requests] = JSON.parse(asked);
  if (data) window.session = new engine.Session(data);
  const begun = data ? [{ message: null, record: session.record, error: null }] : [];
  const told = (one) => JSON.stringify(one, (_, value) => Number.isFinite(value) || typeof value !== "number" ? value
    : `${value}`);
  const answers = requests.map((request) => {
    try { const message = session.do(request); return told({ message, record: session.record, error: null }); }
    catch (error) {
      if (!(error instanceof engine.EngineError)) throw error;
      return told({ message: null, record: session.record, error: error.message });
    }
  });
  return [...begun.map(told), ...answers];
}"""  # without data the session of the call before goes on


def told_by(page, data: dict | None, requests: list[dict]) -> list[dict]:
    """What the engine answers; all goes as JSON, which is quick, and NaN and infinity come as their names."""
    return [json.loads(told) for told in page.evaluate(ANSWER, json.dumps([data, requests]))]


def told_otherwise(page, model, dataset, users, seed, count=CASES) -> list:
    """Random requests that the engine and Python answer with other records, each with the first differences.

    Every answer is compared. What hangs on rounding in it (the order of scores that are all but equal, a verdict on a
    delta at the very end of its band) is left out of it alone, and of few answers.
    """
    session, rng = Session(model, dataset, users[0]), random.Random(seed)
    names = [*(dataset.user_ids[user] for user in users[1:]), users[0], "nobody"]
    begun = json.loads(json.dumps({"message": None, "record": session.record, "error": None}))
    found = told_by(page, page_data([model], dataset, users, pseudonyms=False), [])
    done, wrong = 0, [("begun", others) for others in [compared(begun, found[0])[0]] if others]
    untold: dict[str, set] = {"order": set(), "verdict": set()}
    while done < count:
        requests, answers = answers_of(session, min(AT_ONCE, count - done), rng, dataset.num_items, names)
        found = told_by(page, None, requests)
        for request, python, engine_ in zip(requests, answers, found, strict=True):
            done += 1
            if "nobody" in str(request) or (python["error"] and "item is" in python["error"]):
                if not engine_["error"]:
                    wrong.append((request, "answered"))
                engine_ = engine_ | {"error": python["error"]}
            others, hangs = compared(python, engine_)
            if others:
                wrong.append((request, others[:5]))
            if "order" in hangs:  # of one record, however often it is asked
                untold["order"].add(str([row["item"] for row in python["record"]["answer"]["top"]]))
            if "verdict" in hangs:
                untold["verdict"].add(done)
    hung = {name: len(places) for name, places in untold.items()}
    print(f"{seed}: {done} answers compared, {len(wrong)} differ; rounding tells {hung}")
    assert sum(hung.values()) <= max(2, 0.05 * count), hung
    return wrong


@pytest.mark.parametrize("fusion", FUSIONS)
def test_each_order_of_fusion_gives_the_records_of_python(page, shop, random_weights, fusion):
    modalities, settings = SETTINGS[fusion]
    assert told_otherwise(page, random_weights(modalities, fusion=fusion, **settings), shop, [*range(8)], fusion) == []


def test_the_departures_of_the_released_code_give_the_records_of_python(page, shop, random_weights):
    modalities, settings = RELEASED
    assert told_otherwise(page, random_weights(modalities, **settings), shop, [2, 5], "released") == []


def test_models_take_each_others_place_as_in_python(page, shop, random_weights):
    models = {"late": random_weights(2, fusion="hohe"), "early": random_weights(2, fusion="heho", layers=1)}
    session = Session(models["late"], shop, 3, beside={"early": models["early"]})
    late = models["late"].label
    requests: list = [
        {"do": "beside", "model": "early"},
        {"do": "model", "model": 1},
        {"do": "beside", "model": late},
        {"do": "remove", "position": 2},
        {"do": "model", "model": 0},
        {"do": "undo"},
        {"do": "model", "model": 2},
        {"do": "user", "user": shop.user_ids[5]},
    ]
    python = [answer_of(session, request) for request in requests]
    data = page_data([*models.values()], shop, [3, 5], names=[late, "early"], pseudonyms=False)
    for request, one, two in zip(requests, python, told_by(page, data, requests)[1:], strict=True):
        assert bool(one["error"]) == bool(two["error"]) == (request["do"] == "model" and request["model"] == 2)
        assert differences(one, two | {"error": one["error"]}) == [], request


def removals(session) -> list[dict]:
    """A what-if for each node of the history that is shown: it is taken out."""
    names, nodes = session.record["node_types"], session.record["nodes"]
    changes = [{"do": "node", "type": names[node["type"]], "id": node["id"]} for node in nodes]
    return [{"do": "what_if", "change": change, "repeats": 2} for change in changes]


@pytest.mark.parametrize("fusion", ["adaptive", "hohe-invasive", "homogeneous"])
def test_models_of_other_seeds_are_counted_as_in_python(page, shop, random_weights, fusion):
    modalities, settings = SETTINGS[fusion]
    first, *seeds = [random_weights(modalities, seed=seed, fusion=fusion, **settings) for seed in range(5)]
    early, others = random_weights(1, fusion="heho"), {f"seed {seed}": model for seed, model in enumerate(seeds, 1)}
    session = Session(first, shop, 0, beside={"early": early}, other_seeds=others)
    group = [0, *range(2, 6)]  # all but the early model
    names = [first.label, "early", *others]
    data = page_data([first, early, *seeds], shop, [*range(8)], names=names, pseudonyms=False, seeds=[group])
    rng, requests, python = random.Random(fusion), [], []

    def ask(request):
        requests.append(request)
        python.append(answer_of(session, request))

    for number in range(22):
        is_other = number % 4 == 3
        random_one = random_request(session.record, rng, shop.num_items, [*shop.user_ids])
        ask({"do": "model", "model": rng.randrange(6)} if is_other else random_one)
    ask({"do": "model", "model": 3})
    for request in removals(session):  # of a code the number is another one in each model
        ask(request)
    told = []
    for request, one, two in zip(requests, python, told_by(page, data, requests)[1:], strict=True):
        assert bool(one["error"]) == bool(two["error"])
        assert compared(one, two | {"error": one["error"]})[0] == [], request
        draft, what_if = one["record"]["draft"], (one["message"] or {}).get("what_if") or {}
        assert ("seeds" in draft) == (draft["model"] != 1)  # the early model has no other seed
        told += [*draft.get("seeds", []), *([what_if["seeds"]] if "seeds" in what_if else [])]
    assert len({one["count"] for one in told}) > 2 and {one["of"] for one in told} == {5}
    abouts = {"first by flow", "what if"} | ({"larger order"} if modalities else set())
    assert {one["about"] for one in told} == abouts | ({"larger beta"} if fusion == "adaptive" else set())


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_a_model_of_each_world_gives_the_records_of_python(page, random_weights, world):
    source, modalities = WORLDS[world]
    dataset = replace(load(source, modalities=()), pictures=())
    model = random_weights(modalities, dataset.num_items, fusion=[*FUSIONS][len(world) % len(FUSIONS)])
    assert told_otherwise(page, model, dataset, [12, 3, 5], world) == []


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize("modalities", range(5))
def test_a_small_model_of_ml_100k_gives_the_records_of_python(page, random_weights, ml_100k, modalities):
    model = random_weights(modalities, ml_100k.num_items, dim=16, max_history=20)
    assert told_otherwise(page, model, ml_100k, [12, 3, 5], f"ml-100k {modalities}") == []


@pytest.mark.slow
@pytest.mark.parametrize("order", ["early", "late"])
def test_the_runs_of_the_first_screen_give_the_records_of_python(page, order):
    run = stored_pair("worlds:both-small")[f"{order} alone"]
    dataset = replace(run.dataset, pictures=())
    assert told_otherwise(page, rounded(run.model), dataset, [15, 3, 5], order) == []


@pytest.mark.slow
def test_a_trained_run_gives_the_records_of_python(page):
    from mmsr_lite.course.stored import stored

    model, dataset = stored("wardrobe-cycle")
    assert told_otherwise(page, rounded(model), replace(dataset, pictures=()), [12, 3, 5], "trained", CASES // 2) == []


def test_what_no_score_reads_of_the_last_layer_is_computed_when_somebody_looks(page, shop, random_weights):
    data = page_data([random_weights(2)], shop, [0], pseudonyms=False)
    waiting = page.evaluate(
        """(data) => {
          const last = new engine.Session(JSON.parse(data)).record.layers.at(-1);
          const waits = (name) => "get" in Object.getOwnPropertyDescriptor(last, name);
          const told = () => ["attention", "beta"].map(waits);
          const before = told();
          last.beta;
          return [before, told()];
        }""",
        json.dumps(data),
    )
    assert waiting == [[True, True], [True, False]]


def test_a_part_of_the_catalogue_is_ranked_among_itself(page, shop, random_weights, monkeypatch):
    monkeypatch.setattr(page_data_file, "ANSWERS", 2)
    monkeypatch.setattr(page_data_file, "_bytes_of_an_item", lambda *_: 0.9 * page_data_file.MOST_BYTES / 13)
    model, (*past, target) = random_weights(2), shop.history(0).tolist()
    data = page_data([model], shop, [0], pseudonyms=False)
    kept = data["kept"]
    assert len(kept) - 1 < shop.num_items
    answers = told_by(page, data, [{"do": "what_if", "change": {"do": "noise"}, "repeats": 9}])
    scores = model.scores(torch.tensor([past]))[0]
    record = answers[0]["record"]
    assert record["target"]["rank"] == 1 + int((scores[kept[1:]] > scores[target]).sum())
    assert record["dataset"]["items"] == len(kept) - 1
    assert record["target"]["score"] == pytest.approx(float(scores[target]), abs=1e-4)
    assert answers[1]["error"] is None and len(answers[1]["message"]["what_if"]["measures"]["rank"]["draws"]) == 9


def test_both_sides_draw_the_same_random_numbers(page):
    drawn = page.evaluate(
        """() => [0, 1, 99].map((seed) => {
          const rng = new engine.SharedRandom(0, seed);
          const order = (values) => rng.permutation(values);
          return [rng.integers(0, 1000), rng.integers(5, 9), order([1, 2, 3, 4, 5]), rng.choice([7, 8, 9])];
        })"""
    )
    for seed, found in zip((0, 1, 99), drawn, strict=True):
        rng = SharedRandom(0, seed)
        own = [
            rng.integers(1000),
            rng.integers(5, 9),
            rng.permutation([1, 2, 3, 4, 5]).tolist(),
            rng.choice([7, 8, 9]),
        ]
        assert found == own


def test_draws_are_even_and_a_share_of_places_trades_along_one_cycle():
    first = np.bincount([SharedRandom(seed).integers(6) for seed in range(6000)])
    assert abs(first - 1000).max() < 5 * (6000 * 1 / 6 * 5 / 6) ** 0.5  # five standard deviations
    for seed in range(50):
        source = traded(8, 0.5, SharedRandom(seed))
        assert sorted(source) == [*range(8)] and sum(source[place] != place for place in range(8)) == 4
