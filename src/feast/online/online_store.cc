#include "feast/online/online_store.h"

#include <future>

namespace feast {

std::string OnlineTable::VersionedView() const {
  return version > 0 ? view + "_v" + std::to_string(version) : view;
}

std::string OnlineTable::Name() const { return project + "_" + VersionedView(); }

Result<std::vector<TableRows>> OnlineStore::ReadAndWait(const CallContext& context,
                                                        std::vector<TableRead> reads) {
  std::promise<Result<std::vector<TableRows>>> promise;
  auto future = promise.get_future();
  Read(context, std::move(reads),
       [&promise](Result<std::vector<TableRows>> rows) { promise.set_value(std::move(rows)); });
  return future.get();
}

Status OnlineStore::WriteAndWait(const CallContext& context,
                                 std::shared_ptr<const WriteBatch> batch) {
  std::promise<Status> promise;
  auto future = promise.get_future();
  Write(context, std::move(batch),
        [&promise](Status status) { promise.set_value(std::move(status)); });
  return future.get();
}

}  // namespace feast
