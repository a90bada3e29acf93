#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "feast/base/result.h"
#include "feast/types/arrow_c.h"
#include "feast/types/raw_value.h"

namespace feast {

/// The numbers of the fields in which PushRequest and WriteToOnlineStoreRequest differ.
struct RowFields {
  uint32_t to = 0;  ///< 0: there is none
  uint32_t typed = 0;
};
inline constexpr RowFields kPushFields{4, 5};
inline constexpr RowFields kWriteFields{0, 4};

/// What both requests say: one row, and where it goes.
struct RowRequest {
  std::string name;  ///< of the push source or the view
  std::string to;
  bool allow_registry_cache = false;
  RawValue::Map columns;  ///< each a list of one value

  /// InvalidArgument if the bytes are no such message, or fill both kinds of features. Texts stay
  /// texts; of typed values times become ISO 8601 and maps JSON, as rows of other transports say
  /// them.
  static Result<RowRequest> Decode(std::string_view bytes, const RowFields& fields);
  Result<OwnedStream> Rows() const;
};

}  // namespace feast
