#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "feast/config/feature_server_settings.h"
#include "feast/metrics/metrics.h"
#include "feast/registry/registry.h"
#include "feast/retrieval/online_retriever.h"

namespace feast {

/// What an endpoint counts into; null: switched off.
struct EndpointCounts {
  Counter* success = nullptr;
  Counter* error = nullptr;
  Histogram* seconds = nullptr;

  void Add(bool is_success, double took) const;
};

/// What an online request asks for, and what reads like it count into: looked up once for all that
/// ask for the same. Immutable; the counters live as long as the metrics.
struct ReadShape {
  struct Column {
    std::string name;  ///< in the answer
    std::string view;
    Counter* present = nullptr;  ///< null: switched off
    Counter* not_found = nullptr;
  };
  std::vector<Column> columns;
  size_t views = 0;
  EndpointCounts counts;
};

/// The columns that `request` asks for, without their counters.
ReadShape ShapeOf(const OnlineRequest& request, Registry& registry, const std::string& project);

/// What requests on one thread have looked up already. Thread-compatible; borrows the metrics.
class SeenRequests {
 public:
  /// The shape of `request` to `endpoint`, made by `make` if there is none for this registry.
  template <typename Make>
  std::shared_ptr<const ReadShape> Shape(std::string_view endpoint, const OnlineRequest& request,
                                         uint64_t generation, const Make& make) {
    const size_t hash = HashOf(endpoint, request);
    if (auto found = Find(hash, endpoint, request, generation)) return found;
    return Keep(hash, endpoint, request, generation, make());
  }

  std::map<std::string, EndpointCounts, std::less<>> endpoints;
  std::array<Counter*, 600> responses{};  ///< by HTTP status

 private:
  struct Seen {
    std::string endpoint;
    std::vector<std::string> features;
    std::string feature_service;
    bool full_feature_names = false;
    uint64_t generation = 0;
    std::shared_ptr<const ReadShape> shape;
  };
  static size_t HashOf(std::string_view endpoint, const OnlineRequest& request);
  std::shared_ptr<const ReadShape> Find(size_t hash, std::string_view endpoint,
                                        const OnlineRequest& request, uint64_t generation);
  std::shared_ptr<const ReadShape> Keep(size_t hash, std::string_view endpoint,
                                        const OnlineRequest& request, uint64_t generation,
                                        std::shared_ptr<const ReadShape> shape);

  std::unordered_map<size_t, Seen> shapes_;
};

}  // namespace feast
