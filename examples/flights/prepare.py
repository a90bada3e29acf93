"""Derives the feature tables and the entity table of the demo from the flights of 2001.

The result depends on the input and `--until` only. Every time is moved by the same whole number of days,
so that the last flight departs on the day before `--until`: features then have the age they would have in use.

Usage: prepare.py FLIGHTS_PARQUET OUTPUT_FOLDER [--until YYYY-MM-DD]
"""

from __future__ import annotations

import argparse
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

DATA_END = datetime(2001, 7, 1)
LATE_MINUTES = 15
ENTITY_ROWS = 1_000_000
CREATED_AFTER = timedelta(minutes=10)
KEY_SEPARATOR = "-"


def read_flights(path: Path, until: datetime) -> pd.DataFrame:
    """Reads the flights with moved times.

    Args:
        path: The file `flights-3m.parquet`.
        until: Midnight (UTC, no time zone attached) that ends the data.

    Returns:
        Columns date (no time zone), delay (minutes), distance (miles), origin, route, late; in the input's order.
    """
    flights = pq.read_table(path).to_pandas(strings_to_categorical=True)
    flights = flights[flights["date"] < DATA_END].reset_index(drop=True)
    flights["date"] += until - DATA_END
    flights["late"] = flights["delay"] > LATE_MINUTES
    flights["route"] = route_of(flights["origin"], flights["destination"])
    return flights.drop(columns="destination")


def route_of(origin: pd.Series, destination: pd.Series) -> pd.Categorical:
    """Names each flight's route, making one string a route rather than one a flight."""
    code = origin.cat.codes.to_numpy(np.int64) * len(destination.cat.categories)
    code += destination.cat.codes.to_numpy(np.int64)
    routes, index = np.unique(code, return_inverse=True)
    names = [
        KEY_SEPARATOR.join(
            (origin.cat.categories[pair // len(destination.cat.categories)],
             destination.cat.categories[pair % len(destination.cat.categories)])
        )
        for pair in routes
    ]
    return pd.Categorical.from_codes(index, names)


def delay_statistics(flights: pd.DataFrame, key: str, window: str) -> pd.DataFrame:
    """Summarises the flights of each key and window that had any.

    Args:
        flights: As `read_flights` returns it.
        key: Column to group by: origin or route. It also prefixes the names of the features.
        window: Length of the window, as pandas writes it: "1h", "1D".

    Returns:
        One row a key and window, in order of time and key. `event_timestamp` is the window's end: nothing
        in the row is younger. `created` is ten minutes later.
    """
    end = (flights["date"].dt.floor(window) + pd.Timedelta(window)).rename("event_timestamp")
    groups = flights.groupby([end, flights[key]], observed=True, sort=True)
    table = groups.agg(
        flights=("delay", "size"),
        mean_delay=("delay", "mean"),
        worst_delay=("delay", "max"),
        late_share=("late", "mean"),
        distance=("distance", "max"),
    ).astype({"mean_delay": "float32", "late_share": "float32"})
    table = table.add_prefix(f"{key}_").reset_index()
    table["created"] = table["event_timestamp"] + CREATED_AFTER
    return table


def entity_rows(flights: pd.DataFrame, count: int) -> pd.DataFrame:
    """Picks `count` flights, evenly spread over the input: keys, departure and the label `late`."""
    picked = flights.iloc[np.arange(count, dtype=np.int64) * len(flights) // count]
    table = picked[["date", "origin", "route", "late"]].reset_index(drop=True)
    return table.rename(columns={"date": "event_timestamp"})


def write(table: pd.DataFrame, path: Path) -> None:
    """Writes a table with plain string columns, and its timestamps in UTC."""
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    for index, field in enumerate(arrow.schema):
        if pa.types.is_dictionary(field.type):
            arrow = arrow.set_column(index, field.name, arrow[field.name].cast(pa.string()))
        elif pa.types.is_timestamp(field.type):
            arrow = arrow.set_column(index, field.name, arrow[field.name].cast(pa.timestamp("us", tz="UTC")))
    pq.write_table(arrow.replace_schema_metadata(None), path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("flights", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--rows", type=int, default=ENTITY_ROWS, help="rows of the entity table")
    today = datetime.now(timezone.utc).date().isoformat()
    parser.add_argument("--until", type=datetime.fromisoformat, default=today, help="default: today (UTC)")
    arguments = parser.parse_args()

    started = time.perf_counter()
    arguments.output.mkdir(parents=True, exist_ok=True)
    flights = read_flights(arguments.flights, arguments.until)
    print(f"  {len(flights):>9,} flights read")
    hourly = delay_statistics(flights, "origin", "1h").drop(columns="origin_distance")
    daily = delay_statistics(flights, "route", "1D").drop(columns="route_worst_delay")
    entities = entity_rows(flights, arguments.rows)
    for name, table in ("origin_hourly", hourly), ("route_daily", daily), ("entities", entities):
        write(table, arguments.output / f"{name}.parquet")
        print(f"  {len(table):>9,} rows in {name}.parquet")
    print(f"  {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
