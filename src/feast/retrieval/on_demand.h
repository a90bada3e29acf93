#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/call_context.h"
#include "feast/base/result.h"
#include "feast/references/resolve.h"
#include "feast/transform/transformer.h"
#include "feast/types/encoded_column.h"

namespace feast {

/// One column that an on-demand view may see.
struct InputColumn {
  std::string name;
  ValueType type = ValueType::kInvalid;
  std::span<const std::string_view> values;
};

/// Runs one on-demand view over `rows` rows: Value bytes to Arrow, the transformer, and its
/// requested outputs back to Value bytes of their declared types. Blocks. Of two inputs with one
/// name the first is used. Unimplemented without a transformer.
Result<std::vector<EncodedColumn>> RunOnDemand(const CallContext& context, Transformer* transformer,
                                               const ResolvedTransform& transform,
                                               const std::vector<InputColumn>& inputs, size_t rows);

}  // namespace feast
