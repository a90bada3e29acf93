#include "feast/online/postgres/postgres_layout.h"

#include <gtest/gtest.h>

#include <limits>

#include "feast/online/postgres/postgres_binary.h"

namespace feast {
namespace {

TEST(PostgresLayout, NamesAreQuotedAndCutAsPostgresqlCutsThem) {
  EXPECT_EQ(KeptPostgresName("short"), "short");
  EXPECT_EQ(KeptPostgresName(std::string(70, 'x')), std::string(63, 'x'));
  // "é" would be cut in two.
  EXPECT_EQ(KeptPostgresName(std::string(62, 'x') + "é"), std::string(62, 'x'));
}

TEST(PostgresLayout, AnUpsertHasTheColumnsOfTheTable) {
  const std::string all = UpsertSql("t", {true, true, true});
  EXPECT_NE(all.find("$6::text[], $7::double precision[]"), std::string::npos) << all;
  EXPECT_NE(all.find("value_num = EXCLUDED.value_num, vector_value = NULL"), std::string::npos);
  const std::string numbers = UpsertSql("t", {false, true, false});
  EXPECT_NE(numbers.find("$6::double precision[])"), std::string::npos) << numbers;
  EXPECT_EQ(numbers.find("value_text"), std::string::npos);
  EXPECT_EQ(numbers.find("vector_value"), std::string::npos);
}

TEST(PostgresBinary, TextWithoutWhatPostgresqlRefuses) {
  const std::string fine = "aé日☃𝄞";
  EXPECT_EQ(StorableText(fine), fine);
  EXPECT_EQ(StorableText(std::string_view("a\0b\xff\xfe"
                                          "c\xe6\x97",
                                          8)),
            "abc");
  EXPECT_EQ(StorableText("\xc0\x80"
                         "\xed\xa0\x80"
                         "\xf4\x90\x80\x80"
                         "z"),
            "z");
}

TEST(PostgresBinary, Arrays) {
  PostgresArray array(PostgresType::kBytes);
  array.AppendBytes(std::string_view("\0z", 2));
  array.AppendNull();
  const std::string expected(
      "\0\0\0\1"
      "\0\0\0\1"
      "\0\0\0\x11"
      "\0\0\0\2"
      "\0\0\0\1"
      "\0\0\0\2\0z"
      "\xff\xff\xff\xff",
      30);
  EXPECT_EQ(std::move(array).Finish(), expected);
  EXPECT_EQ(PostgresArray(PostgresType::kText).Finish(),
            std::string("\0\0\0\0\0\0\0\0\0\0\0\x19", 12));
}

TEST(PostgresBinary, TimesCountFrom2000) {
  PostgresArray array(PostgresType::kTime);
  array.AppendTime(946684800 * kMicrosPerSecond + 1);
  array.AppendTime(0);
  array.AppendTime(std::numeric_limits<Micros>::min());
  const std::string bytes = std::move(array).Finish();
  EXPECT_EQ(bytes.substr(24, 8), std::string("\0\0\0\0\0\0\0\1", 8));
  EXPECT_EQ(FromPostgresTime(std::string_view(bytes).substr(24, 8)),
            946684800 * kMicrosPerSecond + 1);
  EXPECT_EQ(FromPostgresTime(std::string_view(bytes).substr(36, 8)), 0);
  EXPECT_EQ(bytes.substr(48, 8), std::string("\x80\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(FromPostgresTime("\x7f\xff\xff\xff\xff\xff\xff\xff"),
            std::numeric_limits<Micros>::max());
}

}  // namespace
}  // namespace feast
