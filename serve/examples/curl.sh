#!/bin/sh
# What a net says of a picture: sh serve/examples/curl.sh MODEL FILE [URL]
# The token in CONVBENCH_TOKEN goes along; on standard input, where a list of processes does not show it.
set -eu
if [ $# -lt 2 ] || [ $# -gt 3 ]; then
    echo "usage: sh $0 MODEL FILE [URL]" >&2
    exit 2
fi
if [ ! -f "$2" ] || [ ! -r "$2" ]; then
    echo "error: $2 cannot be read" >&2
    exit 1
fi
url=${3:-http://127.0.0.1:8000}
printf '%s' "${CONVBENCH_TOKEN:+Authorization: Bearer $CONVBENCH_TOKEN}" |
    curl --fail-with-body --silent --show-error --header @- --data-binary "@$2" "$url/v2/models/$1/classify"
