"""Settings that several configs share, each with one name, one range and one sentence of help."""

from typing import Any

from mmsr_lite.config import MOST_SEED, setting

MOST_DIM, MOST_LAYERS, MOST_HISTORY = 65_536, 100, 10_000  # a greater number is more likely a typing error


def dim_setting() -> Any:
    """The setting `dim`.

    Returns:
        A field for a config.

    Example:
        >>> dim_setting().default
        128
    """
    return setting(128, "D, width of all states", at_least=1, at_most=MOST_DIM)


def layers_setting(default: int, help: str = "number of layers") -> Any:
    """The setting `layers`.

    Args:
        default: how many layers there are by default.
        help: one sentence without a full stop.

    Returns:
        A field for a config.

    Example:
        >>> layers_setting(2).default
        2
    """
    return setting(default, help, at_least=1, at_most=MOST_LAYERS)


def dropout_setting(default: float, help: str) -> Any:
    """A setting such as `dropout`, a share.

    Args:
        default: the share by default.
        help: one sentence without a full stop: what is set to zero.

    Returns:
        A field for a config.

    Example:
        >>> dropout_setting(0.2, "share of the states").default
        0.2
    """
    return setting(default, help, at_least=0, below=1)


def label_smoothing_setting() -> Any:
    """The setting `label_smoothing`, which every model that learns has.

    Returns:
        A field for a config.

    Example:
        >>> label_smoothing_setting().default
        0.0
    """
    return setting(0.0, "share of the target that is spread over all items", at_least=0, below=1, in_id=False)


def max_history_setting() -> Any:
    """The setting `max_history`.

    Returns:
        A field for a config.

    Example:
        >>> max_history_setting().default
        50
    """
    help = "longest history that is read; of a longer one the last items"
    return setting(50, help, at_least=1, at_most=MOST_HISTORY)


def seed_setting(help: str = "seed of codes, weights and order") -> Any:
    """The setting `seed`.

    Args:
        help: one sentence without a full stop: what the seed is of.

    Returns:
        A field for a config.

    Example:
        >>> seed_setting().default
        0
    """
    return setting(0, help, at_least=0, at_most=MOST_SEED)
