#include "feast/serving_log/mismatch.h"

#include <gtest/gtest.h>

#include "feast/codec/value_bytes.h"

namespace feast {
namespace {

constexpr Micros kHour = 3600 * kMicrosPerSecond;
constexpr Micros kNoon = 1'704'110'400 * kMicrosPerSecond;

std::string Double(double value) {
  std::string bytes;
  EXPECT_TRUE(AppendValueBytes(RawValue{value}, ValueType::kDouble, &bytes).ok());
  return bytes;
}

const std::string kOne = Double(1), kTwo = Double(2);

TEST(MismatchTest, EqualIsToTheBitUnlessToleranceSaysElse) {
  const auto of = [](double served, double replayed, double tolerance) {
    const std::string a = Double(served), b = Double(replayed);
    return Compare({a, FieldStatus::kPresent, kNoon}, {b, kNoon, {}}, kNoon, {0, tolerance});
  };
  EXPECT_EQ(of(0.1, 0.1, 0), Mismatch::kEqual);
  EXPECT_EQ(of(0.1, 0.1 + 1e-16, 0), Mismatch::kOther);
  EXPECT_EQ(of(0.1, 0.1 + 1e-16, 1e-9), Mismatch::kEqual);
  EXPECT_EQ(of(0.1, 0.2, 1e-9), Mismatch::kOther);
  EXPECT_EQ(Compare({"", FieldStatus::kNotFound, 0}, {"", {}, {}}, kNoon, {}), Mismatch::kEqual);
}

TEST(MismatchTest, OfflineRowsThatCameLaterAreLateData) {
  const LoggedValue served{kOne, FieldStatus::kPresent, kNoon - 2 * kHour};
  EXPECT_EQ(Compare(served, {kTwo, kNoon - kHour, kNoon + 1}, kNoon, {}), Mismatch::kLateData);
  EXPECT_EQ(Compare(served, {kTwo, kNoon - 2 * kHour, kNoon + 1}, kNoon, {}), Mismatch::kLateData)
      << "a correction of the same event";
  EXPECT_EQ(Compare({"", FieldStatus::kNotFound, 0}, {kTwo, kNoon - kHour, kNoon + 1}, kNoon, {}),
            Mismatch::kLateData);
}

TEST(MismatchTest, NewerOfflineRowsWereNotMaterialized) {
  const LoggedValue served{kOne, FieldStatus::kPresent, kNoon - 2 * kHour};
  EXPECT_EQ(Compare(served, {kTwo, kNoon - kHour, kNoon - kHour}, kNoon, {}),
            Mismatch::kNotMaterialized);
  EXPECT_EQ(Compare(served, {kTwo, kNoon - kHour, {}}, kNoon, {}), Mismatch::kNotMaterialized)
      << "without a created column";
  EXPECT_EQ(Compare({"", FieldStatus::kNotFound, 0}, {kTwo, kNoon - kHour, {}}, kNoon, {}),
            Mismatch::kNotMaterialized);
  EXPECT_EQ(Compare({kOne, FieldStatus::kOutsideMaxAge, kNoon - 9 * kHour},
                    {kTwo, kNoon - kHour, {}}, kNoon, {2 * kHour, 0}),
            Mismatch::kNotMaterialized);
}

TEST(MismatchTest, ValuesPastTheirTtl) {
  EXPECT_EQ(Compare({kOne, FieldStatus::kOutsideMaxAge, kNoon - 3 * kHour}, {"", {}, {}}, kNoon,
                    {2 * kHour, 0}),
            Mismatch::kTtl);
  EXPECT_EQ(Compare({kOne, FieldStatus::kPresent, kNoon - 3 * kHour}, {"", {}, {}}, kNoon,
                    {2 * kHour, 0}),
            Mismatch::kTtl)
      << "served as if there were no ttl";
  EXPECT_EQ(Compare({"", FieldStatus::kOutsideMaxAge, kNoon - kHour}, {kOne, kNoon - kHour, {}},
                    kNoon, {0, 0}),
            Mismatch::kTtl)
      << "the ttl was shorter when it was served";
}

TEST(MismatchTest, EverythingElse) {
  EXPECT_EQ(Compare({kOne, FieldStatus::kPresent, kNoon}, {"", {}, {}}, kNoon, {}),
            Mismatch::kOther)
      << "online only";
  EXPECT_EQ(
      Compare({kOne, FieldStatus::kPresent, kNoon}, {kTwo, kNoon - kHour, kNoon + 1}, kNoon, {}),
      Mismatch::kOther)
      << "online is newer";
  EXPECT_EQ(Compare({kOne, FieldStatus::kPresent, kNoon}, {kTwo, kNoon + 999'999, {}}, kNoon, {}),
            Mismatch::kOther)
      << "served times are whole seconds";
}

}  // namespace
}  // namespace feast
