#pragma once
#include <string>
#include <string_view>

#include "feast/base/status.h"

namespace feast {

/// What a read or a write of a table that was never applied answers.
Status MissingPostgresTable(std::string_view table, std::string_view where);

/// The failure that the server reported with this SQLSTATE, about `table` if it is not empty.
Status PostgresError(std::string_view sqlstate, std::string_view message, std::string_view table,
                     std::string_view where);

}  // namespace feast
