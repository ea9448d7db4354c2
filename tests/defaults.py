"""What the functions and configs of a package do where nothing is said, to be held to a table."""

import importlib
import inspect
import pkgutil
from dataclasses import fields, is_dataclass
from types import ModuleType

from mmsr_lite.config import setting_of


def defaults_of(package: ModuleType) -> dict[str, dict[str, float]]:
    """Function, or class and method -> argument -> its default, of all arguments that are numbers or yes and no."""
    found = {}
    for name, function in _functions(package):
        parameters = inspect.signature(function).parameters.values()
        numbers = {one.name: one.default for one in parameters if isinstance(one.default, int | float)}
        if numbers:
            found[name] = numbers
    return found


def limits_of(package: ModuleType) -> dict[str, list[float | None]]:
    """Config and field -> [at least, above, at most, below], of all fields that have such a limit."""
    found = {}
    for name, one in _dataclasses(package):
        for field in fields(one):  # type: ignore[arg-type]
            about = setting_of(field)
            limits = [about.at_least, about.above, about.at_most, about.below]
            if any(limit is not None for limit in limits):
                found[f"{name}.{field.name}"] = limits
    return found


def _modules(package: ModuleType) -> list[ModuleType]:
    return [
        importlib.import_module(one.name) for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]


def _own(module: ModuleType) -> list[tuple[str, object]]:
    return [(name, one) for name, one in vars(module).items() if getattr(one, "__module__", "") == module.__name__]


def _functions(package: ModuleType) -> list[tuple[str, object]]:
    found = []
    for module in _modules(package):
        for name, one in _own(module):
            if inspect.isfunction(one):
                found.append((name, one))
            elif inspect.isclass(one):
                found += [(f"{name}.{own}", part) for own, part in vars(one).items() if inspect.isfunction(part)]
    return [(name.removesuffix(".__init__"), one) for name, one in found]


def newer_than_runs(package: ModuleType) -> set[str]:
    """Config and field of all settings that are not in the id of a run, because runs were stored before they came."""
    return {
        f"{name}.{field.name}"
        for name, one in _dataclasses(package)
        for field in fields(one)  # type: ignore[arg-type]
        if not setting_of(field).in_id
    }


def changeable(package: ModuleType) -> set[str]:
    """The dataclasses whose fields may be set anew after they were made."""
    return {name for name, one in _dataclasses(package) if not one.__dataclass_params__.frozen}  # type: ignore[attr-defined]


def _dataclasses(package: ModuleType) -> list[tuple[str, object]]:
    every = [pair for module in _modules(package) for pair in _own(module)]
    return [(name, one) for name, one in every if inspect.isclass(one) and is_dataclass(one)]
