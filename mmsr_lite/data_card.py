"""The data card of a source, with codes and their names: for a terminal, as Markdown or as HTML."""

import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from mmsr_lite.errors import MMSRError

ENDINGS = (".html", ".htm", ".md", ".markdown", ".txt", ".json")


def describe(
    source: str | os.PathLike,
    output: str | os.PathLike | None = None,
    *,
    codes: int | Mapping[str, int] = 30,
    terminal: bool | None = None,
    **options: Any,
) -> str:
    """The data card of a source, with the codes that its modalities would get.

    Args:
        source: as for `mmsr_lite.load`.
        output: a file to write the card to, .html, .md, .txt or .json.
        codes: C of all modalities, or of each by name.
        terminal: whether the card is for a screen; None: whether one is there. Otherwise it is Markdown.
        options: further arguments of `mmsr_lite.load`.

    Returns:
        The card as text, in the form of `output` where that is given.

    Raises:
        MMSRError: the source cannot be read, or the file is of another kind or cannot be written.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> text = "user_id,item_id,timestamp\\nann,hat,1\\nann,sock,2\\nann,hat,3\\n"
        >>> _ = (folder / "interactions.csv").write_text(text, encoding="utf-8")
        >>> card = describe(folder, min_count=1, terminal=False)
        >>> card.splitlines()[0] == f"# {folder.name}"
        True
    """
    from mmsr_lite.data import load
    from mmsr_lite.data.card import card_record
    from mmsr_lite.data.lock import atomic_alone

    ending = Path(output).suffix.lower() if output is not None else ""
    if output is not None and ending not in ENDINGS:
        raise MMSRError(
            f"the card cannot be written as {str(output)!r}; expected a file that ends with .html, .md or .txt"
        )
    with quiet_reading():  # the card says the same
        dataset = load(source, **options)
    record = card_record(dataset, _codes(dataset, codes))
    if terminal is None:
        terminal = sys.stdout.isatty()
    text = _written(record, ending or (".txt" if terminal else ".md"))
    if output is not None:
        with atomic_alone(output) as tmp:
            tmp.write_text(text + "\n", encoding="utf-8")
    return text


def print_card(text: str) -> None:
    """Print a card: in UTF-8 to a file or a pipe; on a screen, letters that the console lacks become "?".

    Args:
        text: several lines.

    Example:
        >>> print_card("# hats")
        # hats
    """
    if isinstance(sys.stdout, TextIOWrapper):
        if sys.stdout.isatty():
            sys.stdout.reconfigure(errors="replace")
        else:
            sys.stdout.reconfigure(encoding="utf-8")
    print(text)


def account_of(folder: str | os.PathLike) -> list[str]:
    """The lines about what was read to make a prepared folder.

    Args:
        folder: any folder.

    Returns:
        The lines; none where it is no prepared folder.

    Example:
        >>> account_of("no-such-folder")
        []
    """
    from mmsr_lite.data.manifest import read_manifest
    from mmsr_lite.data.reading import Account

    manifest = read_manifest(folder)
    kept = None if manifest is None else manifest["facts"].get("reading")
    return Account.from_fact(kept).lines() if isinstance(kept, dict) else []


@contextmanager
def quiet_reading() -> Iterator[None]:
    """Silence the warnings of readers in this block, which prints the same itself.

    Yields:
        Nothing; the block runs.
    """
    from mmsr_lite.data.reading import ReadingNote

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReadingNote)
        yield


def _codes(dataset: Any, codes: int | Mapping[str, int]) -> dict[str, Any]:
    """The codes (V+1, k) of every modality that can have codes."""
    from mmsr_lite.graph.code_counts import DEFAULT_CODES, DEFAULT_PER_ITEM, by_modality
    from mmsr_lite.graph.codes import fit_codebook

    codes_of = {}
    sizes = by_modality("C", codes, DEFAULT_CODES, [one.name for one in dataset.modalities])
    for one in dataset.modalities:
        if one.present.any():
            num_codes = sizes[one.name]
            codebook = fit_codebook(one, num_codes=num_codes, codes_per_item=min(DEFAULT_PER_ITEM, num_codes))
            codes_of[one.name] = codebook.codes
    return codes_of


def _written(record: Mapping[str, Any], ending: str) -> str:
    import json

    from mmsr_lite.data.card import as_markdown, as_text, sentences
    from mmsr_lite.views.data_card import data_card_page

    if ending in (".html", ".htm"):
        return data_card_page(record, sentences(record))
    if ending == ".json":
        return json.dumps(record, indent=1, ensure_ascii=False)
    return as_text(record) if ending == ".txt" else as_markdown(record)
