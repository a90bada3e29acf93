#pragma once
#include <memory>
#include <string>
#include <vector>

#include "feast/base/call_context.h"
#include "feast/base/clock.h"
#include "feast/base/result.h"
#include "feast/retrieval/entity_columns.h"
#include "feast/retrieval/plan.h"
#include "feast/retrieval/vector_read.h"

namespace feast {

/// One run of a plan: its stages in order, with what each leaves for the next. Thread-compatible;
/// lives until the answer is made.
///
/// 1. `Prepare` classifies the request's columns and encodes keys. 2. `Reads` is what to ask
/// the store. 3. `Finish` fans the store's rows out, runs on-demand views and makes the answer.
class OnlineRun {
 public:
  OnlineRun(std::shared_ptr<const OnlinePlan> plan, OnlineRequest request);

  Status Prepare();
  /// One read a view that has keys to look up; may be empty.
  std::vector<TableRead> Reads() const;
  /// Instead of `Reads`, for a precomputed service with keys to look up: its vectors.
  std::optional<VectorRead> VectorsToRead() const;
  /// The views of those reads, for messages.
  std::string ViewsRead() const;
  Result<OnlineResponse> Finish(const CallContext& context, Transformer* transformer, Micros now,
                                RetrievalOptions::Ttl ttl, std::vector<TableRows> answers);

 private:
  struct Built;
  void AddEntityColumns(Built* built) const;
  void AddViewColumns(size_t view, const TableRows* rows, Micros now, RetrievalOptions::Ttl ttl,
                      Built* built) const;
  Status AddOnDemandColumns(const CallContext& context, Transformer* transformer,
                            Built* built) const;

  std::shared_ptr<const OnlinePlan> plan_;
  OnlineRequest request_;
  std::shared_ptr<EntityColumns> columns_;
  std::vector<std::shared_ptr<const ViewKeys>> keys_;  ///< a view each; views may share them
};

}  // namespace feast
