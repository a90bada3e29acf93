"""Short HTML for notebooks."""

from __future__ import annotations

from html import escape
from typing import Any, Iterable, List, Tuple

SHOWN_ROWS = 10


def facts_html(title: str, facts: Iterable[Tuple[str, Any]]) -> str:
    """A title above a table of names and values; empty values are left out."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th><td style='text-align:left'>{escape(_text(value))}</td></tr>"
        for name, value in facts
        if value not in (None, "", [], {}, ())
    )
    return f"<div><b>{escape(title)}</b><table>{rows}</table></div>"


def table_html(table: Any) -> str:
    """The first rows of an Arrow table, and how many there are."""
    head = table.slice(0, SHOWN_ROWS).to_pydict()
    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(_text(value))}</td>" for value in row) + "</tr>" for row in zip(*head.values())
    )
    counts = f"{table.num_rows:,} rows × {table.num_columns} columns"
    return f"<div><table><thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table><p>{counts}</p></div>"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {item}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        items: List[Any] = list(value)
        return ", ".join(str(getattr(item, "name", item)) for item in items)
    return str(value)
