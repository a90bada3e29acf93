#pragma once
#include "feast/app/feature_store.h"

namespace feast {

/// What the sources of an on-demand view knew last about each entity that has rows in
/// [start, end]: its entity columns, `event_timestamp` (that of the newest row), and the features
/// that the view reads, named `view__feature`.
///
/// Entities are those of the source views that have all entity columns among their join keys;
/// InvalidArgument when none has. The stream reads while it is read, so `store` must outlive it.
/// Cost: one pull of the keys a source view and one join; memory for one row an entity.
Result<OwnedStream> OnDemandSourceRows(FeatureStore& store, const CallContext& context,
                                       const core::OnDemandFeatureView& view, Micros start,
                                       Micros end);

}  // namespace feast
