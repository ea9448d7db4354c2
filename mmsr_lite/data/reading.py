"""What happened to the rows of a file: read, skipped, repeated, tied, absent, with examples of what was left out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self, cast

from mmsr_lite.data.facts import AccountFact

MOST_EXAMPLES = 3
LONGEST_EXAMPLE = 100  # characters


class ReadingNote(UserWarning):
    """The warning of a reader that did not take all rows as they stand in the file."""


@dataclass
class Account:
    """What a reader did with the rows of its files: five lines, and up to three examples of rows that were left out.

    Args:
        read: what was read and how many, such as `{"interactions": 100, "items": 12}`.
        skipped: reason -> how many rows were left out for it.
        repeated: what was repeated -> how many rows.
        tied: how many neighbouring interactions of a user have the same time, and how many neighbours there are; None
            (the default): not known.
        absent: part of a sentence, such as "items without a row of their own" -> how many.
        examples: rows that were left out, each with its place.
        notes: whole sentences about how the files were understood.
        unused: column of the items that is no modality -> the reason.

    Example:
        >>> account = Account(read={"interactions": 1200})
        >>> account.skip("rows without a time", "row 7: u1,i2,")
        >>> print("\\n".join(account.lines()))
        read      interactions: 1,200
        skipped   rows without a time: 1
        repeated  none
        tied      not known
        absent    none
        not taken, for example:
          row 7: u1,i2,
    """

    read: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    repeated: dict[str, int] = field(default_factory=dict)
    tied: tuple[int, int] | None = None
    absent: dict[str, int] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unused: dict[str, str] = field(default_factory=dict)

    def skip(self, reason: str, example: str = "", count: int = 1) -> None:
        """Count rows that are left out, and keep an example.

        Args:
            reason: why they are left out, in words for a person.
            example: one of the rows; empty (the default): no example is kept.
            count: how many rows, default 1.
        """
        self.skipped[reason] = self.skipped.get(reason, 0) + count
        self.example(example)

    def example(self, row: str) -> None:
        """Keep a row as an example unless there are three already; control characters become blanks.

        Args:
            row: the row as it was read.
        """
        if row and len(self.examples) < MOST_EXAMPLES:
            self.examples.append(shown(row))

    def note(self, sentence: str) -> None:
        """Keep a sentence about how the files were understood; a sentence that is there is not repeated.

        Args:
            sentence: a whole sentence.
        """
        if sentence not in self.notes:
            self.notes.append(sentence)

    @property
    def worth_telling(self) -> bool:
        """Whether a person should be told: rows were left out or repeated, or there are notes."""
        return bool(self.skipped or self.repeated or self.examples or self.notes)

    def lines(self) -> list[str]:
        """The five lines, then the examples and the notes, for a terminal."""
        five = {
            "read": _counts(self.read),
            "skipped": _counts(self.skipped),
            "repeated": _counts(self.repeated),
            "tied": self._tied(),
            "absent": _counts(self.absent),
        }
        rows = [f"{name:<8}  {text}" for name, text in five.items()]
        if self.examples:
            rows += ["not taken, for example:", *(f"  {example}" for example in self.examples)]
        rows += [f"note: {sentence}" for sentence in self.notes]
        if self.unused:
            columns = ", ".join(f"{label} ({reason})" for label, reason in self.unused.items())
            rows.append(f"columns that are no modality: {columns}")
        return rows

    def _tied(self) -> str:
        """The line about ties."""
        if self.tied is None:
            return "not known"
        same, neighbours = self.tied
        if not same:
            return "none"
        share = 100 * same / neighbours
        return (
            f"{same:,} of {neighbours:,} neighbouring interactions ({share:.1f} %) share one time; "
            "the order of the rows decides between them"
        )

    def as_fact(self) -> AccountFact:
        """The account as plain values that JSON can hold."""
        record = cast(AccountFact, asdict(self))
        record["tied"] = None if self.tied is None else list(self.tied)
        return record

    @classmethod
    def from_fact(cls, record: Mapping[str, Any]) -> Self:
        """Make an account from what `as_fact` gave; entries with other names are left out.

        Args:
            record: what `as_fact` gave.

        Returns:
            The account.

        Example:
            >>> Account.from_fact(Account(read={"items": 3}).as_fact()).read
            {'items': 3}
        """
        known = {name: record[name] for name in cls.__dataclass_fields__ if name in record}
        if known.get("tied") is not None:
            known["tied"] = tuple(known["tied"])
        return cls(**known)


def shown(row: str) -> str:
    """A text on one line, cut after 100 characters.

    Args:
        row: any text.

    Returns:
        The text, of at most 100 characters, without control characters.

    Example:
        >>> shown("a\\tb\\n")
        'a b'
    """
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in row).split())
    if len(text) <= LONGEST_EXAMPLE:
        return text
    return text[: LONGEST_EXAMPLE - 3] + "..."


def _counts(counts: Mapping[str, int]) -> str:
    """Counts on one line, such as "items: 12; users: 3"."""
    parts = [f"{what}: {count:,}" for what, count in counts.items() if count]
    return "; ".join(parts) if parts else "none"
