#include "feast/config/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feast/config/environment.h"
#include "feast/config/yaml_loader.h"

namespace feast {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Environment With(const std::string& name, const std::string& value) {
  return [name, value](const std::string& asked) -> std::optional<std::string> {
    return asked == name ? std::optional<std::string>(value) : std::nullopt;
  };
}

Setting Load(std::string_view yaml) {
  auto setting = LoadYaml(yaml, "f.yaml");
  EXPECT_TRUE(setting.ok()) << setting.status().ToString();
  return setting.ok() ? *setting : Setting();
}

TEST(ExpandVariablesTest, AsPythonDoes) {
  const Environment environment = With("NAME", "$NAME");
  const std::pair<std::string, std::string> cases[] = {
      {"a $NAME b", "a $NAME b"},
      {"${NAME}_x", "$NAME_x"},
      {"$OTHER", "$OTHER"},
      {"$", "$"},
      {"$$", "$$"},
      {"cost: 5$ ", "cost: 5$ "},
      {"${open", "${open"},
      {"$NAMES", "$NAMES"},
      {"# ${GONE}", "# ${GONE}"},
      {"a: b # ${GONE}", "a: b # ${GONE}"},
      {"$NAME", "$NAME"},
      {"", ""},
  };
  for (const auto& [text, expected] : cases) {
    const auto expanded = ExpandVariables(text, "f.yaml", environment);
    ASSERT_TRUE(expanded.ok()) << text;
    EXPECT_EQ(*expanded, expected);
  }
  EXPECT_EQ(*ExpandVariables("$D/x.db ${D}", "f", With("D", "data")), "data/x.db data");
}

TEST(ExpandVariablesTest, UndefinedBracedNameIsAnErrorWithItsLine) {
  const Status status = ExpandVariables("a: 1\nb: ${GONE}\n", "f.yaml", With("X", "")).status();
  EXPECT_EQ(status.kind(), ErrorKind::kFeastConfigError);
  EXPECT_THAT(status.message(), HasSubstr("f.yaml, line 2: environment variable 'GONE'"));
  EXPECT_FALSE(ExpandVariables("a: 'x # ${GONE}'", "f", With("X", "")).ok());
}

TEST(DecodeBase64Test, Vectors) {
  const std::pair<std::string, std::string> cases[] = {{"", ""},
                                                       {"Zg==", "f"},
                                                       {"Zm8=", "fo"},
                                                       {"Zm9v", "foo"},
                                                       {"Zm9v\nYmFy\n", "foobar"},
                                                       {"+/+/", "\xfb\xff\xbf"}};
  for (const auto& [text, bytes] : cases) EXPECT_EQ(*DecodeBase64(text, "VAR"), bytes) << text;
  for (const char* bad : {"Z", "Zm9v!", "Zg==Zg"}) {
    EXPECT_THAT(DecodeBase64(bad, "VAR").status().message(), HasSubstr("VAR: not valid base64"));
  }
}

TEST(LoadYamlTest, KeepsLinesAndQuotes) {
  const Setting root = Load("a: 1\nb:\n  c: 'x'\n  d: [1, two]\ne:\n");
  EXPECT_EQ(root.Find("a")->line, 1);
  EXPECT_EQ(root.Find("b")->Find("c")->line, 3);
  EXPECT_TRUE(root.Find("b")->Find("c")->quoted);
  EXPECT_EQ(root.Find("b")->Find("d")->items[1].text, "two");
  EXPECT_EQ(root.Find("e")->kind, Setting::Kind::kNull);
  EXPECT_EQ(Load("").kind, Setting::Kind::kNull);
}

TEST(LoadYamlTest, MergeKeys) {
  const Setting root = Load("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\n");
  EXPECT_EQ(root.Find("use")->Find("x")->text, "1");
  EXPECT_EQ(root.Find("use")->Find("y")->text, "3");
}

TEST(LoadYamlTest, RefusesWithLine) {
  const std::pair<std::string, std::string> cases[] = {
      {"project: [unclosed\n", "f.yaml, line 1: not valid YAML"},
      {"a: 1\nb: 2\na: 3\n", "f.yaml, line 3: duplicate key 'a' (first on line 1)"},
      {"a: 1\n---\nb: 2\n", "f.yaml, line 2: only one YAML document"},
      {"a: 1\n---\n,", "f.yaml, line 2: only one YAML document"},
      {"a: !python/object:x 1\n", "f.yaml, line 1: the tag"},
      {"[a, b]: 1\n", "f.yaml, line 1: a key must be a plain word"},
      {"a: b: c\n", "f.yaml, line 1: not valid YAML"},
      {"<<: 3\n", "'<<' needs a mapping"},
      {"a: &a [*a, *a]\n", "too deeply"},
      {std::string(100'000, '['), "f.yaml, line 1"},
      {std::string(200, '[') + std::string(200, ']'), "too deeply"},
  };
  for (const auto& [yaml, expected] : cases) {
    const Status status = LoadYaml(yaml, "f.yaml").status();
    EXPECT_EQ(status.kind(), ErrorKind::kFeastConfigError) << yaml;
    EXPECT_THAT(status.message(), HasSubstr(expected)) << yaml;
  }
}

TEST(LoadYamlTest, AliasesDoNotExplode) {
  std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string from = "*a" + std::to_string(i - 1);
    yaml += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + from;
    for (int j = 0; j < 8; ++j) yaml += ", " + from;
    yaml += "]\n";
  }
  EXPECT_THAT(LoadYaml(yaml, "f.yaml").status().message(), HasSubstr("aliased too deeply"));
}

TEST(SettingTest, ScalarTypesAreYaml11s) {
  using Type = Setting::ScalarType;
  const std::pair<std::string, Type> cases[] = {{"1", Type::kInt},
                                                {"-10", Type::kInt},
                                                {"0x1F", Type::kInt},
                                                {"1_000", Type::kInt},
                                                {"08", Type::kString},
                                                {"010", Type::kInt},
                                                {"1.5", Type::kDouble},
                                                {"1e5", Type::kString},
                                                {"1.0e+5", Type::kDouble},
                                                {".inf", Type::kDouble},
                                                {"yes", Type::kBool},
                                                {"Off", Type::kBool},
                                                {"true", Type::kBool},
                                                {"tRue", Type::kString},
                                                {"y", Type::kString},
                                                {"a.b", Type::kString},
                                                {"-", Type::kString},
                                                {"", Type::kString},
                                                {"1.2.3", Type::kString},
                                                {"127.0.0.1", Type::kString},
                                                {"99999999999999999999", Type::kString}};
  for (const auto& [text, type] : cases)
    EXPECT_EQ(Setting::Scalar(text).scalar_type(), type) << text;
}

TEST(SettingsReaderTest, ReadsTyped) {
  const Setting root = Load(
      "type: x\ns: word\nn: 0x10\nd: 2\nb: off\nc: two\nnothing:\nm: {k: v}\nneg: "
      "-9223372036854775808");
  SettingsReader reader("f.yaml", "online_store", root);
  EXPECT_EQ(*reader.String("s", std::nullopt), "word");
  EXPECT_EQ(*reader.Int("n", std::nullopt), 16);
  EXPECT_EQ(*reader.Int("neg", std::nullopt), INT64_MIN);
  EXPECT_EQ(*reader.Double("d", std::nullopt), 2.0);
  EXPECT_FALSE(*reader.Bool("b", std::nullopt));
  EXPECT_EQ(*reader.Choice("c", {"one", "two"}, std::nullopt), "two");
  EXPECT_EQ(*reader.Int("nothing", 7), 7);
  EXPECT_EQ(*reader.String("gone", "x"), "x");
  EXPECT_THAT(reader.UnknownKeys(), ElementsAre("m"));
  EXPECT_EQ(
      reader.Finish().message(),
      "f.yaml, line 8: online_store.m: unknown option (known: b, c, d, gone, n, neg, nothing, "
      "s, type)");
  EXPECT_EQ(reader.Node("m")->Find("k")->text, "v");
  EXPECT_TRUE(reader.Finish().ok());
}

TEST(SettingsReaderTest, WrongTypesNameFileLineKeyAndValue) {
  const Setting root = Load("s: 5\nn: '5'\nb: 1\nd: x\nc: three\nl: [1]\n");
  SettingsReader reader("f.yaml", "sec", root);
  EXPECT_EQ(reader.String("s", "").status().message(),
            "f.yaml, line 1: sec.s: expected a string (quote it), not the integer 5");
  EXPECT_EQ(reader.Int("n", 0).status().message(),
            "f.yaml, line 2: sec.n: expected an integer, not the string '5'");
  EXPECT_EQ(reader.Bool("b", false).status().message(),
            "f.yaml, line 3: sec.b: expected true or false, not the integer 1");
  EXPECT_THAT(reader.Double("d", 0).status().message(), HasSubstr("line 4: sec.d"));
  EXPECT_EQ(reader.Choice("c", {"one", "two"}, "one").status().message(),
            "f.yaml, line 5: sec.c: expected one of one, two, not the string 'three'");
  EXPECT_THAT(reader.Int("l", 0).status().message(), HasSubstr("not a list"));
  EXPECT_THAT(reader.Int("gone", std::nullopt).status().message(),
              AllOf(HasSubstr("sec.gone"), HasSubstr("required")));
}

TEST(SettingsReaderTest, SectionThatIsNoMapping) {
  const Setting root = Load("sec: 5\n");
  EXPECT_EQ(SettingsReader("f.yaml", "sec", *root.Find("sec")).Finish().message(),
            "f.yaml, line 1: sec: expected a mapping, not the integer 5");
}

}  // namespace
}  // namespace feast
