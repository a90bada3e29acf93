#pragma once
#include "feast/base/status.h"
#include "feast/net/http_message.h"

namespace feast {

/// The HTTP status of a failure; total over codes and kinds. Where upstream answers 500 for a
/// mistake of the client (wire.md §1.13), this answers 4xx.
int HttpStatusOf(StatusCode code, ErrorKind kind);

/// The answer of a failed request: a JSON string that holds, for a FeastError, the detail JSON that
/// clients rebuild the exception from, else the message.
HttpResponse ErrorResponse(const Status& status);

}  // namespace feast
