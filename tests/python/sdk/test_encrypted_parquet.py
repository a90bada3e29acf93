"""Files that pyarrow's CryptoFactory writes, with keys wrapped by master keys, are read with those."""

import base64
import os

import pandas as pd
import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as encryption
import pytest
from conftest import NOW
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from feast import FeatureStore

MASTERS = {"footer_master": b"0123456789abcdef", "trips_master": b"fedcba9876543210"}
SETTINGS = """
native:
  parquet:
    master_keys:
      footer_master: env:TEST_FOOTER_MASTER
      trips_master: file:trips.key
"""


class Service(encryption.KmsClient):
    """A key management service, as the writer's."""

    def __init__(self, _config):
        super().__init__()

    def wrap_key(self, key_bytes, master_key_identifier):
        nonce = os.urandom(12)
        wrapped = AESGCM(MASTERS[master_key_identifier]).encrypt(nonce, key_bytes, master_key_identifier.encode())
        return base64.b64encode(nonce + wrapped)

    def unwrap_key(self, wrapped_key, master_key_identifier):
        raise NotImplementedError("only writes")


def write(frame, path, double_wrapping, internal):
    table = pa.Table.from_pandas(frame, preserve_index=False)
    how = encryption.EncryptionConfiguration(
        footer_key="footer_master",
        column_keys={"trips_master": ["trips"]},
        double_wrapping=double_wrapping,
        internal_key_material=internal,
    )
    factory = encryption.CryptoFactory(Service)
    beside = {} if internal else {"parquet_file_path": str(path), "filesystem": pyarrow.fs.LocalFileSystem()}
    properties = factory.file_encryption_properties(encryption.KmsConnectionConfig(), how, **beside)
    with pq.ParquetWriter(path, table.schema, encryption_properties=properties) as writer:
        writer.write_table(table)


@pytest.mark.parametrize("double_wrapping", [True, False])
@pytest.mark.parametrize("internal", [True, False])
def test_master_keys_open_files_of_pyarrow(applied, repo, stats, monkeypatch, double_wrapping, internal):
    write(stats, repo / "data" / "stats.parquet", double_wrapping, internal)
    monkeypatch.setenv("TEST_FOOTER_MASTER", base64.b64encode(MASTERS["footer_master"]).decode())
    (repo / "trips.key").write_bytes(base64.b64encode(MASTERS["trips_master"]))
    rows = pd.DataFrame({"driver_id": [1001], "event_timestamp": NOW})

    def trips():
        store = FeatureStore(repo_path=str(repo))
        return store.get_historical_features(rows, ["hourly:trips"]).to_df()["trips"].tolist()

    with pytest.raises(RuntimeError, match="native.parquet"):
        trips()
    settings = repo / "feature_store.yaml"
    settings.write_text(settings.read_text() + SETTINGS)
    assert trips() == [10012]
    (repo / "trips.key").write_bytes(base64.b64encode(b"w" * 16))
    with pytest.raises(RuntimeError, match="'trips_master'") as wrong:
        trips()
    assert "stats.parquet" in str(wrong.value) and "wwww" not in str(wrong.value)
