"""A run, a prepared folder and a table whose files were damaged or edited: each command tells it in one sentence."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from mmsr_lite import cli
from tests.faults.commands import SMALL, STUDY, TABLES, TRAIN, write_data

pytestmark = [pytest.mark.slow, pytest.mark.outside]
RUN = [["evaluate", "out"], ["explain", "out", "--user", "0"], [*TRAIN, "--resume"]]
TABLE = [["tables", "--page", "--out", "tables"], ["tables", "--recompute", "--out", "tables"]]
TABLE += [[*STUDY[:4], "tables", *TABLES]]
PREPARED = [["describe", "prepared"], ["train", "prepared", "--out", "other", *SMALL]]
READ = {  # file: the commands that read it
    "out/config.json": RUN,
    "out/run.json": RUN,
    "out/history.json": RUN[:2],
    "out/metrics.json": RUN[:2],
    "prepared/manifest.json": PREPARED,
    "tables/data/dataset.json": TABLE,
    "tables/data/controls.json": TABLE,
}
WRONG = ["{}", "[]", "null", "3", '"x"', "[[1]]", '{"a":', "9" * 5000, "[" * 100_000]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with data, a run, a prepared folder and the table of a study."""
    folder = tmp_path_factory.mktemp("made")
    write_data(folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert cli.main([*TRAIN]) == 0
        assert cli.main(["prepare", "data", "-o", "prepared", "--min-count=2"]) == 0
        assert cli.main([*STUDY[:4], "tables", *TABLES]) == 0
    return folder


@pytest.fixture
def here(made, tmp_path, monkeypatch) -> Path:
    """A copy of it, in which a test works."""
    shutil.copytree(made, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    return tmp_path / "copy"


def told(capsys, words: list[str]) -> str:
    """What a command that must fail says; a traceback would be an exception of the test."""
    capsys.readouterr()
    assert cli.main(words) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("mmsr-lite: ")]
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize("file", READ)
def test_json_that_holds_something_else_is_refused_in_a_sentence(here, file):
    whole = (here / file).read_text()
    codes = []
    for wrong in WRONG:
        for words in READ[file]:
            (here / file).write_text(wrong)
            codes.append(cli.main(words))  # a traceback would be an exception
            shutil.rmtree(here / "other", ignore_errors=True)
    assert set(codes) == {0, 1} or set(codes) == {1}  # some do without some files
    (here / file).write_text(whole)
    assert [cli.main(words) for words in READ[file]] == [0] * len(READ[file])


def edited(file: Path, name: str, change) -> None:
    """Change one tensor of a safetensors file and keep its header."""
    with safe_open(file, "pt") as stored:
        about = stored.metadata()
    tensors = load_file(file)
    tensors[name] = change(tensors[name]).contiguous()
    save_file(tensors, file, about)


def with_first(value):
    """Put a value into the first place of a tensor."""

    def change(tensor):
        tensor.view(-1)[0] = value
        return tensor

    return change


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("nodes.tables.0.weight", with_first(torch.nan), "holds nan, expected finite numbers"),
        ("layers.0.gate.mlp.0.bias", with_first(-torch.inf), "holds -inf, expected finite numbers"),
        ("codes.0", with_first(-3), "holds -3, expected whole numbers from 0 to 2"),
        ("codes.1", with_first(3), "holds 3, expected whole numbers from 0 to 2"),
        ("codes.0", lambda codes: codes[:-1], "'codes.0' is (8, 1) there and (9, 1) in this model"),
        ("codes.0", lambda codes: codes.float(), "holds 2 axes of torch.float32, expected 2 of torch.int64"),
    ],
)
def test_weights_that_no_training_gives_are_refused(here, capsys, name, change, says):
    edited(here / "out/model.safetensors", name, change)
    assert says in told(capsys, ["evaluate", "out"])
    edited(here / "out/state/checkpoint.safetensors", f"model.{name}", change)
    assert says in told(capsys, [*TRAIN, "--resume"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (with_first(torch.nan), "'exp_avg' holds nan, expected finite numbers"),
        (lambda kept: kept[:, :-1], "belongs to another model: what Adam kept of weight 0 does not fit"),
    ],
)
def test_what_adam_kept_is_looked_at(here, capsys, change, says):
    file = here / "out/state/checkpoint.safetensors"
    first = min(int(name.split(".")[1]) for name in load_file(file) if name.startswith("optimiser."))
    edited(file, f"optimiser.{first}.exp_avg", change)
    assert says.replace("weight 0", f"weight {first}") in told(capsys, [*TRAIN, "--resume"])


def test_a_checkpoint_in_the_form_of_two_files_goes_on_and_one_without_tensors_is_told(here, capsys):
    state = here / "out/state"
    with safe_open(state / "checkpoint.safetensors", "pt") as stored:
        about = stored.metadata()["about"]
    save_file(load_file(state / "checkpoint.safetensors"), state / "2.safetensors")
    (state / "checkpoint.safetensors").unlink()
    (state / "checkpoint.json").write_text(about[:-1] + ', "epoch": 2}')
    weights = (here / "out/model.safetensors").read_bytes()
    assert cli.main([*TRAIN, "--resume"]) == 0
    assert (here / "out/model.safetensors").read_bytes() == weights
    (state / "2.safetensors").unlink()
    assert "there is no file 'out/state/2.safetensors'" in told(capsys, [*TRAIN, "--resume"])


def test_too_little_memory_names_the_settings_that_need_it(here, capsys, monkeypatch):
    monkeypatch.setattr("mmsr_lite.training.fit.load_weights", lambda *_: torch.empty(10**15))
    assert "make smaller what needs much of it: batch (64), dim (4), max_history" in told(capsys, ["evaluate", "out"])
    monkeypatch.setattr("mmsr_lite.training.runs.prepare", lambda *_: bytearray(2**62))  # not of a run, of the data
    assert "there is too little memory" in told(capsys, ["explain", "out", "--user", "0"])
