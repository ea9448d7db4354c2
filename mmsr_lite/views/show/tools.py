"""Tools beside the figures: controls, colours and the terms of the paper."""

from collections.abc import Callable, Sequence
from typing import Any

from mmsr_lite.arguments import checked
from mmsr_lite.errors import choose
from mmsr_lite.views.glossary import define
from mmsr_lite.views.theme import COLOURS, PATHS
from mmsr_lite.views.widgets.controls import Interact


def interact(make: Callable[..., Any], **choices: Sequence[Any]) -> Interact:
    """Call a function with a control for each of its arguments.

    Args:
        make: Makes what is shown, such as `lambda most: ranking(record, most)`.
        choices: What may be chosen for each argument, such as `most=[3, 10]`: a list to choose from, or a range, which
            is a slider. The first is shown where no kernel runs.

    Returns:
        The controls with what is shown below.

    Raises:
        MMSRError: There is no control, or one without a choice.

    Example:
        >>> interact(lambda most: f"the best {most}", most=[3, 10])
        the best 3
    """
    return Interact(make, **choices)


@checked()
def colour(meaning: str, dark: bool = False) -> str:
    """Look up the colour that a meaning has in every picture, for charts of your own.

    Args:
        meaning: early, late, item, "modality 1" to "modality 8", in, out, both, match or self; hohe and heho are late
            and early.
        dark: Whether it is drawn on dark paper.

    Returns:
        A colour as #rrggbb.

    Raises:
        MMSRError: There is no such meaning.

    Example:
        >>> colour("late"), colour("hohe"), colour("early")
        ('#B35806', '#B35806', '#542788')
    """
    name = choose("meaning of a colour", PATHS.get(meaning, meaning), COLOURS)
    return COLOURS[name].dark if dark else COLOURS[name].light


@checked()
def glossary(term: str) -> None:
    """Print what a term means, and where in the paper.

    Args:
        term: The term, in any case.

    Raises:
        MMSRError: The glossary has no such term; the error names those that are near.

    Example:
        >>> glossary("heho")
        heho: The path heterogeneous first, homogeneous second: early fusion if invasive, else ...
    """
    print(define(term))
