"""The one exception a person sees: what was wrong, what was expected, what to do."""


class MMSRError(ValueError):
    """A mistake in input, settings or surroundings, told in one or two sentences that quote the input.

    >>> raise MMSRError("modality 'colour' is not in the data set; choose from: picture, text")
    Traceback (most recent call last):
    mmsr_lite.errors.MMSRError: modality 'colour' is not in the data set; choose from: picture, text
    """


def choose(kind: str, name: str, index) -> str:
    """Return `name` when `index` has it, else raise an error that lists the choices.

    >>> choose("model", "mmsr", ["markov", "mmsr"])
    'mmsr'
    """
    if name not in index:
        raise MMSRError(f"unknown {kind} {name!r}; choose from: {', '.join(sorted(index))}")
    return name
