#pragma once
#include <string>
#include <string_view>

namespace feast {

/// A name as SQL writes it: "a ""quoted"" name".
std::string SqlName(std::string_view name);

/// A text as SQL writes it: 'it''s'.
std::string SqlText(std::string_view text);

}  // namespace feast
