#!/usr/bin/env python3
"""Holds the size budgets, refuses names that hide a concept, and wants a README in each folder.

Exceptions are lines `PATH[:FUNCTION]  REASON` in tools/size_exceptions.txt, at most five in the tree;
one that is no longer needed is refused. Usage: check_sizes.py [ROOT]
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from statistics import median, quantiles

CC_MEDIAN, CC_P90, CC_MAX = 150, 400, 800
HEADER_MAX = 400
FUNCTION_MAX = 60
CMAKE_MAX = 120
README_MAX = 30
MAX_EXCEPTIONS = 5
FEW_FILES = 10  # below this many files, a median says nothing

BANNED = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "base"}
CODE_FOLDERS = ("src", "cmd", "python", "tests", "bench", "fuzz")
README_ROOTS = ("src/feast", "src/feast_batch", "cmd/feast")

LITERALS = re.compile(
    r'R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'|'
    r"//[^\n]*|/\*.*?\*/|^[ \t]*#(?:\\\n|[^\n])*",
    re.DOTALL | re.MULTILINE)
BRACE = re.compile(r"[{}]")
BRACE_OR_END = re.compile(r"[{};]")
ACCESS = re.compile(r"^(\s*(public|private|protected)\s*:(?!:))+")
# A head that opens a scope: its last keyword is not inside parentheses.
NOT_A_FUNCTION = re.compile(r"\b(namespace|enum|extern|struct|class|union)\b[^()]*$")
CONSTRUCTOR_HEAD = re.compile(r"\)\s*(noexcept\s*)?:(?!:)")
CALLABLE = re.compile(r"(operator\s*\(\s*\)|operator\s*[^\s\w(]+|[~\w:]+)\s*\(")
TYPE_NAME = re.compile(r"^\s*(?:template\s*<[^>]*>\s*)?(?:class|struct|enum class|enum|union)\s+"
                       r"(?:\[\[\w+\]\]\s*)?([A-Z]\w*)", re.MULTILINE)


def blank_literals(text: str) -> str:
    """The text without comments, strings and preprocessor lines, with every line break kept."""
    return LITERALS.sub(lambda m: "\n" * m[0].count("\n") or " ", text)


def matching_brace(text: str, at: int) -> int:
    depth = 0
    for match in BRACE.finditer(text, at):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.start()
    return len(text) - 1


def functions(text: str) -> list[tuple[str, int, int]]:
    """(name, first line, lines) of every function body; lambdas count with the function around them."""
    text = blank_literals(text)
    found = []
    head_start = at = 0
    while match := BRACE_OR_END.search(text, at):
        at = match.end()
        if match[0] != "{":
            head_start = at
            continue
        start = match.start() - len(ACCESS.sub("", text[head_start:match.start()]).lstrip())
        head = text[start:match.start()].strip()
        if not head or NOT_A_FUNCTION.search(head):
            head_start = at  # a scope: look inside
            continue
        at = matching_brace(text, match.start()) + 1
        if CONSTRUCTOR_HEAD.search(head) and re.search(r"[\w>]$", head):
            continue  # a member initialiser, `a_{1}`; the body comes later
        name = CALLABLE.search(head)
        if name and "=" not in head[:name.start()]:
            found.append((name[1], text.count("\n", 0, start) + 1, text.count("\n", start, at) + 1))
        head_start = at
    return found


def type_names(text: str) -> list[str]:
    return TYPE_NAME.findall(blank_literals(text))


def banned_words(name: str) -> set[str]:
    """Banned words in a file or type name, `RedisUtil` and `redis_util` alike."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    return {word.lower() for word in words} & BANNED


def check_source(path: Path, text: str) -> list[tuple[str, str]]:
    """(what the exception file would name, complaint) for one C++ file."""
    complaints = []
    lines = text.count("\n")
    ceiling = HEADER_MAX if path.suffix == ".h" else CC_MAX
    if lines > ceiling:
        complaints.append((f"{path}", f"{path}: {lines} lines, the ceiling is {ceiling}"))
    for name, line, length in functions(text):
        if length > FUNCTION_MAX:
            complaints.append((f"{path}:{name}",
                               f"{path}:{line}: {name} has {length} lines, the ceiling is {FUNCTION_MAX}"))
    for word in sorted(banned_words(path.stem)):
        complaints.append((f"{path}", f"{path}: '{word}' in a file name hides the concept"))
    for name in type_names(text):
        for word in sorted(banned_words(name)):
            complaints.append((f"{path}:{name}", f"{path}: '{word}' in the type name {name} hides the concept"))
    return complaints


def check_distribution(sizes: list[int]) -> list[tuple[str, str]]:
    if len(sizes) < FEW_FILES:
        return []
    half, p90 = median(sizes), quantiles(sizes, n=10)[8]
    complaints = []
    if half > CC_MEDIAN:
        complaints.append(("median", f"median .cc file has {half:.0f} lines, the budget is {CC_MEDIAN}"))
    if p90 > CC_P90:
        complaints.append(("p90", f"90 % of .cc files are under {p90:.0f} lines, the budget is {CC_P90}"))
    return complaints


def check_folders(root: Path, files: list[Path]) -> list[tuple[str, str]]:
    complaints = []
    for folder in sorted({path.parent for path in files if path.as_posix().startswith(README_ROOTS)}):
        for word in sorted(banned_words(folder.name)):
            if folder.as_posix() != "src/feast/base":
                complaints.append((f"{folder}", f"{folder}: '{word}' in a folder name hides the concept"))
        readme = root / folder / "README.md"
        if not readme.exists():
            complaints.append((f"{folder}", f"{folder}: no README.md (purpose, where to start, what may be added)"))
        elif readme.read_text().count("\n") > README_MAX:
            complaints.append((f"{folder}/README.md", f"{folder}/README.md: over {README_MAX} lines"))
    return complaints


def read_exceptions(text: str) -> tuple[set[str], list[str]]:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    complaints = [f"tools/size_exceptions.txt: no reason given: {line}" for line in lines if len(line.split()) < 3]
    if len(lines) > MAX_EXCEPTIONS:
        complaints.append(f"tools/size_exceptions.txt: {len(lines)} exceptions, at most {MAX_EXCEPTIONS}")
    return {line.split()[0] for line in lines}, complaints


def check_tree(root: Path, files: list[Path]) -> list[str]:
    """The complaints about a tree; `files` are relative to the root."""
    code = [path for path in files if path.parts[0] in CODE_FOLDERS and path.suffix in (".h", ".cc")]
    texts = {path: (root / path).read_text() for path in code}
    found = [pair for path, text in texts.items() for pair in check_source(path, text)]
    found += check_distribution([text.count("\n") for path, text in texts.items() if path.suffix == ".cc"])
    for path in files:
        if path.name == "CMakeLists.txt" or path.suffix == ".cmake":
            lines = (root / path).read_text().count("\n")
            if lines > CMAKE_MAX:
                found.append((f"{path}", f"{path}: {lines} lines, the ceiling is {CMAKE_MAX}"))
    found += check_folders(root, files)
    list_file = root / "tools" / "size_exceptions.txt"
    allowed, complaints = read_exceptions(list_file.read_text() if list_file.exists() else "")
    complaints += [text for key, text in found if key not in allowed]
    complaints += [f"tools/size_exceptions.txt: {key} is no longer needed, remove it"
                   for key in sorted(allowed - {key for key, _ in found})]
    return complaints


def tracked_files(root: Path) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root, check=True,
                            capture_output=True, text=True).stdout.splitlines()
    return sorted(path for path in map(Path, listed) if (root / path).is_file())


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    complaints = check_tree(root, tracked_files(root))
    print("\n".join(complaints) if complaints else "sizes: every budget holds")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
