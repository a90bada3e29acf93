#include "feast/config/store_types.h"

namespace feast {
namespace {

constexpr StoreTypeName kOnline[] = {
    {"aerospike", "feast.infra.online_stores.aerospike_online_store.AerospikeOnlineStore"},
    {"sqlite", "feast.infra.online_stores.sqlite.SqliteOnlineStore"},
    {"datastore", "feast.infra.online_stores.datastore.DatastoreOnlineStore"},
    {"redis", "feast.infra.online_stores.redis.RedisOnlineStore"},
    {"dynamodb", "feast.infra.online_stores.dynamodb.DynamoDBOnlineStore"},
    {"snowflake.online", "feast.infra.online_stores.snowflake.SnowflakeOnlineStore"},
    {"bigtable", "feast.infra.online_stores.bigtable.BigtableOnlineStore"},
    {"postgres", "feast.infra.online_stores.postgres_online_store.postgres.PostgreSQLOnlineStore"},
    {"hbase", "feast.infra.online_stores.hbase_online_store.hbase.HbaseOnlineStore"},
    {"cassandra",
     "feast.infra.online_stores.cassandra_online_store.cassandra_online_store."
     "CassandraOnlineStore"},
    {"scylladb", "feast.infra.online_stores.scylladb_online_store.scylladb.ScyllaDBOnlineStore"},
    {"mysql", "feast.infra.online_stores.mysql_online_store.mysql.MySQLOnlineStore"},
    {"hazelcast",
     "feast.infra.online_stores.hazelcast_online_store.hazelcast_online_store."
     "HazelcastOnlineStore"},
    {"elasticsearch",
     "feast.infra.online_stores.elasticsearch_online_store.elasticsearch.ElasticSearchOnlineStore"},
    {"remote", "feast.infra.online_stores.remote.RemoteOnlineStore"},
    {"singlestore",
     "feast.infra.online_stores.singlestore_online_store.singlestore.SingleStoreOnlineStore"},
    {"qdrant", "feast.infra.online_stores.qdrant_online_store.qdrant.QdrantOnlineStore"},
    {"couchbase.online",
     "feast.infra.online_stores.couchbase_online_store.couchbase.CouchbaseOnlineStore"},
    {"milvus", "feast.infra.online_stores.milvus_online_store.milvus.MilvusOnlineStore"},
    {"mongodb", "feast.infra.online_stores.mongodb_online_store.MongoDBOnlineStore"},
    {"hybrid",
     "feast.infra.online_stores.hybrid_online_store.hybrid_online_store.HybridOnlineStore"},
    {"chronon", "feast.infra.online_stores.chronon_online_store.chronon.ChrononOnlineStore"},
};

/// Paths that upstream still accepts for stores that have moved.
constexpr StoreTypeName kMovedOnline[] = {
    {"postgres", "feast.infra.online_stores.contrib.postgres.PostgreSQLOnlineStore"},
    {"postgres", "feast.infra.online_stores.postgres_online_store.PostgreSQLOnlineStore"},
    {"hbase", "feast.infra.online_stores.contrib.hbase_online_store.hbase.HbaseOnlineStore"},
    {"cassandra",
     "feast.infra.online_stores.contrib.cassandra_online_store.cassandra_online_store."
     "CassandraOnlineStore"},
    {"mysql", "feast.infra.online_stores.contrib.mysql_online_store.mysql.MySQLOnlineStore"},
    {"hazelcast",
     "feast.infra.online_stores.contrib.hazelcast_online_store.hazelcast_online_store."
     "HazelcastOnlineStore"},
    {"elasticsearch", "feast.infra.online_stores.contrib.elasticsearch.ElasticSearchOnlineStore"},
    {"singlestore",
     "feast.infra.online_stores.contrib.singlestore_online_store.singlestore."
     "SingleStoreOnlineStore"},
    {"qdrant", "feast.infra.online_stores.contrib.qdrant.QdrantOnlineStore"},
    {"milvus", "feast.infra.online_stores.contrib.milvus.MilvusOnlineStore"},
    {"milvus", "feast.infra.online_stores.milvus.MilvusOnlineStore"},
};

constexpr StoreTypeName kOffline[] = {
    {"file", "feast.infra.offline_stores.dask.DaskOfflineStore"},
    {"dask", "feast.infra.offline_stores.dask.DaskOfflineStore"},
    {"bigquery", "feast.infra.offline_stores.bigquery.BigQueryOfflineStore"},
    {"redshift", "feast.infra.offline_stores.redshift.RedshiftOfflineStore"},
    {"snowflake.offline", "feast.infra.offline_stores.snowflake.SnowflakeOfflineStore"},
    {"spark", "feast.infra.offline_stores.contrib.spark_offline_store.spark.SparkOfflineStore"},
    {"trino", "feast.infra.offline_stores.contrib.trino_offline_store.trino.TrinoOfflineStore"},
    {"postgres",
     "feast.infra.offline_stores.contrib.postgres_offline_store.postgres.PostgreSQLOfflineStore"},
    {"athena", "feast.infra.offline_stores.contrib.athena_offline_store.athena.AthenaOfflineStore"},
    {"mssql",
     "feast.infra.offline_stores.contrib.mssql_offline_store.mssql.MsSqlServerOfflineStore"},
    {"duckdb", "feast.infra.offline_stores.duckdb.DuckDBOfflineStore"},
    {"remote", "feast.infra.offline_stores.remote.RemoteOfflineStore"},
    {"couchbase.offline",
     "feast.infra.offline_stores.contrib.couchbase_offline_store.couchbase."
     "CouchbaseColumnarOfflineStore"},
    {"clickhouse",
     "feast.infra.offline_stores.contrib.clickhouse_offline_store.clickhouse."
     "ClickhouseOfflineStore"},
    {"ray", "feast.infra.offline_stores.contrib.ray_offline_store.ray.RayOfflineStore"},
    {"oracle", "feast.infra.offline_stores.contrib.oracle_offline_store.oracle.OracleOfflineStore"},
    {"chronon",
     "feast.infra.offline_stores.contrib.chronon_offline_store.chronon.ChrononOfflineStore"},
    {"hybrid", "feast.infra.offline_stores.hybrid_offline_store.HybridOfflineStore"},
};

constexpr StoreTypeName kEngines[] = {
    {"local", "feast.infra.compute_engines.local.compute.LocalComputeEngine"},
    {"snowflake.engine",
     "feast.infra.compute_engines.snowflake.snowflake_engine.SnowflakeComputeEngine"},
    {"lambda", "feast.infra.compute_engines.aws_lambda.lambda_engine.LambdaComputeEngine"},
    {"k8s", "feast.infra.compute_engines.kubernetes.k8s_engine.KubernetesComputeEngine"},
    {"spark.engine", "feast.infra.compute_engines.spark.compute.SparkComputeEngine"},
    {"ray.engine", "feast.infra.compute_engines.ray.compute.RayComputeEngine"},
    {"flink.engine", "feast.infra.compute_engines.flink.compute.FlinkComputeEngine"},
    {"spark_application",
     "feast.infra.compute_engines.spark_application.compute.SparkApplicationComputeEngine"},
    {"trino.engine", "feast.infra.compute_engines.trino.compute.TrinoComputeEngine"},
    {"trino", "feast.infra.compute_engines.trino.compute.TrinoComputeEngine"},
};

}  // namespace

std::span<const StoreTypeName> OnlineStoreTypes() { return kOnline; }
std::span<const StoreTypeName> OfflineStoreTypes() { return kOffline; }
std::span<const StoreTypeName> BatchEngineTypes() { return kEngines; }

std::string CanonicalType(std::span<const StoreTypeName> types, std::string_view given) {
  std::string_view found;
  for (const StoreTypeName& name : types) {
    if (given == name.type || given == name.python_class) found = name.type;
  }
  if (found.empty() && types.data() == std::data(kOnline)) {
    for (const StoreTypeName& name : kMovedOnline) {
      if (given == name.python_class) found = name.type;
    }
  }
  if (found == "file" && types.data() == std::data(kOffline)) found = "dask";
  return std::string(found);
}

std::string TypeNames(std::span<const StoreTypeName> types) {
  std::string names;
  for (const StoreTypeName& name : types) {
    if (!names.empty()) names += ", ";
    names += name.type;
  }
  return names;
}

}  // namespace feast
