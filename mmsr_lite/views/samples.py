"""A small made-up record of every kind that a view reads, to try a picture without a model; see samples.json."""

import json
from functools import cache
from pathlib import Path

from mmsr_lite.errors import choose
from mmsr_lite.records import Record, as_record

FILE = Path(__file__).with_name("samples.json")


@cache
def _texts() -> dict[str, str]:
    """The sample records as JSON, by kind."""
    records = json.loads(FILE.read_text(encoding="utf-8"))
    return {kind: json.dumps(record) for kind, record in records.items()}


def sample(kind: str = "trace") -> Record:
    """A small record of made-up numbers.

    Args:
        kind: "trace", "history", "what-if", "gates", "compare", "faithfulness", "codebook", "study", "flow", "leaks",
            "fusion" or "stability".

    Returns:
        The record, a new one at each call.

    Raises:
        MMSRError: There is no sample of this kind.

    Example:
        >>> sample("history")["best_epoch"]
        2
    """
    return as_record(json.loads(_texts()[choose("sample", kind, _texts())]), kind)
