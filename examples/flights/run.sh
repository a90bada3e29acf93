#!/usr/bin/env bash
# The main job on three million real flights. `./dev demo` calls it with FEAST_BIN and FEAST_PYTHON set;
# arguments go to demo.py. Everything it writes is under build/demo/, and each run starts afresh.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
: "${FEAST_BIN:?is not set: eval \"\$(./dev env)\", or run ./dev demo}"
: "${FEAST_PYTHON:?is not set: eval \"\$(./dev env)\", or run ./dev demo}"
export FEAST_BIN FEAST_PYTHON

package=vega-datasets@3.2.1
input=$root/build/demo/input
flights=$input/node_modules/vega-datasets/data/flights-3m.parquet
flights_sha256=dbeb920c90f59b6ccaff823dcc3d08f25a97fa1ce128d93f40be4e931f5900b0
work=$root/build/demo/work

is_intact() { [[ -f $flights ]] && sha256sum --check --status <<<"$flights_sha256  $flights"; }

if ! is_intact; then
  echo "demo: fetching $package from npm"
  rm -rf "$input"
  mkdir -p "$input"
  npm install --prefix "$input" --ignore-scripts --no-audit --no-fund --loglevel=error "$package"
  is_intact || { echo "demo: error: $flights is not the file of $package" >&2; exit 1; }
fi

rm -rf "$work"
mkdir -p "$work"
cp -r "$here/feature_repo" "$work/feature_repo"
exec "$FEAST_PYTHON" "$here/demo.py" "$flights" "$work/feature_repo" "$@"
