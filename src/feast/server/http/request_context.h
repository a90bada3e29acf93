#pragma once
#include "feast/base/call_context.h"
#include "feast/net/http_message.h"
#include "feast/server/backend.h"

namespace feast {

/// Deadline, trace id (`x-request-id`, else `traceparent`) and principal of a read or write.
/// Nobody is authenticated yet: the principal has no name.
CallContext RequestContext(const ServerBackend& backend, const HttpRequest& request);

/// The same for work that may take as long as it needs, until the server goes away.
CallContext JobContext(const ServerBackend& backend, const HttpRequest& request);

}  // namespace feast
