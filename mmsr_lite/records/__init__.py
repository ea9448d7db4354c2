"""Records: the border between what computes and what shows, as typed JSON.

Every function of `explain`, every training and every study makes a record; every picture reads one. A record is a
`dict` with declared fields:

>>> history = HistoryRecord(epochs=[{"epoch": 1, "loss": 2.5, "lr": 0.01}], best_epoch=1, selection="none")
>>> history.validate()
HistoryRecord(1 epochs, the best is 1, loss 2.500)
>>> history["best_epoch"] == history.best_epoch
True
>>> print(schema_table("codebook").splitlines()[5])
| `dataset` | text | the data set |
"""

from mmsr_lite.errors import choose
from mmsr_lite.records.base import RECORDS, Record, as_record, kind_of
from mmsr_lite.records.evidence import CompareRecord, FaithfulnessRecord, PyGRecord
from mmsr_lite.records.explanations import CodebookRecord, GatesRecord, WhatIfRecord
from mmsr_lite.records.flow import FlowRecord, FlowSummaryRecord
from mmsr_lite.records.fusion import FusionRecord
from mmsr_lite.records.leaks import LeaksRecord
from mmsr_lite.records.schema import table_rows
from mmsr_lite.records.stability import StabilityRecord
from mmsr_lite.records.trace import TraceRecord
from mmsr_lite.records.training import HistoryRecord, MetricsRecord, RunRecord, StudyRecord

__all__ = [
    "RECORDS",
    "CodebookRecord",
    "CompareRecord",
    "FaithfulnessRecord",
    "FlowRecord",
    "FlowSummaryRecord",
    "FusionRecord",
    "GatesRecord",
    "HistoryRecord",
    "LeaksRecord",
    "MetricsRecord",
    "PyGRecord",
    "Record",
    "RunRecord",
    "StabilityRecord",
    "StudyRecord",
    "TraceRecord",
    "WhatIfRecord",
    "as_record",
    "kind_of",
    "schema_table",
]


def schema_table(kind: str) -> str:
    """Write the reference of one kind of record as a Markdown table: a row for each field, also of its parts.

    Args:
        kind: a name in `RECORDS`, such as "trace".

    Returns:
        Markdown: what the record is, then the table. In the names of fields `[]` stands for every place of a list and
        `*` for every name.

    Raises:
        MMSRError: when there is no such kind.

    Example:
        >>> print(schema_table("codebook").splitlines()[2])
        | field | type | meaning |
    """
    record = RECORDS[choose("record", kind, RECORDS)]
    lines = [(record.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " "), ""]
    lines += ["| field | type | meaning |", "|---|---|---|"]
    rows = list(table_rows(record))
    if record.schema:
        rows.insert(0, ("schema", f"`{record.schema}`", "names the kind and its version"))
    for path, words, meaning in rows:
        lines.append(f"| `{path}` | {words} | {meaning} |".replace("||", "| |"))
    return "\n".join(lines) + "\n"
