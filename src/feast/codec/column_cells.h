#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/clock.h"
#include "feast/base/result.h"
#include "feast/types/arrow_c.h"
#include "feast/types/raw_value.h"
#include "feast/types/value_type.h"

namespace feast {

/// The cells of an Arrow column of any type, one at a time: the slow but complete road.
///
/// Thread-compatible; views into the array, which must outlive it.
class ColumnCells {
 public:
  /// InvalidArgument, naming the column, for layouts that are damaged or not supported.
  static Result<ColumnCells> Make(std::string_view name, const ArrowSchema& schema,
                                  const ArrowArray& array);

  int64_t size() const { return view_->length; }
  /// Also true where a dictionary's value is null.
  bool IsNull(int64_t row) const {
    return ArrowArrayViewIsNull(view_.get(), row) ||
           (is_dictionary() &&
            ArrowArrayViewIsNull(view_->dictionary, ArrowArrayViewGetIntUnsafe(view_.get(), row)));
  }
  const ArrowArrayView& view() const { return *view_; }
  const ArrowSchemaView& schema_view() const { return root_.view; }
  /// Of the items of a list; lists only.
  const ArrowSchemaView& item_view() const { return root_.children[0].view; }
  bool is_dictionary() const { return root_.dictionary != nullptr; }

  /// The cell as an untyped value on its way to `type`: times become epoch seconds, or text for
  /// string types; decimals become text; dictionaries give their values.
  Result<RawValue> At(int64_t row, ValueType type) const;

  /// The cell as a time (timestamps, dates, ISO 8601 text; naive = UTC); not for nulls.
  Result<Micros> TimeAt(int64_t row) const;

  /// One node of the schema tree, parsed once.
  struct Node {
    ArrowSchemaView view{};
    std::string name;
    std::vector<Node> children;
    std::unique_ptr<Node> dictionary;
  };

 private:
  struct ViewDeleter {
    void operator()(ArrowArrayView* view) const {
      ArrowArrayViewReset(view);
      delete view;
    }
  };
  ColumnCells() = default;
  Node root_;
  std::unique_ptr<ArrowArrayView, ViewDeleter> view_;
};

/// Where the items of list `row` start in the child (its own offset not counted); those of `row -
/// 1` end there. For lists of all kinds and maps.
int64_t ListBegin(const ArrowArrayView& view, int64_t row);

/// A time of an Arrow unit in micros, floored. InvalidArgument when out of range.
Result<Micros> MicrosOfUnit(int64_t value, ArrowTimeUnit unit);

}  // namespace feast
