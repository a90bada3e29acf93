#pragma once
#include <string>

#include "feast/base/status.h"
#include "feast/codec/wire_format.h"

namespace feast {

/// The text of a field. InvalidArgument, naming its number, if it is none in UTF-8.
Status ReadText(const WireField& field, std::string* out);

}  // namespace feast
