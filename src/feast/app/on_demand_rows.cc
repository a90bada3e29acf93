#include "feast/app/on_demand_rows.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "feast/app/training.h"
#include "feast/codec/column_codec.h"
#include "feast/compute/historical_planner.h"
#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

constexpr std::string_view kEventTime = "event_timestamp";

// Entities and the newest event time of each, gathered from several sources.
class NewestTimes {
 public:
  explicit NewestTimes(const std::vector<FieldFacts>& keys) : keys_(keys) {}

  // `columns[k]` is the column of key k, `time_column` that of the event time.
  Status Add(OwnedStream rows, const std::vector<std::string>& columns,
             const std::string& time_column) {
    FEAST_ASSIGN_OR_RETURN(const OwnedSchema schema, SchemaOfStream(rows.get()));
    std::vector<int64_t> places;
    places.reserve(columns.size() + 1);
    for (const std::string& column : columns) places.push_back(ColumnIndex(*schema.get(), column));
    places.push_back(ColumnIndex(*schema.get(), time_column));
    if (std::find(places.begin(), places.end(), -1) != places.end()) {
      return Status::Internal("the offline store gave no column of keys or times");
    }
    while (true) {
      OwnedArray batch;
      FEAST_ASSIGN_OR_RETURN(const bool more, NextBatch(rows.get(), batch.get()));
      if (!more) return Status::OK();
      FEAST_RETURN_IF_ERROR(AddBatch(*schema.get(), *batch.get(), places));
    }
  }

  // A table of the key columns and the time.
  Result<OwnedStream> Take() const {
    std::vector<std::vector<std::string_view>> columns(keys_.size());
    std::vector<Micros> times;
    for (const auto& [bytes, entity] : entities_) {
      std::string_view rest = bytes;
      for (size_t k = 0; k < keys_.size(); ++k) {
        columns[k].push_back(rest.substr(0, entity.sizes[k]));
        rest.remove_prefix(entity.sizes[k]);
      }
      times.push_back(entity.time);
    }
    const auto width = static_cast<int64_t>(keys_.size());
    OwnedSchema schema;
    OwnedArray array;
    ArrowSchemaInit(schema.get());
    if (ArrowSchemaSetTypeStruct(schema.get(), width + 1) != NANOARROW_OK ||
        ArrowArrayInitFromType(array.get(), NANOARROW_TYPE_STRUCT) != NANOARROW_OK ||
        ArrowArrayAllocateChildren(array.get(), width + 1) != NANOARROW_OK) {
      return OutOfMemory();
    }
    for (int64_t k = 0; k < width; ++k) {
      OwnedSchema child_schema;
      OwnedArray child;
      FEAST_RETURN_IF_ERROR(
          DecodeColumn(columns[k], keys_[k].type, keys_[k].name, &child_schema, &child));
      ArrowSchemaRelease(schema->children[k]);
      ArrowSchemaMove(child_schema.get(), schema->children[k]);
      if (ArrowSchemaSetName(schema->children[k], keys_[k].name.c_str()) != NANOARROW_OK) {
        return OutOfMemory();
      }
      ArrowArrayMove(child.get(), array->children[k]);
    }
    FEAST_RETURN_IF_ERROR(MakeTimes(times, schema->children[width], array->children[width]));
    array->length = static_cast<int64_t>(times.size());
    array->null_count = 0;
    std::vector<OwnedArray> batches;
    batches.push_back(std::move(array));
    return StreamOfBatches(std::move(schema), std::move(batches));
  }

 private:
  struct Entity {
    std::vector<size_t> sizes;  ///< of each key's bytes
    Micros time = 0;
  };

  static Status OutOfMemory() {
    return Status::ResourceExhausted("out of memory for the entities of an on-demand view");
  }

  Status AddBatch(const ArrowSchema& schema, const ArrowArray& batch,
                  const std::vector<int64_t>& places) {
    if (batch.offset != 0) return Status::Internal("the offline store gave a sliced batch");
    std::vector<EncodedColumn> columns(keys_.size());
    for (size_t k = 0; k < keys_.size(); ++k) {
      FEAST_RETURN_IF_ERROR(EncodeColumn(keys_[k].name, *schema.children[places[k]],
                                         *batch.children[places[k]], keys_[k].type, &columns[k]));
    }
    FEAST_ASSIGN_OR_RETURN(
        const auto times,
        TimesOfColumn(kEventTime, *schema.children[places.back()], *batch.children[places.back()]));
    for (size_t row = 0; row < times.size(); ++row) {
      if (!times[row]) continue;
      std::string bytes;
      Entity entity;
      bool has_null = false;
      for (const EncodedColumn& column : columns) {
        const std::string_view value = column.Row(row);
        has_null = has_null || value.empty();
        entity.sizes.push_back(value.size());
        bytes += value;
      }
      if (has_null) continue;  // a null key is no entity
      entity.time = *times[row];
      const auto [found, is_new] = entities_.try_emplace(std::move(bytes), std::move(entity));
      if (!is_new) found->second.time = std::max(found->second.time, *times[row]);
    }
    return Status::OK();
  }

  static Status MakeTimes(const std::vector<Micros>& times, ArrowSchema* schema,
                          ArrowArray* array) {
    if (ArrowSchemaSetTypeDateTime(schema, NANOARROW_TYPE_TIMESTAMP, NANOARROW_TIME_UNIT_MICRO,
                                   "UTC") != NANOARROW_OK ||
        ArrowSchemaSetName(schema, std::string(kEventTime).c_str()) != NANOARROW_OK ||
        ArrowArrayInitFromSchema(array, schema, nullptr) != NANOARROW_OK ||
        ArrowArrayStartAppending(array) != NANOARROW_OK) {
      return OutOfMemory();
    }
    for (const Micros time : times) {
      if (ArrowArrayAppendInt(array, time) != NANOARROW_OK) return OutOfMemory();
    }
    return ArrowArrayFinishBuildingDefault(array, nullptr) == NANOARROW_OK ? Status::OK()
                                                                           : OutOfMemory();
  }

  const std::vector<FieldFacts>& keys_;
  std::unordered_map<std::string, Entity> entities_;
};

// For each key the source's column that it is joined on, or nothing if there is one without.
std::optional<std::vector<std::string>> KeyColumns(const HistoricalView& source,
                                                   const std::vector<FieldFacts>& keys) {
  std::vector<std::string> columns;
  for (const FieldFacts& key : keys) {
    const auto found =
        std::find(source.entity_columns.begin(), source.entity_columns.end(), key.name);
    if (found == source.entity_columns.end()) return std::nullopt;
    columns.push_back(source.read.join_keys[found - source.entity_columns.begin()]);
  }
  return columns;
}

}  // namespace

Result<OwnedStream> OnDemandSourceRows(FeatureStore& store, const CallContext& context,
                                       const core::OnDemandFeatureView& view, Micros start,
                                       Micros end) {
  FEAST_ASSIGN_OR_RETURN(const ViewFacts facts, FactsOf(view));
  HistoricalRequest request;
  request.select.full_feature_names = true;
  for (const FieldFacts& feature : facts.features) {
    request.select.features.push_back(view.spec().name() + ":" + feature.name);
  }
  std::vector<std::string> columns;
  std::vector<FieldFacts> keys;
  for (const FieldFacts& key : facts.join_keys) {
    if (key.name == kDummyJoinKey) continue;  // no source has it
    keys.push_back(key);
    columns.push_back(key.name);
  }
  columns.emplace_back(kEventTime);
  FEAST_ASSIGN_OR_RETURN(const auto snapshot, store.registry().Cached());
  FEAST_ASSIGN_OR_RETURN(HistoricalJobPlan plan,
                         PlanHistorical(*snapshot, request, columns, std::string(kEventTime),
                                        ResolveOptionsFrom(store.config())));
  FEAST_ASSIGN_OR_RETURN(OfflineStore * offline, store.offline_store());
  NewestTimes entities(keys);
  bool has_entities = false;
  for (const HistoricalView& source : plan.join.views) {
    const auto key_columns = KeyColumns(source, keys);
    if (!key_columns) continue;
    has_entities = true;
    PullPlan pull{source.read, start, end, /*latest_only=*/true};
    FEAST_ASSIGN_OR_RETURN(OwnedStream rows, offline->Pull(context, pull));
    FEAST_RETURN_IF_ERROR(
        entities.Add(std::move(rows), *key_columns, source.read.timestamp_column));
  }
  if (!has_entities) {
    return Status::InvalidArgument("On demand feature view " + view.spec().name() +
                                   " cannot be materialized: no view that it reads has all of its "
                                   "entities.");
  }
  FEAST_ASSIGN_OR_RETURN(OwnedStream rows, entities.Take());
  return offline->GetHistorical(context, plan.join, std::move(rows));
}

}  // namespace feast
