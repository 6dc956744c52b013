#!/bin/sh
# Makes the namespace TEMPORAL_NAMESPACE, or changes its retention to TEMPORAL_RETENTION: what ended longer ago is
# forgotten. Returns once the server knows it. Needs the temporal CLI, and TEMPORAL_ADDRESS.
set -eu

if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace update --namespace "$TEMPORAL_NAMESPACE" --retention "$TEMPORAL_RETENTION"
else
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$TEMPORAL_RETENTION"
fi
until temporal workflow count --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; do sleep 1; done
