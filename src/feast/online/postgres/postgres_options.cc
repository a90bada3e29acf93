#include "feast/online/postgres/postgres_options.h"

namespace feast {

Result<PostgresOptions> ReadPostgresOptions(const Setting& setting, const OnlineStoreEnv& env) {
  SettingsReader reader(env.config_file, "online_store", setting);
  PostgresOptions options;
  FEAST_RETURN_IF_ERROR(ReadPostgresServer(reader, env.config_file, env.repo_path, &options));
  FEAST_ASSIGN_OR_RETURN(options.with_numbers,
                         reader.Bool("enable_openai_compatible_store", false));
  FEAST_ASSIGN_OR_RETURN(options.with_vectors, reader.Bool("vector_enabled", false));
  // For searches, which are not served yet; and every request is one round trip as it is.
  FEAST_RETURN_IF_ERROR(reader.String("similarity", "cosine").status());
  FEAST_RETURN_IF_ERROR(
      ReadIntBetween(reader, env.config_file, "max_batched_result_rows", 2048, 0, INT64_MAX)
          .status());
  FEAST_RETURN_IF_ERROR(reader.Finish());
  return options;
}

}  // namespace feast
