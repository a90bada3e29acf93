#pragma once
#include <string_view>

#include "feast/base/status.h"
#include "feast/core/Registry.pb.h"
#include "feast/registry/apply.h"

namespace feast {

/// Refuses definitions that upstream refuses (storage.md §4.6–4.7): invalid names, views and data
/// sources whose names differ in case at most, on-demand views without sources or transformation,
/// and views whose name another kind of view has in the registry (unless that one is deleted by the
/// same change). Pure.
Status ValidateDesired(const core::Registry& current, const core::Registry& desired,
                       const ApplyOptions& options);

}  // namespace feast
