#pragma once
#include <string_view>

#include "feast/base/status.h"
#include "feast/core/Registry.pb.h"
#include "feast/registry/apply.h"

namespace feast {

/// Registers one view with the file registry's rules (storage.md §4.6): a view whose schema and
/// function are unchanged is updated in place; a changed one is replaced, keeps its creation time
/// and materialization intervals, and leaves a version behind; a pinned one becomes that version
/// again. FeatureViewPinConflict if a pinned view was edited as well. Unknown fields of the old
/// view survive.
Status MergeView(core::Registry* registry, const core::FeatureView& desired,
                 const ApplyOptions& options, Micros now);
Status MergeView(core::Registry* registry, const core::StreamFeatureView& desired,
                 const ApplyOptions& options, Micros now);
Status MergeView(core::Registry* registry, const core::OnDemandFeatureView& desired,
                 const ApplyOptions& options, Micros now);
Status MergeView(core::Registry* registry, const core::LabelView& desired,
                 const ApplyOptions& options, Micros now);

/// Carries fields that this build does not know from `old_object` over to `new_object`: those of
/// the message itself, its spec and its meta.
void KeepUnknownFields(const google::protobuf::Message& old_object,
                       google::protobuf::Message* new_object);

}  // namespace feast
