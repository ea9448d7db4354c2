"""Names that people use: each of `show` has a page of help, and an old name answers with the new one."""

import inspect
import typing

import pytest

from mmsr_lite import show
from mmsr_lite.views import VIEWS

FUNCTIONS = {name: one for name, one in vars(show).items() if inspect.isfunction(one) and not name.startswith("_")}
FUNCTIONS = {name: one for name, one in FUNCTIONS.items() if one.__module__.startswith(f"{show.__name__}.")}


@pytest.mark.parametrize(("old", "new"), [("play", "interact"), ("cockpit", "training_monitor")])
def test_an_old_name_answers_with_the_new_one(old, new):
    with pytest.warns(DeprecationWarning, match=f"show.{old} is now called show.{new}"):
        assert getattr(show, old) is getattr(show, new)


def test_a_name_that_never_was_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'paint'"):
        show.paint  # noqa: B018


def test_all_figures_are_public_names():
    assert sorted(show.__all__) == sorted(FUNCTIONS)


def test_every_function_says_what_it_takes_and_gives_and_has_an_example():
    assert set(VIEWS) | {"study", "curves", "differences", "interact", "glossary"} <= set(FUNCTIONS)
    for name, function in FUNCTIONS.items():
        text = inspect.getdoc(function) or ""
        for heading in ("Args:", "Example:", ">>> "):
            assert heading in text, (name, heading)
        for argument in inspect.signature(function).parameters:
            assert f"    {argument}: " in text, (name, argument)
        returned = inspect.signature(function).return_annotation
        assert returned is not inspect.Signature.empty, name
        if returned is not None and returned is not typing.Any:
            assert "Returns:" in text, name
