#include "feast/server/http/weighted_list.h"

#include <algorithm>
#include <charconv>

namespace feast {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t'; }

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

double ReadWeight(std::string_view number) {
  double weight = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), weight);
  const bool is_whole = error == std::errc() && end == number.data() + number.size();
  return is_whole && weight >= 0 && weight <= 1 ? weight : 0;
}

/// Takes what stands before the first `end`, without the blanks around it.
std::string_view TakeUntil(char end, std::string_view* text) {
  const std::string_view part = text->substr(0, text->find(end));
  text->remove_prefix(std::min(text->size(), part.size() + 1));
  return Trimmed(part);
}

}  // namespace

bool NextWeighted(std::string_view* list, WeightedName* next) {
  while (!list->empty()) {
    std::string_view item = TakeUntil(',', list);
    *next = {.name = TakeUntil(';', &item)};
    while (!item.empty()) {
      const std::string_view parameter = TakeUntil(';', &item);
      if (SameName(parameter.substr(0, 2), "q=")) {
        next->weight = ReadWeight(Trimmed(parameter.substr(2)));
      } else {
        next->has_parameters = next->has_parameters || !parameter.empty();
      }
    }
    if (!next->name.empty()) return true;
  }
  return false;
}

bool SameName(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace feast
