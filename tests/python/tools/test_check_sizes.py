"""The size checker: function lengths, ceilings, names, READMEs and the list of exceptions."""

from pathlib import Path

import pytest
from check_sizes import banned_words, check_distribution, check_source, check_tree, functions, type_names

SHAPES = """
namespace feast {
namespace { struct Row { int a = 0; }; }  // } a brace in a comment
const char* kText = "} {";
const int kTable[] = {1, 2, 3};
class Store {
 public:
  explicit Store(int size) : size_{size}, name_("{") {
    Open();
  }
  int size() const { return size_; }
  bool operator==(const Store& other) const {
    return size_ == other.size_;
  }
 private:
  int size_{0};
};
auto Run(int a) -> int {
  auto twice = [](int x) {
    return 2 * x;
  };
  if (a) { a += 1'000; }
  return twice(a);
}
template <typename T>
Result<T> Make(
    const T& value) {
  return value;
}
}  // namespace feast
"""


def test_functions_are_found_with_their_lengths():
    assert [(name, length) for name, _, length in functions(SHAPES)] == [
        ("Store", 3), ("size", 1), ("operator==", 3), ("Run", 7), ("Make", 5)]


def test_a_long_function_is_refused_and_named():
    text = "int Long() {\n" + "  Step();\n" * 60 + "}\n"
    (key, complaint), = check_source(Path("src/feast/base/a.cc"), text)
    assert key == "src/feast/base/a.cc:Long" and "62 lines" in complaint


@pytest.mark.parametrize(("name", "lines", "refused"), [("a.cc", 800, 0), ("a.cc", 801, 1), ("a.h", 401, 1)])
def test_ceilings_of_files(name, lines, refused):
    assert len(check_source(Path("src/feast/base") / name, "int x;\n" * lines)) == refused


@pytest.mark.parametrize(
    ("name", "words"),
    [("string_util", {"util"}), ("RedisManager", {"manager"}), ("StoreBase", {"base"}), ("HTTPHelpers", {"helpers"}),
     ("database", set()), ("utility_bill", set()), ("commonly", set())],
)
def test_names_that_hide_the_concept(name, words):
    assert banned_words(name) == words


def test_type_names_skip_comments():
    assert type_names("// class StoreUtil {\nclass Store final {\nenum class Kind {\n") == ["Store", "Kind"]


def test_the_distribution_needs_enough_files():
    assert check_distribution([700] * 9) == []
    assert [key for key, _ in check_distribution([200] * 20)] == ["median"]
    assert [key for key, _ in check_distribution([100] * 16 + [500] * 4)] == ["p90"]


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "tools").mkdir()
    folder = tmp_path / "src/feast/base"
    folder.mkdir(parents=True)
    (folder / "README.md").write_text("# base\n")
    (folder / "a.cc").write_text("int x;\n" * 900)
    return tmp_path


FILES = [Path("src/feast/base/a.cc")]


def test_an_exception_needs_a_reason_and_a_use(tree):
    exceptions = tree / "tools/size_exceptions.txt"
    assert len(check_tree(tree, FILES)) == 1
    exceptions.write_text("src/feast/base/a.cc  one generated table\n")
    assert check_tree(tree, FILES) == []
    exceptions.write_text("src/feast/base/a.cc\n")
    assert "no reason" in check_tree(tree, FILES)[0]
    exceptions.write_text("src/feast/base/a.cc  one generated table\nsrc/feast/base/b.cc  gone long ago\n")
    assert "no longer needed" in check_tree(tree, FILES)[0]


def test_at_most_five_exceptions(tree):
    lines = ["src/feast/base/a.cc  one generated table\n"] + [f"x{i}.cc  some reason\n" for i in range(5)]
    (tree / "tools/size_exceptions.txt").write_text("".join(lines))
    assert "6 exceptions, at most 5" in check_tree(tree, FILES)[0]


def test_each_folder_wants_a_short_readme(tree):
    readme = tree / "src/feast/base/README.md"
    (tree / "tools/size_exceptions.txt").write_text("src/feast/base/a.cc  one generated table\n")
    readme.write_text("line\n" * 31)
    assert "over 30 lines" in check_tree(tree, FILES)[0]
    readme.unlink()
    assert "no README.md" in check_tree(tree, FILES)[0]
