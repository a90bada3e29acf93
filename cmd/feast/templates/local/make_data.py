"""Writes the sample data of the template: hourly statistics of five drivers, up to now.

Usage: make_data.py FILE
"""

import sys
from datetime import datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DRIVERS = range(1001, 1006)
HOURS = 15 * 24


def main(path: str) -> None:
    now = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    hours = [now - timedelta(hours=age) for age in range(HOURS, -1, -1)]
    rows = len(DRIVERS) * len(hours)
    random = np.random.default_rng(7)
    time = pa.timestamp("us", tz="UTC")
    table = pa.table({
        "event_timestamp": pa.array(hours * len(DRIVERS), time),
        "driver_id": pa.array(np.repeat(np.array(DRIVERS), len(hours)), pa.int64()),
        "conv_rate": pa.array(random.random(rows), pa.float32()),
        "acc_rate": pa.array(random.random(rows), pa.float32()),
        "avg_daily_trips": pa.array(random.integers(1, 1000, rows), pa.int32()),
        "created": pa.array([now] * rows, time),
    })
    pq.write_table(table, path)


if __name__ == "__main__":
    main(sys.argv[1])
