#include "feast/postgres/sql_state.h"

#include <array>

namespace feast {
namespace {

struct Row {
  std::string_view prefix;  ///< of SQLSTATE; the first that fits counts
  StatusCode code;
};

constexpr std::array<Row, 15> kCodes = {{
    {"08", StatusCode::kUnavailable},            // connection
    {"0A000", StatusCode::kUnimplemented},       // feature not supported
    {"22", StatusCode::kInvalidArgument},        // data out of range, no UTF-8
    {"25006", StatusCode::kFailedPrecondition},  // read-only server
    {"28", StatusCode::kUnauthenticated},
    {"3D", StatusCode::kFailedPrecondition},  // no such database
    {"3F", StatusCode::kFailedPrecondition},  // no such schema
    {"40", StatusCode::kAborted},             // lost against another transaction
    {"42501", StatusCode::kPermissionDenied},
    {"42", StatusCode::kFailedPrecondition},   // no such table, column, type
    {"53", StatusCode::kResourceExhausted},    // connections, memory, disk
    {"54", StatusCode::kInvalidArgument},      // value too long
    {"57014", StatusCode::kDeadlineExceeded},  // cancelled by the server's own timeout
    {"57", StatusCode::kUnavailable},          // shutting down, starting up
    {"55P03", StatusCode::kUnavailable},       // lock not available
}};

}  // namespace

Status SqlStateError(std::string_view sqlstate, std::string message) {
  for (const Row& row : kCodes) {
    if (sqlstate.starts_with(row.prefix)) return Status(row.code, std::move(message));
  }
  return Status::Internal(std::move(message));
}

std::string OnOneLine(std::string_view message) {
  std::string line;
  for (const char c : message) line += c == '\n' ? ' ' : c;
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

bool IsLostRace(std::string_view sqlstate) { return sqlstate == "40P01" || sqlstate == "40001"; }

}  // namespace feast
