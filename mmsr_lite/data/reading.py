"""What became of the rows that a reader was given: read, skipped, repeated, tied, absent, and examples of each loss."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self, cast

from mmsr_lite.data.facts import AccountFact

MOST_EXAMPLES = 3
LONGEST_EXAMPLE = 100  # characters


class ReadingNote(UserWarning):
    """The warning with which a reader says that rows were not taken as they stand."""


@dataclass
class Account:
    """The account that every reader gives: five lines, and up to three example rows of what was not taken.

    Args:
        read: what was read and how many, such as `{"interactions": 100, "items": 12}`.
        skipped: the reason, and how many rows were left out for it.
        repeated: what was repeated, and how many rows.
        tied: neighbouring interactions of a user that share one time, and all neighbouring ones.
        absent: a sentence part such as "items without a row of their own", and how many.
        examples: rows that were not taken, each with its place.
        notes: whole sentences about how the files were understood, which a person should know.
        unused: columns of the items that are no modality, each with the reason.

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
        """Count `count` rows that are left out for `reason`, and keep the first three examples.

        Args:
            reason: why, as a person reads it.
            example: a row that was left out; empty: none is kept.
            count: how many rows.
        """
        self.skipped[reason] = self.skipped.get(reason, 0) + count
        self.example(example)

    def example(self, row: str) -> None:
        """Keep `row` as an example when there are fewer than three; control characters become blanks.

        Args:
            row: the row as it was read.
        """
        if row and len(self.examples) < MOST_EXAMPLES:
            self.examples.append(shown(row))

    def note(self, sentence: str) -> None:
        """Keep a sentence about how the files were understood; the same sentence only once.

        Args:
            sentence: a whole sentence.
        """
        if sentence not in self.notes:
            self.notes.append(sentence)

    @property
    def worth_telling(self) -> bool:
        """Whether anything was not taken as it stands, beyond modalities that some items never had."""
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
        """The account out of what `as_fact` gave; entries that are not known are left out.

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
    """`row` on one line, cut where it is long.

    Args:
        row: any text.

    Returns:
        The text, of 100 characters at most.

    Example:
        >>> shown("a\\tb\\n")
        'a b'
    """
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in row).split())
    if len(text) <= LONGEST_EXAMPLE:
        return text
    return text[: LONGEST_EXAMPLE - 3] + "..."


def _counts(counts: Mapping[str, int]) -> str:
    parts = [f"{what}: {count:,}" for what, count in counts.items() if count]
    return "; ".join(parts) if parts else "none"
