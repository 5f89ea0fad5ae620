#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes configure and its helpers from a checkout of the repository.
set -e
cd "$(dirname "$0")"
mkdir -p build-aux
exec autoreconf --install --force --warnings=all "$@"
