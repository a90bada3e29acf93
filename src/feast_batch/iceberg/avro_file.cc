#include "feast_batch/iceberg/avro_file.h"

#include <cstring>

namespace feast {
namespace {

using Kind = AvroType::Kind;

constexpr std::string_view kMagic("Obj\x01", 4);
constexpr size_t kSync = 16;
constexpr size_t kBlock = size_t{256} << 20;
constexpr int64_t kValues = int64_t{1} << 22;  // of one record

// Takes values off the front of some bytes; false where they end or cannot be.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}

  bool Take(uint64_t count, std::string_view* out) {
    if (count > rest_.size()) return false;
    *out = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return true;
  }
  bool TakeLong(int64_t* out) {
    uint64_t bits = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      std::string_view byte;
      if (!Take(1, &byte)) return false;
      const auto part = static_cast<unsigned char>(byte[0]);
      bits |= static_cast<uint64_t>(part & 0x7f) << shift;
      if (part < 0x80) {
        *out = static_cast<int64_t>(bits >> 1) ^ -static_cast<int64_t>(bits & 1);
        return true;
      }
    }
    return false;
  }
  bool TakeText(std::string_view* out) {
    int64_t size = -1;
    return TakeLong(&size) && size >= 0 && Take(static_cast<uint64_t>(size), out);
  }
  // The items of the next block of an array or map; 0 ends it.
  bool TakeCount(int64_t* count) {
    if (!TakeLong(count)) return false;
    if (*count >= 0) return true;
    int64_t size;
    if (*count == INT64_MIN || !TakeLong(&size)) return false;
    *count = -*count;
    return true;
  }
  size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
};

// Reads values by their type. What takes no bytes counts, so that no count can be made up.
class Decoder {
 public:
  explicit Decoder(Bytes* bytes) : bytes_(*bytes) {}

  bool Read(const AvroType& type, bool wanted, AvroValue* out) {
    if (type.null_branch >= 0) {
      int64_t branch = -1;
      if (!bytes_.TakeLong(&branch) || branch < 0 || branch > 1) return false;
      if (branch == type.null_branch) return true;
    }
    switch (type.kind) {
      case Kind::kNull:
        return true;
      case Kind::kRecord:
        return ReadRecord(type, wanted, out);
      case Kind::kArray:
        return ReadArray(type.items.front(), wanted, out);
      default:
        return ReadLeaf(type, wanted, out);
    }
  }

 private:
  bool ReadLeaf(const AvroType& type, bool wanted, AvroValue* out) {
    std::string_view bytes;
    int64_t number = 0;
    switch (type.kind) {
      case Kind::kLong:
        if (!bytes_.TakeLong(&number)) return false;
        if (wanted) out->value = number;
        return true;
      case Kind::kBoolean:
        if (!bytes_.Take(1, &bytes)) return false;
        if (wanted) out->value = bytes[0] != 0;
        return true;
      case Kind::kFloat:
        return Number<float>(wanted, out);
      case Kind::kDouble:
        return Number<double>(wanted, out);
      case Kind::kFixed:
        if (!bytes_.Take(static_cast<uint64_t>(type.size), &bytes)) return false;
        break;
      default:
        if (!bytes_.TakeText(&bytes)) return false;
    }
    if (wanted) out->value = bytes;
    return true;
  }

  template <typename T>
  bool Number(bool wanted, AvroValue* out) {
    std::string_view bytes;
    if (!bytes_.Take(sizeof(T), &bytes)) return false;
    T number;
    std::memcpy(&number, bytes.data(), sizeof(T));
    if (wanted) out->value = static_cast<double>(number);
    return true;
  }

  bool ReadRecord(const AvroType& type, bool wanted, AvroValue* out) {
    values_ += static_cast<int64_t>(type.fields.size());
    if (values_ > kValues) return false;
    AvroValue::Parts parts(wanted ? type.fields.size() : 0);
    AvroValue skipped;
    for (size_t at = 0; at < type.fields.size(); ++at) {
      const auto& field = type.fields[at];
      const bool keep = wanted && field.wanted;
      if (!Read(field.type, keep, keep ? &parts[at] : &skipped)) return false;
    }
    if (wanted) out->value = std::move(parts);
    return true;
  }

  bool ReadArray(const AvroType& item, bool wanted, AvroValue* out) {
    AvroValue::Parts parts;
    AvroValue skipped;
    int64_t count;
    while (true) {
      if (!bytes_.TakeCount(&count)) return false;
      if (count == 0) break;
      for (; count > 0; --count) {
        const size_t before = bytes_.left();
        if (wanted) parts.emplace_back();
        if (!Read(item, wanted, wanted ? &parts.back() : &skipped) || ++values_ > kValues ||
            bytes_.left() == before) {
          return false;
        }
      }
    }
    if (wanted) out->value = std::move(parts);
    return true;
  }

  Bytes& bytes_;
  int64_t values_ = 0;
};

Status Damaged(const std::string& what) { return Status::DataLoss("damaged or cut off: " + what); }

}  // namespace

const AvroValue* AvroRecord::Find(std::string_view field) const {
  const auto* parts = value.As<AvroValue::Parts>();
  const auto* found = type.Find(field);
  return parts && found ? &(*parts)[found - type.fields.data()] : nullptr;
}

std::optional<int64_t> AvroRecord::Long(std::string_view field) const {
  const auto* found = Find(field);
  const auto* number = found ? found->As<int64_t>() : nullptr;
  return number ? std::optional(*number) : std::nullopt;
}

std::optional<std::string_view> AvroRecord::Bytes(std::string_view field) const {
  const auto* found = Find(field);
  const auto* bytes = found ? found->As<std::string_view>() : nullptr;
  return bytes ? std::optional(*bytes) : std::nullopt;
}

Result<AvroFile> AvroFile::Open(std::string_view bytes) {
  Bytes rest(bytes);
  std::string_view magic, key, text, schema;
  if (!rest.Take(kMagic.size(), &magic) || magic != kMagic) {
    return Status::DataLoss("it is no Avro file");
  }
  AvroFile file;
  file.codec_ = "null";
  int64_t count;
  do {
    if (!rest.TakeCount(&count)) return Damaged("its header");
    for (int64_t i = 0; i < count; ++i) {
      if (!rest.TakeText(&key) || !rest.TakeText(&text)) return Damaged("its header");
      if (key == "avro.codec") file.codec_ = text;
      if (key == "avro.schema") schema = text;
    }
  } while (count != 0);
  if (!rest.Take(kSync, &file.sync_)) return Damaged("its header");
  rest.Take(rest.left(), &file.blocks_);
  FEAST_ASSIGN_OR_RETURN(file.schema_, ParseAvroSchema(schema));
  if (file.schema_.kind != Kind::kRecord || file.schema_.null_branch >= 0) {
    return Status::DataLoss("it holds no records");
  }
  return file;
}

Status AvroFile::Read(const std::function<Status(const AvroRecord&)>& row) const {
  Bytes blocks(blocks_);
  for (size_t number = 1; blocks.left() > 0; ++number) {
    const std::string what = "block " + std::to_string(number);
    int64_t count;
    std::string_view packed, sync;
    if (!blocks.TakeLong(&count) || !blocks.TakeText(&packed) || !blocks.Take(kSync, &sync) ||
        sync != sync_ || count < 0) {
      return Damaged(what);
    }
    std::string unpacked;
    if (codec_ != "null") {
      FEAST_ASSIGN_OR_RETURN(unpacked, UnpackAvro(codec_, packed, kBlock));
      packed = unpacked;
    }
    Bytes values(packed);
    for (; count > 0; --count) {
      AvroValue record;
      const size_t before = values.left();
      if (!Decoder(&values).Read(schema_, true, &record) || values.left() == before) {
        return Damaged(what);
      }
      FEAST_RETURN_IF_ERROR(row({schema_, record}));
    }
    if (values.left() > 0) return Damaged(what);
  }
  return Status::OK();
}

}  // namespace feast
