"""The messages between an explorer and its page, beside the record that both show."""

from __future__ import annotations

from typing import Annotated, TypedDict

from mmsr_lite.records.cards import ItemCard
from mmsr_lite.records.explanations import WhatIfRecord
from mmsr_lite.records.trace import TraceRecord


class Beside(TypedDict):
    """Another trace of the same history, shown beside the first one."""

    name: Annotated[str, "what it is called: a model, or the history before the edits"]
    record: Annotated[TraceRecord, "the trace"]


class Product(TypedDict):
    """One attention logit as the sum that it is (equations 12 and 13)."""

    layer: Annotated[int, "the layer, from 0"]
    path: Annotated[str, "hohe or heho"]
    phase: Annotated[int, "the phase of the path, from 0"]
    edge: Annotated[int, "an index of the edges of the trace"]
    family: Annotated[str, "homogeneous or heterogeneous"]
    terms: Annotated[list[float], "D numbers"]
    sum: Annotated[float, "their sum"]
    slope: Annotated[float, "the slope of leaky ReLU below zero"]
    logit: Annotated[float, "the sum after leaky ReLU"]


class Messages(TypedDict, total=False):
    """What the explorer tells its page after a request; it has only the parts that were asked for."""

    found: list[ItemCard] | None  # the items of a search
    what_if: WhatIfRecord | None  # the record of a change
    beside: Beside | None  # what is shown beside the record now; None: nothing any more
    product: Product | None  # the terms of an attention logit
    error: str | None  # why a request could not be carried out
    number: int  # of the request that the error belongs to
    page: str | None  # the explorer as one page, to be saved
    stored: bool  # whether the explorer replays a stored record, so that nothing can be edited
    name: str  # the name of the record itself, where another is shown beside it
