// Parquet's modular encryption: keys come from where the settings say, and are never said.
#include <arrow/filesystem/localfs.h>
#include <arrow/io/file.h>
#include <arrow/memory_pool.h>
#include <arrow/table.h>
#include <arrow/util/base64.h>
#include <arrow/util/secure_string.h>
#include <gmock/gmock.h>
#include <parquet/arrow/writer.h>
#include <parquet/encryption/crypto_factory.h>
#include <parquet/encryption/encryption.h>
#include <parquet/encryption/local_wrap_kms_client.h>

#include <filesystem>
#include <fstream>

#include "feast_batch/stores/conformance/parquet_quirks.h"

namespace feast {
namespace {

using namespace offline_conformance;  // NOLINT(google-build-using-namespace): a test's vocabulary
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kFooterKey = "0123456789abcdef";
const std::string kColumnKey = "fedcba9876543210";

Setting Native(const std::string& footer, const std::string& column = "") {
  std::vector<Setting::Entry> keys = {{"footer", Setting::Scalar(footer)}};
  if (!column.empty()) {
    keys.push_back({"columns", Setting::Map({{"f", Setting::Scalar(column)}})});
  }
  return Setting::Map(
      {{"parquet", Setting::Map({{"decryption_keys", Setting::Map(std::move(keys))}})}});
}

std::shared_ptr<arrow::Table> EncryptedRows() {
  return MakeTable({{"driver_id", kInt, {"1"}},
                    {"event_timestamp", kUtc, {"8"}},
                    {"f", kInt, {"5"}},
                    {"g", kInt, {"6"}}});
}

// Footer encrypted; column `f` with a key of its own, the others plain.
void SaveEncrypted(const std::filesystem::path& file, bool plain_footer) {
  const auto secret = [](std::string text) { return arrow::util::SecureString(std::move(text)); };
  parquet::ColumnPathToEncryptionPropertiesMap columns;
  columns["f"] = parquet::ColumnEncryptionProperties::WithColumnKey(secret(kColumnKey));
  parquet::FileEncryptionProperties::Builder encryption(secret(kFooterKey));
  encryption.encrypted_columns(std::move(columns));
  if (plain_footer) encryption.set_plaintext_footer();
  const auto properties =
      parquet::WriterProperties::Builder().encryption(encryption.build())->build();
  const auto out = *arrow::io::FileOutputStream::Open(file.string());
  ASSERT_TRUE(parquet::arrow::WriteTable(*EncryptedRows(), arrow::default_memory_pool(), out, 10,
                                         properties)
                  .ok());
  ASSERT_TRUE(out->Close().ok());
}

class EncryptedParquetTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    setenv("TEST_FOOTER_KEY", arrow::util::base64_encode(kFooterKey).c_str(), 1);
    setenv("TEST_WRONG_KEY", arrow::util::base64_encode(std::string(16, 'w')).c_str(), 1);
  }
  // Opens a place with those settings, in which the file and a key file are made.
  Result<std::shared_ptr<arrow::Table>> Pull(const Setting& native, const std::string& feature) {
    ParquetQuirks place("file", ".parquet", native);
    SaveEncrypted(place.folder() / "stats.parquet", GetParam());
    std::ofstream(place.folder() / "f.key") << arrow::util::base64_encode(kColumnKey) << "\n";
    FEAST_ASSIGN_OR_RETURN(const auto store, place.Open());
    PullPlan plan;
    plan.read = {FileSourceAt("stats.parquet"), "event_timestamp", "", {"driver_id"}, {feature}};
    auto rows = TableOf(store->Pull({}, plan));
    if (rows.ok()) {
      auto more = StreamOf(MakeTable({{"driver_id", kInt, {"2"}},
                                      {"event_timestamp", kUtc, {"8"}},
                                      {"f", kInt, {"5"}},
                                      {"g", kInt, {"6"}}}));
      EXPECT_THAT(store->WriteRows({}, plan.read.source, std::move(more)).message(),
                  HasSubstr("encrypted"))
          << "rows would be added in plain";
    }
    return rows;
  }
};

TEST_P(EncryptedParquetTest, KeysComeFromTheEnvironmentAndFromFiles) {
  const auto rows = Pull(Native("env:TEST_FOOTER_KEY", "file:f.key"), "f");
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ(CellsOf(**rows, "f"), (Cells{"5"}));
}

TEST_P(EncryptedParquetTest, OtherColumnsNeedNoColumnKey) {
  const auto rows = Pull(Native("env:TEST_FOOTER_KEY"), "g");
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ(CellsOf(**rows, "g"), (Cells{"6"}));
  EXPECT_THAT(Pull(Native("env:TEST_FOOTER_KEY"), "f").status().message(),
              AllOf(HasSubstr("'stats'"), HasSubstr("native.parquet.decryption_keys")));
}

TEST_P(EncryptedParquetTest, WrongAndMissingKeysAreErrorsThatSayNone) {
  const auto wrong = Pull(Native("env:TEST_WRONG_KEY", "file:f.key"), "f").status();
  EXPECT_EQ(wrong.code(), StatusCode::kDataLoss) << wrong.ToString();
  EXPECT_THAT(wrong.message(), AllOf(HasSubstr("stats.parquet"), Not(HasSubstr("wwww"))));
  const auto none = Pull({}, "f").status();
  EXPECT_THAT(none.message(), HasSubstr("native.parquet.decryption_keys"));
}

TEST_P(EncryptedParquetTest, KeysInTheSettingsAreRefusedAndNotRepeated) {
  for (const std::string given : {"0123456789abcdef", "env:TEST_NO_SUCH_KEY", "file:none.key"}) {
    const auto status = Pull(Native(given), "f").status();
    EXPECT_EQ(status.kind(), ErrorKind::kFeastConfigError) << status.ToString();
    EXPECT_THAT(status.message(), AllOf(HasSubstr("native.parquet.decryption_keys.footer"),
                                        Not(HasSubstr("0123456789abcdef"))));
  }
  setenv("TEST_SHORT_KEY", "c2hvcnQ=", 1);
  const auto status = Pull(Native("env:TEST_SHORT_KEY"), "f").status();
  EXPECT_THAT(status.message(), AllOf(HasSubstr("16, 24 or 32 bytes"), Not(HasSubstr("c2hvcnQ"))));
}

INSTANTIATE_TEST_SUITE_P(Footers, EncryptedParquetTest, ::testing::Values(false, true));

// ---------------------------------------------------------------- keys that files carry, wrapped

namespace encryption = parquet::encryption;

const std::map<std::string, std::string> kMasters = {{"of_footer", "0123456789abcdef"},
                                                     {"of_column", "fedcba9876543210"}};

// How the writer's service wraps a key: in the JSON of Parquet's local wrapping, or without it.
enum class Wrap { kLocal, kBare };

class WritersService final : public encryption::LocalWrapKmsClient {
 public:
  WritersService(const encryption::KmsConnectionConfig& config, Wrap wrap)
      : LocalWrapKmsClient(config), wrap_(wrap) {}
  std::string WrapKey(const arrow::util::SecureString& key, const std::string& id) override {
    std::string wrapped = LocalWrapKmsClient::WrapKey(key, id);
    if (wrap_ == Wrap::kLocal) return wrapped;
    const std::string mark = "\"encryptedKey\":\"";
    const size_t at = wrapped.find(mark) + mark.size();
    return wrapped.substr(at, wrapped.find('"', at) - at);
  }

 protected:
  const arrow::util::SecureString& GetMasterKeyFromServer(const std::string& id) override {
    return keys_.emplace(id, std::string(kMasters.at(id))).first->second;
  }

 private:
  const Wrap wrap_;
  std::map<std::string, arrow::util::SecureString> keys_;
};

class WritersServices final : public encryption::KmsClientFactory {
 public:
  explicit WritersServices(Wrap wrap) : wrap_(wrap) {}
  std::shared_ptr<encryption::KmsClient> CreateKmsClient(
      const encryption::KmsConnectionConfig& config) override {
    return std::make_shared<WritersService>(config, wrap_);
  }

 private:
  const Wrap wrap_;
};

struct Wrapping {
  Wrap wrap;
  bool twice;
  bool inside;  // key material is in the file
  bool plain_footer;
};

class WrappedKeysTest : public ::testing::TestWithParam<Wrapping> {
 protected:
  WrappedKeysTest() {
    for (const auto& [id, key] : kMasters) {
      setenv(("TEST_" + id).c_str(), arrow::util::base64_encode(key).c_str(), 1);
    }
    setenv("TEST_wrong", arrow::util::base64_encode(std::string(16, 'w')).c_str(), 1);
  }
  static void Save(const std::string& file) {
    const auto [wrap, twice, inside, plain_footer] = GetParam();
    encryption::CryptoFactory factory;
    factory.RegisterKmsClientFactory(std::make_shared<WritersServices>(wrap));
    encryption::EncryptionConfiguration how("of_footer");
    how.column_keys = "of_column:f";
    how.double_wrapping = twice;
    how.internal_key_material = inside;
    how.plaintext_footer = plain_footer;
    const auto properties = parquet::WriterProperties::Builder()
                                .encryption(factory.GetFileEncryptionProperties(
                                    {}, how, file, std::make_shared<arrow::fs::LocalFileSystem>()))
                                ->build();
    const auto out = *arrow::io::FileOutputStream::Open(file);
    ASSERT_TRUE(parquet::arrow::WriteTable(*EncryptedRows(), arrow::default_memory_pool(), out, 10,
                                           properties)
                    .ok());
    ASSERT_TRUE(out->Close().ok());
  }
  static Result<std::shared_ptr<arrow::Table>> Pull(
      const std::vector<std::pair<std::string, std::string>>& keys, const std::string& feature) {
    std::vector<Setting::Entry> masters;
    masters.reserve(keys.size());
    for (const auto& [id, place] : keys) masters.push_back({id, Setting::Scalar(place)});
    ParquetQuirks place(
        "file", ".parquet",
        Setting::Map(
            {{"parquet", Setting::Map({{"master_keys", Setting::Map(std::move(masters))}})}}));
    Save((place.folder() / "stats.parquet").string());
    FEAST_ASSIGN_OR_RETURN(const auto store, place.Open());
    PullPlan plan;
    plan.read = {FileSourceAt("stats.parquet"), "event_timestamp", "", {"driver_id"}, {feature}};
    return TableOf(store->Pull({}, plan));
  }
};

TEST_P(WrappedKeysTest, MasterKeysUnwrapThem) {
  const auto rows =
      Pull({{"of_footer", "env:TEST_of_footer"}, {"of_column", "env:TEST_of_column"}}, "f");
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ(CellsOf(**rows, "f"), (Cells{"5"}));
}

TEST_P(WrappedKeysTest, AnUnknownMasterKeyIsNamed) {
  const auto status = Pull({{"of_footer", "env:TEST_of_footer"}}, "f").status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition) << status.ToString();
  EXPECT_EQ(status.kind(), ErrorKind::kFeastConfigError);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("stats.parquet"), HasSubstr("'of_column'"),
                                      HasSubstr("native.parquet.master_keys")));
  EXPECT_TRUE(Pull({{"of_footer", "env:TEST_of_footer"}}, "g").ok()) << "a column that is plain";
}

TEST_P(WrappedKeysTest, AWrongMasterKeyIsNamedAndNotShown) {
  const auto status =
      Pull({{"of_footer", "env:TEST_wrong"}, {"of_column", "env:TEST_wrong"}}, "f").status();
  EXPECT_EQ(status.code(), StatusCode::kDataLoss) << status.ToString();
  EXPECT_THAT(status.message(), AllOf(HasSubstr("stats.parquet"), HasSubstr("'of_"),
                                      Not(HasSubstr("wwww")), Not(HasSubstr("d3d3"))));
}

INSTANTIATE_TEST_SUITE_P(Wrappings, WrappedKeysTest,
                         ::testing::Values(Wrapping{Wrap::kLocal, true, true, false},
                                           Wrapping{Wrap::kLocal, false, true, true},
                                           Wrapping{Wrap::kBare, true, true, true},
                                           Wrapping{Wrap::kBare, false, true, false},
                                           Wrapping{Wrap::kBare, true, false, false},
                                           Wrapping{Wrap::kLocal, false, false, false}));

TEST(WrappedKeysSettings, ExcludeTheFilesOwnKeys) {
  setenv("TEST_of_footer", arrow::util::base64_encode(kFooterKey).c_str(), 1);
  const auto both = Setting::Map(
      {{"parquet",
        Setting::Map(
            {{"decryption_keys", Setting::Map({{"footer", Setting::Scalar("env:TEST_of_footer")}})},
             {"master_keys", Setting::Map({{"a", Setting::Scalar("env:TEST_of_footer")}})}})}});
  ParquetQuirks place("file", ".parquet", both);
  const auto status = place.Open().status();
  EXPECT_EQ(status.kind(), ErrorKind::kFeastConfigError) << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("native.parquet.master_keys"));
}

}  // namespace

namespace offline_conformance {
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(OfflineStoreConformance);
}  // namespace offline_conformance
}  // namespace feast
