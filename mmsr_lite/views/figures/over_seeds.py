"""What other seeds say of an explanation, as sentences below its figure: "4 of 5 models attend most to ..."."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mmsr_lite.errors import MMSRError
from mmsr_lite.records import as_record
from mmsr_lite.views import untrusted
from mmsr_lite.views.figures.data import FigureData


def with_seeds(
    make: Callable[[Any], FigureData], about: Sequence[str], seeds: Mapping[str, Any] | None
) -> Callable[[Any], FigureData]:
    """A figure whose caption ends with how many models say what it is about.

    Args:
        make: From a record to its figure.
        about: What the figure shows, as `Agreement` names it, such as "larger beta".
        seeds: A stability record of the same history; None: `make` itself is returned.

    Returns:
        From a record to the figure with these sentences; none for what the stability record does not hold.

    Raises:
        MMSRError: `seeds` is no stability record. The function that is returned raises it where `seeds` is of another
            history, or of another change than a what-if.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> make = with_seeds(lambda record: FigureData("lines", "Flow"), ["larger order"], sample("stability"))
        >>> make(sample("stability")).caption
        '2 of 3 models have more flow by late fusion than by early fusion.'
    """
    if seeds is None:
        return make
    record = as_record(seeds, "stability")
    sentences = [one["sentence"] for one in record["agreements"] if one["about"] in about]

    def drawn(shown: Mapping[str, Any]) -> FigureData:
        """The figure of a record with the sentences."""
        _refuse_others(shown, record)
        data = make(shown)
        caption = data.caption.strip().rstrip(".")
        parts = [*([f"{caption}."] if caption else []), *(untrusted.clean(one, 200) for one in sentences)]
        return replace(data, caption=" ".join(parts))

    return drawn


def _refuse_others(shown: Mapping[str, Any], seeds: Mapping[str, Any]) -> None:
    """Refuse seeds that were asked about something else than what is shown."""
    if "told" in shown:  # a what-if, which does not hold its history
        told = "; ".join(shown["told"])
        if told != seeds["change"]:
            raise MMSRError(
                f"the seeds were asked what if {seeds['change'] or 'nothing is changed'!r}, and this record is of "
                f"{told!r}; make them with stability(..., change=the change of this record)"
            )
        return
    items, asked = _items(shown), [step["item"] for step in seeds["history"]]
    if items != asked:
        raise MMSRError(
            f"the seeds were asked about the history {asked}, and this record is of {items}; "
            "make them with stability(..., history=the items of this record)"
        )


def _items(shown: Mapping[str, Any]) -> list[int]:
    """The history of a record: that of a trace, or of a flow by the positions of its item nodes."""
    if "history" in shown:
        return [step["item"] for step in shown["history"]]
    at = {position: node["id"] for node in shown["nodes"] if node["type"] == 0 for position in node["positions"]}
    return [at[position] for position in sorted(at)]
