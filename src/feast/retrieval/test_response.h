#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "feast/retrieval/online_retriever.h"

namespace feast {

/// Adds a column that owns what it shows, for tests of those who render answers.
inline void AddColumn(OnlineResponse* response, std::string name,
                      std::vector<std::string_view> values, std::vector<FieldStatus> statuses,
                      std::vector<Micros> event_times) {
  struct Owned {
    std::string name;
    std::vector<std::string_view> values;
    std::vector<FieldStatus> statuses;
    std::vector<Micros> event_times;
  };
  const auto owned = std::make_shared<const Owned>(
      Owned{std::move(name), std::move(values), std::move(statuses), std::move(event_times)});
  response->columns.push_back({owned->name, owned->values, owned->statuses, owned->event_times});
  response->owners.push_back(owned);
}

}  // namespace feast
