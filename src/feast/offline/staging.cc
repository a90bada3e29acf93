#include "feast/offline/staging.h"

namespace feast {

Result<Staging> ReadStaging(SettingsReader& reader) {
  Staging staging;
  FEAST_ASSIGN_OR_RETURN(staging.location, reader.String("staging_location", ""));
  FEAST_ASSIGN_OR_RETURN(staging.s3_endpoint,
                         reader.String("staging_location_endpoint_override", ""));
  return staging;
}

}  // namespace feast
