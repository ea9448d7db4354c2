"""How many models that differ in their seed alone say the same of one history."""

from __future__ import annotations

from typing import Annotated, TypedDict


class Agreement(TypedDict):
    """One thing that an explanation says, and how many models say it."""

    about: Annotated[str, "first by attention, first by flow, larger order, larger beta, or what if"]
    says: Annotated[str, "what is counted: what most models say or, in an explorer, what the shown one says"]
    answers: Annotated[list[str], "what each model says"]
    count: Annotated[int, "how many models say that"]
    of: Annotated[int, "how many models have an answer"]
    sentence: Annotated[str, "all of it in words"]
