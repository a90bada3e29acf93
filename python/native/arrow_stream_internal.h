#pragma once
#include <nanobind/nanobind.h>

#include <memory>

#include "feast/types/arrow_c.h"

namespace feast::native {

/// The stream of anything with __arrow_c_stream__ (a table, a reader, a frame), moved out of its
/// capsule. TypeError for anything else. Needs the GIL.
OwnedStream TakeStream(nanobind::handle source);

/// Owns a C stream and hands it out once, by __arrow_c_stream__.
class ArrowStream {
 public:
  ArrowStream(OwnedStream stream, std::shared_ptr<const void> keep_alive)
      : stream_(std::move(stream)), keep_alive_(std::move(keep_alive)) {}

  /// ValueError when it has been handed out before.
  nanobind::capsule Export(nanobind::object requested_schema);

 private:
  OwnedStream stream_;
  std::shared_ptr<const void> keep_alive_;  // what the stream reads from
};

/// Declares the class in the module.
void BindArrowStream(nanobind::module_& module);

}  // namespace feast::native
