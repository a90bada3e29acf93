#include "feast/app/explanation_text.h"

#include <array>
#include <cstdio>

#include "feast/codec/iso_time.h"

namespace feast {
namespace {

std::string Joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const auto& part : parts) {
    if (part.empty()) continue;
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

void AddLine(std::string_view label, const std::string& text, std::string* out) {
  if (text.empty()) return;
  out->append("  ").append(label).append(9 - label.size(), ' ').append(text).append("\n");
}

// "3 of 10 files", as far as it is known.
std::string Part(std::optional<int64_t> read, std::optional<int64_t> all, const std::string& what) {
  if (!all) return "";
  return (read ? std::to_string(*read) + " of " : "") + std::to_string(*all) + " " + what;
}

std::string Megabytes(int64_t bytes) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text.data();
}

std::string TimeText(Micros time) {
  std::string text;
  AppendIsoTime(time, ' ', false, &text);
  return text;
}

std::string EntitiesText(const EntityFacts& entities) {
  std::string text =
      entities.rows ? std::to_string(*entities.rows) + " entity rows" : "all entities";
  if (entities.earliest) text += " from " + TimeText(*entities.earliest);
  if (entities.latest) text += " to " + TimeText(*entities.latest);
  return text;
}

std::string FeaturesText(const ViewExplanation& view) {
  const std::string columns = Joined(view.feature_columns, ", ");
  if (columns.empty()) return "";
  if (view.features_with_scan) return columns + " (in the same pass)";
  const std::string most =
      view.feature_bytes ? ", at most " + Megabytes(*view.feature_bytes) : std::string();
  return columns + " (of the rows that win" + most + ")";
}

}  // namespace

std::string ExplanationText(const HistoricalExplanation& explanation) {
  std::string out = "Training join in the offline store '" + explanation.store +
                    "': " + EntitiesText(explanation.entities) + "\n";
  if (const auto& memory = explanation.memory) {
    AddLine("memory",
            Megabytes(memory->limit) + ", for about " + std::to_string(memory->rows_at_once) +
                " entity rows at once; " + memory->beyond,
            &out);
  }
  for (const ViewExplanation& view : explanation.views) {
    out += "feature view " + view.view + "\n";
    AddLine("source", view.source, &out);
    AddLine("reader", view.reader, &out);
    AddLine("reads",
            Joined({Part(view.files_read, view.files, "files"),
                    Part(view.groups_read, view.groups, "groups"),
                    Part(view.rows_read, view.rows, "rows")},
                   ", "),
            &out);
    AddLine("scan",
            Joined({Joined(view.scan_columns, ", "),
                    view.scan_bytes ? "(" + Megabytes(*view.scan_bytes) + ")" : std::string()},
                   " "),
            &out);
    AddLine("shared", view.scanned_with.empty() ? "" : "with " + Joined(view.scanned_with, ", "),
            &out);
    AddLine("features", FeaturesText(view), &out);
    AddLine("filter", Joined(view.filters, " and "), &out);
    AddLine("join", Joined({view.route, view.reason}, ": "), &out);
  }
  if (!explanation.on_demand.empty()) {
    out +=
        "then, on the joined rows in Python workers: " + Joined(explanation.on_demand, ", ") + "\n";
  }
  return out;
}

}  // namespace feast
