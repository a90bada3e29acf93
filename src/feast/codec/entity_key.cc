#include "feast/codec/entity_key.h"

#include <algorithm>
#include <numeric>

#include "feast/codec/raw_convert.h"
#include "feast/codec/wire_format.h"

namespace feast {
namespace {

constexpr uint32_t kStringTag = 2;
constexpr size_t kMostAroundPart = 16;  // tag, length and a number, beyond its bytes in a Value

void AppendSize(size_t size, std::string* out) { AppendFixed(static_cast<uint32_t>(size), out); }

void AppendTagged(uint32_t tag, std::string_view bytes, std::string* out) {
  AppendFixed(tag, out);
  AppendSize(bytes.size(), out);
  out->append(bytes);
}

template <typename T>
void AppendTaggedNumber(uint32_t tag, T number, std::string* out) {
  AppendFixed(tag, out);
  AppendSize(sizeof(T), out);
  AppendFixed(number, out);
}

/// The member of a Value that can be a part of a key: bytes, string, int32, int64, unix timestamp.
bool IsKeyField(uint32_t field) { return (field >= 1 && field <= 4) || field == 8; }

/// Appends tag, length and bytes of one already serialized Value.
Status AppendKeyPart(std::string_view value_bytes, std::string_view name, std::string* out) {
  WireReader reader(value_bytes);
  WireField field;
  WireField last;
  while (reader.Next(&field)) last = field;
  if (reader.damaged()) {
    return reader.status().Annotate("value of join key " + std::string(name));
  }
  const bool numeric = last.field == 3 || last.field == 4 || last.field == 8;
  if (!IsKeyField(last.field) || (last.type == WireType::kVarint) != numeric) {
    const bool null = last.field == 0 || last.field == 19;
    return Status::InvalidArgument(
        "Value type not supported for feast feature store: join key " + std::string(name) +
            (null ? " is null" : " has field " + std::to_string(last.field)),
        null ? ErrorKind::kTypeError : ErrorKind::kValueError);
  }
  if (!numeric) {
    AppendTagged(last.field, last.bytes, out);
  } else if (last.field == 3) {
    AppendTaggedNumber(last.field, static_cast<int32_t>(last.number), out);
  } else {
    AppendTaggedNumber(last.field, static_cast<int64_t>(last.number), out);
  }
  return Status::OK();
}

/// Appends tag, length and bytes of an untyped value converted to the key's type.
Status AppendRawPart(const RawValue* value, const JoinKey& key, std::string* out) {
  if (!value || IsMissing(*value)) {
    return Status::InvalidArgument("join key " + key.name + " is null", ErrorKind::kTypeError);
  }
  const uint32_t tag = FactsOf(key.type).field;
  switch (FactsOf(key.type).element) {
    case ElementKind::kString: {
      if (const auto* text = std::get_if<std::string>(&value->data)) {
        AppendTagged(tag, *text, out);
        return Status::OK();
      }
      FEAST_ASSIGN_OR_RETURN(const std::string text, ToText(*value, key.type));
      AppendTagged(tag, text, out);
      return Status::OK();
    }
    case ElementKind::kInt32:
    case ElementKind::kInt64: {
      FEAST_ASSIGN_OR_RETURN(const int64_t number, ToInteger(*value, key.type));
      if (tag == 3)
        AppendTaggedNumber(tag, static_cast<int32_t>(number), out);
      else
        AppendTaggedNumber(tag, number, out);
      return Status::OK();
    }
    case ElementKind::kTimestamp: {
      FEAST_ASSIGN_OR_RETURN(const int64_t seconds, ToEpochSeconds(*value, key.type));
      AppendTaggedNumber(tag, seconds, out);
      return Status::OK();
    }
    default:
      break;
  }
  const auto* bytes = std::get_if<RawBytes>(&value->data);
  if (!bytes) return CannotConvert(*value, key.type);
  AppendTagged(tag, bytes->bytes, out);
  return Status::OK();
}

Status WrongCount(size_t given, size_t wanted) {
  return Status::InvalidArgument("an entity key of " + std::to_string(wanted) +
                                 " join keys was given " + std::to_string(given) + " values");
}

void AppendHeader(std::span<const std::string_view> sorted_names, int version, std::string* out) {
  if (version >= 3) AppendSize(sorted_names.size(), out);
  for (std::string_view name : sorted_names) {
    AppendFixed(kStringTag, out);
    if (version >= 3) AppendSize(name.size(), out);
    out->append(name);
  }
}

/// Reads u32 sizes and bytes of a serialized key.
class KeyReader {
 public:
  explicit KeyReader(std::string_view rest) : rest_(rest) {}
  bool done() const { return rest_.empty(); }
  bool Number(uint32_t* out) {
    std::string_view raw;
    if (!Bytes(4, &raw)) return false;
    std::memcpy(out, raw.data(), 4);
    return true;
  }
  bool Bytes(size_t size, std::string_view* out) {
    if (rest_.size() < size) return false;
    *out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

 private:
  std::string_view rest_;
};

Status Insufficient(std::string_view what) {
  return Status::DataLoss("Invalid serialized entity key: insufficient data for " +
                          std::string(what));
}

Status ReadKeyValue(uint32_t tag, std::string_view bytes, types::Value* out) {
  const auto number = [&]<typename T>(T* into) {
    if (bytes.size() != sizeof(T)) {
      return Status::DataLoss("Invalid serialized entity key: a value of tag " +
                              std::to_string(tag) + " has " + std::to_string(bytes.size()) +
                              " bytes");
    }
    std::memcpy(into, bytes.data(), sizeof(T));
    return Status::OK();
  };
  int32_t small = 0;
  int64_t large = 0;
  switch (tag) {
    case 1:
      out->set_bytes_val(std::string(bytes));
      return Status::OK();
    case 2:
      out->set_string_val(std::string(bytes));
      return Status::OK();
    case 3:
      FEAST_RETURN_IF_ERROR(number(&small));
      out->set_int32_val(small);
      return Status::OK();
    case 4:
      FEAST_RETURN_IF_ERROR(number(&large));
      out->set_int64_val(large);
      return Status::OK();
    case 8:
      FEAST_RETURN_IF_ERROR(number(&large));
      out->set_unix_timestamp_val(large);
      return Status::OK();
    default:
      return Status::DataLoss("Unsupported value type: " + std::to_string(tag));
  }
}

}  // namespace

Result<EntityKeyEncoder> EntityKeyEncoder::Make(std::vector<JoinKey> join_keys, int version) {
  EntityKeyEncoder encoder;
  encoder.join_keys_ = std::move(join_keys);
  const auto& keys = encoder.join_keys_;
  for (const JoinKey& key : keys) {
    const ValueTypeFacts& facts = FactsOf(key.type);
    if (facts.shape != Shape::kScalar || !IsKeyField(facts.field)) {
      return Status::InvalidArgument("Value type not supported for feast feature store: join key " +
                                     key.name + " is " + std::string(facts.name));
    }
  }
  encoder.sorted_.resize(keys.size());
  std::iota(encoder.sorted_.begin(), encoder.sorted_.end(), size_t{0});
  std::sort(encoder.sorted_.begin(), encoder.sorted_.end(),
            [&](size_t a, size_t b) { return keys[a].name < keys[b].name; });
  std::vector<std::string_view> names;
  for (size_t index : encoder.sorted_) {
    if (!names.empty() && names.back() == keys[index].name) {
      return Status::InvalidArgument("join key given twice: " + keys[index].name,
                                     ErrorKind::kTypeError);
    }
    names.push_back(keys[index].name);
  }
  AppendHeader(names, version, &encoder.prefix_);
  return encoder;
}

Status EntityKeyEncoder::Append(std::span<const RawValue* const> values, std::string* out) const {
  if (values.size() != join_keys_.size()) return WrongCount(values.size(), join_keys_.size());
  const size_t before = out->size();
  out->append(prefix_);
  for (size_t index : sorted_) {
    Status status = AppendRawPart(values[index], join_keys_[index], out);
    if (status.ok()) continue;
    out->resize(before);
    return status;
  }
  return Status::OK();
}

Status EntityKeyEncoder::AppendFromValueBytes(std::span<const std::string_view> values,
                                              std::string* out) const {
  if (values.size() != join_keys_.size()) return WrongCount(values.size(), join_keys_.size());
  const size_t before = out->size();
  size_t size = before + prefix_.size();
  for (const std::string_view value : values) size += value.size() + kMostAroundPart;
  out->reserve(size);
  out->append(prefix_);
  for (size_t index : sorted_) {
    Status status = AppendKeyPart(values[index], join_keys_[index].name, out);
    if (status.ok()) continue;
    out->resize(before);
    return status;
  }
  return Status::OK();
}

Result<std::string> SerializeEntityKey(const types::EntityKey& key, int version) {
  const auto count = static_cast<size_t>(std::min(key.join_keys_size(), key.entity_values_size()));
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return key.join_keys(static_cast<int>(a)) < key.join_keys(static_cast<int>(b));
  });
  std::vector<std::string_view> names;
  for (size_t index : order) {
    const std::string& name = key.join_keys(static_cast<int>(index));
    if (!names.empty() && names.back() == name) {
      return Status::InvalidArgument("join key given twice: " + name, ErrorKind::kTypeError);
    }
    names.push_back(name);
  }
  std::string bytes;
  AppendHeader(names, version, &bytes);
  for (size_t index : order) {
    const types::Value& value = key.entity_values(static_cast<int>(index));
    FEAST_RETURN_IF_ERROR(
        AppendKeyPart(value.SerializeAsString(), key.join_keys(static_cast<int>(index)), &bytes));
  }
  return bytes;
}

Result<types::EntityKey> DeserializeEntityKey(std::string_view bytes) {
  types::EntityKey key;
  KeyReader reader(bytes);
  uint32_t count = 0;
  uint32_t tag = 0;
  uint32_t size = 0;
  std::string_view part;
  if (!reader.Number(&count)) return Insufficient("key count");
  for (uint32_t i = 0; i < count; ++i) {
    if (!reader.Number(&tag) || !reader.Number(&size)) return Insufficient("key metadata");
    if (tag != kStringTag) {
      return Status::DataLoss("Unsupported key type: " + std::to_string(tag));
    }
    if (!reader.Bytes(size, &part)) return Insufficient("key");
    while (part.ends_with('\0')) part.remove_suffix(1);
    key.add_join_keys(std::string(part));
  }
  while (!reader.done()) {
    if (!reader.Number(&tag) || !reader.Number(&size)) return Insufficient("value metadata");
    if (!reader.Bytes(size, &part)) return Insufficient("value");
    FEAST_RETURN_IF_ERROR(ReadKeyValue(tag, part, key.add_entity_values()));
  }
  return key;
}

}  // namespace feast
