#pragma once
#include <string>

#include "feast/core/DataSource.pb.h"

namespace feast::cmd {

/// The dotted Python class of a source; what its type does not tell the object names itself.
std::string SourceClass(const core::DataSource& source);

}  // namespace feast::cmd
