#pragma once
#include <string>
#include <string_view>

#include "feast/base/result.h"
#include "feast/retrieval/online_retriever.h"

namespace feast {

/// The messages of feast.serving.ServingService by hand: no message objects, values stay the bytes
/// that they are in the store.

/// Reads a serialized GetOnlineFeaturesRequest; columns keep the order in which they were sent, and
/// those of `request_context` follow `entities`. InvalidArgument names what is no such message.
Result<OnlineRequest> DecodeOnlineRequest(std::string_view bytes);

/// A serialized GetOnlineFeaturesResponse, as protobuf would write it. One allocation; a value is
/// copied once. DataLoss names the column whose bytes no client could read.
Result<std::string> EncodeOnlineResponse(const OnlineResponse& response);

}  // namespace feast
