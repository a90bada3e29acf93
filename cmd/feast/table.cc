#include "table.h"

#include <algorithm>
#include <string_view>

namespace feast::cmd {
namespace {

constexpr size_t kHeaderPadding = 2;

// Columns on a screen: code points, not bytes.
size_t Width(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::vector<std::string_view> LinesOf(std::string_view cell) {
  std::vector<std::string_view> lines;
  for (;;) {
    const size_t end = cell.find('\n');
    lines.push_back(cell.substr(0, end));
    if (end == std::string_view::npos) return lines;
    cell.remove_prefix(end + 1);
  }
}

std::vector<size_t> WidthsOf(const Cells& header, const std::vector<Cells>& rows) {
  std::vector<size_t> widths;
  for (const std::string& name : header) widths.push_back(Width(name) + kHeaderPadding);
  for (const Cells& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      for (const auto line : LinesOf(row[i])) widths[i] = std::max(widths[i], Width(line));
    }
  }
  return widths;
}

// One row on as many lines as its highest cell has.
void AppendRow(const Cells& row, const std::vector<size_t>& widths, std::string_view left,
               std::string_view between, std::string_view right, std::string* out) {
  std::vector<std::vector<std::string_view>> cells;
  size_t height = 1;
  for (const std::string& cell : row) {
    height = std::max(height, cells.emplace_back(LinesOf(cell)).size());
  }
  for (size_t line = 0; line < height; ++line) {
    std::string text(left);
    for (size_t i = 0; i < cells.size(); ++i) {
      const auto part = line < cells[i].size() ? cells[i][line] : std::string_view();
      if (i) text += between;
      text += std::string(part) + std::string(widths[i] - Width(part), ' ');
    }
    text += right;
    text.erase(text.find_last_not_of(' ') + 1);
    *out += text + "\n";
  }
}

std::string Rule(const std::vector<size_t>& widths, char stroke) {
  std::string rule = "+";
  for (const size_t width : widths) rule += std::string(width + 2, stroke) + "+";
  return rule + "\n";
}

}  // namespace

std::string PlainTable(const Cells& header, const std::vector<Cells>& rows) {
  const std::vector<size_t> widths = WidthsOf(header, rows);
  std::string out;
  AppendRow(header, widths, "", "  ", "", &out);
  for (const Cells& row : rows) AppendRow(row, widths, "", "  ", "", &out);
  return out;
}

std::string GridTable(const Cells& header, const std::vector<Cells>& rows) {
  const std::vector<size_t> widths = WidthsOf(header, rows);
  std::string out = Rule(widths, '-');
  AppendRow(header, widths, "| ", " | ", " |", &out);
  out += Rule(widths, '=');
  for (const Cells& row : rows) {
    AppendRow(row, widths, "| ", " | ", " |", &out);
    out += Rule(widths, '-');
  }
  return out;
}

}  // namespace feast::cmd
