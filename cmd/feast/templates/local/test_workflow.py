"""The whole way of a feature: apply, training rows, materialize, online. Run it in this folder."""

import subprocess
from datetime import datetime, timedelta, timezone

import pandas as pd

from feast import FeatureStore

FEATURES = ["driver_hourly_stats:conv_rate", "driver_hourly_stats:acc_rate", "driver_hourly_stats:avg_daily_trips"]


def main() -> None:
    subprocess.run(["feast", "apply"], check=True)
    store = FeatureStore(repo_path=".")
    now = datetime.now(timezone.utc)

    entities = pd.DataFrame({
        "driver_id": [1001, 1002, 1003],
        "event_timestamp": [now - timedelta(hours=age) for age in (1, 2, 3)],
    })
    print("Training rows:")
    print(store.get_historical_features(entity_df=entities, features=FEATURES).to_df())

    store.materialize_incremental(end_date=now)
    print("Online:")
    print(store.get_online_features(features=FEATURES, entity_rows=[{"driver_id": 1001}, {"driver_id": 1002}]).to_dict())


if __name__ == "__main__":
    main()
