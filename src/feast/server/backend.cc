#include "feast/server/backend.h"

#include <utility>

namespace feast {

Status WriteToOnlineStore(const ServerBackend& backend, const CallContext& context,
                          const std::string& view, OwnedStream rows, bool cached,
                          bool transform_on_write) {
  if (!cached) FEAST_RETURN_IF_ERROR(backend.registry->Refresh().status());
  TransformTimed timed;
  if (backend.metrics) {
    timed = [&backend](const TransformTime& time) { backend.metrics->WriteTransformed(time); };
  }
  return backend.write_online(context, view, std::move(rows), transform_on_write, timed);
}

}  // namespace feast
