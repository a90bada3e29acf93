"""User functions to and from what the registry stores: source text and a pickle.

The text is what counts; the pickle is written for readers that want it and is never loaded unless asked for.
"""

from __future__ import annotations

import __future__ as compiler_flags
import ast
import importlib
import textwrap
from typing import Any, Callable, Dict, Optional

_KNOWN_MODULES = {
    "pd": "pandas",
    "pandas": "pandas",
    "np": "numpy",
    "numpy": "numpy",
    "pa": "pyarrow",
    "pyarrow": "pyarrow",
    "pl": "polars",
    "polars": "polars",
    "datetime": "datetime",
    "math": "math",
    "typing": "typing",
}


def source_of(function: Callable[..., Any]) -> str:
    """The source text of a function, decorators included.

    Raises:
        OSError: If the text is not to be found, as for functions made at a prompt.
    """
    import dill.source

    return str(dill.source.getsource(function))


def pickle_of(function: Optional[Callable[..., Any]]) -> bytes:
    """The pickle of a function, by value: it can be loaded where its module is not installed."""
    import dill

    return bytes(dill.dumps(function, recurse=True))


def detach(function: Callable[..., Any]) -> None:
    """Makes the function belong to `__main__`, so that it is pickled by value."""
    if function.__module__ != "__main__":
        function.__module__ = "__main__"


def view_decorator(view_class: Any, arguments: Dict[str, Any]) -> Callable[[Callable[..., Any]], Any]:
    """A decorator that makes a view of a function, with its name unless `arguments` have another.

    Args:
        view_class: Class of the view.
        arguments: Further arguments of its constructor.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        text = source_of(function)
        detach(function)
        name = arguments.get("name") or function.__name__
        return view_class(**{**arguments, "name": name, "udf": function, "udf_string": text})

    return decorate


def function_from_source(text: str, name: Optional[str] = None) -> Optional[Callable[..., Any]]:
    """Runs the definition in `text`, without its decorators; None if it defines no function.

    Args:
        text: Source of a function, as `source_of` gives it.
        name: The function that is wanted if there are several.
    """
    try:
        tree = ast.parse(textwrap.dedent(text))
    except SyntaxError:
        return None
    defined = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    if not defined:
        return None
    for node in defined:
        node.decorator_list = []
    namespace: Dict[str, Any] = {"__name__": "__main__"}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for short, module in _KNOWN_MODULES.items():
        if short in used:
            try:
                namespace[short] = importlib.import_module(module)
            except ImportError:
                continue
    flags = compiler_flags.annotations.compiler_flag  # annotations may name what is not imported here
    try:
        exec(compile(tree, "<feast udf>", "exec", flags=flags, dont_inherit=True), namespace)
    except Exception:
        return None
    wanted = namespace.get(name or "")
    found = wanted if callable(wanted) else namespace[defined[-1].name]
    return found if callable(found) else None


def resolve_function(text: str, body: bytes, name: str, allow_pickle: bool = False) -> Callable[..., Any]:
    """The function of a message: from its text, or from its pickle if allowed, or else one that says why not."""
    function = function_from_source(text, name) if text else None
    if function is None and allow_pickle and body:
        import dill

        function = dill.loads(body)
    return function if function is not None else _unavailable(name)


def _unavailable(name: str) -> Callable[..., Any]:
    def missing(*_: Any, **__: Any) -> Any:
        raise RuntimeError(
            f"The source of the function '{name}' is not usable on its own, and pickled code is not loaded."
        )

    missing.__name__ = name or "missing"
    return missing
