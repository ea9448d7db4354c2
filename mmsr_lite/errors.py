"""The exceptions that a person sees: what was wrong, what was expected, what to do."""

from collections.abc import Iterable, Mapping
from typing import Any


class MMSRError(ValueError):
    """A mistake in input, settings or surroundings, explained in one or two sentences that quote the input.

    Example:
        >>> raise MMSRError("modality 'colour' is not in the data set; choose from: picture, text")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: modality 'colour' is not in the data set; choose from: picture, text
    """


class SettingError(MMSRError):
    """A setting that does not exist or has a value that is not possible; `name` is the setting's name.

    Args:
        name: The field of the config, such as "dim". The command line uses it to name the option that was typed.
        message: The whole sentence.

    Example:
        >>> SettingError("dim", "dim is 0; expected a whole number from 1 to 65,536").name
        'dim'
    """

    def __init__(self, name: str, message: str):
        super().__init__(message)
        self.name = name

    def __reduce__(self) -> tuple:
        """Pickle both arguments, so that a process can hand the error to another one."""
        return type(self), (self.name, str(self))


def choose(kind: str, name: str, index: Iterable[str]) -> str:
    """Return `name` when `index` has it, else raise an error that lists the choices.

    Args:
        kind: What is chosen, for the message: "model", "encoder", ...
        name: The choice.
        index: All possible names: a dict whose keys are the names, or a list.

    Returns:
        `name` itself.

    Raises:
        MMSRError: `index` does not have `name`.

    Example:
        >>> choose("model", "mmsr", ["markov", "mmsr"])
        'mmsr'
        >>> choose("model", "mmrs", ["markov", "mmsr"])
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: unknown model 'mmrs'; choose from: markov, mmsr
    """
    names = list(index)
    if not isinstance(name, str) or name not in names:
        raise MMSRError(unknown(kind, name, names))
    return name


def unknown(kind: str, name: object, names: Iterable[str]) -> str:
    """Say that `name` is none of `names`, in one sentence.

    Args:
        kind: what the name is of, such as fusion.
        name: what was given.
        names: what there is.

    Returns:
        The sentence.

    Example:
        >>> unknown("fusion", "late", ["hohe", "heho"])
        "unknown fusion 'late'; choose from: heho, hohe"
    """
    quoted = " ".join(repr(name).split())  # an array has several lines
    quoted = quoted if len(quoted) <= 60 else f"{quoted[:60]}..."
    return f"unknown {kind} {quoted}; choose from: {', '.join(sorted(names))}"


def in_words(value: Any) -> str:
    """Write a value for a sentence: dicts and lists without brackets, texts in quotation marks.

    Args:
        value: any value.

    Returns:
        The words.

    Example:
        >>> in_words({"title": 30, "brand": 9}), in_words(["a", "b"]), in_words("a"), in_words([])
        ('title=30, brand=9', "'a', 'b'", "'a'", 'nothing')
        >>> in_words({"photo": {"items": 6, "width": 48}})
        'photo (items=6, width=48)'
    """
    if isinstance(value, Mapping):
        parts = [
            f"{key} ({in_words(one)})" if isinstance(one, Mapping) else f"{key}={one}" for key, one in value.items()
        ]
        return ", ".join(parts) or "nothing"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(in_words(one) for one in value) or "nothing"
    return repr(value)
