#!/usr/bin/env bash
# Writes the versions that the tests run with: newest.txt, the newest there are; oldest.txt, the oldest that
# pyproject.toml allows, with today's test tools. Raised on purpose: run it, run the tests, and commit both.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=${UV:-uv}

compile() {
  "$uv" pip compile --quiet --no-annotate --no-emit-index-url --custom-compile-command "make constraints" "$@" pyproject.toml
}

compile --universal --python-version 3.11 --upgrade --output-file .ci/newest.txt \
  --extra cpu --extra test --extra bench --extra gcp --extra tensorboard
lowest=$(mktemp --suffix .txt)
compile --python-version 3.11 --resolution lowest-direct --output-file "$lowest" --extra cpu --extra parquet
compile --python-version 3.11 --upgrade --constraint "$lowest" --output-file .ci/oldest.txt --extra cpu --extra test
rm "$lowest"
