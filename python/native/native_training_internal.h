#pragma once
#include <nanobind/nanobind.h>

#include <memory>
#include <optional>
#include <vector>

#include "arrow_stream_internal.h"
#include "owning_process.h"

#include "feast/app/training.h"
#include "feast/base/progress.h"

namespace feast::native {

/// How far a call is, read by any thread while it works. Thread-safe.
class NativeProgress {
 public:
  const std::shared_ptr<Progress>& progress() const { return progress_; }
  /// A context that reports here and ends after `timeout` seconds.
  CallContext Context(std::optional<double> timeout) const;
  /// Stage and numbers by name.
  nanobind::dict Counts() const;

 private:
  std::shared_ptr<Progress> progress_ = std::make_shared<Progress>();
};

/// A training join that was planned; run as often as asked.
///
/// Thread-safe under the GIL, which is released while the core works; keeps the store alive.
class NativeTraining {
 public:
  NativeTraining(TrainingJob job, std::shared_ptr<FeatureStore> store)
      : job_(std::move(job)), store_(std::move(store)) {}

  /// Messages of the on-demand views that are run.
  std::vector<nanobind::bytes> OnDemandViews() const;
  /// The joined rows. `rows` are the entity rows that it was planned for, or None. Ctrl-C ends it,
  /// and so do `timeout` seconds.
  ArrowStream Run(nanobind::object rows, const NativeProgress& progress,
                  std::optional<double> timeout) const;
  /// The join as SQL, over the rows of that query, or with the columns of `rows`, or None.
  std::string Sql(const std::string& entity_sql, nanobind::object rows) const;
  /// (the plan for people, the same as plain objects); times are microseconds.
  nanobind::tuple Explain(std::optional<int64_t> rows, std::optional<int64_t> earliest,
                          std::optional<int64_t> latest) const;

 private:
  const OwningProcess process_;
  const TrainingJob job_;
  const std::shared_ptr<FeatureStore> store_;
};

/// Declares the classes in the module.
void BindNativeTraining(nanobind::module_& module);

}  // namespace feast::native
