#pragma once
#include "feast/base/error_kind.h"

namespace feast {

/// Whose fault a failure is, as far as its kind says; each transport has one answer a class.
enum class FailureClass {
  kByCode,         ///< the kind says nothing: the code decides
  kNotFound,       ///< what the client named is not there
  kUnprocessable,  ///< it is not there, and upstream's HTTP server calls the body wrong
  kForbidden,      ///< the client may not
  kMistake,        ///< the client asked for what cannot be
  kOurs,           ///< nothing that the client could do better
};

/// Total over kinds.
FailureClass ClassOf(ErrorKind kind);

}  // namespace feast
