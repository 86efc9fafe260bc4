#!/bin/sh
# Generates configure.
set -eu
cd "$(dirname "$0")"
mkdir -p m4 build-aux
autoreconf -fi
