#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace feast {

/// One request as it came in. Thread-compatible. All views belong to the connection and are valid
/// until the request has been answered.
struct HttpRequest {
  std::string_view method;  ///< "GET"
  std::string_view path;    ///< as sent: without query, not percent-decoded
  std::string_view query;   ///< without the question mark
  std::string_view body;
  std::string_view peer;  ///< the client's address
  std::vector<std::pair<std::string_view, std::string_view>> headers;

  /// The first header of that name, whatever its case; empty if there is none.
  std::string_view Header(std::string_view name) const;
  /// The last query parameter of that name, decoded.
  std::optional<std::string> QueryParameter(std::string_view name) const;
};

/// What goes back. Thread-compatible.
struct HttpResponse {
  int status = 200;
  std::string content_type = {};  ///< empty: no such header
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// Answers one request. May be called from any thread; the second call does nothing, and dropping
/// the last copy uncalled closes the connection.
using HttpRespond = std::function<void(HttpResponse)>;
/// Called on the connection's event loop, which it must not block. The request lives until the
/// response is given.
using HttpHandler = std::function<void(const HttpRequest&, HttpRespond)>;

/// Decodes %XX and '+' of a query component; a broken escape stays as it is.
std::string PercentDecode(std::string_view text);

}  // namespace feast
