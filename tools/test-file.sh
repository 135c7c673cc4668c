#!/bin/bash
# Runs one test file, "test-file.sh <file>"; what it complains of says whose it
# is, for many files write to one log.
set -u

file=$1
exec perl -It/lib "$1" 2> >(exec sed -u "s|^|$file: |" >&2)
