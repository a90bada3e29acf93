#include "feast/server/read_count.h"

namespace feast {

ReadCount::ReadCount(ServerMetrics& metrics, std::string_view endpoint,
                     const OnlineRequest& request)
    : metrics_(metrics),
      shape_(metrics.ShapeOf(endpoint, request)),
      rows_(request.entities.empty() ? 0 : request.entities.front().second.size()) {}

void ReadCount::Read(const OnlineResponse& response) const {
  metrics_.Read(*shape_, rows_, response);
}

void ReadCount::Answered(bool success) const {
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - began_;
  shape_->counts.Add(success, passed.count());
}

}  // namespace feast
