#pragma once
/// The one cluster of a test program, and rows to put there: for test files only.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "feast/online/redis/redis_test_cluster.h"
#include "feast/online/sample_rows.h"

namespace feast {

/// Six servers, well when a test begins, as every test leaves them.
inline RedisTestCluster& SharedCluster() {
  static RedisTestCluster cluster({});
  return cluster;
}

/// Rows of different keys, each with a value of its own.
inline std::vector<online_conformance::Row> SampleRows(int count, Micros time) {
  std::vector<online_conformance::Row> rows;
  rows.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    const std::string id = std::to_string(i);
    rows.push_back({online_conformance::EntityKey(id),
                    time,
                    {online_conformance::StringValue("value of " + id), ""}});
  }
  return rows;
}

inline void WriteRows(OnlineStore& store, const std::vector<online_conformance::Row>& rows,
                      std::shared_ptr<const OnlineTable> table = online_conformance::MakeTable()) {
  const Status status =
      store.WriteAndWait({}, online_conformance::MakeBatch(std::move(table), rows));
  ASSERT_TRUE(status.ok()) << status.ToString();
}

}  // namespace feast
