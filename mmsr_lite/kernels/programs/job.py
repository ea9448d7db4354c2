"""A kernel that has to be compiled (which function, for which types and constants, for which GPU), also as JSON."""

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
    """One specialisation of one function of Triton.

    Args:
        module: the module of the function.
        name: the name of the function.
        source: the hash of its source and of all that it calls.
        target: backend, architecture and warp size of the GPU.
        signature: argument -> its type.
        constants: places of arguments, and their constant values.
        attributes: places of arguments, and what Triton may assume about them.
        options: the options of the compiler.

    Example:
        >>> job = Job("programs.gate", "mix", "3fa2", ("cuda", 90, 32), {"ends": "*fp32"}, [], [], {"num_warps": 4})
        >>> Job.from_json(job.to_json()).name
        'mix'
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
        """The job for a kernel that Triton has not compiled.

        Args:
            function: the function of Triton.
            compile: what Triton gives to the hook of its cache.
            target: the kind of GPU.

        Returns:
            The job.
        """
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
        """A hash, the same for equal jobs of one version of Triton."""
        return hashlib.sha256(f"{triton.__version__} {self.to_json()}".encode()).hexdigest()

    def to_json(self) -> str:
        """The job as one line of JSON; arguments keep the order of the function, which its launcher needs."""
        return json.dumps(vars(self))

    @classmethod
    def from_json(cls, line: str) -> "Job":
        """Read a job that `to_json` wrote.

        Args:
            line: one line of JSON.

        Returns:
            The job.
        """
        return cls(**json.loads(line))

    def compile(self) -> Any:
        """Compile the kernel, or find it in Triton's cache on disk; no GPU is needed."""
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
    """A value with tuples in place of lists: JSON has no tuples, and Triton takes no lists."""
    if isinstance(value, list):
        return tuple(_tuples(part) for part in value)
    return value
