#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "feast/definitions/names.h"
#include "feast/online/online_store.h"

namespace feast {

/// A store in memory, for tests of what stands above: it keeps the contract (it passes
/// conformance.h), to the microsecond; equal event times overwrite. Thread-safe. Stores made over
/// one `Place` share its rows.
class MemoryStore final : public OnlineStore, public KeyScanner {
 public:
  struct Row {
    Micros event_time = 0;
    std::optional<Micros> created_time;
    std::map<std::string, std::string> values;
  };
  struct Place {
    std::mutex mutex;
    std::map<std::string, std::map<std::string, Row>> tables;  // guarded by mutex
  };

  explicit MemoryStore(std::shared_ptr<Place> place = std::make_shared<Place>())
      : place_(std::move(place)) {}

  std::string_view type() const override { return "memory"; }

  void Read(const CallContext& context, std::vector<TableRead> reads, ReadDone done) override {
    done(ReadNow(context, reads));
  }
  void Write(const CallContext& context, std::shared_ptr<const WriteBatch> batch,
             WriteDone done) override {
    done(WriteNow(context, *batch));
  }
  Status UpdateInfrastructure(const CallContext&, const InfrastructureChange& change) override {
    const std::lock_guard lock(place_->mutex);
    for (const auto& table : change.keep) place_->tables[table->Name()];
    for (const auto& table : change.drop) {
      const std::string name = table->project + "_" + table->view;
      std::erase_if(place_->tables,
                    [&](const auto& entry) { return IsNameOrVersionOf(entry.first, name); });
    }
    return Status::OK();
  }
  Status Teardown(const CallContext&,
                  std::span<const std::shared_ptr<const OnlineTable>> tables) override {
    const std::lock_guard lock(place_->mutex);
    for (const auto& table : tables) place_->tables.erase(table->Name());
    return Status::OK();
  }

  KeyScanner* key_scanner() override { return this; }
  Status ScanKeys(const CallContext&, const OnlineTable& table, const KeysFound& found) override {
    std::vector<std::string> keys;
    {
      const std::lock_guard lock(place_->mutex);
      FEAST_ASSIGN_OR_RETURN(const Table* rows, Find(table));
      for (const auto& [key, row] : *rows) keys.push_back(key);
    }
    return found(keys);
  }

 private:
  using Table = std::map<std::string, Row>;

  Result<Table*> Find(const OnlineTable& table) {
    const auto found = place_->tables.find(table.Name());
    if (found != place_->tables.end()) return &found->second;
    return Status::FailedPrecondition("there is no table " + table.Name());
  }

  Result<std::vector<TableRows>> ReadNow(const CallContext& context,
                                         const std::vector<TableRead>& reads) {
    FEAST_RETURN_IF_ERROR(context.Check());
    const std::lock_guard lock(place_->mutex);
    std::vector<TableRows> answers;
    for (const TableRead& read : reads) {
      FEAST_ASSIGN_OR_RETURN(const Table* table, Find(*read.table));
      const auto copy = std::make_shared<const Table>(*table);
      TableRows rows;
      for (const std::string& key : read.keys) {
        const auto row = copy->find(key);
        const bool known = row != copy->end();
        rows.event_times.push_back(known ? std::optional(row->second.event_time) : std::nullopt);
        for (const std::string& feature : read.features) {
          TableRows::Cell cell;
          if (known) {
            const auto value = row->second.values.find(feature);
            if (value != row->second.values.end()) cell = {value->second, true};
          }
          rows.cells.push_back(cell);
        }
      }
      rows.owner = copy;
      answers.push_back(std::move(rows));
    }
    return answers;
  }

  Status WriteNow(const CallContext& context, const WriteBatch& batch) {
    FEAST_RETURN_IF_ERROR(context.Check());
    const std::lock_guard lock(place_->mutex);
    FEAST_ASSIGN_OR_RETURN(Table * table, Find(*batch.table));
    for (size_t i = 0; i < batch.rows(); ++i) {
      const auto [place, is_new] = table->try_emplace(std::string(batch.keys.Row(i)));
      Row& row = place->second;
      if (!is_new && row.event_time > batch.event_times[i]) continue;
      row.event_time = batch.event_times[i];
      row.created_time = batch.created_times[i];
      for (const EncodedColumn& column : batch.features) row.values[column.name] = column.Row(i);
    }
    return Status::OK();
  }

  const std::shared_ptr<Place> place_;
};

}  // namespace feast
