#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "interruptible.h"
#include "native_training_internal.h"
#include "raise_status.h"

#include "feast/app/explanation_text.h"

namespace nb = nanobind;

namespace feast::native {
namespace {

const char* StageName(Progress::Stage stage) {
  switch (stage) {
    case Progress::Stage::kWaiting:
      return "waiting";
    case Progress::Stage::kOpening:
      return "opening";
    case Progress::Stage::kSpilling:
      return "spilling";
    case Progress::Stage::kScanning:
      return "scanning";
    case Progress::Stage::kFetching:
      return "fetching";
    case Progress::Stage::kTransforming:
      return "transforming";
    case Progress::Stage::kWriting:
      return "writing";
    case Progress::Stage::kDone:
      return "done";
  }
  return "";
}

nb::dict ToDict(const ViewExplanation& view) {
  nb::dict out;
  const auto set = [&](const char* name, const auto& value) { out[name] = nb::cast(value); };
  set("view", view.view);
  set("source", view.source);
  set("reader", view.reader);
  set("route", view.route);
  set("reason", view.reason);
  set("scanned_with", view.scanned_with);
  set("join_keys", view.join_keys);
  set("scan_columns", view.scan_columns);
  set("feature_columns", view.feature_columns);
  set("features_with_scan", view.features_with_scan);
  set("filters", view.filters);
  set("files", view.files);
  set("files_read", view.files_read);
  set("groups", view.groups);
  set("groups_read", view.groups_read);
  set("rows", view.rows);
  set("rows_read", view.rows_read);
  set("scan_bytes", view.scan_bytes);
  set("feature_bytes", view.feature_bytes);
  return out;
}

}  // namespace

nb::dict NativeProgress::Counts() const {
  const Progress::Counts counts = progress_->counts();
  nb::dict out;
  out["stage"] = StageName(counts.stage);
  out["rows_scanned"] = counts.rows_scanned;
  out["rows_expected"] = counts.rows_expected;
  out["bytes_read"] = counts.bytes_read;
  out["groups_done"] = counts.groups_done;
  out["groups_total"] = counts.groups_total;
  out["views_done"] = counts.views_done;
  out["views_total"] = counts.views_total;
  return out;
}

std::vector<nb::bytes> NativeTraining::OnDemandViews() const {
  std::vector<nb::bytes> views;
  for (const OnDemandStep& step : job_.on_demand) {
    const std::string bytes = step.view.SerializeAsString();
    views.emplace_back(bytes.data(), bytes.size());
  }
  return views;
}

CallContext NativeProgress::Context(std::optional<double> timeout) const {
  CallContext context =
      timeout
          ? CallContext::WithTimeout(std::chrono::nanoseconds(static_cast<int64_t>(*timeout * 1e9)))
          : CallContext();
  context.set_progress(progress_);
  return context;
}

ArrowStream NativeTraining::Run(nb::object rows, const NativeProgress& progress,
                                std::optional<double> timeout) const {
  process_.Check();
  OwnedStream entities;
  if (!rows.is_none()) entities = TakeStream(rows);
  const CallContext context = progress.Context(timeout);
  OwnedStream stream;
  Status status;
  RunInterruptibly(context, [&] {
    auto joined = RunTraining(*store_, context, job_, std::move(entities));
    status = joined.status();
    if (joined.ok()) stream = *std::move(joined);
  });
  RaiseIfError(status);
  context.EnterStage(Progress::Stage::kDone);
  return {std::move(stream), store_, context};
}

std::string NativeTraining::Sql(const std::string& entity_sql, nb::object rows) const {
  process_.Check();
  OwnedStream columns;
  if (!rows.is_none()) columns = TakeStream(rows);
  const CallContext context;
  Result<std::string> sql = std::string();
  RunInterruptibly(
      context, [&] { sql = TrainingSql(*store_, context, job_, entity_sql, std::move(columns)); });
  RaiseIfError(sql.status());
  return *std::move(sql);
}

nb::tuple NativeTraining::Explain(std::optional<int64_t> rows, std::optional<int64_t> earliest,
                                  std::optional<int64_t> latest) const {
  process_.Check();
  const CallContext context;
  Result<HistoricalExplanation> found = HistoricalExplanation();
  RunInterruptibly(context, [&] {
    found = ExplainTraining(*store_, context, job_, {rows, earliest, latest});
  });
  RaiseIfError(found.status());
  nb::list views;
  for (const ViewExplanation& view : found->views) views.append(ToDict(view));
  nb::dict out;
  out["store"] = nb::cast(found->store);
  out["entity_rows"] = nb::cast(rows);
  if (found->memory) {
    nb::dict memory;
    memory["limit"] = found->memory->limit;
    memory["rows_at_once"] = found->memory->rows_at_once;
    memory["beyond"] = found->memory->beyond;
    out["memory"] = memory;
  } else {
    out["memory"] = nb::none();
  }
  out["views"] = views;
  out["on_demand"] = nb::cast(found->on_demand);
  return nb::make_tuple(ExplanationText(*found), out);
}

void BindNativeTraining(nb::module_& module) {
  nb::class_<NativeProgress>(module, "NativeProgress", "How far a call is.")
      .def(nb::init<>())
      .def("counts", &NativeProgress::Counts);
  nb::class_<NativeTraining>(module, "NativeTraining", "A training join that was planned.")
      .def("on_demand_views", &NativeTraining::OnDemandViews)
      .def("run", &NativeTraining::Run, nb::arg("rows").none(), nb::arg("progress"),
           nb::arg("timeout").none())
      .def("sql", &NativeTraining::Sql, nb::arg("entity_sql"), nb::arg("rows").none())
      .def("explain", &NativeTraining::Explain, nb::arg("rows").none(), nb::arg("earliest").none(),
           nb::arg("latest").none());
}

}  // namespace feast::native
