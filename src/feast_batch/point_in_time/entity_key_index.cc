#include "feast_batch/point_in_time/entity_key_index.h"

#include <arrow/array.h>
#include <arrow/chunked_array.h>
#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/type.h>

#include <cmath>
#include <cstring>

#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

// 'n'umber, 'f'loat, 't'ext, time 'm'oments, 'd'ecimals, '?' all null; and what to cast to.
struct Target {
  char kind;
  std::shared_ptr<arrow::DataType> type;
};

Result<Target> TargetOf(const arrow::DataType& type, const std::string& name) {
  using arrow::Type;
  const auto id = type.id();
  if (id == Type::NA) return Target{'?', nullptr};
  if (id == Type::BOOL || arrow::is_integer(id)) return Target{'n', arrow::int64()};
  if (arrow::is_floating(id)) return Target{'f', arrow::float64()};
  if (arrow::is_base_binary_like(id) || arrow::is_binary_view_like(id) ||
      id == Type::FIXED_SIZE_BINARY) {
    return Target{'t', arrow::large_binary()};
  }
  if (arrow::is_decimal(id)) return Target{'d', arrow::large_utf8()};
  if (id == Type::TIMESTAMP || arrow::is_date(id)) {
    return Target{'m', arrow::timestamp(arrow::TimeUnit::MICRO)};
  }
  return Status::InvalidArgument("a column of type " + type.ToString() +
                                 " cannot be a join key: " + name);
}

Result<std::shared_ptr<arrow::Array>> Normalized(std::shared_ptr<arrow::Array> chunk,
                                                 const std::string& name) {
  if (chunk->type_id() == arrow::Type::DICTIONARY) {
    const auto& type = static_cast<const arrow::DictionaryType&>(*chunk->type());
    FEAST_ARROW_ASSIGN(chunk, arrow::compute::Cast(*chunk, type.value_type()));
  }
  FEAST_ASSIGN_OR_RETURN(const Target target, TargetOf(*chunk->type(), name));
  if (!target.type) return chunk;
  if (!chunk->type()->Equals(*target.type)) {
    const bool zoned = target.kind == 'm' && chunk->type_id() == arrow::Type::TIMESTAMP;
    auto type = target.type;
    if (zoned) {
      const auto& zone = static_cast<const arrow::TimestampType&>(*chunk->type()).timezone();
      type = arrow::timestamp(arrow::TimeUnit::MICRO, zone);
    }
    auto options =
        zoned ? arrow::compute::CastOptions::Unsafe() : arrow::compute::CastOptions::Safe();
    auto cast = arrow::compute::Cast(*chunk, type, options);
    if (!cast.ok()) return FromArrow(cast.status()).Annotate("join key " + name);
    chunk = *cast;
  }
  if (target.kind == 'm') {
    FEAST_ARROW_ASSIGN(chunk, chunk->View(arrow::int64()));
  } else if (target.kind == 'd') {
    FEAST_ARROW_ASSIGN(chunk, chunk->View(arrow::large_binary()));
  }
  return chunk;
}

Result<char> KindOf(const arrow::DataType& type, const std::string& name) {
  if (type.id() == arrow::Type::DICTIONARY) {
    return KindOf(*static_cast<const arrow::DictionaryType&>(type).value_type(), name);
  }
  FEAST_ASSIGN_OR_RETURN(const Target target, TargetOf(type, name));
  return target.kind;
}

// Appends one part; false if it is null.
bool AppendPart(const arrow::Array& array, int64_t row, std::string* key) {
  if (array.IsNull(row)) return false;
  const auto fixed = [&](char tag, const void* value) {
    key->push_back(tag);
    key->append(static_cast<const char*>(value), 8);
  };
  switch (array.type_id()) {
    case arrow::Type::INT64: {
      const int64_t value = static_cast<const arrow::Int64Array&>(array).Value(row);
      fixed('i', &value);
      return true;
    }
    case arrow::Type::DOUBLE: {
      const double value = static_cast<const arrow::DoubleArray&>(array).Value(row);
      if (std::isnan(value)) return false;
      if (value == std::floor(value) && std::abs(value) < 9.2e18) {
        const auto whole = static_cast<int64_t>(value);
        fixed('i', &whole);
      } else {
        fixed('f', &value);
      }
      return true;
    }
    case arrow::Type::LARGE_BINARY: {
      const auto text = static_cast<const arrow::LargeBinaryArray&>(array).GetView(row);
      const uint64_t size = text.size();
      fixed('t', &size);
      key->append(text);
      return true;
    }
    default:
      return false;  // the null type
  }
}

uint64_t Mixed(uint64_t x) {
  x ^= x >> 32;
  x *= 0x9E3779B97F4A7C15ULL;
  return x ^ (x >> 29);
}

}  // namespace

Status KeyKinds::Learn(const KeyColumns& columns, const std::vector<std::string>& names) {
  if (kinds_.empty()) kinds_.assign(columns.size(), '?');
  for (size_t c = 0; c < columns.size(); ++c) {
    if (kinds_[c] != '?') continue;
    FEAST_ASSIGN_OR_RETURN(const char kind, KindOf(*columns[c]->type(), names[c]));
    if (columns.size() == 1) integers_ = kind == 'n' || kind == 'm';
    kinds_[c] = kind == 'f' ? 'n' : kind;
  }
  return Status::OK();
}

Status KeyKinds::Check(const KeyColumns& columns, const std::vector<std::string>& names) const {
  for (size_t c = 0; c < columns.size(); ++c) {
    FEAST_ASSIGN_OR_RETURN(char kind, KindOf(*columns[c]->type(), names[c]));
    if (kind == 'f') kind = 'n';
    if (kind != '?' && kinds_[c] != '?' && kinds_[c] != kind) {
      const auto word = [](char k) {
        return k == 'n' ? "numbers" : k == 't' ? "text" : k == 'm' ? "times" : "decimals";
      };
      return Status::InvalidArgument("join key " + names[c] + " holds " + word(kind) + " (" +
                                     columns[c]->type()->ToString() +
                                     ") where its counterpart holds " + word(kinds_[c]));
    }
  }
  return Status::OK();
}

namespace {

// What `id_of` makes of each key: an integer, or the bytes of its parts. Keys with a null part get
// kNoKey.
template <typename IdOf>
Result<std::vector<uint32_t>> IdsOf(const KeyKinds& kinds, const KeyColumns& columns,
                                    const std::vector<std::string>& names, int64_t rows,
                                    const IdOf& id_of) {
  if (columns.empty()) return std::vector<uint32_t>(rows, 0);
  // 1. Only like may be compared with like.
  FEAST_RETURN_IF_ERROR(kinds.Check(columns, names));
  // 2. Chunks of all columns cut alike.
  std::vector<uint32_t> ids(rows, kNoKey);
  std::vector<std::vector<std::shared_ptr<arrow::Array>>> parts(columns.size());
  for (size_t c = 0; c < columns.size(); ++c) {
    for (const auto& chunk : columns[c]->chunks()) {
      FEAST_ASSIGN_OR_RETURN(auto normal, Normalized(chunk, names[c]));
      parts[c].push_back(std::move(normal));
    }
  }
  // 3. Ids.
  if (kinds.integers() && parts[0].size() && parts[0][0]->type_id() == arrow::Type::INT64) {
    size_t out = 0;
    for (const auto& chunk : parts[0]) {
      const auto& values = static_cast<const arrow::Int64Array&>(*chunk);
      for (int64_t i = 0; i < values.length(); ++i, ++out) {
        if (values.IsValid(i)) ids[out] = id_of(values.Value(i));
      }
    }
    return ids;
  }
  std::vector<size_t> chunk_of(columns.size(), 0);
  std::vector<int64_t> at(columns.size(), 0);
  std::string key;
  for (int64_t row = 0; row < rows; ++row) {
    key.clear();
    bool whole = true;
    for (size_t c = 0; c < columns.size(); ++c) {
      while (at[c] == parts[c][chunk_of[c]]->length()) {
        ++chunk_of[c];
        at[c] = 0;
      }
      whole = AppendPart(*parts[c][chunk_of[c]], at[c]++, &key) && whole;
    }
    if (!whole) continue;
    if (kinds.integers()) {
      // A float column on the other side of an integer key.
      if (key[0] != 'i') continue;
      int64_t value;
      std::memcpy(&value, key.data() + 1, 8);
      ids[row] = id_of(value);
    } else {
      ids[row] = id_of(std::string_view(key));
    }
  }
  return ids;
}

}  // namespace

void EntityKeyIndex::Grow() {
  const auto keys = std::move(table_keys_);
  const auto ids = std::move(table_ids_);
  const size_t size = ids.empty() ? 1024 : ids.size() * 2;
  table_keys_.assign(size, 0);
  table_ids_.assign(size, kNoKey);
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] == kNoKey) continue;
    size_t at = Mixed(keys[i]) & (size - 1);
    while (table_ids_[at] != kNoKey) at = (at + 1) & (size - 1);
    table_keys_[at] = keys[i];
    table_ids_[at] = ids[i];
  }
}

// Where the key is, or the free place where it would be.
size_t EntityKeyIndex::PlaceOf(int64_t key) const {
  const size_t mask = table_ids_.size() - 1;
  size_t at = Mixed(key) & mask;
  while (table_ids_[at] != kNoKey && table_keys_[at] != key) at = (at + 1) & mask;
  return at;
}

uint32_t EntityKeyIndex::IdOf(int64_t key) {
  if (table_ids_.size() < 2 * (size_t{size_} + 1)) Grow();
  const size_t at = PlaceOf(key);
  if (table_ids_[at] == kNoKey) {
    table_keys_[at] = key;
    table_ids_[at] = size_++;
  }
  return table_ids_[at];
}

uint32_t EntityKeyIndex::IdOf(int64_t key) const {
  return table_ids_.empty() ? kNoKey : table_ids_[PlaceOf(key)];
}

uint32_t EntityKeyIndex::IdOf(std::string_view key) {
  const auto found = texts_.find(key);
  if (found != texts_.end()) return found->second;
  texts_.emplace(std::string(key), size_);
  return size_++;
}

uint32_t EntityKeyIndex::IdOf(std::string_view key) const {
  const auto found = texts_.find(key);
  return found != texts_.end() ? found->second : kNoKey;
}

Result<std::vector<uint32_t>> EntityKeyIndex::Insert(const KeyColumns& columns,
                                                     const std::vector<std::string>& names,
                                                     int64_t rows) {
  if (columns.empty()) size_ = 1;
  FEAST_RETURN_IF_ERROR(kinds_.Learn(columns, names));
  return IdsOf(kinds_, columns, names, rows, [this](auto key) { return IdOf(key); });
}

Result<std::vector<uint32_t>> EntityKeyIndex::Find(const KeyColumns& columns,
                                                   const std::vector<std::string>& names,
                                                   int64_t rows) const {
  return IdsOf(kinds_, columns, names, rows, [this](auto key) { return IdOf(key); });
}

namespace {

// Of the high bits, as the index places keys by the low ones.
struct PartitionOf {
  int shift;
  uint32_t operator()(int64_t key) const { return Spread(Mixed(key)); }
  uint32_t operator()(std::string_view key) const {
    return Spread(std::hash<std::string_view>()(key));
  }
  uint32_t Spread(uint64_t hash) const {
    return static_cast<uint32_t>((hash * 0x9E3779B97F4A7C15ULL) >> shift);
  }
};

}  // namespace

Result<std::vector<uint32_t>> KeyPartitioner::Insert(const KeyColumns& columns,
                                                     const std::vector<std::string>& names,
                                                     int64_t rows) {
  FEAST_RETURN_IF_ERROR(kinds_.Learn(columns, names));
  return Find(columns, names, rows);
}

Result<std::vector<uint32_t>> KeyPartitioner::Find(const KeyColumns& columns,
                                                   const std::vector<std::string>& names,
                                                   int64_t rows) const {
  return IdsOf(kinds_, columns, names, rows, PartitionOf{shift_});
}

}  // namespace feast
