#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "feast/base/call_context.h"
#include "feast/base/result.h"

namespace feast {

/// What was read from a blob: its bytes, and a tag that changes whenever they do.
struct BlobContent {
  std::string bytes;
  std::string tag;
};

/// Held while a writer works; released by its destructor.
class BlobLock {
 public:
  virtual ~BlobLock() = default;
};

/// Where the bytes of a registry lie: a local file, an object in S3 or GCS.
///
/// Thread-safe. A write is all or nothing. Errors name the place.
class RegistryBlob {
 public:
  virtual ~RegistryBlob() = default;

  /// The place, for messages.
  virtual std::string Place() const = 0;

  /// None if there is no blob.
  virtual Result<std::optional<BlobContent>> Read() = 0;

  /// Something that is equal while the blob has not changed, as far as can be told without reading
  /// it; empty if it is missing or this kind of blob cannot tell. Cheap: no round trip.
  virtual std::string ChangeMark() = 0;

  /// Keeps other writers of ours waiting; backends with a conditional write may return null.
  virtual Result<std::unique_ptr<BlobLock>> Lock(const CallContext& context) = 0;

  /// Replaces the content if its tag is still `tag` (none: if it is still missing). False: it is
  /// not.
  virtual Result<bool> WriteIfUnchanged(const std::optional<std::string>& tag,
                                        std::string_view bytes) = 0;

  /// Removes the blob; missing is fine.
  virtual Status Remove() = 0;
};

}  // namespace feast
