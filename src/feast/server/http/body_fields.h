#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feast/net/http_message.h"
#include "feast/types/raw_value.h"

namespace feast {

/// The fields of a JSON body, checked as upstream's Pydantic models check them (lax mode): unknown
/// fields are ignored, `null` only passes where it is allowed, "true" and 1 are booleans.
///
/// Thread-compatible. Every getter notes what is wrong and returns an empty value; ask `ok()` after
/// the last one, and answer `Refusal()` if it is not.
class BodyFields {
 public:
  explicit BodyFields(std::string_view body);

  std::string Text(std::string_view name);
  std::string Text(std::string_view name, std::string_view fallback);
  /// None when absent or null.
  std::optional<std::string> OptionalText(std::string_view name);
  bool Flag(std::string_view name, bool fallback);
  std::vector<std::string> TextList(std::string_view name);
  /// None when absent or null.
  std::optional<std::vector<std::string>> OptionalTextList(std::string_view name);
  RawValue::Map Object(std::string_view name);
  /// An object whose values are arrays; of repeated names the last one counts, as in Python.
  std::vector<std::pair<std::string, std::vector<RawValue>>> Columns(std::string_view name);

  /// A parameter of the query string.
  bool QueryFlag(const HttpRequest& request, std::string_view name, bool fallback);

  bool ok() const { return problems_.empty() && unreadable_.empty(); }
  /// 422 with FastAPI's detail; 400 for a body that is not UTF-8 or nested too deep.
  HttpResponse Refusal() const;

 private:
  /// The value of a field, or null when it is absent.
  RawValue* Find(std::string_view name);
  RawValue* Require(std::string_view name);
  std::vector<std::string> Texts(std::string_view name, RawValue& value);
  void Note(std::string_view type, const std::string& loc, std::string_view message,
            const RawValue& input, std::string_view part = "body");

  RawValue body_;
  RawValue::Map* fields_ = nullptr;    ///< null: the body itself is refused already
  std::vector<std::string> problems_;  ///< rendered
  std::string unreadable_;             ///< why the body is no JSON text at all
};

/// Whether `text` means true or false as Pydantic reads it; none if neither.
std::optional<bool> ParseFlag(std::string_view text);

}  // namespace feast
