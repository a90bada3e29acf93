#pragma once
#include <string>

#include "feast/base/result.h"
#include "feast/config/settings.h"

namespace feast {

/// Where an offline store's results are put for others to fetch: upstream's keys of
/// `offline_store`.
struct Staging {
  std::string location;     ///< path or uri of a folder; empty: none
  std::string s3_endpoint;  ///< another S3 service; empty: as everywhere
};

/// Marks the keys as known. FeastConfigError names file, line and key.
Result<Staging> ReadStaging(SettingsReader& reader);

}  // namespace feast
