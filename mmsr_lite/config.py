"""Settings: each field of a config has a default, a sentence of help and its possible values in one place.

A config is a frozen dataclass beside the class that it configures. It is checked when it is made, so a value that is
not possible is refused before any work begins, from Python as well as from the command line:

    @dataclass(frozen=True)
    class ToyConfig:
        dim: int = setting(128, "D, width of all states", at_least=1, at_most=65_536)
        dropout: float = setting(0.3, "share of the inputs that training sets to zero", at_least=0, below=1)

        def __post_init__(self) -> None:
            check_settings(self)

`mmsr_lite.cli` reads names, defaults and help of its options from these fields.
"""

import dataclasses
from collections.abc import Callable, Collection
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Any, get_type_hints

from mmsr_lite.errors import SettingError, unknown
from mmsr_lite.values import expected, plain_value, quoted

NUMBERS = (int, float)
MOST_SEED = 2**32 - 1  # the largest that NumPy, scikit-learn and torch all take


@dataclass(frozen=True)
class Setting:
    """The help and the limits of one field of a config; `setting` makes it, and the field's metadata keep it.

    Args:
        help: One sentence without a full stop, for people.
        at_least, above: The least value, or one below all values. None: no limit.
        at_most, below: The greatest value, or one above all values. None: no limit.
        one_of: The possible values; a function gives them when it is called. None: any.
        in_id: Whether the field counts for the id of a config even while it has its default.

    Example:
        >>> Setting(at_least=0, below=1).has(1)
        False
    """

    help: str = ""
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    one_of: Collection[str] | Callable[[], Collection[str]] | None = None
    in_id: bool = True

    def choices(self) -> list[str] | None:
        """The possible values in the order of their index, or None where any value of the type will do."""
        if self.one_of is None:
            return None
        if callable(self.one_of):
            return list(self.one_of())
        return list(self.one_of)

    def has(self, number: float) -> bool:
        """Whether a number lies between the limits.

        Args:
            number: any number.

        Returns:
            Whether it does.
        """
        return (
            (self.at_least is None or number >= self.at_least)
            and (self.above is None or number > self.above)
            and (self.at_most is None or number <= self.at_most)
            and (self.below is None or number < self.below)
        )

    def limits(self) -> str:
        """The limits in words, with a space before them; empty where there is none.

        Example:
            >>> Setting(at_least=1, at_most=65_536).limits(), Setting(at_least=0, below=1).limits()
            (' from 1 to 65,536', ' of at least 0 and less than 1')
        """
        if self.at_least is not None and self.at_most is not None:
            return f" from {self.at_least:,} to {self.at_most:,}"
        parts = {
            "of at least": self.at_least,
            "greater than": self.above,
            "of at most": self.at_most,
            "less than": self.below,
        }
        words = " and ".join(f"{word} {limit:,}" for word, limit in parts.items() if limit is not None)
        return f" {words}" if words else ""


def setting(
    default: Any = MISSING,
    help: str = "",
    *,
    default_factory: Callable[[], Any] | None = None,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
    one_of: Collection[str] | Callable[[], Collection[str]] | None = None,
    in_id: bool = True,
) -> Any:
    """A field of a config with its default, its help and its possible values.

    Args:
        default: The default; without one the field has to be given.
        help: One sentence without a full stop: what it is, its letter in the paper, what special values mean.
        default_factory: Makes the default where it is a dict or another config.
        at_least, above, at_most, below: Limits of a number, see `Setting`.
        one_of: The possible texts: an index, a list, or a function that gives one of them.
        in_id: False for a setting that is newer than stored runs: `settings_of` leaves it out while it has its default,
            so old runs keep their ids.

    Returns:
        A field for a dataclass.

    Example:
        >>> @dataclass(frozen=True)
        ... class ToyConfig:
        ...     dim: int = setting(128, "D, width of all states", at_least=1)
        ...     def __post_init__(self): check_settings(self)
        >>> ToyConfig(dim=0)
        Traceback (most recent call last):
        mmsr_lite.errors.SettingError: dim is 0; expected a whole number of at least 1
    """
    about = Setting(help, at_least, above, at_most, below, one_of, in_id)
    if default_factory is not None:
        return field(default_factory=default_factory, metadata={"setting": about})
    return field(default=default, metadata={"setting": about})


def setting_of(one: dataclasses.Field) -> Setting:
    """Read the help and the limits of a field of a config; a plain field has none.

    Args:
        one: a field of a dataclass.

    Returns:
        The field's `Setting`.

    Example:
        >>> @dataclass(frozen=True)
        ... class ToyConfig:
        ...     dim: int = setting(128, "D, width of all states")
        >>> setting_of(fields(ToyConfig)[0]).help
        'D, width of all states'
    """
    return one.metadata.get("setting", Setting())


def check_settings(config: Any) -> None:
    """Check type and value of each field of a config; a config calls this in its `__post_init__`.

    Values get the field's type: 1 becomes 1.0 in a field of type `float`, a NumPy integer becomes an `int`, a list a
    tuple. So two configs that mean the same are equal and have the same id.

    Args:
        config: A frozen dataclass that is being made.

    Raises:
        SettingError: A field has a value of another type, is NaN or infinite, lies outside its limits, or is none of
            its possible texts.

    Example:
        >>> @dataclass(frozen=True)
        ... class ToyConfig:
        ...     rate: float = setting(0.5, "a share", at_least=0, at_most=1)
        ...     def __post_init__(self): check_settings(self)
        >>> ToyConfig(rate=1).rate
        1.0
    """
    of_config: Any = type(config)
    for name, kind, about in _fields_of(of_config):
        value = getattr(config, name)
        plain = checked(name, value, kind, about)
        if plain is not value:
            object.__setattr__(config, name, plain)  # a frozen config, but it is still being made


@cache
def _fields_of(config: Any) -> list[tuple[str, Any, Setting]]:
    """(name, type, limits) of each field of a config class: a study makes thousands of configs."""
    kinds = types_of(config)
    return [(one.name, kinds[one.name], setting_of(one)) for one in fields(config)]


@cache
def types_of(config: Any) -> dict[str, Any]:
    """The type of each field of a config class, as written there.

    Args:
        config: the class of a config.

    Returns:
        Name of a field -> its type.

    Example:
        >>> @dataclass(frozen=True)
        ... class ToyConfig:
        ...     dim: int = 128
        >>> types_of(ToyConfig)
        {'dim': <class 'int'>}
    """
    return get_type_hints(config)


def checked(name: str, value: Any, kind: Any, about: Setting) -> Any:
    """Check a value, and return it in its plain form.

    Args:
        name: The name of the setting, for the message.
        value: What was given.
        kind: The type: bool, int, float, str, a dataclass, tuple[...], dict[str, ...], a union of them, or Any.
        about: Limits and possible texts.

    Returns:
        `value`, or its equal in the type `kind`.

    Raises:
        SettingError: The value is not possible; the message quotes it and says what was expected.

    Example:
        >>> checked("lr", 1, float, Setting(above=0))
        1.0
        >>> checked("lr", float("nan"), float, Setting(above=0))
        Traceback (most recent call last):
        mmsr_lite.errors.SettingError: lr is nan; expected a number greater than 0
    """
    try:
        plain = plain_value(value, kind)
    except (TypeError, ValueError, OverflowError):
        raise _refusal(name, value, kind, about) from None
    if about.one_of is not None and isinstance(plain, str):
        choices = about.choices()
        if choices is not None and plain not in choices:
            raise SettingError(name, unknown(name, plain, choices))
    for number in _parts(plain):
        if isinstance(number, NUMBERS) and not isinstance(number, bool) and not about.has(number):
            raise _refusal(name, value, kind, about)
    return plain


def _refusal(name: str, value: Any, kind: Any, about: Setting) -> SettingError:
    """The error that quotes a value and says what was expected; making it takes long, so only when needed."""
    sentence = f"{name} is {quoted(value)}; expected {expected(kind, about.limits(), about.choices())}"
    return SettingError(name, sentence)


def _parts(value: Any) -> Collection[Any]:
    """The numbers that limits apply to: those of a tuple or a dict, else the value itself."""
    if isinstance(value, tuple):
        return value
    if isinstance(value, dict):
        return value.values()
    return (value,)


def settings_of(config: Any) -> dict[str, Any]:
    """The settings that identify a config: all fields except those with `in_id=False` at their default.

    Args:
        config: A config, perhaps with configs in its fields.

    Returns:
        Names and values, configs within it as dicts.

    Example:
        >>> @dataclass(frozen=True)
        ... class ToyConfig:
        ...     dim: int = setting(128, "width")
        ...     ties: str = setting("share", "what equal scores do", in_id=False)
        >>> settings_of(ToyConfig()), settings_of(ToyConfig(ties="first"))
        ({'dim': 128}, {'dim': 128, 'ties': 'first'})
    """
    found = {}
    for one in fields(config):
        value = getattr(config, one.name)
        if not setting_of(one).in_id and value == one.default:
            continue
        found[one.name] = settings_of(value) if dataclasses.is_dataclass(value) else value
    return found


# Settings that many models have; each has its own default.
