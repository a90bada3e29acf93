#pragma once
#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "feast/core/Registry.pb.h"

namespace feast {

/// How two definitions differ where it counts: `ttl: {seconds: 60} -> {seconds: 90}`, one per field
/// of the spec (of the message itself for kinds without one).
///
/// Not compared: project, times of creation, the class names and projects of data sources inside,
/// the pickled body of a function whose source text is known, and for views the order of features,
/// entity columns and entities; "" and "latest" are the same version. Pure.
std::vector<std::string> SpecDifferences(const google::protobuf::Message& current,
                                         const google::protobuf::Message& desired);

/// Whether a definition asks for a new version (storage.md §4.6): its features, entities, function,
/// sources of an on-demand view or aggregations changed. Pure.
bool SchemaOrUdfChanged(const core::FeatureView& current, const core::FeatureView& desired);
bool SchemaOrUdfChanged(const core::StreamFeatureView& current,
                        const core::StreamFeatureView& desired);
bool SchemaOrUdfChanged(const core::OnDemandFeatureView& current,
                        const core::OnDemandFeatureView& desired);
bool SchemaOrUdfChanged(const core::LabelView& current, const core::LabelView& desired);

}  // namespace feast
