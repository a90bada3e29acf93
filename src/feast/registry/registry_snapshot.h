#pragma once
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/result.h"
#include "feast/core/Registry.pb.h"

namespace feast {

/// One generation of the registry: every object of every project, with lookup by name of what
/// serving and joins ask for.
///
/// Immutable; shared by pointer. Lookups are logarithmic and allocate nothing. "Not found" carries
/// upstream's error kind and text. Objects of `project` only are seen.
class RegistrySnapshot {
 public:
  static std::shared_ptr<const RegistrySnapshot> Make(core::Registry registry);

  const core::Registry& proto() const { return proto_; }
  /// Grows with each snapshot made in this process: the key of compiled plans.
  uint64_t generation() const { return generation_; }

  bool HasProject(std::string_view project) const;
  Result<const core::Project*> GetProject(std::string_view name) const;
  Result<const core::FeatureView*> GetFeatureView(std::string_view project,
                                                  std::string_view name) const;
  Result<const core::StreamFeatureView*> GetStreamFeatureView(std::string_view project,
                                                              std::string_view name) const;
  Result<const core::OnDemandFeatureView*> GetOnDemandFeatureView(std::string_view project,
                                                                  std::string_view name) const;
  Result<const core::LabelView*> GetLabelView(std::string_view project,
                                              std::string_view name) const;
  Result<const core::FeatureService*> GetFeatureService(std::string_view project,
                                                        std::string_view name) const;

 private:
  explicit RegistrySnapshot(core::Registry registry);
  template <typename T>
  using Index = std::map<std::pair<std::string_view, std::string_view>, const T*>;

  core::Registry proto_;
  uint64_t generation_;
  std::map<std::string_view, const core::Project*> projects_;
  Index<core::FeatureView> feature_views_;
  Index<core::StreamFeatureView> stream_feature_views_;
  Index<core::OnDemandFeatureView> on_demand_feature_views_;
  Index<core::LabelView> label_views_;
  Index<core::FeatureService> feature_services_;
};

}  // namespace feast
