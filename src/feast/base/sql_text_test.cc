#include "feast/base/sql_text.h"

#include <gtest/gtest.h>

namespace feast {
namespace {

TEST(SqlTextTest, QuotesAreDoubled) {
  EXPECT_EQ(SqlName(""), "\"\"");
  EXPECT_EQ(SqlName("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(SqlName("it's"), "\"it's\"");
  EXPECT_EQ(SqlText("it's \"so\""), "'it''s \"so\"'");
}

}  // namespace
}  // namespace feast
