#pragma once
#include <string>
#include <vector>

#include "feast/base/result.h"
#include "feast/retrieval/plan.h"
#include "feast/types/encoded_column.h"

namespace feast {

/// The request's columns after classification (storage.md §7.2), converted to their declared types.
struct EntityColumns {
  struct Column {
    EncodedColumn encoded;  ///< `name` is the join key or request data name
    const std::vector<RawValue>* raw = nullptr;
  };
  size_t rows = 0;
  std::vector<Column> join_keys;     ///< in request order
  std::vector<Column> request_data;  ///< in request order

  const Column* JoinKey(std::string_view name) const;
};

/// Errors for unequal columns, missing request data and values that do not convert.
Result<EntityColumns> ClassifyColumns(const OnlinePlan& plan, const OnlineRequest& request);

/// The distinct keys of one view, and for each request row which of them it asks for.
struct ViewKeys {
  SharedList<std::string> keys;
  std::vector<size_t> of_row;  ///< empty: part of the key was not given, so nothing can be found
};

/// KeyError when none of the view's join keys was given, TypeError for a null.
Result<ViewKeys> KeysOfView(const OnlinePlan& plan, const PlannedView& view,
                            const EntityColumns& columns);

}  // namespace feast
