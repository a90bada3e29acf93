#include <charconv>
#include <optional>

#include "setting_object_internal.h"

namespace nb = nanobind;

namespace feast::native {
namespace {

template <typename Number>
std::optional<Number> NumberIn(const std::string& text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

nb::object Scalar(const Setting& setting) {
  const std::string& text = setting.text;
  if (!setting.quoted) {
    if (text == "true" || text == "True") return nb::bool_(true);
    if (text == "false" || text == "False") return nb::bool_(false);
    if (const auto number = NumberIn<int64_t>(text)) return nb::int_(*number);
    if (const auto number = NumberIn<double>(text)) return nb::float_(*number);
  }
  return nb::str(text.data(), text.size());
}

}  // namespace

nb::object ToObject(const Setting& setting) {
  switch (setting.kind) {
    case Setting::Kind::kNull:
      return nb::none();
    case Setting::Kind::kScalar:
      return Scalar(setting);
    case Setting::Kind::kList: {
      nb::list items;
      for (const Setting& item : setting.items) items.append(ToObject(item));
      return items;
    }
    case Setting::Kind::kMap: {
      nb::dict entries;
      for (const auto& [key, value] : setting.entries) {
        entries[nb::str(key.data(), key.size())] = ToObject(value);
      }
      return entries;
    }
  }
  return nb::none();
}

}  // namespace feast::native
