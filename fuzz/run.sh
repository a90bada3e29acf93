#!/usr/bin/env bash
# fuzz/run.sh [TARGET|all] [SECONDS]: fuzzes one target, or each in turn, for that long (default 60). Behind ./dev fuzz.
# What it learns stays in build/fuzz/corpus; an input that breaks something lands in build/fuzz/findings.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${1:-all}
seconds=${2:-60}
all=$(cd fuzz/seeds && echo *)
[[ $target == all || -d fuzz/seeds/$target ]] || { echo "fuzz: no target $target; there are: $all" >&2; exit 2; }
[[ $seconds =~ ^[0-9]+$ ]] || { echo "fuzz: not a number of seconds: $seconds" >&2; exit 2; }

[[ -f build/asan/build.ninja ]] || cmake --preset asan >&2
cmake --build build/asan --target fuzz_targets -j "${JOBS:-$(nproc)}" >&2
mkdir -p build/fuzz/findings
failed=()
for name in $([[ $target == all ]] && echo "$all" || echo "$target"); do
  corpus=build/fuzz/corpus/$name
  dictionary=fuzz/dictionaries/$name.dict
  log=build/fuzz/$name.log
  mkdir -p "$corpus"
  options=(-max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -max_len=16384 -print_final_stats=1
           -artifact_prefix="build/fuzz/findings/$name-")
  [[ -f $dictionary ]] && options+=(-dict="$dictionary")
  echo "fuzz: $name for $seconds s, log in $log" >&2
  if "build/asan/bin/${name}_fuzz" "${options[@]}" "$corpus" "fuzz/seeds/$name" >"$log" 2>&1; then
    grep -E 'cov: ' "$log" | tail -n 1
    grep -E 'stat::(number_of_executed_units|average_exec_per_sec|peak_rss_mb)' "$log"
  else
    failed+=("$name")
    tail -n 40 "$log"
  fi
done
[[ ${#failed[@]} == 0 ]] || { echo "fuzz: FAILED: ${failed[*]}" >&2; exit 1; }
