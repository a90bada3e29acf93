#pragma once
#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <vector>

#include "feast/base/result.h"

namespace feast {

/// The column in another type. Times keep their instant (naive means UTC; finer units are cut),
/// numbers must fit, texts are parsed. InvalidArgument (ValueError) naming the column and both
/// types.
Result<std::shared_ptr<arrow::ChunkedArray>> CastColumn(
    const std::shared_ptr<arrow::ChunkedArray>& column,
    const std::shared_ptr<arrow::DataType>& type, const std::string& name);

/// InvalidArgument, with upstream's text, unless both are the same names, in any order.
Status CheckSameColumns(const std::vector<std::string>& expected,
                        const std::vector<std::string>& given);

}  // namespace feast
