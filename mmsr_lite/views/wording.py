"""How numbers are written in sentences; msgraph.js writes them the same way."""

from decimal import ROUND_HALF_UP, Decimal


def count(number: int, one: str) -> str:
    """A number with its noun.

    Args:
        number: How many there are.
        one: The noun in the singular.

    Returns:
        Such as "2 edges".

    Example:
        >>> count(1, "edge"), count(2, "edge")
        ('1 edge', '2 edges')
    """
    return f"{number} {one}" if number == 1 else f"{number} {one}s"


def fixed(value: float, digits: int = 3) -> str:
    """A number with a fixed count of decimals, a half rounded away from zero as JavaScript's toFixed does.

    Args:
        value: A finite number.
        digits: How many decimals.

    Returns:
        The number as text.

    Example:
        >>> fixed(0.0625), f"{0.0625:.3f}"
        ('0.063', '0.062')
    """
    return str(Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def signed(value: float, digits: int = 3) -> str:
    """A number with its sign and a fixed count of decimals.

    Args:
        value: A finite number.
        digits: How many decimals.

    Returns:
        The number as text; what is zero at these decimals has no sign.

    Example:
        >>> signed(0.5, 2), signed(-0.001, 2)
        ('+0.50', '0.00')
    """
    text = fixed(value, digits)
    if float(text) == 0:
        return text.lstrip("-")
    return f"+{text}" if value > 0 else text


def rank(value: float) -> str:
    """A rank as people write it.

    Args:
        value: A rank from 1; items with equal scores share the mean of their ranks, which may be a half.

    Returns:
        The rank with one decimal, or none when it is whole.

    Example:
        >>> rank(4.0), rank(4.5)
        ('4', '4.5')
    """
    return f"{value:.0f}" if value == int(value) else fixed(value, 1)
