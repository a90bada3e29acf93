#pragma once
#include <string>

#include "feast/base/call_context.h"
#include "feast/base/result.h"
#include "feast/core/OnDemandFeatureView.pb.h"
#include "feast/types/arrow_c.h"

namespace feast {

/// What an answer is for: to be read by whoever asked, or to be written to the view's own table.
enum class TransformFor { kReading, kWriting };

/// How long one run of a view took.
struct TransformTime {
  std::string view;
  std::string mode;
  double seconds = 0;
};
/// Whether runs of the view are timed: upstream keeps its `track_metrics` as a tag.
inline bool IsTimed(const core::OnDemandFeatureView& view) {
  const auto tag = view.spec().tags().find("feast:track_metrics");
  return tag != view.spec().tags().end() && tag->second == "true";
}

/// Runs on-demand feature views outside this process. Thread-safe; a call blocks its thread.
///
/// `input` holds the columns the view may see (short and `view__feature` names, request data); the
/// answer holds the view's output columns, as many rows. For writing, the input also has the entity
/// columns; the answer holds them and all features, and may have another number of rows. Errors
/// carry the Python exception's text; DeadlineExceeded and ResourceExhausted when a worker ran over
/// its limits and was replaced.
class Transformer {
 public:
  virtual ~Transformer() = default;
  virtual Result<OwnedStream> Run(const CallContext& context, const core::OnDemandFeatureView& view,
                                  OwnedStream input, TransformFor use = TransformFor::kReading) = 0;
};

}  // namespace feast
