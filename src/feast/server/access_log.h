#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "feast/base/clock.h"

namespace feast {

/// What is said about one answered request.
struct AccessRecord {
  Micros time = 0;
  std::string_view peer;
  std::string_view method;  ///< of HTTP
  std::string_view path;
  std::string_view request_id;  ///< of the client; empty: it gave none
  int status = 0;
  size_t request_bytes = 0;
  size_t response_bytes = 0;
  double seconds = 0;
  std::string_view grpc_status = {};  ///< not empty: a call, with neither method nor status
};

/// Where a line of the access log goes; called on any thread.
using AccessLogSink = std::function<void(const std::string& line)>;

/// One line of JSON with its newline.
std::string RenderAccessRecord(const AccessRecord& record);

}  // namespace feast
