#include "feast/types/arrow_stream.h"

#include <nanobind/stl/string.h>

#include "arrow_stream_internal.h"
#include "interruptible.h"
#include "raise_status.h"

namespace nb = nanobind;

namespace feast::native {
namespace {

constexpr const char* kStreamCapsule = "arrow_array_stream";

// Names of capsules are the protocol's. A consumer moves the struct out, or else the capsule
// releases it.
template <typename T>
nb::capsule CapsuleOf(ArrowOwned<T> owned, const char* name) {
  return nb::capsule(new T(owned.Take()), name, [](void* data) noexcept {
    auto* value = static_cast<T*>(data);
    if (value->release) value->release(value);
    delete value;
  });
}

}  // namespace

OwnedStream TakeStream(nb::handle source) {
  if (!nb::hasattr(source, "__arrow_c_stream__")) {
    const std::string kind = nb::cast<std::string>(source.type().attr("__name__"));
    throw nb::type_error(
        ("expected a table with __arrow_c_stream__ (pyarrow, pandas, polars), got " + kind)
            .c_str());
  }
  nb::object capsule = source.attr("__arrow_c_stream__")();
  auto* stream =
      static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), kStreamCapsule));
  if (!stream) throw nb::python_error();
  return OwnedStream(stream);
}

CallContext ContextOf(nb::handle source) {
  return nb::isinstance<ArrowStream>(source) ? nb::cast<const ArrowStream&>(source).context()
                                             : CallContext();
}

nb::tuple ArrowBatch::Export(nb::object /*requested_schema*/) {
  if (array_.empty()) throw nb::value_error("the batch has been taken already");
  return nb::make_tuple(CapsuleOf(std::move(schema_), "arrow_schema"),
                        CapsuleOf(std::move(array_), "arrow_array"));
}

void ArrowStream::Check() const {
  if (stream_.empty()) throw nb::value_error("the stream has been read already");
}

OwnedSchema ArrowStream::CopySchema() {
  Check();
  return ValueOrRaise(SchemaOfStream(stream_.get()));
}

// A consumer may free the capsule before it reads the stream.
nb::capsule ArrowStream::Export(nb::object /*requested_schema*/) {
  Check();
  return CapsuleOf(StreamKeeping(std::move(stream_), std::move(keep_alive_)), kStreamCapsule);
}

nb::capsule ArrowStream::Schema() { return CapsuleOf(CopySchema(), "arrow_schema"); }

ArrowBatch ArrowStream::Next() {
  OwnedSchema schema = CopySchema();
  OwnedArray batch;
  Result<bool> more = false;
  RunInterruptibly(context_, [&] { more = NextBatch(stream_.get(), batch.get()); });
  if (!ValueOrRaise(std::move(more))) throw nb::stop_iteration();
  return {std::move(schema), std::move(batch)};
}

void BindArrowStream(nb::module_& module) {
  nb::class_<ArrowBatch>(module, "ArrowBatch",
                         "A record batch that can be taken once, by the Arrow C array protocol.")
      .def("__arrow_c_array__", &ArrowBatch::Export,
           nb::arg("requested_schema").none() = nb::none());
  nb::class_<ArrowStream>(
      module, "ArrowStream",
      "Record batches that can be read once: by iteration, or by the Arrow C stream protocol.")
      .def("__iter__", [](nb::handle self) { return nb::borrow(self); })
      .def("__next__", &ArrowStream::Next)
      .def("__arrow_c_schema__", &ArrowStream::Schema)
      .def("__arrow_c_stream__", &ArrowStream::Export,
           nb::arg("requested_schema").none() = nb::none());
}

}  // namespace feast::native
