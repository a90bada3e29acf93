#pragma once
#include <filesystem>
#include <memory>
#include <string_view>

#include "feast/base/clock.h"
#include "feast/base/result.h"
#include "feast/online/online_store.h"

namespace feast {

class Setting;

/// What a store gets when it is opened.
struct OnlineStoreEnv {
  std::filesystem::path repo_path;  ///< relative paths in options start here
  std::string config_file;          ///< for messages about options
  std::string project;
  int entity_key_version = 3;   ///< `entity_key_serialization_version`
  bool host_time_zone = false;  ///< `native.sqlite_time_zone: host`
  const Clock* clock = &SystemClock();
};

/// A kind of online store: its word in feature_store.yaml, and how to open one.
struct OnlineStoreType {
  std::string_view name;         ///< e.g. "sqlite"
  std::string_view description;  ///< one line, for `feast stores`
  Result<std::unique_ptr<OnlineStore>> (*open)(const Setting& options, const OnlineStoreEnv& env);
};

}  // namespace feast
