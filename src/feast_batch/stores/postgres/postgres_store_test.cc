// The conformance kit, then what is this store's own.
#include <arrow/table.h>
#include <gmock/gmock.h>

#include "feast_batch/stores/postgres/postgres_quirks.h"

namespace feast {

INSTANTIATE_OFFLINE_STORE_CONFORMANCE(Postgres, PostgresQuirks)

}  // namespace feast
