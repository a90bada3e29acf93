#include "feast/online/memory_store.h"

#include "feast/online/conformance.h"

namespace feast {
namespace {

class MemoryQuirks final : public OnlineStoreQuirks {
 public:
  Result<std::unique_ptr<OnlineStore>> Open() override {
    return std::unique_ptr<OnlineStore>(std::make_unique<MemoryStore>(place_));
  }
  Micros time_precision() const override { return 1; }

 private:
  const std::shared_ptr<MemoryStore::Place> place_ = std::make_shared<MemoryStore::Place>();
};

}  // namespace

INSTANTIATE_ONLINE_STORE_CONFORMANCE(Memory, MemoryQuirks)

}  // namespace feast
