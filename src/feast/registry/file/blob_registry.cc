#include "feast/registry/file/blob_registry.h"

#include <chrono>
#include <mutex>
#include <thread>

#include "feast/base/uuid.h"
#include "feast/registry/file/registry_bytes.h"
#include "feast/registry/times.h"

namespace feast {
namespace {

class BlobRegistry final : public Registry {
 public:
  BlobRegistry(std::unique_ptr<RegistryBlob> blob, int64_t ttl_seconds, RegistryCacheMode mode,
               const Clock& clock)
      : blob_(std::move(blob)), ttl_(ttl_seconds * kMicrosPerSecond), mode_(mode), clock_(clock) {}

  Result<std::shared_ptr<const RegistrySnapshot>> Cached() override {
    const std::lock_guard guard(mutex_);
    if (snapshot_ != nullptr && !Stale()) return snapshot_;
    const Status status = Load(nullptr);
    if (!status.ok() && snapshot_ == nullptr) return status;
    return snapshot_;
  }

  Result<std::shared_ptr<const RegistrySnapshot>> Refresh() override {
    bool missing = false;
    {
      const std::lock_guard guard(mutex_);
      FEAST_RETURN_IF_ERROR(Load(&missing));
      if (!missing) return snapshot_;
    }
    FEAST_RETURN_IF_ERROR(Mutate(CallContext(), [](core::Registry*) { return Status::OK(); }));
    const std::lock_guard guard(mutex_);
    return snapshot_;
  }

  bool MayHaveChanged() override {
    const std::lock_guard guard(mutex_);
    return blob_->ChangeMark() != mark_;
  }

  Status Mutate(const CallContext& context, const RegistryMutation& mutation) override {
    constexpr int kMostAttempts = 100;
    FEAST_ASSIGN_OR_RETURN(const std::unique_ptr<BlobLock> lock, blob_->Lock(context));
    for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
      FEAST_RETURN_IF_ERROR(context.Check());
      FEAST_ASSIGN_OR_RETURN(const bool written, TryMutate(mutation));
      if (written) return Status::OK();
    }
    return Status(StatusCode::kAborted, "Other writers kept changing registry " + blob_->Place() +
                                            "; repeat when they have finished");
  }

  Status Teardown() override {
    FEAST_ASSIGN_OR_RETURN(const std::unique_ptr<BlobLock> lock, blob_->Lock(CallContext()));
    FEAST_RETURN_IF_ERROR(blob_->Remove());
    const std::lock_guard guard(mutex_);
    snapshot_ = nullptr;
    tag_.reset();
    return Status::OK();
  }

 private:
  struct State {
    core::Registry registry;
    std::optional<std::string> tag;  ///< none: there is no blob
    bool is_known = false;           ///< the tag is the one given: not parsed
  };

  /// Reads again where another program may be in the middle of writing in place (upstream does
  /// that).
  Result<State> ReadState(const std::optional<std::string>& known = std::nullopt) {
    constexpr int kAttempts = 4;
    for (int attempt = 1;; ++attempt) {
      FEAST_ASSIGN_OR_RETURN(std::optional<BlobContent> content, blob_->Read());
      State state;
      if (!content) return state;
      if (content->tag == known) {
        state.tag = std::move(content->tag);
        state.is_known = true;
        return state;
      }
      if (std::optional<core::Registry> registry = ParseRegistry(content->bytes)) {
        state.registry = *std::move(registry);
        state.tag = std::move(content->tag);
        return state;
      }
      if (attempt == kAttempts) {
        return Status::DataLoss("Registry " + blob_->Place() + " is damaged or cut off (" +
                                std::to_string(content->bytes.size()) +
                                " bytes). Nothing was changed. Restore it from a copy, or move it "
                                "away and run `feast apply` to build a new one.");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  /// False: another writer came first, and nothing was written.
  Result<bool> TryMutate(const RegistryMutation& mutation) {
    FEAST_ASSIGN_OR_RETURN(State state, ReadState());
    const std::string before = state.tag ? SerializeRegistry(state.registry) : "";
    if (!state.tag) state.registry.set_registry_schema_version("1");
    FEAST_RETURN_IF_ERROR(mutation(&state.registry));
    if (state.tag && SerializeRegistry(state.registry) == before) return true;
    state.registry.set_version_id(RandomUuid());
    *state.registry.mutable_last_updated() = ToTimestamp(clock_.Now());
    FEAST_ASSIGN_OR_RETURN(const bool written,
                           blob_->WriteIfUnchanged(state.tag, SerializeRegistry(state.registry)));
    if (!written) return false;
    const std::lock_guard guard(mutex_);
    // Failing to read back what was written does not undo it: the next reader reports it.
    const Status loaded = Load(nullptr);
    if (!loaded.ok()) loaded_at_ = 0;
    return true;
  }

  bool Stale() const {
    if (ttl_ > 0 && clock_.Now() > loaded_at_ + ttl_) return true;
    return mode_ == RegistryCacheMode::kSync && blob_->ChangeMark() != mark_;
  }

  /// Fills the cache; the mark is taken first, so that a change meanwhile is seen next time.
  Status Load(bool* missing) {
    std::string mark = blob_->ChangeMark();
    FEAST_ASSIGN_OR_RETURN(State state, ReadState(tag_));
    if (missing != nullptr) *missing = !state.tag;
    if (!state.is_known && (snapshot_ == nullptr || tag_ != state.tag)) {
      snapshot_ = RegistrySnapshot::Make(std::move(state.registry));
    }
    tag_ = std::move(state.tag);
    mark_ = std::move(mark);
    loaded_at_ = clock_.Now();
    return Status::OK();
  }

  const std::unique_ptr<RegistryBlob> blob_;
  const Micros ttl_;
  const RegistryCacheMode mode_;
  const Clock& clock_;
  std::mutex mutex_;  ///< guards what follows
  std::shared_ptr<const RegistrySnapshot> snapshot_;
  std::optional<std::string> tag_;
  std::string mark_;
  Micros loaded_at_ = 0;
};

}  // namespace

std::unique_ptr<Registry> MakeBlobRegistry(std::unique_ptr<RegistryBlob> blob,
                                           int64_t cache_ttl_seconds, RegistryCacheMode cache_mode,
                                           const Clock& clock) {
  return std::make_unique<BlobRegistry>(std::move(blob), cache_ttl_seconds, cache_mode, clock);
}

}  // namespace feast
