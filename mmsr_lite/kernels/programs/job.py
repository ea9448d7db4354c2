"""A kernel that has to be compiled: which function, for which types and constants, for which GPU; as JSON."""

import hashlib
import json
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource, make_backend


@dataclass(frozen=True)
class Job:
    """One specialisation of one Triton function.

    Attributes:
        module, name: Where the function stands.
        source: The hash of its source and of all that it calls.
        target: Backend, architecture and warp size of the GPU.
        signature, constants, attributes, options: What Triton is given to compile it, as nested lists.
    """

    module: str
    name: str
    source: str
    target: tuple[str, int, int]
    signature: dict[str, Any]
    constants: list[tuple[list, Any]]
    attributes: list[tuple[list, Any]]
    options: dict[str, Any]

    @classmethod
    def of(cls, function: Any, compile: dict[str, Any], target: GPUTarget) -> "Job":
        """The job for a kernel that Triton has not compiled, from the arguments of Triton's cache hook."""
        options = json.loads(compile["specialization_data"])["options"]
        return cls(
            function.fn.__module__,
            function.fn.__name__,
            function.cache_key,
            (target.backend, target.arch, target.warp_size),
            compile["signature"],
            [(list(path), value) for path, value in compile["constants"].items()],
            [(list(path), value) for path, value in compile["configs"][0].items()],
            options,
        )

    @property
    def id(self) -> str:
        """The same for equal jobs of one version of Triton."""
        return hashlib.sha256(f"{triton.__version__} {self.to_json()}".encode()).hexdigest()

    def to_json(self) -> str:
        """One line of JSON, with the arguments in the order of the function, from which its launcher is made."""
        return json.dumps(vars(self))

    @classmethod
    def from_json(cls, line: str) -> "Job":
        """The job that `to_json` wrote."""
        return cls(**json.loads(line))

    def compile(self) -> Any:
        """Compile it, or find it in Triton's cache on disk; needs no GPU."""
        target = GPUTarget(*self.target)
        backend = make_backend(target)
        options = backend.parse_options({name: _tuples(value) for name, value in self.options.items()})
        source = ASTSource(
            getattr(import_module(self.module), self.name),
            {name: _tuples(value) for name, value in self.signature.items()},
            {tuple(path): _tuples(value) for path, value in self.constants},
            {tuple(path): value for path, value in self.attributes},
        )
        return triton.compile(source, target=target, options=options.__dict__)


def _tuples(value: Any) -> Any:
    """JSON has no tuples, and kernels take no lists."""
    if isinstance(value, list):
        return tuple(_tuples(part) for part in value)
    return value
