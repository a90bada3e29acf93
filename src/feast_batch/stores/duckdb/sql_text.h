#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace feast {

/// A name as SQL writes it: "a ""quoted"" name".
std::string SqlName(std::string_view name);

/// A text as SQL writes it: 'it''s'.
std::string SqlText(std::string_view text);

/// A list of texts: ['a', 'b'].
std::string SqlTexts(const std::vector<std::string>& texts);

}  // namespace feast
