"""Codes beside the weights: nothing is learned when a run is opened, and other codes than its own are refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mmsr_lite.data.storage import read_json, write_json
from mmsr_lite.errors import MMSRError
from mmsr_lite.graph import codes as home
from mmsr_lite.training.fit import fit, open_run
from mmsr_lite.training.kept_codes import CODES, codes_hash
from mmsr_lite.training.runs import Run
from mmsr_lite.training.weights import read_tensors, save_tensors


@pytest.fixture
def learned(monkeypatch) -> list[str]:
    """The modalities whose codes were learned, in the order in which they were."""
    names, learn = [], home.fit_codebook

    def counted(modality, **settings):
        names.append(modality.name)
        return learn(modality, **settings)

    monkeypatch.setattr(home, "fit_codebook", counted)
    return names


def edit(file: Path, name: str, change) -> None:
    """Change one table of a file of codes, and leave its header as it is."""
    tensors, about = read_tensors(file)
    tensors[name] = change(tensors[name])
    save_tensors(file, tensors, about)


def test_nothing_is_learned_when_a_run_is_opened_or_goes_on(config, tmp_path, learned):
    run = fit(config, tmp_path, progress=False)
    assert learned == ["title"]
    opened = open_run(tmp_path, "cpu")
    assert learned == ["title"]
    for one, other in zip(run.codebooks, opened.codebooks, strict=True):
        assert one.name == other.name
        for part in ("codes", "centres", "reduced"):
            kept, made = getattr(other, part), getattr(one, part)
            assert kept.dtype == made.dtype and np.array_equal(kept, made)
    history = torch.from_numpy(run.split.test.histories())
    assert torch.equal(run.model.eval().scores(history), opened.model.scores(history))
    before = (tmp_path / CODES).read_bytes()
    fit(config, tmp_path, resume=True, progress=False)
    assert learned == ["title"] and (tmp_path / CODES).read_bytes() == before


@pytest.mark.parametrize("older", ["its record names no codes", "its file was removed"])
def test_a_run_without_kept_codes_opens_and_learns_them(config, tmp_path, learned, older):
    run = fit(config, tmp_path, progress=False)
    if older == "its file was removed":
        (tmp_path / CODES).unlink()
    else:
        record = read_json(tmp_path / "run.json")
        del record["codes"]
        write_json(tmp_path / "run.json", record)
    opened = open_run(tmp_path, "cpu")
    assert learned == ["title", "title"] and codes_hash(opened.codebooks) == codes_hash(run.codebooks)
    fit(config, tmp_path, resume=True, progress=False)
    assert (tmp_path / CODES).exists() and read_json(tmp_path / "run.json")["codes"] == codes_hash(run.codebooks)


def to_one(codes):
    return torch.where(codes > 0, 1, codes)


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("0.codes", to_one, "holds other codes than those that the run was made with; remove the file"),
        ("0.centres", lambda rows: rows + 1, "holds other codes than those that the run was made with"),
        ("0.reduced", lambda rows: rows * 2, "holds other codes than those that the run was made with"),
        ("0.codes", lambda codes: codes + 5, "'codes' holds .*, expected whole numbers from 0 to 3"),
        ("0.centres", lambda rows: rows * torch.nan, "'centres' holds nan, expected finite numbers"),
        ("0.codes", lambda codes: codes[:-1], r"tables of \(6, 1\), \(4, 8\) and \(7, 8\), expected 7 rows of codes"),
        ("0.centres", lambda rows: rows[:, :-1], r"\(4, 7\) and \(7, 8\), expected .* one width"),
        ("0.codes", lambda codes: codes.float(), "has no table of codes of 'title' as torch.int64"),
    ],
)
def test_edited_codes_are_refused_in_a_sentence_and_nothing_is_learned(config, tmp_path, learned, name, change, says):
    fit(config, tmp_path, progress=False)
    edit(tmp_path / CODES, name, change)
    for use in (lambda: open_run(tmp_path, "cpu"), lambda: fit(config, tmp_path, resume=True, progress=False)):
        with pytest.raises(MMSRError, match=rf"{CODES}' .*{says}"):
            use()
    assert learned == ["title"]


def test_codes_of_another_modality_and_a_broken_file_are_refused(config, tmp_path):
    fit(config, tmp_path, progress=False)
    tensors, _ = read_tensors(tmp_path / CODES)
    for about, said in (({"modalities": ["sound"]}, "'sound'"), (None, "nothing"), ({"modalities": 3}, "nothing")):
        save_tensors(tmp_path / CODES, tensors, about)
        with pytest.raises(MMSRError, match=f"holds codes of {said}, and the run has 'title'"):
            open_run(tmp_path, "cpu")
    (tmp_path / CODES).write_bytes(b"damaged")
    with pytest.raises(MMSRError, match=f"{CODES}' cannot be read as safetensors"):
        open_run(tmp_path, "cpu")


def test_a_new_run_leaves_no_codes_of_the_old_one_and_a_model_that_counts_keeps_none(config, tmp_path):
    fit(config, tmp_path, progress=False)
    run = fit(replace(config, model="markov", settings={}), tmp_path, progress=False)
    assert run.record.codes is None and not (tmp_path / CODES).exists()
    assert open_run(tmp_path, "cpu").codebooks == ()


def test_a_run_in_memory_keeps_nothing(config):
    assert Run(config).record.codes is None
