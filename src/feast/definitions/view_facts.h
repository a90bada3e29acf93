#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/clock.h"
#include "feast/base/result.h"
#include "feast/core/DataSource.pb.h"
#include "feast/core/FeatureView.pb.h"
#include "feast/core/LabelView.pb.h"
#include "feast/core/OnDemandFeatureView.pb.h"
#include "feast/core/StreamFeatureView.pb.h"
#include "feast/types/value_type.h"

namespace feast {

/// The hidden entity of views without entities (storage.md §7.2).
inline constexpr std::string_view kDummyEntity = "__dummy";
inline constexpr std::string_view kDummyJoinKey = "__dummy_id";

struct FieldFacts {
  std::string name;
  ValueType type = ValueType::kInvalid;
};

/// What the work paths ask of a feature, stream, label or stored on-demand view, whatever its kind.
/// Immutable.
struct ViewFacts {
  std::string kind;  ///< "FeatureView", "StreamFeatureView", "LabelView", "OnDemandFeatureView"
  std::string name;
  std::vector<FieldFacts> join_keys;  ///< entity columns in view order; the dummy key if none
  std::vector<FieldFacts> features;   ///< without entity columns
  Micros ttl = 0;                     ///< 0: unlimited
  bool online = true;
  bool disabled = false;
  int state = 0;  ///< feast.core.FeatureViewState number
  int current_version = 0;
  bool transformed = false;  ///< code or aggregations make its features of the source's columns
  core::DataSource batch_source;
  std::optional<core::DataSource> stream_source;
};

Result<ViewFacts> FactsOf(const core::FeatureView& view);
Result<ViewFacts> FactsOf(const core::StreamFeatureView& view);
Result<ViewFacts> FactsOf(const core::LabelView& view);
Result<ViewFacts> FactsOf(const core::OnDemandFeatureView& view);

/// The gate on reads: disabled, or a state that cannot serve (storage.md §4.6). Unlike upstream's
/// it lets a view serve while it is being materialized.
Status CheckServable(const ViewFacts& view);

/// A parsed `view[@vN]:feature`.
struct FeatureReference {
  std::string view;
  std::optional<int> version;  ///< none for no version or `@latest`
  std::string feature;
};
/// ValueError with upstream's text for anything else.
Result<FeatureReference> ParseFeatureReference(std::string_view text);

/// Feast's name of a source column, and back (`field_mapping`: source column → feast name).
std::string ToFeastName(const core::DataSource& source, std::string_view column);
std::string ToSourceColumn(const core::DataSource& source, std::string_view name);

}  // namespace feast
