"""How much the losing order of fusion can know in a world: read-outs made by hand, computed exactly.

They say why an order loses, in numbers that need no training. Both are limits of a kind of read-out, not of all models:
a read-out with a wide hidden layer, or more layers and heads, can get round them.
"""

from itertools import product

from mmsr_lite.errors import MMSRError

MOST_SESSIONS = 2_000_000  # that are gone through one by one


def additive_read_out(looks: int, browses: int) -> float:
    """The share of purchases in `pick` that the best additive late read-out by hand gets right.

    Late fusion adds a number from the looks alone to a number from the themes alone: the score of look q is
    a(q, looks) + b(q, formal place), where `a` may be chosen for each sequence of looks and `b` is shared by all. With
    b(q, j) = j v(q), the garments at some places are all found, whichever of these places is the formal one, if their
    v does not fall along the session; so the read-out is right at as many places as the longest part of the sequence
    that does not fall has. For k = 3 no `b` does better: of the six orders of three different looks, one alone can be
    right at all places, and the worst one has no pair in the right order.

    Args:
        looks: P, the looks of the world.
        browses: k, the garments of a session.

    Returns:
        The share, from 0 to 1.

    Raises:
        MMSRError: there are too many sessions to go through.

    Example:
        >>> round(additive_read_out(6, 3), 4)    # (6 * 3/3 + 90 * 7/9 + 120 * 2/3) / 216
        0.7222
    """
    sessions = looks**browses
    if sessions > MOST_SESSIONS:
        raise MMSRError(f"{looks} looks and {browses} browses make {sessions:,} sessions; expected {MOST_SESSIONS:,}")
    right = sum(longest_not_falling(sequence) for sequence in product(range(looks), repeat=browses))
    return right / browses / sessions


def longest_not_falling(sequence: tuple[int, ...]) -> int:
    """The length of the longest part of a sequence, with gaps allowed, that does not fall.

    Args:
        sequence: numbers.

    Returns:
        The length.

    Example:
        >>> longest_not_falling((2, 0, 1, 1))
        3
    """
    longest: list[int] = []  # of the parts that end at each place
    for place, value in enumerate(sequence):
        before = [longest[earlier] for earlier in range(place) if sequence[earlier] <= value]
        longest.append(1 + max(before, default=0))
    return max(longest)


def most_frequent_look(looks: int, browses: int) -> float:
    """The share of purchases in `pick` that pictures alone get right: the basic of the session's most frequent look.

    Args:
        looks: how many looks there are.
        browses: how many garments a session has.

    Returns:
        A share from 0 to 1.

    Example:
        >>> round(most_frequent_look(6, 3), 4)    # (6 * 3/3 + 90 * 2/3 + 120 * 1/3) / 216
        0.4907
    """
    sequences = product(range(looks), repeat=browses)
    return sum(max(map(one.count, one)) for one in sequences) / browses / looks**browses


def one_weight_for_each_place(looks: int, themes: int) -> float:
    """The share of purchases in `clocks` that a read-out gets right which reads whole garments, each with one weight.

    Early fusion reads picture and text of a garment as one token. If the garment that has the look gets more weight
    than the one that has the theme, the theme is read at the wrong place, and right by chance alone, 1 / T; with more
    weight on the other one the look is, 1 / P. With equal weights each of the two looks and of the two themes is as
    likely, unless the garments agree.

    Args:
        looks: P, the looks of the world.
        themes: T, its themes.

    Returns:
        The greatest of the three shares, from 0 to 1.

    Example:
        >>> round(one_weight_for_each_place(6, 5), 4)    # (1 + 1/6) / 2 * (1 + 1/5) / 2
        0.35
    """
    equal = (1 + 1 / looks) / 2 * (1 + 1 / themes) / 2
    return max(1 / themes, 1 / looks, equal)
