#pragma once
#include <string_view>

namespace feast {

/// One member of a list header such as `Accept` (RFC 9110 §12.4.2). Views into the header.
struct WeightedName {
  std::string_view name;
  double weight = 1;            ///< its q; 0, which refuses, for one that cannot be read
  bool has_parameters = false;  ///< others than q
};

/// Takes the first member off `list`; false at the end. Members without a name are passed over.
bool NextWeighted(std::string_view* list, WeightedName* next);

/// Whether two names of HTTP are one, whatever their case.
bool SameName(std::string_view a, std::string_view b);

}  // namespace feast
