#include "feast/offline/offline_store.h"

namespace feast {

Result<OwnedStream> OfflineStore::QueryEntityRows(const CallContext&, const std::string&,
                                                  const std::vector<core::DataSource>&) {
  return Status::InvalidArgument(
      "Please provide an entity_df of type pandas.DataFrame instead of type <class 'str'>: "
      "the offline store '" +
          std::string(type()) + "' does not run SQL",
      ErrorKind::kValueError);
}

}  // namespace feast
