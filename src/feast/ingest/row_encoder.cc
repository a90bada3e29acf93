#include "feast/ingest/row_encoder.h"

#include <string_view>
#include <utility>

#include "feast/codec/column_codec.h"

namespace feast {
namespace {

constexpr std::string_view kEmptyStringValue("\x12\x00", 2);

int FindByFeastName(const core::DataSource& source, const ArrowSchema& schema,
                    std::string_view name) {
  for (int64_t i = 0; i < schema.n_children; ++i) {
    if (ToFeastName(source, schema.children[i]->name) == name) return static_cast<int>(i);
  }
  return -1;
}

int FindByEitherName(const core::DataSource& source, const ArrowSchema& schema,
                     std::string_view name, std::string_view remote_name) {
  const int found = FindByFeastName(source, schema, ToFeastName(source, name));
  // Remote clients send times under fixed names, whatever the view's source calls them.
  return found >= 0 ? found : FindByFeastName(source, schema, remote_name);
}

Status Missing(std::string_view column, const ViewFacts& view) {
  return Status::InvalidArgument("column '" + std::string(column) + "' of feature view '" +
                                     view.name + "' is not in the rows to write",
                                 ErrorKind::kKeyError);
}

// A child column with the offset and length of its struct array; owns nothing.
ArrowArray ChildOf(const ArrowArray& batch, int index) {
  ArrowArray child = *batch.children[index];
  // Without nulls there may be no bitmap to count them by.
  const bool is_part = batch.offset != 0 || batch.length != child.length;
  if (is_part && child.null_count != 0) child.null_count = -1;
  child.offset += batch.offset;
  child.length = batch.length;
  child.release = nullptr;
  return child;
}

}  // namespace

Result<RowEncoder> RowEncoder::Make(const ViewFacts& view, const core::DataSource& source,
                                    std::shared_ptr<const OnlineTable> table, int key_version,
                                    const ArrowSchema& schema, std::optional<Micros> stamp) {
  std::vector<JoinKey> join_keys;
  for (const FieldFacts& key : view.join_keys) join_keys.push_back({key.name, key.type});
  FEAST_ASSIGN_OR_RETURN(auto keys, EntityKeyEncoder::Make(std::move(join_keys), key_version));
  RowEncoder encoder(std::move(keys));
  encoder.table_ = std::move(table);
  encoder.stamp_ = stamp;
  FEAST_RETURN_IF_ERROR(encoder.FindColumns(view, source, schema));
  return encoder;
}

Status RowEncoder::FindColumns(const ViewFacts& view, const core::DataSource& source,
                               const ArrowSchema& schema) {
  for (const FieldFacts& key : view.join_keys) {
    const int index = FindByFeastName(source, schema, key.name);
    if (index < 0 && key.name != kDummyJoinKey) return Missing(key.name, view);
    join_keys_.push_back({key.name == kDummyJoinKey ? -1 : index, key});
  }
  for (const FieldFacts& feature : view.features) {
    const int index = FindByFeastName(source, schema, feature.name);
    if (index < 0) return Missing(feature.name, view);
    features_.push_back({index, feature});
  }
  if (stamp_) return Status::OK();
  event_time_ = FindByEitherName(source, schema, source.timestamp_field(), "event_timestamp");
  if (event_time_ < 0) return Missing(source.timestamp_field(), view);
  if (!source.created_timestamp_column().empty()) {
    created_time_ = FindByEitherName(source, schema, source.created_timestamp_column(), "created");
    if (created_time_ < 0) return Missing(source.created_timestamp_column(), view);
  }
  return Status::OK();
}

Status RowEncoder::EncodeKeys(const ArrowSchema& schema, const ArrowArray& batch,
                              EncodedColumn* out) const {
  std::vector<EncodedColumn> columns(join_keys_.size());
  for (size_t k = 0; k < join_keys_.size(); ++k) {
    const Column& key = join_keys_[k];
    if (key.index < 0) continue;
    const ArrowArray child = ChildOf(batch, key.index);
    FEAST_RETURN_IF_ERROR(EncodeColumn(key.field.name, *schema.children[key.index], child,
                                       key.field.type, &columns[k]));
  }
  std::vector<std::string_view> values(join_keys_.size(), kEmptyStringValue);
  for (int64_t row = 0; row < batch.length; ++row) {
    for (size_t k = 0; k < join_keys_.size(); ++k) {
      if (join_keys_[k].index < 0) continue;
      values[k] = columns[k].Row(static_cast<size_t>(row));
      if (values[k].empty()) {
        return Status::InvalidArgument("join key '" + join_keys_[k].field.name +
                                       "' is null in row " + std::to_string(row) + " of '" +
                                       table_->view + "'; a row without a key cannot be stored");
      }
    }
    FEAST_RETURN_IF_ERROR(keys_.AppendFromValueBytes(values, &out->bytes));
    out->ends.push_back(out->bytes.size());
  }
  return Status::OK();
}

Status RowEncoder::EncodeTimes(const ArrowSchema& schema, const ArrowArray& batch,
                               WriteBatch* out) const {
  if (stamp_) {
    out->event_times.assign(static_cast<size_t>(batch.length), *stamp_);
    out->created_times.assign(static_cast<size_t>(batch.length), stamp_);
    return Status::OK();
  }
  const ArrowSchema& event_schema = *schema.children[event_time_];
  const ArrowArray event_child = ChildOf(batch, event_time_);
  FEAST_ASSIGN_OR_RETURN(auto event_times,
                         TimesOfColumn(event_schema.name, event_schema, event_child));
  out->event_times.reserve(event_times.size());
  for (size_t row = 0; row < event_times.size(); ++row) {
    if (!event_times[row]) {
      return Status::InvalidArgument("event time '" + std::string(event_schema.name) +
                                     "' is null in row " + std::to_string(row) + " of '" +
                                     table_->view + "'");
    }
    out->event_times.push_back(*event_times[row]);
  }
  if (created_time_ < 0) {
    out->created_times.assign(event_times.size(), std::nullopt);
    return Status::OK();
  }
  const ArrowSchema& created_schema = *schema.children[created_time_];
  const ArrowArray created_child = ChildOf(batch, created_time_);
  FEAST_ASSIGN_OR_RETURN(out->created_times,
                         TimesOfColumn(created_schema.name, created_schema, created_child));
  return Status::OK();
}

Result<std::shared_ptr<const WriteBatch>> RowEncoder::Encode(const ArrowSchema& schema,
                                                             const ArrowArray& batch) const {
  auto out = std::make_shared<WriteBatch>();
  out->table = table_;
  FEAST_RETURN_IF_ERROR(EncodeKeys(schema, batch, &out->keys));
  FEAST_RETURN_IF_ERROR(EncodeTimes(schema, batch, out.get()));
  for (const Column& feature : features_) {
    EncodedColumn column;
    column.name = feature.field.name;
    column.type = feature.field.type;
    const ArrowArray child = ChildOf(batch, feature.index);
    FEAST_RETURN_IF_ERROR(EncodeColumn(feature.field.name, *schema.children[feature.index], child,
                                       feature.field.type, &column));
    out->features.push_back(std::move(column));
  }
  return std::shared_ptr<const WriteBatch>(std::move(out));
}

}  // namespace feast
