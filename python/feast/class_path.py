"""Classes by their dotted names, as the registry and definitions name them."""

from __future__ import annotations

import importlib
from typing import Any

from feast.errors import FeastClassImportError, FeastModuleImportError


def class_of(path: str) -> Any:
    """The class `package.module.Class`.

    Raises:
        FeastModuleImportError: If there is no such module.
        FeastClassImportError: If the module has no such class.
    """
    module_name, class_name = path.rsplit(".", 1)
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise FeastModuleImportError(module_name, class_name) from error
    if not hasattr(module, class_name):
        raise FeastClassImportError(module_name, class_name)
    return getattr(module, class_name)
