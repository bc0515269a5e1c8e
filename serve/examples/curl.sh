#!/bin/sh
# What the nets say of a picture: sh serve/examples/curl.sh MODEL FILE [URL]
set -eu
url=${3:-http://127.0.0.1:8000}
curl --fail-with-body --silent --show-error --data-binary "@$2" "$url/v2/models/$1/classify"
