#include "feast/types/value_type.h"

#include <gtest/gtest.h>

#include "feast/types/Value.pb.h"

namespace feast {
namespace {

TEST(ValueTypeTest, EveryWireEnumValueHasARowOfTheSameName) {
  const auto* wire = types::ValueType::Enum_descriptor();
  for (int i = 0; i < wire->value_count(); ++i) {
    const auto type = ValueTypeFromNumber(wire->value(i)->number());
    ASSERT_TRUE(type) << wire->value(i)->name();
    EXPECT_EQ(FactsOf(*type).name, wire->value(i)->name());
    EXPECT_EQ(ValueTypeFromName(wire->value(i)->name()), *type);
  }
  EXPECT_EQ(AllValueTypes().size(), static_cast<size_t>(wire->value_count()) + 2);
}

TEST(ValueTypeTest, EveryFieldIsAMemberOfTheOneof) {
  const auto* value = types::Value::descriptor();
  for (const ValueTypeFacts& facts : AllValueTypes()) {
    if (facts.type == ValueType::kInvalid) continue;
    ASSERT_NE(value->FindFieldByNumber(facts.field), nullptr) << facts.name;
  }
}

TEST(ValueTypeTest, NumbersThatDoNotExist) {
  EXPECT_FALSE(ValueTypeFromNumber(9));
  EXPECT_FALSE(ValueTypeFromNumber(-1));
  EXPECT_FALSE(ValueTypeFromNumber(49));
  EXPECT_FALSE(ValueTypeFromName("INT128"));
  EXPECT_EQ(FactsOf(static_cast<ValueType>(10)).type, ValueType::kInvalid);
  EXPECT_EQ(FactsOf(static_cast<ValueType>(200)).type, ValueType::kInvalid);
}

}  // namespace
}  // namespace feast
