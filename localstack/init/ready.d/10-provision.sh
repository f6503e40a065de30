#!/bin/sh
# Run by a LocalStack-style container once its AWS is ready: makes the street's resources, as `shotengai provision` does
# everywhere else. Safe to run again.
set -eu

if ! command -v shotengai >/dev/null 2>&1; then
    echo "10-provision.sh: no resources were made, because the program 'shotengai' is not on this container's PATH:" \
        "mount it there, or run 'shotengai provision' from outside with AWS_ENDPOINT_URL set" >&2
    exit 1
fi

AWS_ENDPOINT_URL=http://localhost:4566
AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-test}
AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-test}
export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY

exec shotengai provision
