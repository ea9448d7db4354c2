"""Controls: without a kernel the first choice, with one a widget; mistakes are told and, in CI, raised."""

import pytest

from mmsr_lite import MMSRError, show
from mmsr_lite.views.widgets.controls import Interact


class Picture:
    def __init__(self, png: bytes):
        self.png = png

    def _repr_png_(self) -> bytes:
        return self.png


def test_the_first_choice_is_shown_where_nothing_runs():
    bundle, metadata = show.interact(lambda n: Picture(b"png%d" % n), n=range(3, 9))._repr_mimebundle_()
    assert bundle["image/png"] == "cG5nMw=="  # png3
    assert metadata == {"mmsr_lite": "interact"}


def test_a_change_is_drawn_and_text_stays_text():
    play = Interact(lambda n, word: f"{word} {n}", n=range(0, 7, 2), word=["a", "b"])
    box = play.widget()
    number, word = box.children[0].children
    assert (number.min, number.max, number.step, number.value) == (0, 6, 2, 0)
    assert [label for label, _ in word.options] == ["a", "b"]
    made = []
    play.make = lambda n, word: made.append((n, word)) or ""
    number.value, word.value = 4, 1
    assert made == [(4, "a"), (4, "b")]


def test_in_ci_both_ends_of_every_control_are_made(monkeypatch):
    monkeypatch.setenv("MMSR_STRICT", "1")
    with pytest.raises(ZeroDivisionError):
        Interact(lambda n: str(1 // (n - 5)), n=range(6))


def test_in_ci_an_error_in_a_callback_is_raised(monkeypatch):
    monkeypatch.setenv("MMSR_STRICT", "1")
    slider = Interact(lambda n: str(1 // (n - 3)), n=range(6)).widget().children[0].children[0]
    with pytest.raises(ZeroDivisionError):
        slider.value = 3


def test_nothing_to_choose_is_an_error():
    with pytest.raises(MMSRError, match="got n"):
        Interact(lambda n: "", n=[])
    with pytest.raises(MMSRError, match="no control"):
        Interact(lambda: "")
