#include "feast/server/http/status_map.h"

#include <cstdint>
#include <cstdio>

#include "feast/codec/value_json.h"

namespace feast {
namespace {

int StatusOfCode(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return 200;
    case StatusCode::kInvalidArgument:
    case StatusCode::kFailedPrecondition:
    case StatusCode::kOutOfRange:
      return 400;
    case StatusCode::kUnauthenticated:
      return 401;
    case StatusCode::kPermissionDenied:
      return 403;
    case StatusCode::kNotFound:
      return 404;
    case StatusCode::kAlreadyExists:
    case StatusCode::kAborted:
      return 409;
    case StatusCode::kUnimplemented:
      return 501;
    case StatusCode::kCancelled:
    case StatusCode::kResourceExhausted:
    case StatusCode::kUnavailable:
      return 503;
    case StatusCode::kDeadlineExceeded:
      return 504;
    case StatusCode::kUnknown:
    case StatusCode::kInternal:
    case StatusCode::kDataLoss:
      return 500;
  }
  return 500;
}

/// One code point from the front of `text`; a broken byte is U+FFFD.
uint32_t NextCodePoint(std::string_view* text) {
  const auto first = static_cast<unsigned char>(text->front());
  const size_t length = first < 0x80   ? 1
                        : first < 0xC2 ? 0
                        : first < 0xE0 ? 2
                        : first < 0xF0 ? 3
                        : first < 0xF5 ? 4
                                       : 0;
  uint32_t point = length == 1 ? first : first & (0x7Fu >> length);
  bool valid = length > 0 && length <= text->size();
  for (size_t i = 1; valid && i < length; ++i) {
    const auto next = static_cast<unsigned char>((*text)[i]);
    valid = (next & 0xC0u) == 0x80u;
    point = point << 6 | (next & 0x3Fu);
  }
  text->remove_prefix(valid ? length : 1);
  return valid ? point : 0xFFFD;
}

void AppendEscape(uint32_t unit, std::string* out) {
  char buffer[8];
  std::snprintf(buffer, sizeof buffer, "\\u%04x", unit);
  *out += buffer;
}

void AppendPythonString(std::string_view text, std::string* out) {
  *out += '"';
  while (!text.empty()) {
    const uint32_t point = NextCodePoint(&text);
    if (point == '"' || point == '\\') {
      (*out += '\\') += static_cast<char>(point);
    } else if (point == '\n') {
      *out += "\\n";
    } else if (point == '\r') {
      *out += "\\r";
    } else if (point == '\t') {
      *out += "\\t";
    } else if (point >= 0x20 && point < 0x7F) {
      *out += static_cast<char>(point);
    } else if (point < 0x10000) {
      AppendEscape(point, out);
    } else {
      AppendEscape(0xD800 + ((point - 0x10000) >> 10), out);
      AppendEscape(0xDC00 + ((point - 0x10000) & 0x3FF), out);
    }
  }
  *out += '"';
}

}  // namespace

int HttpStatusOf(StatusCode code, ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kEntityNotFound:
    case ErrorKind::kFeatureServiceNotFound:
    case ErrorKind::kFeatureViewNotFound:
    case ErrorKind::kFeatureViewVersionNotFound:
    case ErrorKind::kOnDemandFeatureViewNotFound:
    case ErrorKind::kRequestDataNotFoundInEntityDf:
    case ErrorKind::kRequestDataNotFoundInEntityRows:
    case ErrorKind::kDataSourceObjectNotFound:
    case ErrorKind::kSavedDatasetNotFound:
    case ErrorKind::kValidationReferenceNotFound:
    case ErrorKind::kPermissionObjectNotFound:
    case ErrorKind::kProjectObjectNotFound:
    case ErrorKind::kFeastObjectNotFound:
      return 404;
    case ErrorKind::kPushSourceNotFound:
      return 422;
    case ErrorKind::kFeastPermissionError:
      return 403;
    case ErrorKind::kFeatureNameCollision:
    case ErrorKind::kFeatureViewPinConflict:
    case ErrorKind::kVersionedOnlineReadNotSupported:
    case ErrorKind::kSpecifiedFeaturesNotPresent:
      return 400;
    case ErrorKind::kFileNotFound:
    case ErrorKind::kPermissionError:
    case ErrorKind::kOsError:
    case ErrorKind::kDataSourceNotFound:
    case ErrorKind::kConflictingFeatureViewNames:
    case ErrorKind::kRegistryInferenceFailure:
    case ErrorKind::kJoinKeysDuringMaterialization:
    case ErrorKind::kEntityTimestampInference:
    case ErrorKind::kFeastConfigError:
    case ErrorKind::kFeastRegistryNotSet:
    case ErrorKind::kFeastProviderNotSet:
    case ErrorKind::kFeastOnlineStoreInvalidName:
    case ErrorKind::kFeastOfflineStoreInvalidName:
      return 500;
    case ErrorKind::kNone:
    case ErrorKind::kValueError:
    case ErrorKind::kKeyError:
    case ErrorKind::kTypeError:
      return StatusOfCode(code);
  }
  return 500;
}

std::string ErrorDetail(const Status& status) {
  const ErrorKindFacts& facts = FactsOf(status.kind());
  std::string out = "{\"module\": ";
  AppendPythonString(facts.module, &out);
  out += ", \"class\": ";
  AppendPythonString(facts.class_name, &out);
  out += ", \"message\": ";
  AppendPythonString(status.message(), &out);
  return out + "}";
}

HttpResponse ErrorResponse(const Status& status) {
  HttpResponse response;
  response.status = HttpStatusOf(status.code(), status.kind());
  response.content_type = "application/json";
  AppendJsonString(FactsOf(status.kind()).is_feast_error ? ErrorDetail(status) : status.message(),
                   &response.body);
  return response;
}

}  // namespace feast
