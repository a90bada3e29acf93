#include <algorithm>

#include "feast/app/training.h"
#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

struct Table {
  OwnedSchema schema;
  std::vector<OwnedArray> batches;
};

Status OutOfMemory() { return Status::ResourceExhausted("out of memory for on-demand columns"); }

Result<Table> ReadAll(OwnedStream stream) {
  Table table;
  FEAST_ASSIGN_OR_RETURN(table.schema, SchemaOfStream(stream.get()));
  while (true) {
    OwnedArray batch;
    FEAST_ASSIGN_OR_RETURN(const bool more, NextBatch(stream.get(), batch.get()));
    if (!more) return table;
    if (batch->offset != 0) return Status::Internal("the offline store gave a sliced batch");
    if (batch->length > 0) table.batches.push_back(std::move(batch));
  }
}

// A stream that lends the batches of a table, which must outlive it.
struct Lender {
  const Table* table;
  size_t next = 0;
};

int LendSchema(ArrowArrayStream* stream, ArrowSchema* out) {
  return ArrowSchemaDeepCopy(static_cast<Lender*>(stream->private_data)->table->schema.get(), out);
}

int LendBatch(ArrowArrayStream* stream, ArrowArray* out) {
  auto* lender = static_cast<Lender*>(stream->private_data);
  *out = ArrowArray{};
  if (lender->next == lender->table->batches.size()) return 0;
  *out = *lender->table->batches[lender->next++].get();
  out->private_data = nullptr;
  out->release = [](ArrowArray* array) { array->release = nullptr; };
  return 0;
}

OwnedStream Lend(const Table& table) {
  OwnedStream stream;
  stream->get_schema = LendSchema;
  stream->get_next = LendBatch;
  stream->get_last_error = [](ArrowArrayStream*) { return "out of memory"; };
  stream->release = [](ArrowArrayStream* released) {
    delete static_cast<Lender*>(released->private_data);
    released->release = nullptr;
  };
  stream->private_data = new Lender{&table};
  return stream;
}

// Puts each column of `from` that `target` gives a place (≥ 0) into a struct with `total` children
// that otherwise holds those of `into`.
Result<OwnedArray> Combine(OwnedArray into, OwnedArray from, const std::vector<int64_t>& target,
                           int64_t total) {
  OwnedArray combined;
  if (ArrowArrayInitFromType(combined.get(), NANOARROW_TYPE_STRUCT) != NANOARROW_OK ||
      ArrowArrayAllocateChildren(combined.get(), total) != NANOARROW_OK) {
    return OutOfMemory();
  }
  combined->length = into->length;
  combined->null_count = 0;
  for (int64_t i = 0; i < into->n_children; ++i) {
    if (std::find(target.begin(), target.end(), i) != target.end()) continue;
    ArrowArrayMove(into->children[i], combined->children[i]);
  }
  for (size_t i = 0; i < target.size(); ++i) {
    if (target[i] >= 0) ArrowArrayMove(from->children[i], combined->children[target[i]]);
  }
  return combined;
}

Result<OwnedSchema> CombineSchemas(OwnedSchema into, OwnedSchema from,
                                   const std::vector<int64_t>& target,
                                   const std::vector<std::string>& names, int64_t total) {
  OwnedSchema combined;
  ArrowSchemaInit(combined.get());
  if (ArrowSchemaSetTypeStruct(combined.get(), total) != NANOARROW_OK) return OutOfMemory();
  const auto put = [&](ArrowSchema* column, int64_t place) {
    if (combined->children[place]->release) ArrowSchemaRelease(combined->children[place]);
    ArrowSchemaMove(column, combined->children[place]);
  };
  for (int64_t i = 0; i < into->n_children; ++i) put(into->children[i], i);
  for (size_t i = 0; i < target.size(); ++i) {
    if (target[i] < 0) continue;
    put(from->children[i], target[i]);
    if (ArrowSchemaSetName(combined->children[target[i]], names[i].c_str()) != NANOARROW_OK) {
      return OutOfMemory();
    }
  }
  return combined;
}

Status AddColumns(const OnDemandStep& step, Table answer, Table* table) {
  const std::string& view = step.view.spec().name();
  const auto columns = static_cast<size_t>(answer.schema->n_children);
  std::vector<int64_t> target(columns, -1);
  std::vector<std::string> names(columns);
  int64_t total = table->schema->n_children;
  for (size_t i = 0; i < step.features.size(); ++i) {
    const int64_t found = ColumnIndex(*answer.schema.get(), step.features[i]);
    if (found < 0) {
      return Status::FailedPrecondition("on-demand feature view " + view +
                                        " did not return the column " + step.features[i]);
    }
    const int64_t place = ColumnIndex(*table->schema.get(), step.output_names[i]);
    target[found] = place < 0 ? total++ : place;
    names[found] = step.output_names[i];
  }
  bool fits = answer.batches.size() == table->batches.size();
  for (size_t i = 0; fits && i < answer.batches.size(); ++i) {
    fits = answer.batches[i]->length == table->batches[i]->length;
  }
  if (!fits) {
    return Status::FailedPrecondition("on-demand feature view " + view +
                                      " returned another number of rows than it was given");
  }
  for (size_t i = 0; i < table->batches.size(); ++i) {
    FEAST_ASSIGN_OR_RETURN(table->batches[i], Combine(std::move(table->batches[i]),
                                                      std::move(answer.batches[i]), target, total));
  }
  FEAST_ASSIGN_OR_RETURN(
      table->schema,
      CombineSchemas(std::move(table->schema), std::move(answer.schema), target, names, total));
  return Status::OK();
}

}  // namespace

Result<OwnedStream> AddOnDemandColumns(FeatureStore& store, const CallContext& context,
                                       const std::vector<OnDemandStep>& steps, OwnedStream rows) {
  if (steps.empty()) return rows;
  Transformer* workers = store.batch_transformer();
  if (workers == nullptr) {
    return Status::Unimplemented("on-demand feature view " + steps.front().view.spec().name() +
                                 " cannot run here: no Python was found; set FEAST_PYTHON");
  }
  FEAST_ASSIGN_OR_RETURN(Table table, ReadAll(std::move(rows)));
  context.EnterStage(Progress::Stage::kTransforming);
  for (const OnDemandStep& step : steps) {
    FEAST_ASSIGN_OR_RETURN(OwnedStream output, workers->Run(context, step.view, Lend(table)));
    FEAST_ASSIGN_OR_RETURN(Table answer, ReadAll(std::move(output)));
    FEAST_RETURN_IF_ERROR(AddColumns(step, std::move(answer), &table));
  }
  return StreamOfBatches(std::move(table.schema), std::move(table.batches));
}

}  // namespace feast
