#include "feast/server/access_log.h"

#include "feast/codec/value_json.h"

namespace feast {

std::string RenderAccessRecord(const AccessRecord& record) {
  std::string line = "{\"time\":\"";
  AppendRfc3339(record.time, &line);
  line += "\",\"peer\":";
  AppendJsonString(record.peer, &line);
  if (record.grpc_status.empty()) {
    line += ",\"method\":";
    AppendJsonString(record.method, &line);
  }
  line += ",\"path\":";
  AppendJsonString(record.path, &line);
  if (!record.request_id.empty()) {
    line += ",\"request_id\":";
    AppendJsonString(record.request_id, &line);
  }
  if (record.grpc_status.empty()) {
    line += ",\"status\":" + std::to_string(record.status);
  } else {
    line += ",\"grpc_status\":";
    AppendJsonString(record.grpc_status, &line);
  }
  line += ",\"request_bytes\":" + std::to_string(record.request_bytes) +
          ",\"response_bytes\":" + std::to_string(record.response_bytes) + ",\"seconds\":";
  AppendJsonDouble(record.seconds, &line);
  return line + "}\n";
}

}  // namespace feast
