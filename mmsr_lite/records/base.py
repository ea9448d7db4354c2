"""Record: what one part of the package hands to another as plain JSON, with a schema that says what it holds.

Every picture can be drawn from a record alone, without the model, the data or torch. It is a `dict`, so `json`, the
browser and older code read it as it is; its fields can also be read as attributes, which editors and mypy know.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

from mmsr_lite.data.storage import read_json, write_json
from mmsr_lite.errors import MMSRError
from mmsr_lite.records.mistakes import Mistake, mistake_in_fields
from mmsr_lite.records.schema import OPTIONAL, fields_of, is_record

RECORDS: dict[str, type[Record]] = {}  # the class of each kind; defining a class adds it


class Value:
    """A field of a record, read as an attribute; None where the record lacks it.

    Args:
        name: the name of the field.

    Example:
        >>> from mmsr_lite.records import HistoryRecord
        >>> HistoryRecord(epochs=[]).refit is None
        True
    """

    def __init__(self, name: str):
        self.name = name

    def __get__(self, record: Record | None, owner: type) -> Any:
        return self if record is None else record.get(self.name)

    def __set__(self, record: Record, value: Any) -> None:
        record[self.name] = value


class Record(dict[str, Any]):
    """A `dict` whose fields are declared; each kind of record is a subclass.

    Class attributes: `kind` is its name; `schema` is what its field `schema` holds, "" for kinds older than schemas,
    which are recognized by their field `marker`.

    Args:
        fields: what `dict` takes: a mapping, or pairs of name and value.
        more: further fields by name.

    Raises:
        MMSRError: by `validate`, `open` and `as_record`, for what is not a whole record of the kind.

    Example:
        >>> from mmsr_lite.records import HistoryRecord
        >>> history = HistoryRecord({"epochs": []}, best_epoch=0)
        >>> history.best_epoch == history["best_epoch"], history.validate()
        (True, HistoryRecord(0 epochs, the best is 0))
    """

    kind: ClassVar[str] = ""
    schema: ClassVar[str] = ""
    marker: ClassVar[str] = "schema"
    optional_fields: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, *fields: Any, **more: Any) -> None:
        """Take what `dict` takes; a record inside the record becomes typed, too."""
        super().__init__(*fields, **more)
        for name, field in fields_of(type(self)).items():
            inner = self.get(name)
            if is_record(field.type) and isinstance(inner, Mapping) and not isinstance(inner, field.type):
                self[name] = field.type(inner)

    def __init_subclass__(cls, kind: str, marker: str = "schema") -> None:
        super().__init_subclass__()
        cls.kind, cls.marker = kind, marker
        cls.schema = f"mmsr-lite/{kind}/1" if marker == "schema" else ""
        names = [name for name in cls.__annotations__ if name not in Record.__annotations__]
        cls.optional_fields = frozenset(name for name in names if cls.__dict__.get(name) is OPTIONAL)
        for name in names:
            setattr(cls, name, Value(name))
        RECORDS[kind] = cls

    @classmethod
    def open(cls, path: str | os.PathLike) -> Self:
        """Read and validate the record in a JSON file; `Record.open` reads records of any kind.

        Args:
            path: the file.

        Returns:
            The record.

        Raises:
            MMSRError: when the file is missing, is not JSON, or is not a whole record of this kind.
        """
        try:
            return as_record(read_json(path), cls.kind or None)  # type: ignore[return-value]
        except MMSRError as error:
            if str(path) in str(error):
                raise
            raise MMSRError(f"{str(path)!r} is not a record that can be opened: {error}") from error

    def save(self, path: str | os.PathLike) -> None:
        """Validate the record and write it as JSON; nobody ever sees half of the file.

        Args:
            path: the file; an older one is replaced.

        Raises:
            MMSRError: when the record is not whole, or the file cannot be written.
        """
        self.validate()
        write_json(path, self)

    def validate(self) -> Self:
        """Check that every field is there and that fields agree with each other; return the record itself.

        Raises:
            MMSRError: names the first field that is wrong, as "trace: layers[0].beta has 3 values, expected one for
                each of 12 nodes".

        Example:
            >>> from mmsr_lite.records import HistoryRecord
            >>> HistoryRecord({"epochs": [], "best_epoch": 1, "selection": "none"}).validate()
            Traceback (most recent call last):
            mmsr_lite.errors.MMSRError: history: best_epoch is 1, expected 0 to 0, the number of epochs; ...
        """
        if mistake := self.mistake():
            path, sentence = mistake
            place = f"{path} {sentence}" if path else sentence
            raise MMSRError(f"{self.kind}: {place}; make the record again, or mend its file")
        return self

    def mistake(self) -> Mistake | None:
        """(path, sentence) of the first field that is wrong; None where all are right."""
        if self.schema and self.get("schema") != self.schema:
            return "schema", f"is {self.get('schema')!r}, expected {self.schema!r}"
        return mistake_in_fields(self, type(self)) or self.broken_rule()

    def broken_rule(self) -> Mistake | None:
        """The first rule between fields that the record breaks; its fields have their types already."""
        return next(iter(self.broken_rules()), None)

    def broken_rules(self) -> Iterator[Mistake]:
        """(path, sentence) of every rule between fields that the record breaks; each kind has its own."""
        yield from ()

    def summary(self) -> str:
        """What the record holds, in one short line for `repr`."""
        return ", ".join(self)

    def copy(self) -> Self:
        """A shallow copy of the same kind."""
        return type(self)(self)

    def __or__(self, other: Mapping[str, Any]) -> Self:  # type: ignore[override]
        return type(self)({**self, **other})

    def __repr__(self) -> str:
        try:
            holds = self.summary()
        except (KeyError, TypeError, IndexError, AttributeError):  # a record with mistakes is shown, too
            holds = f"fields {', '.join(map(str, self))}"
        return f"{type(self).__name__}({holds})"


def as_record(value: Any, kind: str | None = None) -> Record:
    """Turn `value` into a typed record, and validate it.

    Args:
        value: a record, or a `dict` as JSON gives it.
        kind: the kind that is expected, such as "trace"; None takes the kind that the value's schema names.

    Returns:
        The record, in the class of its kind; `value` itself where it is one already.

    Raises:
        MMSRError: quotes the schema, or names the first field that is wrong.

    Example:
        >>> as_record({"schema": "mmsr-lite/gates/1"}, "trace")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: expected a trace record, got schema 'mmsr-lite/gates/1'; give it what ...
    """
    wanted = f"a {kind} record" if kind else "a record"
    if not isinstance(value, Mapping):
        raise MMSRError(f"expected {wanted}, got a {type(value).__name__}; give it what mmsr_lite wrote")
    named = kind_of(value)
    if named is None or (kind is not None and named != kind):
        key = "schema" if kind is None else RECORDS[kind].marker
        raise MMSRError(f"expected {wanted}, got {key} {value.get(key)!r}; give it what mmsr_lite wrote")
    record = value if isinstance(value, RECORDS[named]) else RECORDS[named](value)
    return record.validate()


def kind_of(value: Mapping[str, Any]) -> str | None:
    """The kind of a record: by its schema or, for kinds without one, by the field that marks it.

    Args:
        value: a record, or a `dict` as JSON gives it.

    Returns:
        A name in `RECORDS`; None where the value is no record.

    Example:
        >>> kind_of({"schema": "mmsr-lite/gates/1"}), kind_of({"epochs": []}), kind_of({})
        ('gates', 'history', None)
    """
    for kind, record in RECORDS.items():
        if record.schema and value.get("schema") == record.schema:
            return kind
    for kind, record in RECORDS.items():
        if not record.schema and "schema" not in value and record.marker in value:
            return kind
    return None
