#include "feast/retrieval/on_demand.h"

#include <set>
#include <string>

#include "feast/codec/column_codec.h"
#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

Status ArrowFailed(const std::string& name) {
  return Status::Internal("cannot build the Arrow input of on-demand feature view " + name);
}

Result<OwnedStream> BuildInput(const std::string& name, const std::vector<InputColumn>& inputs,
                               size_t rows) {
  std::vector<const InputColumn*> columns;
  std::set<std::string_view> seen;
  for (const auto& input : inputs) {
    if (seen.insert(input.name).second) columns.push_back(&input);
  }
  OwnedSchema schema;
  OwnedArray array;
  ArrowSchemaInit(schema.get());
  const auto count = static_cast<int64_t>(columns.size());
  if (ArrowSchemaSetTypeStruct(schema.get(), count) != NANOARROW_OK ||
      ArrowArrayInitFromType(array.get(), NANOARROW_TYPE_STRUCT) != NANOARROW_OK ||
      ArrowArrayAllocateChildren(array.get(), count) != NANOARROW_OK) {
    return ArrowFailed(name);
  }
  for (int64_t i = 0; i < count; ++i) {
    const InputColumn& column = *columns[i];
    OwnedSchema child_schema;
    OwnedArray child;
    FEAST_RETURN_IF_ERROR(
        DecodeColumn(column.values, column.type, column.name, &child_schema, &child));
    if (schema->children[i]->release != nullptr) ArrowSchemaRelease(schema->children[i]);
    ArrowSchemaMove(child_schema.get(), schema->children[i]);
    if (ArrowSchemaSetName(schema->children[i], column.name.c_str()) != NANOARROW_OK) {
      return ArrowFailed(name);
    }
    if (array->children[i]->release != nullptr) ArrowArrayRelease(array->children[i]);
    ArrowArrayMove(child.get(), array->children[i]);
  }
  array->length = static_cast<int64_t>(rows);
  array->null_count = 0;
  OwnedStream stream;
  if (ArrowBasicArrayStreamInit(stream.get(), schema.get(), 1) != NANOARROW_OK) {
    return ArrowFailed(name);
  }
  ArrowBasicArrayStreamSetArray(stream.get(), 0, array.get());
  return stream;
}

/// For each requested output its place among the answer's columns.
Result<std::vector<int64_t>> FindOutputs(const ResolvedTransform& transform,
                                         const ArrowSchema& schema) {
  std::vector<int64_t> places;
  for (const auto& output : transform.outputs) {
    int64_t place = -1;
    for (int64_t i = 0; i < schema.n_children; ++i) {
      const char* name = schema.children[i]->name;
      if (name == nullptr) continue;
      if (output.name == name || transform.label + "__" + output.name == name) place = i;
    }
    if (place < 0) {
      return Status::FailedPrecondition("on-demand feature view " + transform.view->spec().name() +
                                        " did not return the column " + output.name);
    }
    places.push_back(place);
  }
  return places;
}

Result<std::vector<EncodedColumn>> TakeOutput(const ResolvedTransform& transform,
                                              OwnedStream& stream, size_t rows) {
  const std::string& name = transform.view->spec().name();
  const auto failed = [&](const Status& status) {
    return status.Annotate("on-demand feature view " + name + " failed");
  };
  const auto schema = SchemaOfStream(stream.get());
  if (!schema.ok()) return failed(schema.status());
  FEAST_ASSIGN_OR_RETURN(const auto places, FindOutputs(transform, *schema->get()));
  std::vector<EncodedColumn> columns(places.size());
  size_t received = 0;
  while (true) {
    OwnedArray batch;
    const auto more = NextBatch(stream.get(), batch.get());
    if (!more.ok()) return failed(more.status());
    if (!*more) break;
    received += static_cast<size_t>(batch->length);
    for (size_t i = 0; i < places.size(); ++i) {
      const auto& output = transform.outputs[i];
      const ArrowSchema& child = *schema->get()->children[places[i]];
      const ValueType type =
          output.type == ValueType::kInvalid ? ValueTypeOfArrow(child) : output.type;
      columns[i].name = output.name;
      columns[i].type = type;
      FEAST_RETURN_IF_ERROR(
          EncodeColumn(output.name, child, *batch->children[places[i]], type, &columns[i]));
    }
  }
  if (received != rows) {
    return Status::FailedPrecondition("on-demand feature view " + name + " returned " +
                                      std::to_string(received) + " rows for " +
                                      std::to_string(rows));
  }
  return columns;
}

}  // namespace

Result<std::vector<EncodedColumn>> RunOnDemand(const CallContext& context, Transformer* transformer,
                                               const ResolvedTransform& transform,
                                               const std::vector<InputColumn>& inputs,
                                               size_t rows) {
  const auto& spec = transform.view->spec();
  if (transformer == nullptr) {
    return Status::Unimplemented(
        "on-demand feature view " + spec.name() +
        " cannot run here: this process has no workers for on-demand feature views");
  }
  FEAST_ASSIGN_OR_RETURN(OwnedStream input, BuildInput(spec.name(), inputs, rows));
  FEAST_ASSIGN_OR_RETURN(OwnedStream output,
                         transformer->Run(context, *transform.view, std::move(input)));
  return TakeOutput(transform, output, rows);
}

}  // namespace feast
