#pragma once
/// Bases of stores that stand in for real ones, in tests and benchmarks: what a double does not
/// care about is here.
#include <memory>
#include <utility>

#include "feast/online/online_store.h"

namespace feast {

/// Hands everything to another store, which it borrows.
class ForwardingStore : public OnlineStore {
 public:
  explicit ForwardingStore(OnlineStore& real) : real_(real) {}

  std::string_view type() const override { return real_.type(); }
  void Read(const CallContext& context, std::vector<TableRead> reads, ReadDone done) override {
    real_.Read(context, std::move(reads), std::move(done));
  }
  void Write(const CallContext& context, std::shared_ptr<const WriteBatch> batch,
             WriteDone done) override {
    real_.Write(context, std::move(batch), std::move(done));
  }
  Status UpdateInfrastructure(const CallContext& context,
                              const InfrastructureChange& change) override {
    return real_.UpdateInfrastructure(context, change);
  }
  Status Teardown(const CallContext& context,
                  std::span<const std::shared_ptr<const OnlineTable>> tables) override {
    return real_.Teardown(context, tables);
  }
  KeyScanner* key_scanner() override { return real_.key_scanner(); }

 protected:
  OnlineStore& real() { return real_; }

 private:
  OnlineStore& real_;
};

/// Takes writes and keeps nothing; who derives from it says what reads answer.
class ReadOnlyStore : public OnlineStore {
 public:
  std::string_view type() const override { return "memory"; }
  void Write(const CallContext&, std::shared_ptr<const WriteBatch>, WriteDone done) override {
    done(Status::OK());
  }
  Status UpdateInfrastructure(const CallContext&, const InfrastructureChange&) override {
    return Status::OK();
  }
  Status Teardown(const CallContext&,
                  std::span<const std::shared_ptr<const OnlineTable>>) override {
    return Status::OK();
  }
};

}  // namespace feast
