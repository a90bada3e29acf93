#pragma once
#include <memory>
#include <mutex>
#include <utility>

#include "feast/online/store_doubles.h"

namespace feast {

/// A store that fails on demand, for tests: `n` calls of a kind answer `failure` instead of
/// reaching the real store, once `after` of them have got through. Thread-safe. Borrows the real
/// store.
class FaultyStore final : public ForwardingStore {
 public:
  explicit FaultyStore(OnlineStore& real, Status failure = Status::Unavailable("injected fault"))
      : ForwardingStore(real), failure_(std::move(failure)) {}

  void FailReads(int n) { reads_.Fail(n, 0); }
  void FailWrites(int n, int after = 0) { writes_.Fail(n, after); }

  void Read(const CallContext& context, std::vector<TableRead> reads, ReadDone done) override {
    if (reads_.Take()) return done(failure_);
    ForwardingStore::Read(context, std::move(reads), std::move(done));
  }
  void Write(const CallContext& context, std::shared_ptr<const WriteBatch> batch,
             WriteDone done) override {
    if (writes_.Take()) return done(failure_);
    ForwardingStore::Write(context, std::move(batch), std::move(done));
  }
  Status UpdateInfrastructure(const CallContext& context,
                              const InfrastructureChange& change) override {
    return writes_.Take() ? failure_ : ForwardingStore::UpdateInfrastructure(context, change);
  }
  Status Teardown(const CallContext& context,
                  std::span<const std::shared_ptr<const OnlineTable>> tables) override {
    return writes_.Take() ? failure_ : ForwardingStore::Teardown(context, tables);
  }

 private:
  class Faults {
   public:
    void Fail(int n, int after) {
      const std::lock_guard lock(mutex_);
      left_ = n;
      after_ = after;
    }
    bool Take() {
      const std::lock_guard lock(mutex_);
      if (left_ > 0 && after_-- > 0) return false;
      if (left_ == 0) return false;
      --left_;
      return true;
    }

   private:
    std::mutex mutex_;
    int left_ = 0;   // guarded by mutex_
    int after_ = 0;  // guarded by mutex_
  };

  const Status failure_;
  Faults reads_;
  Faults writes_;
};

}  // namespace feast
