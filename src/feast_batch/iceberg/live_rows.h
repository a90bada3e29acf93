#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "feast_batch/point_in_time/row_source.h"

namespace feast {

/// The rows that each of some files has lost, by their places in the file, in order, each once.
using LostRows = std::vector<std::vector<int64_t>>;

/// `rows`, which tells its files, without those that its files lost; what is left is numbered anew.
/// A group without losses is read as ever. DataLoss if a place is beyond its file.
Result<std::unique_ptr<RowSource>> WithoutRows(std::unique_ptr<RowSource> rows,
                                               const LostRows& lost);

}  // namespace feast
