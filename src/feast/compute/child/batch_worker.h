#pragma once
#include "feast/base/call_context.h"
#include "feast/base/status.h"
#include "feast/ingest/ingest.h"
#include "feast/registry/registry.h"

namespace feast {

/// The child's side: takes jobs from `socket`, one after the other, until the server closes it. A
/// job that runs then is cancelled. The registry is read anew before each job. Lowers the
/// process's priority, so that reads of the server go first.
Status RunBatchWorker(int socket, Registry& registry, Ingest& ingest);

}  // namespace feast
