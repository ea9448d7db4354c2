"""Settings of configs: a possible value is taken in its plain form, any other is refused in one sentence."""

import json
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, fields, is_dataclass
from pathlib import Path

import numpy as np
import pytest

from mmsr_lite.config import Setting, check_settings, setting, setting_of, settings_of, types_of
from mmsr_lite.data.sources.wardrobe import WardrobeConfig
from mmsr_lite.data.storage import content_hash
from mmsr_lite.errors import MMSRError, SettingError
from mmsr_lite.models import MODELS
from mmsr_lite.training.loop import TrainConfig
from mmsr_lite.training.run_config import RunConfig, read_config

ROOT = Path(__file__).parents[1]
CONFIGS = [RunConfig, TrainConfig, WardrobeConfig, *dict.fromkeys(model.Config for model in MODELS.values())]


@dataclass(frozen=True)
class ToyConfig:
    count: int = setting(3, "how many", at_least=1, at_most=9)
    share: float = setting(0.5, "how much of it", at_least=0, below=1)
    way: str = setting("up", "where to", one_of=("up", "down"))
    pair: tuple[int, int] = setting((1, 2), "two numbers", at_least=0)
    names: tuple[str, ...] | None = setting(None, "some names")
    on: bool = setting(False, "whether")
    ties: str = setting("share", "what equal scores do", in_id=False)

    def __post_init__(self) -> None:
        check_settings(self)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("count", 0, "count is 0; expected a whole number from 1 to 9"),
        ("count", 10, "count is 10; expected a whole number from 1 to 9"),
        ("count", 8.5, "count is 8.5; expected a whole number from 1 to 9"),
        ("count", 8.0, "count is 8.0; expected a whole number from 1 to 9"),
        ("count", True, "count is True; expected a whole number from 1 to 9"),
        ("count", "3", "count is '3'; expected a whole number from 1 to 9"),
        ("count", None, "count is None; expected a whole number from 1 to 9"),
        ("share", float("nan"), "share is nan; expected a number of at least 0 and less than 1"),
        ("share", 1, "share is 1; expected a number of at least 0 and less than 1"),
        ("share", 10**400, f"share is 1{'0' * 59}...; expected a number of at least 0 and less than 1"),
        ("way", "left", "unknown way 'left'; choose from: down, up"),
        ("way", 5, "way is 5; expected one of: down, up"),
        ("pair", (1, -2), "pair is (1, -2); expected a list of 2 whole numbers of at least 0"),
        ("pair", (1, 2, 3), "pair is (1, 2, 3); expected a list of 2 whole numbers of at least 0"),
        ("names", "ab", "names is 'ab'; expected a list of texts, or nothing (null in --set, None in Python)"),
        ("on", 1, "on is 1; expected true or false"),
    ],
)
def test_a_value_that_is_not_possible_is_refused_in_a_sentence_that_quotes_it(name, value, sentence):
    with pytest.raises(SettingError) as refused:
        ToyConfig(**{name: value})
    assert (str(refused.value), refused.value.name) == (sentence, name)


def test_values_that_say_the_same_become_the_same():
    given = ToyConfig(count=np.int64(4), share=0, pair=[5, 6], names=["a"])
    assert given == ToyConfig(count=4, share=0.0, pair=(5, 6), names=("a",))
    assert [type(value) for value in (given.count, given.share)] == [int, float]


def test_a_config_stays_a_frozen_dataclass():
    with pytest.raises(FrozenInstanceError):
        ToyConfig().count = 4
    assert asdict(ToyConfig())["pair"] == (1, 2)


def test_a_setting_that_came_later_counts_for_the_id_only_where_it_is_not_the_default():
    assert "ties" not in settings_of(ToyConfig())
    assert settings_of(ToyConfig(ties="first"))["ties"] == "first"


def test_an_error_keeps_the_name_of_its_setting_on_the_way_from_another_process():
    error = pickle.loads(pickle.dumps(SettingError("dim", "dim is 0; expected more")))
    assert (error.name, str(error)) == ("dim", "dim is 0; expected more")


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.__name__)
def test_every_setting_of_the_package_has_help_and_every_number_has_limits(config):
    for one in fields(config):
        about, kind = setting_of(one), types_of(config)[one.name]
        assert about.help and not about.help.endswith("."), f"{config.__name__}.{one.name} says nothing to people"
        if kind in (int, float):
            low = about.at_least is not None or about.above is not None
            high = about.at_most is not None or about.below is not None
            assert low and (high or kind is float), f"{config.__name__}.{one.name} takes any number"


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.__name__)
def test_no_config_of_the_package_takes_a_value_of_another_type_or_outside_its_limits(config):
    required = {"source": "wardrobe"} if config is RunConfig else {}
    for one in fields(config):
        kind, about = types_of(config)[one.name], setting_of(one)
        wrong = [object(), float("nan"), {"a": object()}]
        if kind in (int, float):
            low, high = (about.at_least, about.above), (about.at_most, about.below)
            wrong += ["5", -1e300, *[n - 1 for n in low if n is not None], *[n + 1 for n in high if n is not None]]
        for value in wrong:
            if one.name == "settings" and isinstance(value, dict):
                continue
            with pytest.raises(MMSRError):
                config(**required | {one.name: value})


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"dim": 0}, "dim is 0; expected a whole number from 1 to 65,536"),
        ({"layers": 10**7}, "layers is 10000000; expected a whole number from 1 to 100"),
        ({"max_history": 10**9}, "max_history is 1000000000; expected a whole number from 1 to 10,000"),
        ({"dropout": 1.5}, "dropout is 1.5; expected a number of at least 0 and less than 1"),
        ({"lr": float("nan")}, "lr is nan; expected a number greater than 0"),
        ({"seed": -1}, "seed is -1; expected a whole number from 0 to 4,294,967,295"),
        ({"label_smoothing": 7}, "label_smoothing is 7; expected a number of at least 0 and less than 1"),
        ({"device": "gpu"}, "unknown device 'gpu'; choose from: auto, cpu, cuda, cuda:0, ..."),
        ({"train": 5}, "unknown setting 'train'; choose from: "),
        ({"model": "markov", "decay": 2}, "decay is 2; expected a number from 0 to 1"),
        ({"model": "sasrec", "heads": 3}, "heads is 3 and dim is 128; expected heads to divide dim"),
        ({"encoders": 5}, "encoders is 5; expected a text, or names with values, or nothing"),
    ],
)
def test_a_run_refuses_a_setting_before_any_work(settings, sentence):
    with pytest.raises(SettingError) as refused:
        RunConfig("wardrobe").with_settings(**settings)
    assert str(refused.value).startswith(sentence) and refused.value.name == [*settings][-1]


def test_a_model_is_not_given_settings_of_another():
    run = RunConfig("wardrobe").with_settings(fusion="hohe")
    with pytest.raises(SettingError, match="model 'markov' has no setting 'fusion'; it has: decay, max_history"):
        run.with_settings(model="markov")
    with pytest.raises(SettingError, match="model 'popularity' has no setting 'fusion'; it has: none"):
        run.with_settings(model="popularity")


def test_stored_runs_open_with_the_settings_they_were_stored_with():
    places = sorted(ROOT.glob("mmsr_lite/stored/runs/*/config.json"))
    assert places
    for place in places:
        stored, opened = json.loads(place.read_text()), asdict(read_config(place))
        for name, value in stored.items():
            if name not in ("id", "train"):
                assert opened[name] == (tuple(value) if name == "modalities" and value is not None else value)
        assert opened["train"] | stored["train"] == opened["train"]


def test_the_id_of_a_run_is_the_hash_of_the_settings_that_there_were_when_runs_were_stored():
    # A setting that comes later is `in_id=False`, or every run gets another name.
    run = {"source": "wardrobe", "modalities": None, "encoders": None, "min_count": None, "corruption": None}
    run |= {"corrupted": None, "rate": 1.0, "model": "mmsr", "codes": 7, "codes_per_item": 1, "reduction": "pca"}
    run |= {"distance": "cosine", "refit": False, "settings": {"dim": 32, "dropout": 0.2}}
    training = {"epochs": 10, "batch": 256, "lr": 0.02, "weight_decay": 0.0, "warmup": 0.05, "clip": 5.0, "patience": 4}
    training |= {"selection": "validation", "metric": "MRR@5", "seed": 0, "device": "cpu", "precision": "float32"}
    training |= {"negatives": 0}
    config = RunConfig(**run, train=TrainConfig(**training))
    assert config.id == content_hash(run | {"train": training})[:8]
    assert config.with_settings(dim=32, lr=0.02, seed=0).id == config.id != config.with_settings(seed=1).id


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ([], "is not the config of a run"),
        ({"source": "wardrobe"}, "is not the config of a run"),
        (
            {"source": "wardrobe", "train": {"momentum": 1}},
            "has the setting 'momentum', which this version",
        ),
        ({"source": "wardrobe", "train": {"lr": "x"}}, "does not fit this version: lr is 'x'; expected a number"),
        ({"source": "wardrobe", "train": {}, "settings": {"depth": 2}}, "model 'mmsr' has no setting 'depth'"),
    ],
)
def test_a_stored_config_that_does_not_fit_is_named_with_its_mistake(record, sentence, tmp_path):
    place = tmp_path / "config.json"
    place.write_text(json.dumps(record))
    with pytest.raises(MMSRError) as refused:
        read_config(place)
    assert repr(str(place)) in str(refused.value) and sentence in str(refused.value)


def test_limits_are_said_in_words():
    assert Setting(above=0).limits() == " greater than 0" and Setting().limits() == ""
    assert Setting(at_least=0, below=1).limits() == " of at least 0 and less than 1"
    assert is_dataclass(Setting)
