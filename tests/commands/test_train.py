"""The options of `train` are the fields of the configs; a run is the same however its settings were typed."""

import argparse
from dataclasses import fields

import pytest

from mmsr_lite import cli
from mmsr_lite.commands import train
from mmsr_lite.models.mmsr import MMSRConfig
from mmsr_lite.training.loop import TrainConfig
from mmsr_lite.training.run_config import RunConfig


@pytest.fixture(scope="module")
def parser():
    made = argparse.ArgumentParser()
    train.add_options(made)
    return made


def trained(monkeypatch, tmp_path, *words) -> RunConfig:
    """The config that `train` would train, and nothing is trained."""
    configs = []

    def fit(config, folder, *, resume, when_loaded):
        configs.append(config)
        raise KeyboardInterrupt

    monkeypatch.setattr("mmsr_lite.training.fit.fit", fit)
    assert cli.main(["train", "wardrobe", "--out", str(tmp_path / "run"), *words]) == 130
    return configs[0]


def test_every_setting_is_an_option_with_its_help_and_its_default(parser):
    options = {action.dest: action for action in parser._actions}
    for config in (RunConfig, TrainConfig, MMSRConfig):
        for one in fields(config):
            if one.name in ("settings", "train", "encoders"):
                continue
            assert options[one.name].help, one.name
            if one.name not in ("source", "modalities", "min_count"):
                assert one.metadata["setting"].help.replace("%", "%%") in options[one.name].help


def test_the_help_has_groups(capsys):
    with pytest.raises(SystemExit):
        cli.main(["train", "--help"])
    text = capsys.readouterr().out
    places = [text.find(f"\n{title}") for title in ("data:", "codes:", "model (", "training:")]
    assert -1 not in places and places == sorted(places)


@pytest.mark.parametrize(
    "words",
    [
        ["--dim", "16", "--fusion", "hohe", "--lr", "0.02", "--no-scale", "--codes", "7", "--refit"],
        ["--set", "dim=16", "fusion=hohe", "lr=0.02", "scale=false", "codes=7", "refit=true"],
        [
            "--dim",
            "16",
            "--fusion",
            "hohe",
            "--set",
            "lr=0.02",
            "scale=false",
            "--codes",
            "7",
            "--refit",
            "--epochs",
            "10",
        ],
        ["--dim=16", "--fusion=hohe", "--lr=2e-2", "--no-scale", "--codes=7", "--refit", "--layers=1", "--seed=0"],
    ],
)
def test_a_run_is_the_same_however_its_settings_were_typed(words, monkeypatch, tmp_path):
    wanted = RunConfig("wardrobe").with_settings(dim=16, fusion="hohe", lr=0.02, scale=False, codes=7, refit=True)
    assert trained(monkeypatch, tmp_path, *words) == wanted


def test_an_option_is_compared_with_the_default_of_the_model_that_was_chosen(monkeypatch, tmp_path):
    # 1 is MMSR's number of layers, SASRec's is 2: one typed with 1 layer has 1, one typed with 2 has its default
    assert trained(monkeypatch, tmp_path, "--model", "sasrec", "--layers", "1").model_config.layers == 1
    assert trained(monkeypatch, tmp_path, "--model", "sasrec", "--layers", "2").settings == {}


def test_a_setting_of_another_model_is_reached_by_name(monkeypatch, tmp_path):
    config = trained(monkeypatch, tmp_path, "--model", "sasrec", "--dim", "8", "--set", "heads=4", "norm_first=false")
    assert config.settings == {"dim": 8, "heads": 4, "norm_first": False}


def test_modalities_are_all_some_or_none(monkeypatch, tmp_path):
    choices = {(): None, ("--modalities",): (), ("--modalities", "text"): ("text",)}
    for words, wanted in choices.items():
        assert trained(monkeypatch, tmp_path, *words).modalities == wanted


def test_a_run_has_a_folder_even_when_its_source_is_the_folder_that_one_is_in(tmp_path, monkeypatch):
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path / "shop")
    assert train.default_folder(".") == "runs/shop"
    assert train.default_folder("amazon:raw/Beauty") == "runs/Beauty"


def test_one_number_of_codes_or_one_for_each_modality(monkeypatch, tmp_path):
    words = ["--codes", "title=30", "brand=9", "--codes-per-item", "title=3", "brand=1"]
    config = trained(monkeypatch, tmp_path, *words)
    assert config.codes == {"title": 30, "brand": 9} and config.codes_per_item == {"title": 3, "brand": 1}
    assert trained(monkeypatch, tmp_path, "--codes", "9").codes == 9
    assert trained(monkeypatch, tmp_path, "--set", 'codes={"title": 30}').codes == {"title": 30}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["many"], "--codes many: expected one whole number, or a NAME=NUMBER for each modality"),
        (["title=3", "title=4"], "--codes title=3 title=4: expected"),
        (["title=3", "4"], "--codes title=3 4: expected"),
        (["=3"], "--codes =3: expected"),
        (["title=1000001"], "codes is {'title': 1000001}; expected a whole number from 0 to 1,000,000, or names with"),
    ],
)
def test_codes_that_cannot_be_are_told_with_what_was_typed(tmp_path, capsys, words, says):
    assert cli.main(["train", "wardrobe", "--out", str(tmp_path / "run"), "--codes", *words]) == 1
    assert says in capsys.readouterr().err
