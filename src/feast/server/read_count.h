#pragma once
#include <chrono>
#include <memory>
#include <string_view>

#include "feast/server/server_metrics.h"

namespace feast {

/// Counts one online read from its beginning to its answer. Immutable, thread-safe; borrows the
/// metrics.
class ReadCount {
 public:
  /// `endpoint` is the label of the request's metrics.
  ReadCount(ServerMetrics& metrics, std::string_view endpoint, const OnlineRequest& request);

  /// What was read, before it is encoded.
  void Read(const OnlineResponse& response) const;
  /// The answer is on its way.
  void Answered(bool success) const;

 private:
  ServerMetrics& metrics_;
  const std::shared_ptr<const ReadShape> shape_;
  const size_t rows_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace feast
