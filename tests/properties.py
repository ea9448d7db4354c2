"""How many examples of a property are tried."""

from hypothesis import settings

USUAL = 100  # of Hypothesis, and of `make test-rest`


def examples(count: int) -> int:
    """`count` examples; as many as the profile has, and no more, where that tries few (`make test-quick`).

    >>> examples(0)
    0
    """
    most = settings.default.max_examples
    return min(count, most) if most < USUAL else count
