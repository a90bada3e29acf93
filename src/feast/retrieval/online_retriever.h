#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "feast/auth/authorize.h"
#include "feast/base/call_context.h"
#include "feast/base/clock.h"
#include "feast/base/result.h"
#include "feast/online/online_store.h"
#include "feast/references/resolve.h"
#include "feast/registry/registry.h"
#include "feast/transform/transformer.h"
#include "feast/types/raw_value.h"

namespace feast {

/// What a client asks: feature references or a service, and columns of entity values and request
/// data.
struct OnlineRequest {
  std::vector<std::string> features;
  std::string feature_service;  ///< wins over `features` when not empty
  std::vector<std::pair<std::string, std::vector<RawValue>>> entities;
  bool full_feature_names = false;
  bool include_version_metadata = false;
};

/// Numbers of feast.serving.FieldStatus.
enum class FieldStatus : uint8_t {
  kInvalid = 0,
  kPresent = 1,
  kNullValue = 2,
  kNotFound = 3,
  kOutsideMaxAge = 4
};

/// One output column; `values[i]` are Value bytes (empty: null) of request row i. Columns of one
/// view share their event times, and their statuses where they are the same. Owns nothing.
struct OnlineColumn {
  std::string_view name;
  std::span<const std::string_view> values;
  std::span<const FieldStatus> statuses;
  std::span<const Micros> event_times;
};

/// The answer, column by column. Columns point into `owners`, which this object keeps alive.
struct OnlineResponse {
  std::vector<OnlineColumn> columns;
  std::vector<std::pair<std::string, int>> view_versions;  ///< only when asked for
  std::vector<std::shared_ptr<const void>> owners;
  std::optional<double> store_seconds;         ///< none: nothing was read
  std::vector<TransformTime> transform_times;  ///< of the views that are timed
};

/// Behaviour that comes from feature_store.yaml.
struct RetrievalOptions {
  ResolveOptions resolve;
  int entity_key_version = 3;
  enum class Ttl { kFlag, kEnforce, kIgnore } ttl = Ttl::kFlag;
  /// Upstream leaves the outputs of python-mode on-demand views out of answers with full names.
  bool drop_python_full_names = false;
};

using OnlineDone = std::function<void(Result<OnlineResponse>)>;

/// Answers online requests: looks up (or compiles) the plan of the references at this registry
/// generation, reads each distinct key once, fans out to rows, runs on-demand views.
///
/// Thread-safe. Borrows everything given to it. Errors carry upstream's kinds and texts (storage.md
/// §7).
class OnlineRetriever {
 public:
  OnlineRetriever(Registry& registry, OnlineStore* store, Transformer* transformer,
                  const Authorizer& authorizer, const Clock& clock, RetrievalOptions options);
  ~OnlineRetriever();

  /// `done` is called exactly once, on the store's thread or this one.
  void Retrieve(const CallContext& context, OnlineRequest request, OnlineDone done);
  Result<OnlineResponse> RetrieveAndWait(const CallContext& context, OnlineRequest request);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace feast
