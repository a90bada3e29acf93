#pragma once
#include <string>

#include "feast/retrieval/online_retriever.h"

namespace feast::native {

/// The answer as bytes of feast.serving.GetOnlineFeaturesResponse; Value bytes are copied as they
/// are.
std::string ToWire(const OnlineResponse& response);

}  // namespace feast::native
