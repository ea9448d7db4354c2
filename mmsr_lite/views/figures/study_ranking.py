"""Which ranking of a study a figure shows, all items or own items masked, and the words for it."""

from mmsr_lite.errors import MMSRError, choose
from mmsr_lite.records import StudyRecord
from mmsr_lite.records.ranking_names import IN_WORDS, RANKINGS, in_words, key_of


def ranking_of(record: StudyRecord, ranking: str | None) -> str:
    """Choose the ranking that is drawn: the one asked for, else the headline of the record.

    Args:
        record: A study record.
        ranking: "all" (items), "masked" (own items masked), or None.

    Returns:
        "all" or "masked".

    Raises:
        MMSRError: There is no such ranking, or the table does not have it.

    Example:
        >>> ranking_of({"headline": "masked", "rankings": ["all", "masked"]}, None)
        'masked'
    """
    if ranking is None:
        return record.get("headline") or "all"
    there = record.get("rankings") or ["all"]
    if choose("ranking", ranking, RANKINGS) not in there:
        raise MMSRError(
            f"{record['study']} on {record['dataset']} was made by an older version, which had the ranking of all "
            f"items alone; expected ranking 'all' or none, got {ranking!r}"
        )
    return ranking


def metric_in_words(record: StudyRecord, metric: str, ranking: str) -> str:
    """Say a metric and its ranking in words.

    Args:
        record: A study record.
        metric: Such as "HR@5".
        ranking: "all" or "masked".

    Returns:
        The words; the metric alone for a record that does not say which rankings it has.

    Example:
        >>> metric_in_words({}, "HR@5", "all"), metric_in_words({"rankings": ["all", "masked"]}, "HR@5", "masked")
        ('HR@5', 'HR@5, own items masked')
    """
    there = record.get("rankings")
    if there is None:
        return metric
    words = in_words(key_of(metric, ranking))
    return words if len(there) > 1 else f"{words} alone"


def about_the_other(record: StudyRecord, ranking: str) -> str:
    """Say in a sentence what is known of the ranking that is not drawn.

    Args:
        record: A study record.
        ranking: The ranking that is drawn.

    Returns:
        The sentence after a blank; an empty text for a record that does not say which rankings it has.

    Example:
        >>> about_the_other({"rankings": ["all", "masked"]}, "all")
        " With ranking='masked' it shows own items masked."
    """
    there = record.get("rankings")
    if there is None:
        return ""
    if len(there) == 1:
        return " An older version made this table: it has the ranking of all items alone."
    others = [f" With ranking={one!r} it shows {IN_WORDS[one]}." for one in there if one != ranking]
    return "".join(others)
