#!/bin/sh
# Runs an overlay again, whatever became of its last run:  k8s/rerun.sh DIR [--replace-live]
# `kubectl apply -k` alone leaves a finished Job as it is, and can't change one whose study was edited.
# What is stored is kept: an unfinished run is resumed, a finished one is shown, an edited study is a new run.
set -eu
if [ $# -lt 1 ] || [ ! -d "$1" ]; then
    echo "usage: k8s/rerun.sh DIR [--replace-live], with the folder of an overlay, such as k8s/overlays/cpu" >&2
    exit 64
fi
case "${2:-}" in '' | --replace-live) ;; *)
    echo "$2 is no option; allowed is --replace-live" >&2
    exit 64
    ;;
esac

objects=$(mktemp)
trap 'rm -f "$objects"' EXIT
kubectl kustomize "$1" >"$objects"

# Columns, because a single object that is found has no list around it.
columns='KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name,ENDED:.status.conditions[?(@.status=="True")].type'
kubectl get --filename "$objects" --ignore-not-found --no-headers --output "custom-columns=$columns" |
while read -r kind namespace name conditions; do
    [ "$kind" = Job ] || continue
    case "$conditions" in
    *Complete* | *Failed*) ;;
    *)
        if [ "${2:-}" != --replace-live ]; then
            echo "the Job $name in $namespace is running: follow it (kubectl logs --follow job/$name -n $namespace)," \
                "or end it and start anew: k8s/rerun.sh $1 --replace-live" >&2
            exit 75
        fi
        ;;
    esac
    kubectl delete job "$name" --namespace "$namespace" --cascade=foreground
done
kubectl apply --filename "$objects"
