"""Values and calls between the process that marks and the one that runs a learner's notebook, as lines of JSON.

Both sides send plain data only, so nothing that arrives can build an object of the other side. A function stays where
it was made; the other side gets a stand-in that sends its arguments here and waits for the result.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from mmsr_lite.errors import MMSRError
from mmsr_lite.records import as_record
from mmsr_lite.records.base import Record

Message = dict[str, Any]
ARRAY_KINDS = "biufU"  # allowed in arrays that arrive: truth values, numbers, texts


class Stranger:
    """Stands in for a value of a kind that is not sent.

    Args:
        kind: The name of its type.

    Example:
        >>> isinstance(Stranger("Tensor"), Stranger)
        True
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return f"a {self.kind}"


class Line:
    """One end of a connection between two processes, on which each message is a line of JSON.

    Args:
        read: a function that waits for one line and returns it; an empty one when the other side has ended.
        write: a function that sends one line.

    Example:
        >>> sent = []
        >>> line = Line(lambda: sent.pop(), sent.append)
        >>> line.send(answer=line.encode((1, 2)))
        >>> line.decode(line.receive()["answer"])
        (1, 2)
    """

    def __init__(self, read: Callable[[], bytes], write: Callable[[bytes], Any]) -> None:
        self._read, self._write = read, write
        self._functions: list[Callable[..., Any]] = []

    def send(self, **message: Any) -> None:
        """Send one message.

        Args:
            message: names and values that JSON can hold, see `encode`.
        """
        self._write(json.dumps(message).encode() + b"\n")

    def receive(self) -> Message:
        """Wait for the next message that is no call, and answer calls that come before it.

        Raises:
            EOFError: The other side has hung up.
            MMSRError: What came is no message.
        """
        while True:
            line = self._read()
            if not line:
                raise EOFError
            try:
                message = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise MMSRError(f"it sent what cannot be read: {error}") from error
            if not isinstance(message, dict):
                raise MMSRError("it sent what is no message")
            if "call" not in message:
                return message
            self._answer(message)

    def _answer(self, message: Message) -> None:
        """Call a function of this side and send what it returns or raises."""
        try:
            returned = self._functions[message["call"]](*self.decode(message["arguments"]))
            reply = {"returned": self.encode(returned)}
        except Exception as error:  # the other side judges whatever is raised
            reply = {"raised": [type(error).__name__, str(error)[:500]]}
        self.send(**reply)

    def call(self, number: int, arguments: tuple[Any, ...]) -> Any:
        """Call a function of the other side.

        Args:
            number: Its place among the functions that were sent.
            arguments: Its arguments.

        Returns:
            What it returned.

        Raises:
            MMSRError: It raised an error, which is quoted.
        """
        self.send(call=number, arguments=self.encode(arguments))
        reply = self.receive()
        if "returned" in reply:
            return self.decode(reply["returned"])
        raise MMSRError(": ".join(map(str, reply.get("raised", ["no answer", "to a call"]))))

    def encode(self, value: Any) -> Any:
        """Turn a value into plain JSON; a value without a JSON form becomes the name of its type.

        Args:
            value: any value; a function is kept here, and the other side can call it.

        Returns:
            What `decode` of the other side makes the value from.
        """
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if value is ...:
            return {"dots": True}
        if hasattr(value, "detach"):  # a tensor
            return {"tensor": self.encode(np.asarray(value.detach().cpu()))}
        if isinstance(value, np.ndarray) and value.dtype.kind in ARRAY_KINDS:
            return {"array": value.tolist(), "dtype": value.dtype.str}
        if hasattr(value, "tolist"):
            return self.encode(value.tolist())
        if isinstance(value, list):
            return [self.encode(one) for one in value]
        for name, kind in (("tuple", tuple), ("set", set | frozenset)):
            if isinstance(value, kind):
                return {name: [self.encode(one) for one in value]}
        if isinstance(value, Mapping):
            name = "record" if isinstance(value, Record) else "dict"
            return {name: [[self.encode(key), self.encode(one)] for key, one in value.items()]}
        if callable(value):
            self._functions.append(value)
            return {"function": len(self._functions) - 1}
        return {"other": type(value).__name__}

    def decode(self, value: Any) -> Any:
        """Turn what `encode` made back into a value.

        Args:
            value: what JSON gave.

        Returns:
            The value.

        Raises:
            MMSRError: `value` has no form that `encode` makes.
        """
        if isinstance(value, list):
            return [self.decode(one) for one in value]
        if not isinstance(value, dict):
            return value
        name, content = next(iter(value.items()))
        if name in ("tuple", "set"):
            items = [self.decode(one) for one in content]
            return tuple(items) if name == "tuple" else set(items)
        if name in ("dict", "record"):
            pairs = {self.decode(key): self.decode(one) for key, one in content}
            if name == "record":
                with suppress(MMSRError):
                    return as_record(pairs)
            return pairs
        if name == "array":
            dtype = np.dtype(str(value["dtype"]))
            if dtype.kind not in ARRAY_KINDS:
                raise MMSRError(f"an array of {dtype} is not read")
            return np.array(content, None if dtype.kind == "U" else dtype)
        if name == "tensor":
            import torch

            return torch.as_tensor(self.decode(content))
        if name == "function":
            return lambda *arguments: self.call(content, arguments)
        return ... if name == "dots" else Stranger(str(content)[:100])
