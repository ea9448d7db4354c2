"""Exercises of notebook 03: both orders of fusion as functions, what late fusion cannot tell apart, and a friend."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.functions import Case, as_array, close_to
from mmsr_lite.course.texts import fault_of_text

Read = Callable[[np.ndarray], np.ndarray]
Garment = tuple[str, str]  # look, text
FORMAL = "formal"
rng = np.random.default_rng(0)
CHANNELS = [rng.normal(size=(3, 2)) for _ in range(2)]  # M = 2 channels of L = 3 places, D = 2
W = rng.normal(size=(4, 2))  # (M D, D)


def fuse_early(channels: Sequence[np.ndarray], W: np.ndarray, read: Read) -> np.ndarray:
    """Early fusion, equations 3 and 4: make one token for each place, then read the sequence of tokens.

    Args:
        channels: M arrays (L, D), one for each channel.
        W: (M D, D) the weights that mix the channels.
        read: a function that reads a sequence (L, D) and returns (D,).

    Returns:
        (D,) what was read.

    Example:
        >>> channels = [np.ones((3, 2)), np.zeros((3, 2))]
        >>> fuse_early(channels, np.zeros((4, 2)), mean).tolist()  # tanh(0)
        [0.0, 0.0]
    """
    return read(np.tanh(np.concatenate(channels, -1) @ W))


def fuse_late(channels: Sequence[np.ndarray], W: np.ndarray, read: Read) -> np.ndarray:
    """Late fusion, equations 5 and 6: read the sequence of each channel, then mix what was read.

    Args:
        channels: M arrays (L, D), one for each channel.
        W: (M D, D) the weights that mix the channels.
        read: a function that reads a sequence (L, D) and returns (D,).

    Returns:
        (D,) the mixture.

    Example:
        >>> one = [CHANNELS[0][:1], CHANNELS[1][:1]]  # with a single place, both orders do the same
        >>> bool(np.allclose(fuse_late(one, W, last), fuse_early(one, W, last)))
        True
    """
    return np.tanh(np.concatenate([read(channel) for channel in channels]) @ W)


def mean(sequence: np.ndarray) -> np.ndarray:
    """A reader that forgets the order: the mean of all places.

    Args:
        sequence: (L, D) the places.

    Returns:
        (D,) the mean.

    Example:
        >>> mean(np.array([[1.0], [3.0]])).tolist()
        [2.0]
    """
    return np.mean(sequence, 0)


def last(sequence: np.ndarray) -> np.ndarray:
    """A reader that reads only the last place.

    Args:
        sequence: (L, D) the places.

    Returns:
        (D,) the last place.

    Example:
        >>> last(np.array([[1.0], [3.0]])).tolist()
        [3.0]
    """
    return sequence[-1]


def known_mistake(found: Any, mistakes: Sequence[tuple[np.ndarray, str]]) -> str | None:
    """Find the mistake that a learner's result comes from.

    Args:
        found: what the learner's function returned.
        mistakes: pairs of a wrong result and the sentence that names the mistake.

    Returns:
        The sentence of the first wrong result that equals `found`; None where there is none.

    Example:
        >>> known_mistake(np.array([1.0]), [(np.zeros(1), "all is zero."), (np.ones(1), "all is one.")])
        'all is one.'
    """
    return next((sentence for wrong, sentence in mistakes if close_to(wrong)(found)), None)


def said_of_early(found: Any) -> str:
    """What is wrong with an early fusion of `CHANNELS` that was read by the mean.

    Args:
        found: what the learner's function returned.

    Returns:
        A sentence for the learner.

    Example:
        >>> said_of_early(fuse_late(CHANNELS, W, mean))
        'that is late fusion: here the channels are mixed before the sequence is read.'
    """
    tokens = np.concatenate(CHANNELS, -1) @ W
    mistakes = (
        (fuse_late(CHANNELS, W, mean), "that is late fusion: here the channels are mixed before the sequence is read."),
        (mean(tokens), "close: equation 3 has a tanh around the product."),
        (np.tanh(mean(tokens)), "close: the tanh belongs to each token, before the sequence is read."),
        (np.tanh(tokens), "close: these are the tokens, one for each place; now read them."),
    )
    shape = as_array(found).shape
    otherwise = f"put the channels side by side, (L, M D), then W, then tanh, then read; got shape {shape}."
    return known_mistake(found, mistakes) or otherwise


def said_of_late(found: Any) -> str:
    """What is wrong with a late fusion of `CHANNELS` that was read by the mean.

    Args:
        found: what the learner's function returned.

    Returns:
        A sentence for the learner.

    Example:
        >>> said_of_late(fuse_early(CHANNELS, W, mean))
        'that is early fusion: here each channel is read before they are mixed.'
    """
    ends = np.concatenate([mean(channel) for channel in CHANNELS])
    mistakes = (
        (fuse_early(CHANNELS, W, mean), "that is early fusion: here each channel is read before they are mixed."),
        (ends @ W, "close: equation 6 has a tanh around the product."),
        (ends, "close: these are the ends of the channels; now W and tanh."),
        (np.stack([mean(channel) for channel in CHANNELS]), "close: put the ends side by side, (M D,), then W."),
    )
    shape = as_array(found).shape
    otherwise = f"read each channel, put the ends side by side, then W, then tanh; got shape {shape}."
    return known_mistake(found, mistakes) or otherwise


def interplay(score: Callable[[int, int], float]) -> float:
    """What a score of a look and a text has beyond a sum of the two.

    Args:
        score: a function of a look and a text, each 0 or 1.

    Returns:
        A - B - C + D for the scores A = (0, 0), B = (0, 1), C = (1, 0) and D = (1, 1).

    Example:
        >>> interplay(added), interplay(bound)  # 3 + 1 + 1 + 3
        (0.0, 8.0)
    """
    return score(0, 0) - score(0, 1) - score(1, 0) + score(1, 1)


def added(looks: int, texts: int) -> float:
    """A score that is a sum of a number for the look and a number for the text.

    Args:
        looks: the look, 0 or 1.
        texts: the text, 0 or 1.

    Returns:
        The score.

    Example:
        >>> added(0, 1)  # 2 + 3
        5.0
    """
    return [2.0, -1.0][looks] + [0.5, 3.0][texts]


def bound(looks: int, texts: int) -> float:
    """A score that depends on which look comes with which text.

    Args:
        looks: the look, 0 or 1.
        texts: the text, 0 or 1.

    Returns:
        The score.

    Example:
        >>> bound(1, 1), bound(1, 0)
        (3.0, -1.0)
    """
    return 3.0 if looks == texts else -1.0


INTERPLAY = (
    Case(lambda: (added,), close_to(0), "a sum has no interplay: A less B less C plus D is zero for it."),
    Case(
        lambda: (bound,),
        close_to(8),
        lambda found: (
            "close: the sign; A and D come with a plus."
            if close_to(-8)(found)
            else "this score is 3 for A and D and -1 for B and C, so 3 + 1 + 1 + 3."
        ),
    ),
)


def look_of_the_formal(history: Sequence[Garment]) -> str:
    """The look that decides what is bought in the world `pick`.

    Args:
        history: garments (look, text), exactly one of them with the text "formal".

    Returns:
        The look of this garment.

    Example:
        >>> look_of_the_formal([("red", "sport"), ("blue", "formal")])
        'blue'
    """
    (look,) = (look for look, text in history if text == FORMAL)
    return look


def why_not_a_pair(given: Any) -> str | None:
    """What is wrong with two histories that late fusion should not be able to tell apart.

    Args:
        given: the learner's answer, two histories.

    Returns:
        A sentence for the learner; None when a reader without order cannot tell them apart.

    Example:
        >>> why_not_a_pair(PAIR) is None
        True
        >>> why_not_a_pair([PAIR[0], PAIR[0]])
        'close: the same basic is bought after both, so nothing has to be told apart.'
    """
    if not isinstance(given, Sequence) or len(given) != 2:
        return "give two histories, each a list of three garments (look, text)."
    for history in given:
        if len(history) != 3 or any(len(garment) != 2 for garment in history):
            return "each history is a list of three garments, and a garment is a pair (look, text)."
        if sum(text == FORMAL for _, text in history) != 1:
            return "in each history exactly one garment has the text 'formal'."
    first, second = given
    if look_of_the_formal(first) == look_of_the_formal(second):
        return "close: the same basic is bought after both, so nothing has to be told apart."
    for place, channel in enumerate(("looks", "texts")):
        if Counter(g[place] for g in first) != Counter(g[place] for g in second):
            return f"late fusion tells these apart by their {channel} alone; let both have the same ones."
    return None


PAIR = (
    [("red", "formal"), ("blue", "sport"), ("red", "sport")],
    [("red", "sport"), ("blue", "formal"), ("red", "sport")],
)
POINTS = {  # what a fair reply to the friend names
    "a limit of width or training, not an impossibility": r"width|wide|capacity|hidden|\bD\b|dim",
    "what was measured": r"\d",
    "other seeds, or longer training": r"seed|epoch|longer|converge",
}
REPLY = (
    "Half right. Late fusion ends in a sum, and no sum can look up which look came with the formal text. But "
    "equation 6 puts a tanh around that sum, which is a hidden layer: with enough width D it can work its way "
    "round. What we measured is one run of six epochs at D = 32, where late fusion finds some 57 percent of the "
    "purchases and early fusion nearly all. To call that a limit I would train wider models, for longer, and with "
    "other seeds."
)
EXERCISES = (
    Exercise(
        "03.1",
        lambda: fuse_early,
        "first mixed, then read: one sequence of tokens, each of which knows which look came with which text.",
        cases=(
            Case(lambda: (CHANNELS, W, mean), close_to(fuse_early(CHANNELS, W, mean)), said_of_early),
            Case(
                lambda: (CHANNELS, W, last),
                close_to(fuse_early(CHANNELS, W, last)),
                "right for a mean, wrong for another reader: call `read`, do not take the mean yourself.",
            ),
        ),
        asks="function",
        minutes=5,
    ),
    Exercise(
        "03.2",
        lambda: fuse_late,
        "first read, then mixed: what stood side by side at one place meets only at the end.",
        cases=(
            Case(lambda: (CHANNELS, W, mean), close_to(fuse_late(CHANNELS, W, mean)), said_of_late),
            Case(
                lambda: (CHANNELS, W, last),
                close_to(fuse_late(CHANNELS, W, last)),
                "right for a mean, wrong for another reader: call `read`, do not take the mean yourself.",
            ),
        ),
        asks="function",
        minutes=5,
    ),
    Exercise(
        "03.3",
        lambda: interplay,
        "zero for every sum, whatever its numbers: this is what an additive read-out lacks.",
        cases=INTERPLAY,
        asks="function",
        level="medium",
        minutes=5,
    ),
    Exercise(
        "03.4",
        lambda: PAIR,
        "the same looks, the same texts, another bond: a reader without order gives late fusion two equal ends.",
        ((lambda given: why_not_a_pair(given) is not None, lambda given: str(why_not_a_pair(given))),),
        accepts=lambda given: why_not_a_pair(given) is None,
        asks="history",
        level="medium",
        minutes=8,
    ),
    Exercise(
        "03.5",
        lambda: 100 / 6,
        "six looks, each as likely: five items of one look are one guess.",
        (
            (1 / 6, "close: in percent."),
            (100 / 3, "there are three texts; what is bought is decided by one of the looks."),
            (50, "half of nothing: how many looks can the formal garment have?"),
        ),
        within=0.1,
    ),
    Exercise(
        "03.6",
        lambda: REPLY,
        "it names the limit, the measurement and what is still open; whether it convinces, ask a partner.",
        ((lambda given: True, lambda given: fault_of_text(given, 40, 120, POINTS) or ""),),
        accepts=lambda given: fault_of_text(given, 40, 120, POINTS) is None,
        asks="argument",
        level="hard",
        minutes=10,
    ),
)
