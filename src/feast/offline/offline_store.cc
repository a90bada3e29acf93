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

Result<HistoricalExplanation> OfflineStore::Explain(const CallContext&, const HistoricalPlan& plan,
                                                    const EntityFacts& entities) {
  HistoricalExplanation out{std::string(type()), entities, {}, {}, {}};
  for (const HistoricalView& view : plan.views) {
    ViewExplanation& one = out.views.emplace_back();
    one.view = view.view;
    one.source = view.read.source.name();
    one.join_keys = view.read.join_keys;
    one.feature_columns = view.read.features;
  }
  return out;
}

Result<std::string> OfflineStore::HistoricalSql(const CallContext&, const HistoricalPlan&,
                                                EntityOrigin) {
  return Status::Unimplemented("the offline store '" + std::string(type()) +
                               "' joins in this process, so there is no SQL for it");
}

Status OfflineStore::WriteLogs(const CallContext&, const core::LoggingConfig&, const std::string&,
                               OwnedStream) {
  return Status::Unimplemented(
      "the offline store '" + std::string(type()) +
      "' does not keep logs of served features; use FileLoggingDestination");
}

}  // namespace feast
