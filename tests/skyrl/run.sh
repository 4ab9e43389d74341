#!/usr/bin/env bash
# Runs the contract checks against a real SkyRL tx, trained on this machine's CPU: about 6 GB from PyPI, since
# it wants torch, and some minutes. Build first (npm run build).
#
#   tests/skyrl/run.sh            compares with tests/skyrl/expected-0.3.0.json
#   SKYRL_DIR=~/skyrl …           keeps the installation there for the next time
set -euo pipefail
cd "$(dirname "$0")/../.."

here=tests/skyrl
python=${PYTHON:-python3}
folder=${SKYRL_DIR:-$(mktemp -d)}
port=${SKYRL_PORT:-8077}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
server=

cleanup() {
  # The server and its engine are one process group of their own.
  if [ -n "$server" ]; then kill -- "-$server" 2>/dev/null || true; fi
  if [ -z "${SKYRL_DIR:-}" ]; then rm -rf "$folder"; fi
}
trap cleanup EXIT

if [ ! -x "$folder/venv/bin/uv" ]; then
  "$python" -m venv "$folder/venv"
  "$folder/venv/bin/pip" install -q uv
  VIRTUAL_ENV="$folder/venv" "$folder/venv/bin/uv" pip install -q 'skyrl[tinker,jax]==0.3.0'
  # The release imports on Python 3.12 and later only: pydantic does not take typing's TypedDict before.
  if ! "$folder/venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 12))'; then
    site=$("$folder/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    echo 'import typing, typing_extensions; typing.TypedDict = typing_extensions.TypedDict' > "$site/sitecustomize.py"
  fi
fi
if [ ! -f "$folder/model/config.json" ]; then "$folder/venv/bin/python" "$here/make_model.py" "$folder/model"; fi

export VIRTUAL_ENV="$folder/venv" PATH="$folder/venv/bin:$PATH" JAX_PLATFORMS=cpu HF_HUB_OFFLINE=1
rm -rf "$folder/run" && mkdir "$folder/run"
# The server starts its engine with the arguments that it was started with itself, so it wants to be run by uv.
(cd "$folder/run" && exec setsid uv run --active --no-project -m skyrl.tinker.api --host 127.0.0.1 --port "$port" \
  --base-model "$folder/model" --backend-config '{"max_lora_adapters": 8, "max_lora_rank": 16}' \
  --checkpoints-base "$folder/run/checkpoints" --database-url "sqlite:///$folder/run/tinker.db") > "$folder/server.log" 2>&1 &
server=$!

for _ in $(seq 120); do
  if grep -q 'Starting background engine' "$folder/server.log"; then break; fi
  if ! kill -0 "$server" 2>/dev/null; then break; fi
  sleep 1
done
if ! grep -q 'Starting background engine' "$folder/server.log"; then
  tail -40 "$folder/server.log" >&2
  echo 'SkyRL did not start' >&2
  exit 1
fi

node dist/cli/main.js contract --json --url "http://127.0.0.1:$port" --api-key tml-any > "$folder/report.json" || true
"$folder/venv/bin/python" "$here/compare.py" "$here/expected-0.3.0.json" < "$folder/report.json"
