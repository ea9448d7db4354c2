"""Encoders with a network: weights on disk, small and random, loaded as a person would load the real ones."""

import importlib
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mmsr_lite.data import load, pictures
from mmsr_lite.data.encoders import ENCODERS, Encoder, encode, network, weights
from mmsr_lite.data.features import read_features, write_features
from mmsr_lite.errors import MMSRError

pytestmark = pytest.mark.usefixtures("own_cache")
NEAR = 1e-5 if network.device() == "cpu" else 5e-3  # a GPU convolves in TF32
WORDS = ["a", "red", "dress", "warm", "wool", "scarf", "hat"]
TEXTS = ["a red dress", "", "red", "a warm red wool scarf", "  ", "a red dress"]


@pytest.fixture(scope="module")
def vision():
    """torchvision and open_clip, of this environment or of its folder `vision` (the Makefile says why)."""
    if importlib.util.find_spec("torchvision") is None:
        if not Path(sys.prefix, "vision").is_dir():
            pytest.skip("needs torchvision, which `make test` installs")
        sys.path.append(str(Path(sys.prefix, "vision")))
    try:
        return importlib.import_module("torchvision")
    except RuntimeError:  # built for CUDA, beside a torch without: declare what it misses
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor boxes, Tensor scores, float threshold) -> Tensor")
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
        torchvision = importlib.import_module("torchvision")
        torchvision.kept = library  # an operator lives as long as its library
        return torchvision


@pytest.fixture(scope="module")
def tiny_t5(tmp_path_factory) -> str:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, T5Config, T5EncoderModel

    folder = str(tmp_path_factory.mktemp("t5"))
    special = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    vocabulary = {word: n for n, word in enumerate([*special.values(), *WORDS])}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=words, **special).save_pretrained(folder)
    torch.manual_seed(0)
    config = T5Config(vocab_size=10, d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2, decoder_start_token_id=0)
    T5EncoderModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def tiny_resnet(vision, tmp_path_factory) -> str:
    """ResNet-50 as it is, weights random: its state dict as torchvision's file holds it."""
    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("resnet") / "resnet50.pth"
    torch.save(vision.models.resnet50(num_classes=1000).state_dict(), file)
    return str(file)


@pytest.fixture(scope="module")
def tiny_clip(vision, tmp_path_factory) -> str:
    open_clip, folder = pytest.importorskip("open_clip"), tmp_path_factory.mktemp("clip")
    vision_cfg = {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16}
    text_cfg = {"context_length": 16, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}
    config = {"model_cfg": {"embed_dim": 8, "vision_cfg": vision_cfg, "text_cfg": text_cfg}}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    torch.manual_seed(0)
    torch.save(open_clip.CLIP(8, vision_cfg, text_cfg).state_dict(), folder / "open_clip_model.pth")
    return str(folder)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, str | None]:
    """A picture of every kind that people have, and what only looks like one."""
    place = tmp_path_factory.mktemp("files")
    plain = Image.new("RGB", (60, 40), "white")
    plain.paste((200, 30, 30), (0, 0, 30, 40))
    exif = Image.Exif()
    exif[0x112] = 6
    for name, picture, options in [
        ("plain.png", plain, {}),
        ("photo.jpg", plain, {"quality": 98}),
        ("web.webp", plain, {"lossless": True}),
        ("moves.gif", plain.convert("P"), {"save_all": True, "append_images": [Image.new("P", (60, 40))]}),
        ("print.jpg", plain.convert("CMYK"), {"quality": 98}),
        ("palette.png", plain.quantize(4), {}),
        ("alpha.png", plain.convert("RGBA"), {}),
        ("grey.png", plain.convert("LA"), {}),
        ("turned.jpg", plain.transpose(Image.Transpose.ROTATE_90), {"exif": exif, "quality": 98}),
        ("bomb.png", Image.new("L", (5000, 400)), {}),
    ]:
        picture.save(place / name, **options)
    (place / "cut.jpg").write_bytes((place / "photo.jpg").read_bytes()[:300])
    (place / "words.png").write_text("<svg onload=alert(1)>")
    names = [path.name for path in sorted(place.iterdir())]
    return {name: str(place / name) for name in names} | {"nowhere.png": str(place / "nowhere.png"), "none": None}


def check_pictures(spec, files, monkeypatch, width):
    monkeypatch.setattr(pictures, "MAX_PIXELS", 5000 * 400 - 1)
    names = list(files)
    features, present = encode(spec, [files[name] for name in names])
    good = {name for name, there in zip(names, present, strict=True) if there}
    assert {*names} - good == {"bomb.png", "cut.jpg", "words.png", "nowhere.png", "none"}
    assert features.shape == (len(names), width) and features.dtype == np.float32 and not features[~present].any()
    rows = dict(zip(names, features / np.linalg.norm(features, axis=1, keepdims=True).clip(1e-9), strict=True))
    assert min(rows["plain.png"] @ rows[name] for name in good if name != "grey.png") > 0.99
    return rows


@pytest.mark.slow
def test_resnet50_gives_the_pooled_vector_of_torchvisions_own_pipeline(vision, tiny_resnet, files, monkeypatch):
    check_pictures(f"resnet50:{tiny_resnet}", files, monkeypatch, 2048)
    plain = vision.models.resnet50()
    plain.load_state_dict(torch.load(tiny_resnet, weights_only=True))
    seen = []
    plain.eval().avgpool.register_forward_hook(lambda module, given, pooled: seen.append(pooled.flatten(1)))
    cut = vision.models.ResNet50_Weights.IMAGENET1K_V1.transforms()
    with torch.no_grad():
        plain(cut(Image.open(files["plain.png"]))[None])
    features, _ = encode(f"resnet50:{tiny_resnet}", [files["plain.png"]])
    assert np.allclose(features, seen[0].numpy(), atol=NEAR)


@pytest.mark.slow
def test_clip_puts_pictures_and_texts_into_one_space(tiny_clip, files, monkeypatch):
    rows = check_pictures(f"clip-picture:{tiny_clip}", files, monkeypatch, 8)
    assert np.isclose(np.linalg.norm(rows["plain.png"]), 1)
    features, present = encode(f"clip-text:{tiny_clip}", TEXTS)
    assert features.shape == (6, 8) and present.tolist() == [True, False, True, True, False, True]
    assert np.allclose(np.linalg.norm(features[present], axis=1), 1) and np.array_equal(features[0], features[5])


def test_t5_averages_over_real_tokens_alone(tiny_t5):
    from transformers import T5EncoderModel

    features, present = encode(f"t5:{tiny_t5}", TEXTS)
    assert features.shape == (6, 16) and present.tolist() == [True, False, True, True, False, True]
    ids = [[WORDS.index(word) + 3 for word in text.split()] for text in TEXTS]
    with torch.no_grad():
        plain = T5EncoderModel.from_pretrained(tiny_t5).eval()
        expected = [plain(torch.tensor([row])).last_hidden_state[0].mean(0).numpy() for row in ids if row]
    assert np.allclose(features[present], np.array(expected), atol=NEAR)  # one by one, so without any padding
    assert not features[~present].any()


def test_a_run_that_was_stopped_goes_on_with_the_next_batch(own_cache, monkeypatch):
    """Five batches of two; the third is interrupted; the second run asks only for what is missing."""
    asked = []

    def open_(model):
        def run(batch):
            if len(asked) == 2 and not stopped:
                stopped.append(True)
                raise KeyboardInterrupt
            asked.append(tuple(batch))
            return np.array([[len(text), 1.0] for text in batch], np.float32), np.ones(len(batch), bool)

        return run

    stopped: list[bool] = []
    monkeypatch.setitem(ENCODERS, "t5", Encoder("text", open_, 2))
    texts = ["x" * (n + 1) for n in range(10)]
    with pytest.raises(KeyboardInterrupt):
        encode("t5", texts)
    features, present = encode("t5", texts)
    assert asked == [(texts[n], texts[n + 1]) for n in range(0, 10, 2)] and present.all()
    assert features[:, 0].tolist() == list(range(1, 11))
    assert [path.suffix for path in own_cache.glob("features/*")] == [".safetensors"]  # the parts are gone
    assert np.array_equal(encode("t5", texts)[0], features) and len(asked) == 5


def test_other_weights_are_other_features_and_a_full_disk_costs_only_the_cache(
    tmp_path, monkeypatch, tiny_t5, full_disk
):
    before = weights(f"t5:{tiny_t5}")
    (tmp_path / "other").mkdir()
    for file in Path(tiny_t5).iterdir():
        (tmp_path / "other" / file.name).write_bytes(file.read_bytes())
    assert weights(f"t5:{tmp_path / 'other'}") == before
    (tmp_path / "other" / "config.json").write_text("{}")
    assert weights(f"t5:{tmp_path / 'other'}") != before
    full_disk()
    with pytest.warns(UserWarning, match="not kept for the next time"):
        assert encode(f"t5:{tiny_t5}", TEXTS)[1].sum() == 4


@pytest.mark.parametrize("name", ["resnet50", "t5", "clip-picture", "clip-text", "precomputed"])
def test_an_encoder_without_weights_says_what_to_name(name, files):
    with pytest.raises(MMSRError, match=f"encoder '{name}' needs a model: \\w"):
        encode(name, [files["plain.png"]])


@pytest.mark.parametrize("name", ["resnet50", "t5", "clip-picture"])
def test_damaged_weights_are_told_in_one_sentence(vision, name, tmp_path, files):
    if name == "clip-picture":
        pytest.importorskip("open_clip")
    wrong = tmp_path / "wrong.pth"
    wrong.write_bytes(b"damaged")
    with pytest.raises(MMSRError, match=r"cannot read .*wrong\.pth': \w"):
        encode(f"{name}:{wrong}", [files["plain.png"]])


def test_a_missing_package_is_told_with_the_command(monkeypatch, tiny_t5):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MMSRError, match="encoder 't5' needs packages: pip install transformers"):
        encode(f"t5:{tiny_t5}", TEXTS)


@pytest.mark.parametrize("form", ["npz", "safetensors", "lists.parquet", "numbers.parquet", "b"])
def test_precomputed_features_of_every_form_say_the_same(tmp_path, form):
    import pandas as pd

    from mmsr_lite.data.features import AMAZON

    width = 4096 if form == "b" else 3
    ids, features = ["a", "b", "zero"], np.outer([1, 2, 0], np.ones(width)).astype(np.float32)
    file = tmp_path / f"f.{form}"
    if form == "npz":
        np.savez(file, features=features.astype(np.float64), item_ids=np.array(ids))
    elif form == "safetensors":
        write_features(file, features, ids)
    elif form == "lists.parquet":
        pd.DataFrame({"item_id": ids, "vector": list(features)}).to_parquet(file)
    elif form == "numbers.parquet":
        pd.DataFrame(features, columns=["x", "y", "z"]).assign(item_id=ids).to_parquet(file)
    else:
        records = np.zeros(3, AMAZON)
        records["item_id"], records["features"] = ids, features
        records.tofile(file)
    found, present = read_features(file, ["b", "c", "zero", "a"])
    assert present.tolist() == [True, False, False, True] and found[:, 0].tolist() == [2, 0, 0, 1]


def test_a_folder_takes_precomputed_features_for_a_modality_it_has_no_column_of(tiny_folder, tmp_path):
    write_features(tmp_path / "sound.safetensors", np.eye(2, dtype=np.float32), ["i1", "i4"])
    dataset = load(tiny_folder, encoders={"sound": f"precomputed:{tmp_path / 'sound.safetensors'}"}, min_count=4)
    assert [one.name for one in dataset.modalities] == ["title", "tags", "photo", "sound"]
    assert dataset.modality("sound").present.tolist() == [False, False, True, False, False, True, False]
    for wrong in ("nowhere.npz", "f.csv"):
        (tmp_path / "f.csv").write_text("a")
        with pytest.raises(MMSRError, match="holds no features"):
            load(tiny_folder, encoders={"sound": f"precomputed:{tmp_path / wrong}"}, min_count=4)
