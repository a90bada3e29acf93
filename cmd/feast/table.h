#pragma once
#include <string>
#include <vector>

namespace feast::cmd {

using Cells = std::vector<std::string>;

/// A plain table as Python's tabulate prints it: columns two blanks apart and two wider than their
/// header at least, no rules. A cell with line breaks takes several lines.
std::string PlainTable(const Cells& header, const std::vector<Cells>& rows);

/// The same between rules of `+---+`.
std::string GridTable(const Cells& header, const std::vector<Cells>& rows);

}  // namespace feast::cmd
