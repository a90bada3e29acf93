#include "feast/codec/wire_text.h"

#include "feast/codec/utf8.h"

namespace feast {

Status ReadText(const WireField& field, std::string* out) {
  if (field.type != WireType::kBytes || !IsUtf8(field.bytes)) {
    return Status::InvalidArgument("field " + std::to_string(field.field) + " is no text in UTF-8");
  }
  *out = field.bytes;
  return Status::OK();
}

}  // namespace feast
