"""Pictures: upright and small on white, or none; and an address that a page can hold."""

import base64
import io
import re

import pytest
from PIL import Image

from mmsr_lite.data import pictures
from mmsr_lite.data.pictures import data_uri, open_picture


@pytest.fixture
def file(tmp_path) -> str:
    """300 x 200, the left half red, the right half clear."""
    picture = Image.new("RGBA", (300, 200), (0, 0, 0, 0))
    picture.paste((255, 0, 0, 255), (0, 0, 150, 200))
    picture.save(tmp_path / "a.png")
    return str(tmp_path / "a.png")


def test_a_picture_is_shrunk_onto_white_and_never_enlarged(file):
    small = open_picture(file, 60)
    assert (small.size, small.mode) == ((60, 40), "RGB")
    assert small.getpixel((5, 5)) == (255, 0, 0) and small.getpixel((55, 5)) == (255, 255, 255)
    assert open_picture(file, 999).size == (300, 200) and open_picture(file, 60, square=True).size == (60, 60)


def test_a_photo_is_turned_upright(tmp_path):
    exif, photo = Image.Exif(), Image.new("RGB", (300, 200))
    exif[0x112] = 6  # turn clockwise
    photo.paste((255, 255, 255), (0, 0, 300, 100))
    photo.save(tmp_path / "a.jpg", exif=exif)
    turned = open_picture(str(tmp_path / "a.jpg"), 60)
    assert turned.size == (40, 60) and turned.getpixel((35, 30)) > (250,) * 3 > (5,) * 3 > turned.getpixel((5, 30))


def test_what_is_no_picture_or_too_large_has_no_address(file, tmp_path, monkeypatch):
    (tmp_path / "svg.png").write_text("<svg onload=alert(1)>")
    monkeypatch.setattr(pictures, "MAX_PIXELS", 300 * 200)
    assert open_picture(file, 60) is not None
    monkeypatch.setattr(pictures, "MAX_PIXELS", 300 * 200 - 1)
    assert [data_uri(path) for path in (None, file, str(tmp_path / "svg.png"), str(tmp_path), "/nowhere")] == [None] * 5


def test_an_address_holds_the_small_png_and_nothing_else(file):
    head, _, data = data_uri(file, 60).partition(",")
    assert head == "data:image/png;base64" and re.fullmatch("[A-Za-z0-9+/]+=*", data)
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (60, 40)


@pytest.mark.parametrize(
    "content", [b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 50 50\n%%EndComments\n", b"P6 2 2 255 "]
)
@pytest.mark.parametrize("ending", ["jpg", "png", "gif", "webp", "bmp", "eps"])
def test_a_file_of_another_form_is_not_opened_whatever_its_name_says(tmp_path, monkeypatch, content, ending):
    import subprocess

    monkeypatch.setattr(subprocess, "Popen", None)  # no program is started, Ghostscript least of all
    file = tmp_path / f"a.{ending}"
    file.write_bytes(content + b"\0" * 99)
    assert open_picture(str(file), 64) is None


@pytest.mark.parametrize("form", ["TIFF", "PPM", "ICO", "PCX", "TGA", "EPS", "PDF"])
def test_only_five_forms_are_opened(tmp_path, form):
    file = tmp_path / "a.png"
    Image.new("RGB", (8, 8), "red").save(file, form)
    assert open_picture(str(file), 64) is None


@pytest.mark.parametrize("form", ["BMP", "GIF", "JPEG", "PNG", "WEBP"])
def test_these_five_are(tmp_path, form):
    file = tmp_path / "a.any"
    Image.new("RGB", (8, 8), "red").save(file, form)
    assert open_picture(str(file), 64).size == (8, 8)
