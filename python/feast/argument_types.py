"""Checks the arguments of constructors against their type hints, so that a wrong definition fails where it is made."""

from __future__ import annotations

import collections.abc
import functools
import inspect
import textwrap
import typing
from typing import Any, Callable, Dict, Optional, TypeVar, Union

F = TypeVar("F", bound=Callable[..., Any])


class TypeCheckError(Exception):
    """An argument has the wrong type; the text names the argument, its type and the expected one."""


def type_name(hint: Any) -> str:
    """How messages call a type: `int`, `feast.field.Field`, `List[feast.field.Field]`."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is None:
        if not isinstance(hint, type) or hint.__module__ == "builtins":
            return getattr(hint, "__name__", str(hint))
        return f"{hint.__module__}.{hint.__qualname__}"
    name = "Union" if origin is Union else getattr(hint, "_name", None) or origin.__name__
    return f"{name}[{', '.join(type_name(part) for part in inner)}]"


def mismatch(value: Any, hint: Any) -> Optional[str]:
    """What is wrong with `value`, or None. Hints that cannot be checked cheaply accept everything."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is Union:
        tried = [(part, mismatch(value, part)) for part in inner]
        if any(problem is None for _, problem in tried):
            return None
        lines = "\n".join(f"{type_name(part)}: {problem}" for part, problem in tried)
        return "did not match any element in the union:\n" + textwrap.indent(lines, "  ")
    if origin is list:
        if not isinstance(value, list):
            return "is not a list"
        for position, item in enumerate(value if inner else ()):
            problem = mismatch(item, inner[0])
            if problem:
                return f"item {position} {problem}"
        return None
    if origin is dict:
        return None if isinstance(value, dict) else "is not a dict"
    if origin is collections.abc.Callable:
        return None if callable(value) else "is not callable"
    if hint is float and isinstance(value, int):
        return None
    if isinstance(hint, type) and not isinstance(value, hint):
        return f"is not an instance of {type_name(hint)}"
    return None


def checked(function: F) -> F:
    """Decorator: raises TypeCheckError if an argument does not match its hint.

    Hints are read at the first call, because they may name classes of modules that import each other.
    """
    signature = inspect.signature(function)
    hints: Dict[str, Any] = {}

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:
            return function(*args, **kwargs)  # Python's own message names the class
        if not hints:
            hints.update(_hints(function), __read__=None)
        for name, value in bound.arguments.items():
            problem = mismatch(value, hints[name]) if name in hints else None
            if problem:
                raise TypeCheckError(_located(name, value, problem))
        return function(*args, **kwargs)

    return typing.cast(F, call)


def _hints(function: Callable[..., Any]) -> Dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except NameError:  # a class that is imported for type checkers only
        import feast

        names = {name: getattr(feast, name) for name in feast.DEFINITION_CLASSES}
        return typing.get_type_hints(function, globalns={**names, **function.__globals__})


def _located(name: str, value: Any, problem: str) -> str:
    shown = "None" if value is None else type_name(type(value))
    if problem.startswith("item "):
        item, number, rest = problem.split(" ", 2)
        return f'{item} {number} of argument "{name}" ({shown}) {rest}'
    return f'argument "{name}" ({shown}) {problem}'
