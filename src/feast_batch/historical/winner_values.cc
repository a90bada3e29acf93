#include "feast_batch/historical/winner_values.h"

#include <arrow/chunked_array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <map>
#include <utility>

#include <boost/sort/spreadsort/integer_sort.hpp>

#include "feast_batch/historical/value_sink.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/point_in_time/run_units.h"

namespace feast {
namespace {

// Winners by where the source has them.
class Places {
 public:
  Places(const std::vector<RowSource::Group>& groups, const std::vector<uint64_t>& winners,
         size_t threads)
      : matched_(winners), begin_(groups.size() + 1, 0) {
    // Each share of the entity rows counts, then fills in behind the shares before it.
    const size_t shares = threads;
    std::vector<std::vector<size_t>> next(shares, std::vector<size_t>(groups.size(), 0));
    const auto each = [&](const auto& use) {
      (void)RunUnits(shares, threads, [&](size_t share, size_t) {
        size_t group = 0;
        for (size_t entity = winners.size() * share / shares,
                    end = winners.size() * (share + 1) / shares;
             entity < end; ++entity) {
          if (winners[entity] == kNoRow) continue;
          group = GroupOf(groups, winners[entity], group);
          use(&next[share][group], group, entity);
        }
        return Status::OK();
      });
    };
    each([](size_t* count, size_t, size_t) { ++*count; });
    size_t total = 0;
    for (size_t group = 0; group < groups.size(); ++group) {
      begin_[group] = total;
      for (auto& of_share : next) total += std::exchange(of_share[group], total);
    }
    begin_.back() = total;
    won_.resize(total);
    each([&](size_t* at, size_t group, size_t entity) {
      won_[(*at)++] = {static_cast<uint32_t>(winners[entity] - groups[group].first_row),
                       static_cast<uint32_t>(entity)};
    });
    (void)RunUnits(groups.size(), threads, [&](size_t unit, size_t) {
      boost::sort::spreadsort::integer_sort(
          won_.begin() + static_cast<std::ptrdiff_t>(begin_[unit]),
          won_.begin() + static_cast<std::ptrdiff_t>(begin_[unit + 1]),
          [](const WonBy& won, unsigned bits) { return won.row >> bits; },
          [](const WonBy& a, const WonBy& b) { return a.row < b.row; });
      return Status::OK();
    });
  }

  const Matched& matched() const { return matched_; }
  std::span<const WonBy> Of(size_t group) const {
    return std::span(won_).subspan(begin_[group], begin_[group + 1] - begin_[group]);
  }

 private:
  // Looks where the last one was first.
  static size_t GroupOf(const std::vector<RowSource::Group>& groups, uint64_t row, size_t last) {
    if (row >= groups[last].first_row && row < groups[last].first_row + groups[last].rows) {
      return last;
    }
    const auto after = std::upper_bound(
        groups.begin(), groups.end(), row,
        [](uint64_t value, const RowSource::Group& group) { return value < group.first_row; });
    return static_cast<size_t>(after - groups.begin()) - 1;
  }

  Matched matched_;
  std::vector<size_t> begin_;  // of each group in `won_`, and the end
  std::vector<WonBy> won_;     // ascending within a group
};

// One column of the source and all who want it.
struct Column {
  struct Reader {
    const Places* places;
    std::unique_ptr<ValueSink> sink;
    size_t wanted;    // whose column this is
    size_t position;  // among its columns
  };
  std::string name;
  std::vector<Reader> readers;
};

struct Unit {
  size_t group;
  bool first_of_group;  // its rows count as scanned
  std::vector<const Column*> columns;
};

int64_t RowsOf(const RowSource& source, const Unit& unit) {
  return unit.first_of_group ? static_cast<int64_t>(source.groups()[unit.group].rows) : 0;
}

Status ReadUnit(const CallContext& context, RowSource& source, const Unit& unit) {
  std::vector<std::string> names;
  for (const Column* column : unit.columns) names.push_back(column->name);
  FEAST_ASSIGN_OR_RETURN(const auto stream,
                         source.Open(unit.group, names, RowSource::Decode::kAlone));
  uint32_t first_row = 0;
  while (true) {
    FEAST_RETURN_IF_ERROR(context.Check());
    FEAST_ASSIGN_OR_RETURN(const auto rows, stream->Next());
    if (!rows) break;
    const auto end_row = first_row + static_cast<uint32_t>(rows->num_rows());
    for (size_t c = 0; c < unit.columns.size(); ++c) {
      for (const auto& reader : unit.columns[c]->readers) {
        const auto won = reader.places->Of(unit.group);
        const auto before = [](const WonBy& winner, uint32_t row) { return winner.row < row; };
        const auto first = std::lower_bound(won.begin(), won.end(), first_row, before);
        const auto last = std::lower_bound(first, won.end(), end_row, before);
        if (first == last) continue;
        FEAST_RETURN_IF_ERROR(
            reader.sink->Add(rows->column(static_cast<int>(c)), first_row, {first, last}));
      }
    }
    first_row = end_row;
  }
  if (Progress* progress = context.progress()) {
    progress->GroupDone(RowsOf(source, unit), source.StoredBytes(unit.group, names));
  }
  return Status::OK();
}

// What is read at once: a column of a group that holds winners, or the group as a whole.
std::vector<Unit> UnitsOf(const RowSource& source, const std::vector<Column>& columns) {
  std::vector<Unit> units;
  for (size_t group = 0; group < source.groups().size(); ++group) {
    Unit whole{group, true, {}};
    bool first = true;
    for (const auto& column : columns) {
      const bool needed = std::ranges::any_of(
          column.readers, [&](const auto& reader) { return !reader.places->Of(group).empty(); });
      if (!needed) continue;
      if (source.columnar()) {
        units.push_back({group, first, {&column}});
        first = false;
      } else {
        whole.columns.push_back(&column);
      }
    }
    if (!whole.columns.empty()) units.push_back(std::move(whole));
  }
  return units;
}

}  // namespace

Result<std::vector<arrow::ChunkedArrayVector>> TakeValues(const CallContext& context,
                                                          RowSource& source,
                                                          const std::vector<WantedValues>& wanted,
                                                          size_t threads) {
  // 1. Who wants what.
  std::map<const std::vector<uint64_t>*, Places> places;
  std::vector<Column> columns;
  std::map<std::string, size_t> known;
  for (size_t w = 0; w < wanted.size(); ++w) {
    const auto& winners = *wanted[w].winners;
    const auto& of = places.try_emplace(&winners, source.groups(), winners, threads).first->second;
    for (size_t position = 0; position < wanted[w].columns.size(); ++position) {
      const std::string& name = wanted[w].columns[position];
      const auto [at, fresh] = known.emplace(name, columns.size());
      if (fresh) columns.push_back({name, {}});
      const auto& type = source.schema().GetFieldByName(name)->type();
      FEAST_ASSIGN_OR_RETURN(auto sink, MakeValueSink(type, of.matched()));
      columns[at->second].readers.push_back({&of, std::move(sink), w, position});
    }
  }
  // 2. All values, each to its entity rows.
  const auto units = UnitsOf(source, columns);
  context.EnterStage(Progress::Stage::kFetching);
  if (Progress* progress = context.progress()) {
    for (const auto& unit : units) progress->Expect(1, RowsOf(source, unit));
  }
  FEAST_RETURN_IF_ERROR(RunUnits(units.size(), threads, [&](size_t unit, size_t) {
    return ReadUnit(context, source, units[unit]);
  }));
  // 3. Columns.
  std::vector<arrow::ChunkedArrayVector> out(wanted.size());
  for (size_t w = 0; w < wanted.size(); ++w) out[w].resize(wanted[w].columns.size());
  FEAST_RETURN_IF_ERROR(RunUnits(columns.size(), threads, [&](size_t unit, size_t) -> Status {
    for (auto& reader : columns[unit].readers) {
      FEAST_ASSIGN_OR_RETURN(out[reader.wanted][reader.position], reader.sink->Finish());
      reader.sink.reset();
    }
    return Status::OK();
  }));
  return out;
}

}  // namespace feast
