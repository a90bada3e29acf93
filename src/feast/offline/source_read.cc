#include "feast/offline/source_read.h"

namespace feast {

SourceRead ReadOf(const ViewFacts& view, const std::vector<FieldFacts>& features) {
  SourceRead read;
  read.source = view.batch_source;
  read.timestamp_column = ToSourceColumn(read.source, read.source.timestamp_field());
  if (!read.source.created_timestamp_column().empty()) {
    read.created_column = ToSourceColumn(read.source, read.source.created_timestamp_column());
  }
  for (const FieldFacts& key : view.join_keys) {
    if (key.name != kDummyJoinKey) read.join_keys.push_back(ToSourceColumn(read.source, key.name));
  }
  for (const FieldFacts& feature : features) {
    read.features.push_back(ToSourceColumn(read.source, feature.name));
  }
  return read;
}

}  // namespace feast
