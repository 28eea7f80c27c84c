#!/bin/sh
# Writes the lock files of the images from pyproject.toml. Needs uv, which the extra `test` brings.
# What is locked stays as it is unless asked for: k8s/image/lock.sh --upgrade, or --upgrade-package NAME.
set -eu
cd "$(dirname "$0")/../.."

lock() {
    target=$1
    shift
    uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate \
        --python-version 3.11 --python-platform x86_64-manylinux_2_28 --only-binary :all: \
        --output-file "k8s/image/$target.lock" "$@"
}

# with gcp, since nobody installs anything in a pod that turns out to have a federated identity
lock controller "$@" --extra gcp pyproject.toml
lock trainer-cpu "$@" --constraint k8s/image/controller.lock --extra gcp --extra cpu pyproject.toml
lock trainer "$@" --constraint k8s/image/controller.lock --extra gcp --extra gpu pyproject.toml
lock build "$@" k8s/image/build.in
