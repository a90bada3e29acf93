#include "feast/ingest/vector_refresh.h"

#include <algorithm>

#include "feast/codec/wire_format.h"
#include "feast/online/view_table.h"

namespace feast {
namespace {

constexpr size_t kBatch = 1000;

}  // namespace

VectorRefresh::VectorRefresh(OnlineStore& store, const Clock& clock,
                             const RegistrySnapshot& snapshot, const ResolveOptions& options)
    : store_(&store), clock_(&clock) {
  for (PrecomputedService& facts : PrecomputedServices(snapshot, options)) {
    std::vector<std::shared_ptr<const OnlineTable>> tables;
    for (const ResolvedView& view : facts.views) {
      const int current = options.versioning ? view.facts->current_version : 0;
      tables.push_back(TableOf(*view.facts, options.project, view.version.value_or(current)));
    }
    auto vectors = VectorTableOf(facts.name, facts.join_keys, options.project);
    FeatureVectorCodec codec(facts.Features());
    services_.push_back(
        {std::move(facts), std::move(vectors), std::move(tables), std::move(codec), {}});
  }
}

bool VectorRefresh::Covers(const OnlineTable& table) const {
  const std::string name = table.Name();
  return std::ranges::any_of(services_, [&](const Service& service) {
    return std::ranges::any_of(service.tables,
                               [&](const auto& own) { return own->Name() == name; });
  });
}

Status VectorRefresh::Wrote(const CallContext& context, const WriteBatch& batch) {
  const std::string name = batch.table->Name();
  for (Service& service : services_) {
    const auto is_it = [&](const auto& own) { return own->Name() == name; };
    if (std::ranges::none_of(service.tables, is_it)) continue;
    for (size_t row = 0; row < batch.rows(); ++row) service.due.emplace(batch.keys.Row(row));
    if (service.due.size() >= kMaxKeys) FEAST_RETURN_IF_ERROR(FlushService(context, &service));
  }
  return Status::OK();
}

Status VectorRefresh::Flush(const CallContext& context) {
  for (Service& service : services_) FEAST_RETURN_IF_ERROR(FlushService(context, &service));
  return Status::OK();
}

Status VectorRefresh::FlushService(const CallContext& context, Service* service) {
  std::vector<std::string> keys;
  keys.reserve(std::min(service->due.size(), kBatch));
  while (!service->due.empty()) {
    keys.assign(service->due.begin(),
                std::next(service->due.begin(),
                          static_cast<ptrdiff_t>(std::min(service->due.size(), kBatch))));
    FEAST_RETURN_IF_ERROR(
        WriteVectors(context, *service, keys)
            .status()
            .Annotate("rows are written, but not the vectors of the precomputed feature service '" +
                      service->facts.name + "'"));
    for (const std::string& key : keys) service->due.erase(key);
  }
  return Status::OK();
}

Result<int64_t> VectorRefresh::WriteVectors(const CallContext& context, const Service& service,
                                            const std::vector<std::string>& keys, size_t passed) {
  const Micros now = clock_->Now();
  const SharedList<std::string> same_keys = keys;
  std::vector<TableRead> reads;
  reads.reserve(service.tables.size());
  for (size_t view = 0; view < service.tables.size(); ++view) {
    std::vector<std::string> names;
    for (const FieldFacts& feature : service.facts.views[view].features) {
      names.push_back(feature.name);
    }
    reads.push_back({service.tables[view], std::move(names), same_keys});
  }
  FEAST_ASSIGN_OR_RETURN(const auto rows,
                         store_->uncached().ReadAndWait(context, std::move(reads)));
  auto batch = std::make_shared<WriteBatch>();
  batch->table = service.vectors;
  EncodedColumn& vectors = batch->features.emplace_back(
      EncodedColumn{std::string(kVectorFeature), ValueType::kBytes, {}, {}});
  std::vector<std::string_view> values;
  std::vector<std::optional<Micros>> times;
  std::string vector;
  const auto earlier = std::span(rows).first(passed);
  for (size_t key = 0; key < keys.size(); ++key) {
    const auto has_row = [key](const TableRows& view) { return view.event_times[key].has_value(); };
    if (std::ranges::any_of(earlier, has_row)) continue;
    values.clear();
    times.clear();
    for (const TableRows& view : rows) {
      const size_t width = view.cells.size() / keys.size();
      times.push_back(view.event_times[key]);
      for (size_t i = key * width; i < (key + 1) * width; ++i) {
        values.push_back(view.cells[i].value);
      }
    }
    vector.clear();
    service.codec.Append(values, times, now, &vector);
    AppendBytesField(FactsOf(ValueType::kBytes).field, vector, &vectors.bytes);
    vectors.ends.push_back(vectors.bytes.size());
    batch->keys.bytes += keys[key];
    batch->keys.ends.push_back(batch->keys.bytes.size());
    batch->event_times.push_back(now);
    batch->created_times.emplace_back();
  }
  const auto written = static_cast<int64_t>(batch->rows());
  if (written > 0) FEAST_RETURN_IF_ERROR(store_->WriteAndWait(context, std::move(batch)));
  return written;
}

Result<int64_t> VectorRefresh::WriteAll(const CallContext& context, const std::string& name) {
  const auto service = std::ranges::find(
      services_, name, [](const Service& own) -> const std::string& { return own.facts.name; });
  if (service == services_.end()) {
    return Status::InvalidArgument(
        "no vectors are kept of feature service '" + name +
        "': it must exist with precompute_online=True, without on-demand views "
        "that run at read time, and all its views must share one entity key");
  }
  KeyScanner* scanner = store_->key_scanner();
  if (!scanner) {
    return Status::Unimplemented("the " + std::string(store_->type()) +
                                 " online store cannot list its keys");
  }
  int64_t total = 0;
  for (size_t view = 0; view < service->tables.size(); ++view) {
    const auto found = [&](const std::vector<std::string>& keys) {
      FEAST_ASSIGN_OR_RETURN(const int64_t written, WriteVectors(context, *service, keys, view));
      total += written;
      return Status::OK();
    };
    FEAST_RETURN_IF_ERROR(scanner->ScanKeys(context, *service->tables[view], found));
  }
  return total;
}

}  // namespace feast
