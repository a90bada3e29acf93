#pragma once
#include <nanobind/nanobind.h>

#include "feast/config/settings.h"

namespace feast::native {

/// A node of the configuration as dict, list, or scalar as YAML reads it. Needs the GIL.
nanobind::object ToObject(const Setting& setting);

}  // namespace feast::native
