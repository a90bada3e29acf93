#pragma once
#include <nanobind/nanobind.h>

#include <memory>

#include "feast/base/call_context.h"
#include "feast/types/arrow_c.h"

namespace feast::native {

/// The stream of anything with __arrow_c_stream__ (a table, a reader, a frame), moved out of its
/// capsule. TypeError for anything else. Needs the GIL.
OwnedStream TakeStream(nanobind::handle source);

/// The context of an ArrowStream, so that who reads it in the core can end it; a new one for
/// anything else. Needs the GIL.
CallContext ContextOf(nanobind::handle source);

/// One batch, handed out once, by __arrow_c_array__.
class ArrowBatch {
 public:
  ArrowBatch(OwnedSchema schema, OwnedArray array)
      : schema_(std::move(schema)), array_(std::move(array)) {}

  /// (schema, array); ValueError when it has been handed out before.
  nanobind::tuple Export(nanobind::object requested_schema);

 private:
  OwnedSchema schema_;
  OwnedArray array_;
};

/// Owns a C stream, which is iterated over or handed out once, by __arrow_c_stream__.
///
/// Thread-compatible. Iterated over, its failures are the exceptions of RaiseIfError, and Ctrl-C
/// ends it; who reads what was handed out gets what the C interface can say (types/arrow_stream.h).
class ArrowStream {
 public:
  /// `context` is what the stream works under; `keep_alive` what it reads from.
  ArrowStream(OwnedStream stream, std::shared_ptr<const void> keep_alive, CallContext context)
      : stream_(std::move(stream)),
        keep_alive_(std::move(keep_alive)),
        context_(std::move(context)) {}

  /// ValueError when it has been handed out before; so the others.
  nanobind::capsule Export(nanobind::object requested_schema);
  nanobind::capsule Schema();
  /// StopIteration at the end.
  ArrowBatch Next();
  const CallContext& context() const { return context_; }

 private:
  void Check() const;
  OwnedSchema CopySchema();

  OwnedStream stream_;
  std::shared_ptr<const void> keep_alive_;
  CallContext context_;
};

/// Declares the classes in the module.
void BindArrowStream(nanobind::module_& module);

}  // namespace feast::native
