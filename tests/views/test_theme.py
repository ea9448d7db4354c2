"""One colour, one meaning; colours that are drawn in the same way differ for every kind of colour vision."""

import re
from itertools import combinations

import numpy as np
import pytest

from mmsr_lite.views import theme, wording
from mmsr_lite.views.page import static

VISION = {  # linear RGB as people see it who have all cones, who lack those for green, and those for red (Machado 2009)
    "all": np.eye(3),
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colour: str) -> np.ndarray:
    share = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(colour: str, vision: str) -> np.ndarray:
    xyz = TO_XYZ @ np.clip(np.array(VISION[vision]) @ linear(colour), 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one: str, other: str, visions=tuple(VISION)) -> float:
    return min(float(np.linalg.norm(lab(one, vision) - lab(other, vision))) for vision in visions)


def contrast(one: str, other: str) -> float:
    light, dark = sorted((float(TO_XYZ[1] @ linear(colour)) for colour in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


FLOW = tuple(theme.FLOW.values())  # the parts of a score
FILLS = ["item", *(f"modality {number}" for number in range(1, 9))]


@pytest.mark.parametrize("group", [("early", "late"), FLOW, ("in", "out", "both", "match", "self"), FILLS], ids=str)
def test_what_is_drawn_in_the_same_way_differs_for_every_vision(group):
    for one, other in combinations(group, 2):
        for paper in (0, 1):
            assert difference(theme.COLOURS[one][paper], theme.COLOURS[other][paper]) > 10, (one, other)


def test_no_two_meanings_have_one_colour():
    colours = {name: colour.light for name, colour in theme.COLOURS.items() if name not in ("match", "self")}
    colours |= {f"series {number}": colour for number, colour in enumerate(theme.SERIES[1:-1])}
    for (one, a), (other, b) in combinations(colours.items(), 2):
        assert difference(a, b, ("all",)) > 15, (one, other)


def test_eight_modalities_have_eight_looks_and_the_text_on_them_can_be_read():
    looks = [theme.kind(number) for number in range(9)]
    assert len({(fill, shape) for fill, _, shape in looks}) == len({fill for fill, _, _ in looks}) == 9
    assert all(contrast(fill, ink) >= 4.5 for fill, ink, _ in looks)


def test_lines_and_rings_can_be_seen_on_light_and_on_dark_paper():
    dark = re.search(r'data-theme="dark"\] \{\s+--paper: (#\w+)', static("msgraph.css"))[1]
    for name in ("early", "late", "in", "out", "both", "match", "self"):
        assert contrast(theme.COLOURS[name].light, theme.PAPER) >= 3 and contrast(theme.COLOURS[name].dark, dark) >= 3


def test_the_style_sheet_has_the_colours_of_the_theme():
    light, dark = re.findall(r"--early: [^}]*?--self: #\w+", static("msgraph.css"))
    for rule, paper in ((light, 0), (dark, 1)):
        found = {name.replace("-", " "): colour for name, colour in re.findall(r"--([\w-]+): (#\w+)", rule)}
        assert found == {name: theme.COLOURS[name][paper].lower() for name in found}
        assert set(found) >= {"early", "late", "in", "out", "both", "match", "self", *theme.FLOW.values()}


def test_the_scale_of_the_gate_is_white_at_one_half_and_as_dark_at_both_ends():
    (_, early), (half, white), (_, late) = theme.DIVERGING
    assert (half, white) == (0.5, "#ffffff") and (early, late) == (theme.EARLY, theme.LATE)
    assert contrast(early, white) > 4.5 and contrast(late, white) > 4.5
    assert theme.series("late", 5) == theme.part("hohe", 0) == theme.LATE
    assert theme.series("heho", 5) == theme.part("heho", 0) == theme.EARLY


def test_a_half_is_rounded_as_javascript_rounds_it():
    assert [wording.fixed(value) for value in (1 / 16, 0.0005, 0.1235, 2.0)] == ["0.063", "0.001", "0.123", "2.000"]
