#pragma once
#include <atomic>
#include <memory>
#include <utility>

#include "feast/online/online_store.h"

namespace feast {

/// A store that fails on demand, for tests: the next `n` calls of a kind answer `failure` instead
/// of reaching the real store. Thread-safe. Borrows the real store.
class FaultyStore final : public OnlineStore {
 public:
  explicit FaultyStore(OnlineStore& real, Status failure = Status::Unavailable("injected fault"))
      : real_(real), failure_(std::move(failure)) {}

  void FailReads(int n) { failing_reads_ = n; }
  void FailWrites(int n) { failing_writes_ = n; }

  std::string_view type() const override { return real_.type(); }
  void Read(const CallContext& context, std::vector<TableRead> reads, ReadDone done) override {
    if (Take(failing_reads_)) return done(failure_);
    real_.Read(context, std::move(reads), std::move(done));
  }
  void Write(const CallContext& context, std::shared_ptr<const WriteBatch> batch,
             WriteDone done) override {
    if (Take(failing_writes_)) return done(failure_);
    real_.Write(context, std::move(batch), std::move(done));
  }
  Status UpdateInfrastructure(const CallContext& context,
                              const InfrastructureChange& change) override {
    return Take(failing_writes_) ? failure_ : real_.UpdateInfrastructure(context, change);
  }
  Status Teardown(const CallContext& context,
                  std::span<const std::shared_ptr<const OnlineTable>> tables) override {
    return Take(failing_writes_) ? failure_ : real_.Teardown(context, tables);
  }

 private:
  static bool Take(std::atomic<int>& left) {
    int value = left.load();
    while (value > 0) {
      if (left.compare_exchange_weak(value, value - 1)) return true;
    }
    return false;
  }

  OnlineStore& real_;
  const Status failure_;
  std::atomic<int> failing_reads_ = 0;
  std::atomic<int> failing_writes_ = 0;
};

}  // namespace feast
