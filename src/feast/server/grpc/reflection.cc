#include "feast/server/grpc/reflection.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <set>
#include <utility>

#include "feast/codec/wire_format.h"

namespace feast {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;

// Members of the oneofs of ServerReflectionRequest and ServerReflectionResponse.
enum Ask : uint8_t { kFile = 3, kSymbol = 4, kExtension = 5, kExtensionsOfType = 6, kList = 7 };
enum Tell : uint8_t { kRequest = 2, kFiles = 4, kExtensionNumbers = 5, kServices = 6, kError = 7 };

void AppendError(StatusCode code, std::string_view message, std::string* out) {
  std::string error;
  AppendVarintField(1, static_cast<uint64_t>(code), &error);
  AppendBytesField(2, message, &error);
  AppendBytesField(kError, error, out);
}

/// The file after everything that it imports.
void AddFile(const FileDescriptor& file, std::set<const FileDescriptor*>* seen, std::string* out) {
  if (!seen->insert(&file).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) AddFile(*file.dependency(i), seen, out);
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  AppendBytesField(1, proto.SerializeAsString(), out);
}

void AppendFile(const FileDescriptor* file, std::string_view what, std::string* out) {
  if (!file) return AppendError(StatusCode::kNotFound, "not found: " + std::string(what), out);
  std::string files;
  std::set<const FileDescriptor*> seen;
  AddFile(*file, &seen, &files);
  AppendBytesField(kFiles, files, out);
}

void AppendServices(const std::vector<std::string>& services, std::string* out) {
  std::string list;
  for (const std::string& service : services) {
    std::string name;
    AppendBytesField(1, service, &name);
    AppendBytesField(1, name, &list);
  }
  AppendBytesField(kServices, list, out);
}

void AppendExtensions(const std::string& type, std::string* out) {
  if (!DescriptorPool::generated_pool()->FindMessageTypeByName(type)) {
    return AppendError(StatusCode::kNotFound, "not found: " + type, out);
  }
  std::string numbers;  // proto3 messages have none
  AppendBytesField(1, type, &numbers);
  AppendBytesField(kExtensionNumbers, numbers, out);
}

}  // namespace

RpcResponse Reflection::Answer(std::string_view request) const {
  WireReader reader(request);
  WireField field, asked;
  while (reader.Next(&field)) {
    if (field.field >= kFile && field.field <= kList) asked = field;
  }
  if (reader.damaged()) {
    return {StatusCode::kInvalidArgument, "not a ServerReflectionRequest", {}};
  }
  RpcResponse response;
  AppendBytesField(kRequest, request, &response.body);
  const std::string name(asked.bytes);
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  switch (asked.field) {
    case kFile:
      AppendFile(pool.FindFileByName(name), name, &response.body);
      break;
    case kSymbol:
      AppendFile(pool.FindFileContainingSymbol(name), name, &response.body);
      break;
    case kExtension:
      AppendError(StatusCode::kNotFound, "there are no extensions", &response.body);
      break;
    case kExtensionsOfType:
      AppendExtensions(name, &response.body);
      break;
    case kList:
      AppendServices(services_, &response.body);
      break;
    default:
      AppendError(StatusCode::kInvalidArgument, "nothing was asked", &response.body);
  }
  return response;
}

}  // namespace feast
