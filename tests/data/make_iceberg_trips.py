"""Writes the Iceberg table tests/data/iceberg_trips, with pyiceberg 0.12.0 (extras sql-sqlite, pyarrow, pyiceberg-core).

The table says that it lies in /tmp/iceberg_trips: tests read it where it is now.
"""

import datetime as dt
import decimal
import shutil
from pathlib import Path

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import DayTransform, IdentityTransform
from pyiceberg.types import (DecimalType, DoubleType, IntegerType, ListType, LongType, NestedField, StringType,
                             StructType, TimestamptzType)

PLACE = Path("/tmp/iceberg_trips")
SCHEMA = Schema(
    NestedField(1, "driver_id", IntegerType()),
    NestedField(2, "event_timestamp", TimestamptzType()),
    NestedField(3, "fare", IntegerType()),
    NestedField(4, "city", StringType()),
    NestedField(5, "price", DecimalType(5, 2)),
    NestedField(6, "tags", ListType(7, StringType())),
    NestedField(8, "place", StructType(NestedField(9, "x", LongType()), NestedField(10, "y", LongType()))),
    NestedField(11, "gone", StringType()),
)
PARTS = PartitionSpec(
    PartitionField(4, 1000, IdentityTransform(), "city"), PartitionField(2, 1001, DayTransform(), "day")
)


def add(table, rows):
    """Appends rows, columns that they lack null."""
    schema = table.schema().as_arrow()
    columns = [pa.array([row.get(field.name) for row in rows], field.type) for field in schema]
    table.append(pa.table(columns, schema=schema))


def trip(driver, hour, city, **more):
    return {
        "driver_id": driver,
        "event_timestamp": dt.datetime(2024, 5, 1, tzinfo=dt.timezone.utc) + dt.timedelta(hours=hour),
        "city": city,
        "price": decimal.Decimal(driver) + decimal.Decimal("0.25"),
        "tags": ["a", str(driver)],
        "place": {"x": driver, "y": hour},
        **more,
    }


def main():
    shutil.rmtree(PLACE, ignore_errors=True)
    catalog = SqlCatalog("made", uri="sqlite:///:memory:", warehouse="file:///tmp")
    catalog.create_namespace("ns")
    table = catalog.create_table("ns.trips", SCHEMA, location=f"file://{PLACE}", partition_spec=PARTS)
    cities = {1: "New York", 2: "Oslo", 3: None, 5: "Oslo/Süd"}
    add(table, [trip(driver, 7 + driver, city, fare=driver, gone="x") for driver, city in cities.items()])
    with table.update_schema() as change:
        change.rename_column("fare", "f")
        change.update_column("fare", LongType())
        change.update_column("driver_id", LongType())
        change.update_column("price", DecimalType(9, 2))
        change.add_column("note", StringType())
        change.add_column("score", DoubleType())
        change.delete_column("gone")
    table.delete("driver_id == 2")
    add(table, [trip(4, 30, "Oslo", f=4, note="new")])
    table.delete("driver_id == 5")
    kept = Path(__file__).parent / "iceberg_trips"
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(PLACE, kept)
    for old in sorted((kept / "metadata").glob("*.metadata.json"))[:-1]:
        old.unlink()


if __name__ == "__main__":
    main()
