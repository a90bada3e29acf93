#include "feast/server/read_count.h"

#include <utility>

namespace feast {

ReadCount::ReadCount(ServerMetrics& metrics, std::string endpoint, const OnlineRequest& request)
    : metrics_(metrics),
      endpoint_(std::move(endpoint)),
      facts_(metrics.FactsOf(request)),
      rows_(request.entities.empty() ? 0 : request.entities.front().second.size()) {}

void ReadCount::Read(const OnlineResponse& response) const {
  metrics_.Read(facts_, rows_, response);
}

void ReadCount::Answered(bool success) const {
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - began_;
  metrics_.Answered(endpoint_, success, passed.count(), &facts_);
}

}  // namespace feast
