#pragma once
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "feast/registry/apply.h"

namespace feast {

/// A registry message from its text form.
inline core::Registry RegistryOf(const std::string& text) {
  core::Registry registry;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &registry)) << text;
  return registry;
}

/// A feature view over source "s" with those features.
inline std::string ViewText(const std::string& name, const std::vector<std::string>& features,
                            const std::string& more = "") {
  std::string text = "feature_views { spec { name: '" + name + "' entities: 'e' ";
  if (more.find("version:") == std::string::npos) text += "version: 'latest' ";
  for (const std::string& feature : features) {
    text += "features { name: '" + feature + "' value_type: FLOAT } ";
  }
  return text + "batch_source { name: 's' timestamp_field: 'ts' } " + more + " } } ";
}

/// Plans and applies in one step.
inline Status Apply(core::Registry* registry, const core::Registry& desired,
                    const ApplyOptions& options, Micros now = 1'000'000) {
  const auto changes = PlanChanges(*RegistrySnapshot::Make(*registry), desired, options);
  if (!changes.ok()) return changes.status();
  return ApplyChanges(registry, desired, *changes, options, now);
}

}  // namespace feast
