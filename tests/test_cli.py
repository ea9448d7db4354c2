"""The command line: help, exit codes, one sentence for each mistake, and a whole small run."""

import io
import json
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from mmsr_lite import cli
from mmsr_lite.commands import COMMANDS
from mmsr_lite.doctor import doctor, packages

SMALL = ["--modalities", "words", "--dim", "8", "--codes", "3", "--codes-per-item", "1", "--batch", "32"]


@pytest.fixture(scope="module")
def run(ring, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "ring"
    assert cli.main(["train", str(ring), *SMALL, "--epochs", "2", "--out", str(out)]) == 0
    return out


def told(capsys, *argv):
    """What a mistake prints: exit code 1 and one line without a traceback."""
    assert cli.main([str(word) for word in argv]) == 1
    text = capsys.readouterr().err.strip().splitlines()[-1]
    assert text.startswith("mmsr-lite: ") and "Traceback" not in text
    return text


def test_training_leaves_a_run_that_can_be_opened(run, capsys):
    assert {path.name for path in run.iterdir()} >= {"config.json", "history.json", "metrics.json", "model.safetensors"}
    metrics = json.loads((run / "metrics.json").read_text())
    assert set(metrics["counting"]) == {"markov", "popularity"} and metrics["reachable"] is None
    assert 0 <= metrics["test"]["MRR@5"] <= metrics["test"]["HR@5"] <= 100


def test_evaluating_a_run_gives_its_metrics_again(run, capsys):
    before = json.loads((run / "metrics.json").read_text())
    assert cli.main(["evaluate", str(run), "--device", "cpu"]) == 0
    assert json.loads((run / "metrics.json").read_text()) == before
    assert f"{before['test']['HR@5']:.2f}" in capsys.readouterr().out


def test_explaining_writes_one_page_that_hostile_titles_cannot_break(run, tmp_path, capsys):
    page = tmp_path / "user.html"
    assert cli.main(["explain", str(run), "--user", "u3", "4", "-o", str(page)]) == 0
    text = page.read_text()
    assert "</script>0" not in text and "\\u003c/script\\u003e" in text


def test_a_run_is_not_overwritten_by_mistake(ring, run, capsys):
    assert "holds a run already" in told(capsys, "train", ring, *SMALL, "--out", run)


def test_a_finished_run_resumes_to_itself(ring, run, capsys):
    before = (run / "model.safetensors").read_bytes()
    assert cli.main(["train", str(ring), *SMALL, "--epochs", "2", "--out", str(run), "--resume"]) == 0
    assert (run / "model.safetensors").read_bytes() == before


def test_another_config_cannot_resume(ring, run, capsys):
    sentence = told(capsys, "train", ring, *SMALL, "--codes", 2, "--out", run, "--resume")
    assert "epochs is 2 there and 10 now; codes is 3 there and 2 now; use its settings" in sentence


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["train", "nowhere"], "there is no data set 'nowhere'"),
        (["train", "wardrobe:summer"], "unknown world 'summer'; choose from: cycle, match"),
        (["train", "wardrobe", "--fusion", "late"], "unknown fusion 'late'"),
        (["train", "wardrobe", "--device", "gpu"], "unknown device 'gpu'"),
        (["train", "wardrobe", "--lr", "-1"], "--lr -1.0: lr is -1.0; expected a number greater than 0"),
        (["train", "wardrobe", "--lr", "nan"], "--lr nan: lr is nan"),
        (["train", "wardrobe", "--dim", "0"], "--dim 0: dim is 0; expected a whole number from 1 to 65,536"),
        (["train", "wardrobe", "--input-dropout", "1.5"], "--input-dropout 1.5: input_dropout is 1.5"),
        (["train", "wardrobe", "--seed", "-1"], "--seed -1: seed is -1"),
        (["train", "wardrobe", "--min-count", "5", "--dim", "8", "--set", "dim=9"], "'dim' is given twice, by --dim 8"),
        (["train", "wardrobe", "--set", "dim=8", "dim=9"], "'dim' is given twice"),
        (["train", "wardrobe", "--set", "dim=8.5"], "--set dim=8.5: dim is 8.5; expected a whole number"),
        (["train", "wardrobe", "--set", "train=5"], "--set train=5: unknown setting 'train'"),
        (["train", "wardrobe", "--set", "corruption=missing", "rate=x"], "--set rate=x: rate is 'x'"),
        (["train", "wardrobe", "--set", "encoders=5"], "--set encoders=5: encoders is 5; expected a text"),
        (["train", "wardrobe", "--set", "model=[1]"], "--set model=[1]: model is [1]; expected one of: bm3"),
        (["train", "wardrobe", "--model", "mark"], "--model mark: unknown model 'mark'"),
        (["train", "wardrobe", "--model", "sasrec", "--no-scale"], "--no-scale: unknown setting 'scale'"),
        (["train", "wardrobe", "--encoder", "sentence", "clip-text"], "'sentence' is not of the form NAME=VALUE"),
        (["train", "wardrobe", "--set", "depth=3"], "--set depth=3: unknown setting 'depth'"),
        (["train", "wardrobe", "--set", "depth"], "'depth' is not of the form NAME=VALUE"),
        (["evaluate", "nowhere"], "'nowhere' holds no run"),
        (["explain", "nowhere", "--user", "1"], "'nowhere' holds no run"),
        (["demo", "--world", "summer"], "unknown world 'summer'"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(argv, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert says in told(capsys, *argv)


def test_an_unknown_user_is_told_with_one_who_exists(run, capsys):
    for word in ("u99", "99", "-1", "²"):
        sentence = told(capsys, "explain", run, f"--user={word}")
        assert f"there is no user '{word}' in 'ring'; give an id such as 'u0'" in sentence


def test_an_unknown_modality_is_told(ring, tmp_path, capsys):
    assert "'smell'" in told(capsys, "train", ring, "--modalities", "smell", "--out", tmp_path / "x")


def test_a_full_disk_is_told(ring, tmp_path, capsys, full_disk):
    full_disk("os.replace")
    assert "No space left on device" in told(capsys, "train", ring, *SMALL, "--epochs", 1, "--out", tmp_path / "x")


def test_ctrl_c_says_where_the_checkpoint_is_and_how_to_go_on(ring, tmp_path, capsys, monkeypatch):
    from mmsr_lite.training import loop

    real, seen = loop.save_checkpoint, []

    def stop_after_one(*args):
        real(*args)
        seen.append(1)
        raise KeyboardInterrupt

    argv = ["train", str(ring), *SMALL, "--epochs", "3", "--out", str(tmp_path / "x")]
    monkeypatch.setattr(loop, "save_checkpoint", stop_after_one)
    assert cli.main(argv) == 130
    kept = f"the checkpoint is kept in {tmp_path / 'x'}, resume with: mmsr-lite train .* --resume$"
    assert re.search(kept, capsys.readouterr().err, re.M)
    monkeypatch.undo()
    assert cli.main([*argv, "--resume"]) == 0
    assert len(json.loads((tmp_path / "x" / "history.json").read_text())["epochs"]) == 3


def test_a_reader_who_has_seen_enough_is_not_an_error():
    command = [sys.executable, "-m", "mmsr_lite", "doctor"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as told:
        told.stdout.close()  # as `head` does
        assert told.stderr.read() == b""


def test_debugging_shows_the_traceback(monkeypatch):
    monkeypatch.setenv("MMSR_DEBUG", "1")
    with pytest.raises(ValueError, match="holds no run"):
        cli.main(["evaluate", "nowhere"])


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["fly"],
        ["train"],
        ["explain", "runs/demo"],
        ["train", "wardrobe", "--dim", "wide"],
        ["prepare", "wardrobe", "-o", "x", "--seed", "-1"],
        ["describe", "wardrobe", "--min-count", "-1"],
        ["tables", "all", "--jobs", "0"],
        ["tables", "all", "--seeds", "2.5"],
        ["tables", "all", "--limit-minutes", "nan"],
        ["explore", "runs/demo", "--port", "99999"],
    ],
)
def test_wrong_usage_is_exit_code_2(argv, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(argv)
    assert stopped.value.code == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main([command, "--help"])
    assert stopped.value.code == 0
    assert f"examples:\n  mmsr-lite {command}" in capsys.readouterr().out


def test_no_command_is_lost():
    names = {"demo", "train", "evaluate", "explain", "explore", "tables", "prepare", "describe", "download", "doctor"}
    assert names <= set(COMMANDS)


def test_a_console_without_a_letter_shows_a_question_mark(monkeypatch, ring):
    console = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", console)
    cli.print_what_the_console_lacks_as_question_marks()
    print("Größe", flush=True)
    assert console.buffer.getvalue() == b"Gr??e\n"


def test_doctor_finds_a_package_that_is_missing_or_too_old_and_names_the_fix(capsys, monkeypatch):
    required = [("no-such-thing", "1.2", ""), ("nor-this", "3", "lab"), ("numpy", "999", "")]
    monkeypatch.setattr("mmsr_lite.doctor.requirements", lambda: required)
    assert doctor() == 1
    text = capsys.readouterr().out
    assert "problem  no-such-thing" in text and "pip install --constraint constraints.txt 'no-such-thing>=1.2'" in text
    assert "problem  numpy" in text and "note     extra lab" in text and "2 problems to fix" in text


def test_doctor_names_the_first_packages_that_an_extra_lacks(monkeypatch):
    (found,) = packages([(f"no-such-{letter}", "0", "lab") for letter in "abcde"])
    assert found.detail == "no-such-a not installed, no-such-b not installed, no-such-c not installed, and 2 more"


def test_doctor_finds_front_end_and_kernel_of_different_versions(tmp_path, monkeypatch):
    from mmsr_lite.doctor import front_end

    record = tmp_path / "share/jupyter/labextensions/anywidget/package.json"
    record.parent.mkdir(parents=True)
    record.write_text('{"version": "0.0.1"}')
    monkeypatch.setattr("shutil.which", lambda name: str(tmp_path / "bin" / name))
    assert [f.state for f in front_end() if "0.0.1" in f.detail] == ["problem"]


@pytest.mark.parametrize("kernels, state", [(True, "ok"), (False, "note")])
def test_doctor_notes_a_gpu_without_kernels(monkeypatch, kernels, state):
    from mmsr_lite.doctor import gpu

    card = SimpleNamespace(total_memory=2**36)
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.get_device_properties", lambda _: card)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda _: "Card")
    monkeypatch.setattr("mmsr_lite.kernels.works", lambda: kernels)
    (found,) = gpu()
    assert (found.state, "Card, 64 GiB" in found.detail, "triton" in found.fix) == (state, True, not kernels)


def test_doctor_finds_a_cache_that_cannot_be_written(tmp_path, monkeypatch):
    from mmsr_lite.doctor import cache

    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("MMSR_CACHE", str(tmp_path / "file" / "cache"))
    assert cache().state == "problem" and "MMSR_CACHE" in cache().fix


def test_doctor_works_without_torch():
    code = "import sys; sys.modules['torch'] = None; from mmsr_lite.cli import main; sys.exit(main(['doctor']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ok       python" in done.stdout and "Traceback" not in done.stderr


def test_without_voila_the_explorer_says_how_to_get_it_and_what_needs_none(run, capsys, monkeypatch):
    monkeypatch.setattr("mmsr_lite.live_explorer.find_spec", lambda name: None)
    sentence = told(capsys, "explore", run)
    assert "[lab]" in sentence and f"mmsr-lite page {run} -o explorer.html" in sentence
    assert "pip install 'mmsr-lite[lab]'" not in sentence  # in the project's folder pip would look for it on PyPI
