#pragma once
#include <string_view>

#include "feast/base/status.h"

namespace feast {

/// Word characters and '-', not starting with '_' or '-'. Any non-ASCII character counts as a
/// letter.
bool IsValidName(std::string_view name);

/// ValueError with upstream's text.
Status CheckProjectName(std::string_view name);

/// ValueError with upstream's text: a view of any kind needs a name without '@' and ':'.
Status CheckViewName(std::string_view name);

/// Two views of a project share a name (case-insensitively); kinds as in `ViewFacts::kind`.
Status ConflictingViewNames(std::string_view name, std::string_view existing_kind,
                            std::string_view new_kind);

/// Whether `name` is `view` or `view_v<N>`: a table of one of its versions (storage.md §1.6).
bool IsNameOrVersionOf(std::string_view name, std::string_view view);

/// Whether the names are equal but for the case of ASCII letters.
bool SameNameIgnoringCase(std::string_view a, std::string_view b);

}  // namespace feast
