#pragma once
#include <string>
#include <vector>

namespace feast::cmd {

/// A plain table: columns two blanks apart, no rules.
std::string PlainTable(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows);

}  // namespace feast::cmd
