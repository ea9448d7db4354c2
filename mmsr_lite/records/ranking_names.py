"""The names of the two rankings, in the keys of metrics and in words.

*All items* is the paper's ranking. *Own items masked* leaves out what the user has already taken. One of them is the
headline of a data set, by the rule of `data.split.headline`: it is shown first, and the other one beside it.
"""

from collections.abc import Iterable

RANKINGS = {
    "all": "the target among all items (the paper's)",
    "masked": "the target among the items that its user has not yet taken",
}
IN_WORDS = {"all": "all items", "masked": "own items masked"}
RULE = (
    "own items masked where fewer than 1 % of the test targets lie in their own history (each own item above the "
    "target is then a certain mistake), all items elsewhere"
)


def key_of(metric: str, ranking: str) -> str:
    """The key that `evaluate` uses for a metric of a ranking; in the ranking of all items it is the plain name.

    Args:
        metric: The plain name, such as "HR@5", or any other name of which each ranking has one.
        ranking: One of `RANKINGS`.

    Returns:
        The key.

    Example:
        >>> key_of("HR@5", "all"), key_of("HR@5", "masked")
        ('HR@5', 'masked HR@5')
    """
    if ranking == "all":
        return metric
    return f"{ranking} {metric}"


def in_words(metric: str) -> str:
    """Say the key of a metric in words.

    Args:
        metric: A key of `key_of`.

    Returns:
        The metric and its ranking.

    Example:
        >>> in_words("HR@5"), in_words("masked HR@5")
        ('HR@5, all items', 'HR@5, own items masked')
    """
    for ranking in RANKINGS:
        name = metric.removeprefix(f"{ranking} ")
        if name != metric:
            return f"{name}, {IN_WORDS[ranking]}"
    return f"{metric}, {IN_WORDS['all']}"


def headline_first(headline: str | None, metrics: Iterable[str] = ()) -> list[str]:
    """The rankings in the order in which they are shown.

    Args:
        headline: The ranking that comes first; None, as in records of older versions: all items.
        metrics: Keys of the metrics that there are; a ranking without any is left out. None given: both rankings.

    Returns:
        Names of rankings.

    Example:
        >>> headline_first("masked"), headline_first("masked", ["HR@5", "MRR@5"])
        (['masked', 'all'], ['all'])
    """
    keys = list(metrics)
    order = sorted(RANKINGS, key=lambda ranking: ranking != (headline or "all"))
    if not keys:
        return order
    there = {"masked" if key.startswith("masked ") else "all" for key in keys}
    return [ranking for ranking in order if ranking in there]
