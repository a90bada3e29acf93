#include "feast/registry/file/blob_registry.h"

#include <chrono>
#include <mutex>
#include <thread>

#include "feast/registry/file/registry_bytes.h"
#include "feast/registry/times.h"
#include "feast/registry/uuid.h"

namespace feast {
namespace {

class BlobRegistry final : public Registry {
 public:
  BlobRegistry(std::unique_ptr<RegistryBlob> blob, int64_t ttl_seconds, RegistryCacheMode mode,
               const Clock& clock)
      : blob_(std::move(blob)), ttl_(ttl_seconds * kMicrosPerSecond), mode_(mode), clock_(clock) {}

  Result<std::shared_ptr<const RegistrySnapshot>> Cached() override {
    if (auto fresh = Fresh()) return fresh;
    const std::lock_guard loading(load_mutex_);
    if (auto fresh = Fresh()) return fresh;  // another reader was first
    const Status status = Load(nullptr);
    auto snapshot = Snapshot();
    if (!snapshot) return status;
    return snapshot;
  }

  Result<std::shared_ptr<const RegistrySnapshot>> Refresh() override {
    bool missing = false;
    {
      const std::lock_guard loading(load_mutex_);
      FEAST_RETURN_IF_ERROR(Load(&missing));
    }
    if (missing) {
      FEAST_RETURN_IF_ERROR(Mutate(CallContext(), [](core::Registry*) { return Status::OK(); }));
    }
    return Snapshot();
  }

  bool MayHaveChanged() override {
    const std::string mark = blob_->ChangeMark();
    const std::lock_guard guard(mutex_);
    return mark != mark_;
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
    const std::lock_guard loading(load_mutex_);
    const std::lock_guard guard(mutex_);
    snapshot_ = nullptr;
    tag_.reset();
    return Status::OK();
  }

 private:
  struct State {
    core::Registry registry;
    std::optional<std::string> tag;  ///< none: there is no blob
  };

  /// Reads again where another program may be in the middle of writing in place (upstream does
  /// that).
  Result<State> ReadState() {
    constexpr int kAttempts = 4;
    for (int attempt = 1;; ++attempt) {
      FEAST_ASSIGN_OR_RETURN(std::optional<BlobContent> content, blob_->Read());
      State state;
      if (!content) return state;
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
    const std::lock_guard loading(load_mutex_);
    // Failing to read back what was written does not undo it: the next reader reports it.
    const Status loaded = Load(nullptr);
    const std::lock_guard guard(mutex_);
    if (!loaded.ok()) loaded_at_ = 0;
    return true;
  }

  std::shared_ptr<const RegistrySnapshot> Snapshot() {
    const std::lock_guard guard(mutex_);
    return snapshot_;
  }

  /// What may be answered without a look at the blob; else null.
  std::shared_ptr<const RegistrySnapshot> Fresh() {
    {
      const std::lock_guard guard(mutex_);
      if (mode_ == RegistryCacheMode::kServing || snapshot_ == nullptr) return snapshot_;
      if (ttl_ > 0 && clock_.Now() > loaded_at_ + ttl_) return nullptr;
      if (mode_ == RegistryCacheMode::kThread) return snapshot_;
    }
    return MayHaveChanged() ? nullptr : Snapshot();
  }

  /// Fills the cache, for who holds load_mutex_. The mark is taken first, so that a change
  /// meanwhile is seen next time.
  Status Load(bool* missing) {
    std::string mark = blob_->ChangeMark();
    FEAST_ASSIGN_OR_RETURN(State state, ReadState());
    if (missing != nullptr) *missing = !state.tag;
    std::shared_ptr<const RegistrySnapshot> next;
    if (Snapshot() == nullptr || tag_ != state.tag) {
      next = RegistrySnapshot::Make(std::move(state.registry));
    }
    // The last generation but one ends here; the last one may still be in use, and its end is not
    // to fall to a reader.
    if (next) previous_ = Snapshot();
    const std::lock_guard guard(mutex_);
    if (next) snapshot_ = std::move(next);
    tag_ = std::move(state.tag);
    mark_ = std::move(mark);
    loaded_at_ = clock_.Now();
    return Status::OK();
  }

  const std::unique_ptr<RegistryBlob> blob_;
  const Micros ttl_;
  const RegistryCacheMode mode_;
  const Clock& clock_;
  std::mutex load_mutex_;                             ///< held while the blob is read
  std::shared_ptr<const RegistrySnapshot> previous_;  ///< guarded by load_mutex_
  std::optional<std::string> tag_;                    ///< guarded by load_mutex_
  std::mutex mutex_;                                  ///< held for moments; guards what follows
  std::shared_ptr<const RegistrySnapshot> snapshot_;
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
