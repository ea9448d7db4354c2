"""Samples: a whole record of every kind that a view reads, and no picture of a real item."""

import json
from types import NoneType, UnionType
from typing import Annotated, Union, get_args, get_origin, is_typeddict

import pytest

from mmsr_lite import show
from mmsr_lite.errors import MMSRError
from mmsr_lite.records import RECORDS
from mmsr_lite.records.schema import fields_of, is_record
from mmsr_lite.views import VIEWS
from mmsr_lite.views.samples import _texts, sample

KINDS = ("trace", "history", "what-if", "gates", "compare", "faithfulness", "codebook", "study", "flow", "leaks")
KINDS += ("fusion", "stability")
READS = {"training": "history", "what_if": "what-if", "inspector": "gates", "compare": "compare"}
READS |= {
    "fidelity": "faithfulness",
    "codebook": "codebook",
    "flow": "flow",
    "leaks": "leaks",
    "fusion": "fusion",
    "stability": "stability",
}


def test_there_is_a_sample_of_every_kind_that_a_view_reads():
    assert tuple(_texts()) == KINDS
    for name, make in VIEWS.items():
        view = make(sample(READS.get(name, "trace")))
        assert view.text and view.table
    with pytest.raises(MMSRError, match="unknown sample 'tracce'"):
        sample("tracce")


def test_a_sample_is_new_at_each_call():
    first = sample("trace")
    first["nodes"].clear()
    assert len(sample("trace")["nodes"]) == 7


LEAVE_OUT = object()


def changes_of(value, declared, path="", holder=None, key=None):
    """(container, key, path, what stands there instead): what a type lets be absent, null or empty, one at a time."""
    origin, parts = get_origin(declared), get_args(declared)
    if origin is Annotated:
        yield from changes_of(value, parts[0], path, holder, key)
    elif origin in (Union, UnionType):
        if NoneType in parts and value is not None:
            yield holder, key, f"{path} is null", None
        for part in parts:
            yield from changes_of(value, part, path, holder, key)
    elif origin is list and isinstance(value, list):
        if value:
            yield holder, key, f"{path} is empty", []
        for place, one in enumerate(value):
            yield from changes_of(one, parts[0], f"{path}[]", value, place)
    elif origin is dict and isinstance(value, dict):
        if value:
            yield holder, key, f"{path} is empty", {}
        for name, one in value.items():
            yield from changes_of(one, parts[1], f"{path}.*", value, name)
    elif (is_record(declared) or is_typeddict(declared)) and isinstance(value, dict):
        for name, field in fields_of(declared).items():
            if name in value:
                here = f"{path}.{name}"
                if not field.required:
                    yield value, name, f"{here} is absent", LEAVE_OUT
                yield from changes_of(value[name], field.type, here, value, name)


SHOWN = {name: (make, READS.get(name, "trace")) for name, make in VIEWS.items()}
SHOWN |= {name: (getattr(show, name), "study") for name in ("study", "curves", "differences")}


@pytest.mark.parametrize("name", SHOWN)
def test_what_a_record_may_lack_is_lacked_without_trouble_or_refused_in_one_sentence(name):
    make, kind = SHOWN[name]
    text = json.dumps(sample(kind))
    for path in dict.fromkeys(path for *_, path, _ in changes_of(sample(kind), RECORDS[kind])):
        for everywhere in (True, False):
            record = json.loads(text)
            for container, key, here, instead in list(changes_of(record, RECORDS[kind])):
                if here == path and instead is LEAVE_OUT:
                    container.pop(key, None)
                elif here == path:
                    container[key] = instead
                if here == path and not everywhere:
                    break
            try:
                drawn = make(record).text
            except MMSRError:
                continue
            assert drawn, path
