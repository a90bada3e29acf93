#include "feast/transform/arrow_ipc.h"

#include <nanoarrow/nanoarrow_ipc.h>

namespace feast {
namespace {

ArrowErrorCode AppendToString(ArrowIpcOutputStream* stream, const void* bytes, int64_t size,
                              int64_t* written, ArrowError*) {
  static_cast<std::string*>(stream->private_data)
      ->append(static_cast<const char*>(bytes), static_cast<size_t>(size));
  *written = size;
  return NANOARROW_OK;
}

std::string Reason(const ArrowError& error) {
  return error.message[0] == '\0' ? "no reason given" : error.message;
}

}  // namespace

Status WriteIpcStream(OwnedStream stream, std::string* out) {
  ArrowIpcOutputStream sink{};
  sink.write = AppendToString;
  sink.release = [](ArrowIpcOutputStream* released) { released->release = nullptr; };
  sink.private_data = out;
  ArrowIpcWriter writer{};
  if (ArrowIpcWriterInit(&writer, &sink) != NANOARROW_OK) {
    return Status::ResourceExhausted("out of memory for an Arrow IPC writer");
  }
  ArrowError error{};
  const int code = ArrowIpcWriterWriteArrayStream(&writer, stream.get(), &error);
  ArrowIpcWriterReset(&writer);
  if (code == NANOARROW_OK) return Status::OK();
  return Status::InvalidArgument("cannot send columns to a Python worker: " + Reason(error));
}

Result<OwnedStream> ReadIpcStream(std::string_view bytes) {
  ArrowBuffer buffer;
  ArrowBufferInit(&buffer);
  ArrowIpcInputStream source{};
  if (ArrowBufferAppend(&buffer, bytes.data(), static_cast<int64_t>(bytes.size())) !=
      NANOARROW_OK) {
    ArrowBufferReset(&buffer);
    return Status::ResourceExhausted("out of memory for a worker's answer of " +
                                     std::to_string(bytes.size()) + " bytes");
  }
  OwnedStream stream;
  if (ArrowIpcInputStreamInitBuffer(&source, &buffer) != NANOARROW_OK) {
    ArrowBufferReset(&buffer);
    return Status::ResourceExhausted("out of memory for a worker's answer");
  }
  if (ArrowIpcArrayStreamReaderInit(stream.get(), &source, nullptr) != NANOARROW_OK) {
    if (source.release != nullptr) source.release(&source);
    return Status::DataLoss("a Python worker's answer is not an Arrow IPC stream");
  }
  return stream;
}

}  // namespace feast
