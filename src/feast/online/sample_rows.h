#pragma once
/// A table, rows and keys to try a store with: for test files only.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "feast/online/online_store.h"

namespace feast::online_conformance {

struct Row {
  std::string key;
  Micros time;
  std::vector<std::string> values;
};

inline std::string StringValue(std::string_view text) {
  std::string bytes = "\x12";  // string_val = 2; lengths below 128 only
  bytes += static_cast<char>(text.size());
  return bytes.append(text);
}

/// A serialized entity key (version 3) of the tables' join key, for stores that look into keys when
/// they delete.
inline std::string EntityKey(std::string_view id) {
  const auto number = [](size_t n) { return std::string{static_cast<char>(n), 0, 0, 0}; };
  return number(1) + number(2) + number(2) + "id" + number(2) + number(id.size()) + std::string(id);
}

inline void Append(EncodedColumn* column, std::string_view value) {
  column->bytes += value;
  column->ends.push_back(column->bytes.size());
}

inline std::shared_ptr<const OnlineTable> MakeTable(std::string view = "stats", int version = 0) {
  OnlineTable table;
  table.project = "proj";
  table.view = std::move(view);
  table.version = version;
  table.join_keys = {"id"};
  table.features = {{"a", ValueType::kString}, {"b", ValueType::kString}};
  return std::make_shared<const OnlineTable>(std::move(table));
}

inline std::shared_ptr<const WriteBatch> MakeBatch(std::shared_ptr<const OnlineTable> table,
                                                   const std::vector<Row>& rows) {
  auto batch = std::make_shared<WriteBatch>();
  for (const auto& feature : table->features) {
    batch->features.push_back({feature.name, feature.type, {}, {}});
  }
  batch->table = std::move(table);
  for (const auto& row : rows) {
    Append(&batch->keys, row.key);
    batch->event_times.push_back(row.time);
    batch->created_times.push_back(std::nullopt);
    for (size_t i = 0; i < row.values.size(); ++i) Append(&batch->features[i], row.values[i]);
  }
  return batch;
}

}  // namespace feast::online_conformance
