#include "feast/ingest/vector_refresh.h"

#include <algorithm>

#include "feast/codec/wire_format.h"
#include "feast/online/view_table.h"

namespace feast {
namespace {

constexpr size_t kBatch = 1000;

bool Reads(const VectorPlans::Plan& plan, const std::string& table) {
  return std::ranges::any_of(plan.views,
                             [&](const auto& view) { return view.table->Name() == table; });
}

}  // namespace

VectorPlans::VectorPlans(const RegistrySnapshot& snapshot, const ResolveOptions& options)
    : generation_(snapshot.generation()) {
  for (const PrecomputedService& service : PrecomputedServices(snapshot, options)) {
    Plan plan{service.name,
              VectorTableOf(service.name, service.join_keys, options.project),
              {},
              FeatureVectorCodec(service.Features())};
    for (const ResolvedView& view : service.views) {
      const int current = options.versioning ? view.facts->current_version : 0;
      std::vector<std::string> names;
      names.reserve(view.features.size());
      for (const FieldFacts& feature : view.features) names.push_back(feature.name);
      plan.views.push_back({TableOf(*view.facts, options.project, view.version.value_or(current)),
                            std::move(names)});
    }
    plans_.push_back(std::move(plan));
  }
}

VectorRefresh::VectorRefresh(OnlineStore& store, const Clock& clock,
                             std::shared_ptr<const VectorPlans> plans)
    : store_(&store), clock_(&clock), plans_(std::move(plans)), due_(plans_->plans().size()) {}

bool VectorRefresh::Covers(const OnlineTable& table) const {
  const std::string name = table.Name();
  return std::ranges::any_of(plans_->plans(), [&](const auto& plan) { return Reads(plan, name); });
}

Status VectorRefresh::Wrote(const CallContext& context, const WriteBatch& batch) {
  const std::string name = batch.table->Name();
  for (size_t i = 0; i < due_.size(); ++i) {
    if (!Reads(plans_->plans()[i], name)) continue;
    for (size_t row = 0; row < batch.rows(); ++row) due_[i].emplace(batch.keys.Row(row));
    if (due_[i].size() >= kMaxKeys) FEAST_RETURN_IF_ERROR(FlushService(context, i));
  }
  return Status::OK();
}

Status VectorRefresh::Flush(const CallContext& context) {
  for (size_t i = 0; i < due_.size(); ++i) FEAST_RETURN_IF_ERROR(FlushService(context, i));
  return Status::OK();
}

Status VectorRefresh::FlushService(const CallContext& context, size_t service) {
  const VectorPlans::Plan& plan = plans_->plans()[service];
  auto& due = due_[service];
  std::vector<std::string> keys;
  keys.reserve(std::min(due.size(), kBatch));
  while (!due.empty()) {
    const auto count = static_cast<ptrdiff_t>(std::min(due.size(), kBatch));
    keys.assign(due.begin(), std::next(due.begin(), count));
    FEAST_RETURN_IF_ERROR(
        WriteVectors(context, plan, keys)
            .status()
            .Annotate("rows are written, but not the vectors of the precomputed feature service '" +
                      plan.service + "'"));
    for (const std::string& key : keys) due.erase(key);
  }
  return Status::OK();
}

Result<int64_t> VectorRefresh::WriteVectors(const CallContext& context,
                                            const VectorPlans::Plan& plan,
                                            const std::vector<std::string>& keys, size_t passed) {
  const Micros now = clock_->Now();
  const SharedList<std::string> same_keys = keys;
  std::vector<TableRead> reads;
  reads.reserve(plan.views.size());
  for (const auto& view : plan.views) reads.push_back({view.table, view.features, same_keys});
  FEAST_ASSIGN_OR_RETURN(const auto rows,
                         store_->uncached().ReadAndWait(context, std::move(reads)));
  auto batch = std::make_shared<WriteBatch>();
  batch->table = plan.vectors;
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
    plan.codec.Append(values, times, now, &vector);
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
  const auto plan = std::ranges::find(plans_->plans(), name, &VectorPlans::Plan::service);
  if (plan == plans_->plans().end()) {
    return Status::InvalidArgument(
        "no vectors are kept of feature service '" + name +
        "': it must exist with precompute_online=True, without on-demand views "
        "that run at read time, and all its views must share one entity key");
  }
  KeyScanner* scanner = store_->key_scanner();
  if (!scanner) {
    return Status::Unimplemented(
        "the " + std::string(store_->type()) +
        " online store cannot list its keys: vectors are written with the next "
        "materialization or push of each entity");
  }
  int64_t total = 0;
  for (size_t view = 0; view < plan->views.size(); ++view) {
    const auto found = [&](const std::vector<std::string>& keys) {
      FEAST_ASSIGN_OR_RETURN(const int64_t written, WriteVectors(context, *plan, keys, view));
      total += written;
      return Status::OK();
    };
    FEAST_RETURN_IF_ERROR(scanner->ScanKeys(context, *plan->views[view].table, found));
  }
  return total;
}

}  // namespace feast
