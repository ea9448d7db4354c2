"""How much the losing order of fusion can know in a world, computed exactly for read-outs that are made by hand.

These numbers say why an order loses, without any training. Each is the limit of one kind of read-out, not of all
models: a read-out with a wide hidden layer, or with more layers and heads, can do better.
"""

from itertools import product

from mmsr_lite.errors import MMSRError

MOST_SESSIONS = 2_000_000  # that are counted one by one


def additive_read_out(looks: int, browses: int) -> float:
    """The share of purchases in `pick` that an additive late read-out made by hand gets right.

    Late fusion adds a number from the looks alone to a number from the themes alone. The score of look q is
    a(q, looks) + b(q, formal place): `a` may be chosen for each sequence of looks, and `b` is the same for all
    sequences. Take b(q, j) = j v(q). Consider some places of a session along which v does not fall. The read-out is
    right whenever one of these places is the formal one. So the number of places at which it can be right is the length
    of the longest subsequence that does not fall. For k = 3 no `b` does better: of the six orders of three different
    looks, only one can be right at all places, and the reverse order has no pair in the right order.

    Args:
        looks: P, the number of looks of the world.
        browses: k, the number of garments in a session.

    Returns:
        The share, from 0 to 1.

    Raises:
        MMSRError: there are more than `MOST_SESSIONS` sessions to count.

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
    """The length of the longest subsequence that does not fall.

    Args:
        sequence: numbers.

    Returns:
        The length.

    Example:
        >>> longest_not_falling((2, 0, 1, 1))
        3
    """
    longest: list[int] = []  # for each place, the longest subsequence that ends there
    for place, value in enumerate(sequence):
        before = [longest[earlier] for earlier in range(place) if sequence[earlier] <= value]
        longest.append(1 + max(before, default=0))
    return max(longest)


def most_frequent_look(looks: int, browses: int) -> float:
    """The share of purchases in `pick` that pictures alone get right: the basic of the session's most frequent look.

    Args:
        looks: P, the number of looks of the world.
        browses: k, the number of garments in a session.

    Returns:
        A share from 0 to 1.

    Example:
        >>> round(most_frequent_look(6, 3), 4)    # (6 * 3/3 + 90 * 2/3 + 120 * 1/3) / 216
        0.4907
    """
    sequences = product(range(looks), repeat=browses)
    return sum(max(map(one.count, one)) for one in sequences) / browses / looks**browses


def one_weight_for_each_place(looks: int, themes: int) -> float:
    """The share of purchases in `clocks` that a read-out of whole garments gets right.

    Early fusion reads picture and text of a garment as one token, with one weight. If the garment with the wanted look
    gets more weight, the theme is read from the wrong garment, and is right only by chance, 1 / T. If the garment with
    the wanted theme gets more weight, the look is right only by chance, 1 / P. With equal weights, each of the two
    looks and each of the two themes is equally likely, unless the garments agree.

    Args:
        looks: P, the number of looks of the world.
        themes: T, the number of its themes.

    Returns:
        The greatest of the three shares, from 0 to 1.

    Example:
        >>> round(one_weight_for_each_place(6, 5), 4)    # (1 + 1/6) / 2 * (1 + 1/5) / 2
        0.35
    """
    equal = (1 + 1 / looks) / 2 * (1 + 1 / themes) / 2
    return max(1 / themes, 1 / looks, equal)
