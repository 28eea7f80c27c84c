#!/bin/sh
# Builds images with docker, podman or buildah:  k8s/image/build.sh [controller|trainer|trainer-cpu]...   (default: all)
#   TAG=0.1.0             the images' tag
#   REGISTRY=host/name/   goes before the images' names
#   REQUIREMENTS=file     extends the trainers with the packages of a requirements file
#   BASE=python@sha256:…  the base image, by digest if you like
#   BUILDER=podman        the program that builds
set -eu

[ $# -gt 0 ] || set -- controller trainer trainer-cpu
for target; do
    case $target in
    controller | trainer | trainer-cpu) ;;
    *)
        echo "$target: no such image; there are controller, trainer and trainer-cpu" >&2
        exit 64
        ;;
    esac
done
if [ -n "${REQUIREMENTS:-}" ]; then
    if [ ! -f "$REQUIREMENTS" ]; then
        echo "REQUIREMENTS=$REQUIREMENTS: no such file; give a requirements file as pip knows it" >&2
        exit 64
    fi
    case $REQUIREMENTS in /*) ;; *) REQUIREMENTS=$PWD/$REQUIREMENTS ;; esac
fi
cd "$(dirname "$0")/../.."

builder=${BUILDER:-}
for program in docker podman buildah; do
    # docker's client without a daemon builds nothing
    [ -n "$builder" ] || ! "$program" info >/dev/null 2>&1 || builder=$program
done
if [ -z "$builder" ]; then
    echo "no docker (with a running daemon), podman or buildah here to build images with; install one of them" >&2
    exit 69
fi

# buildah keeps no layers unless told, and then installs everything anew for each change of the code
export BUILDAH_LAYERS="${BUILDAH_LAYERS:-true}"

for target; do
    image="${REGISTRY:-}tunejob-$target:${TAG:-0.1.0}"
    plain=$image
    # the name itself is given only to what has the packages
    [ -z "${REQUIREMENTS:-}" ] || [ "$target" = controller ] || plain=$image-plain
    echo "building $image with $builder"
    "$builder" build ${BASE:+--build-arg "BASE=$BASE"} --target "$target" --tag "$plain" --file Dockerfile .
    if [ "$plain" != "$image" ]; then
        context=$(mktemp -d)
        trap 'rm -r "$context"' EXIT
        cp "$REQUIREMENTS" "$context/requirements.txt"
        "$builder" build --build-arg "TRAINER=$plain" --tag "$image" --file k8s/image/Dockerfile.extend "$context"
        rm -r "$context"
        trap - EXIT
    fi
done
