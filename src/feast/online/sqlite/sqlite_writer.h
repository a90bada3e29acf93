#pragma once
#include "feast/base/call_context.h"
#include "feast/base/status.h"
#include "feast/online/online_store.h"
#include "feast/online/sqlite/sqlite_connection.h"
#include "feast/online/sqlite/sqlite_times.h"

namespace feast {

/// Writes a batch in one transaction: one upsert a row and feature, skipped when the stored event
/// time is later (whole seconds; equal times overwrite).
Status WriteRows(SqliteConnection& connection, const CallContext& context, const WriteBatch& batch,
                 StoredTimes times);

}  // namespace feast
