#pragma once
#include <span>
#include <string>

#include "feast/base/call_context.h"
#include "feast/base/status.h"

namespace feast {

/// What a caller wants to do; upstream's AuthzedAction.
enum class Action {
  kCreate,
  kDescribe,
  kUpdate,
  kDelete,
  kReadOnline,
  kReadOffline,
  kWriteOnline,
  kWriteOffline
};

/// An object that a call touches.
struct Resource {
  std::string kind;  ///< "FeatureView", "OnDemandFeatureView", "FeatureService", …
  std::string name;
};

/// Decides whether the caller may do `action` to all of `resources`. Thread-safe.
class Authorizer {
 public:
  virtual ~Authorizer() = default;
  virtual Status Authorize(const CallContext& context, std::span<const Resource> resources,
                           Action action) const = 0;
};

/// Lets everybody do everything: `auth.type: no_auth`.
class NoAuthorizer final : public Authorizer {
 public:
  Status Authorize(const CallContext& /*context*/, std::span<const Resource> /*resources*/,
                   Action /*action*/) const override {
    return Status::OK();
  }
};

}  // namespace feast
