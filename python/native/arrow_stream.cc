#include <nanobind/stl/string.h>

#include "arrow_stream_internal.h"

namespace nb = nanobind;

namespace feast::native {
namespace {

constexpr const char* kCapsuleName = "arrow_array_stream";

void ReleaseExported(void* data) noexcept {
  auto* stream = static_cast<ArrowArrayStream*>(data);
  if (stream->release) stream->release(stream);
  delete stream;
}

// A consumer moves the struct out of the capsule, which may be freed before the stream is read, so
// what the stream reads from travels in its private data.
struct Kept {
  OwnedStream inner;
  std::shared_ptr<const void> keep_alive;
};

Kept* KeptOf(ArrowArrayStream* stream) { return static_cast<Kept*>(stream->private_data); }

int KeptSchema(ArrowArrayStream* stream, ArrowSchema* out) {
  ArrowArrayStream* inner = KeptOf(stream)->inner.get();
  return inner->get_schema(inner, out);
}

int KeptNext(ArrowArrayStream* stream, ArrowArray* out) {
  ArrowArrayStream* inner = KeptOf(stream)->inner.get();
  return inner->get_next(inner, out);
}

const char* KeptError(ArrowArrayStream* stream) {
  ArrowArrayStream* inner = KeptOf(stream)->inner.get();
  return inner->get_last_error(inner);
}

void KeptRelease(ArrowArrayStream* stream) {
  delete KeptOf(stream);
  stream->release = nullptr;
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
  auto* stream = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), kCapsuleName));
  if (!stream) throw nb::python_error();
  return OwnedStream(stream);
}

nb::capsule ArrowStream::Export(nb::object /*requested_schema*/) {
  if (stream_.empty()) throw nb::value_error("the stream has been read already");
  auto* exported = new ArrowArrayStream{
      .get_schema = KeptSchema,
      .get_next = KeptNext,
      .get_last_error = KeptError,
      .release = KeptRelease,
      .private_data = new Kept{std::move(stream_), std::move(keep_alive_)},
  };
  return nb::capsule(exported, kCapsuleName, ReleaseExported);
}

void BindArrowStream(nb::module_& module) {
  nb::class_<ArrowStream>(module, "ArrowStream",
                          "Record batches that can be read once, by the Arrow C stream protocol.")
      .def("__arrow_c_stream__", &ArrowStream::Export,
           nb::arg("requested_schema").none() = nb::none());
}

}  // namespace feast::native
