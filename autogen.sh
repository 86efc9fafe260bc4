#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Generates configure. With --deps, installs from apt what is missing for the build first:
#   --deps        compiler, autotools, elfutils, debuginfod, zlib, zstd, SQLite, libarchive, Check
#   --deps=demo   also python3 and the debug symbols of the machine's own python3
#   --deps=tests  also what the scenes use: gdb (for gcore), strace, what compresses, Python.h, greenlet, g++, and the
#                 symbols of the C library
# To add a package: put it in the list of those who need it.
set -eu
cd "$(dirname "$0")"

build="autoconf automake libtool make gcc libc6-dev pkg-config libelf-dev libdw-dev zlib1g-dev libzstd-dev libsqlite3-dev libdebuginfod-dev
	libarchive-dev check"
demo="python3 python3-dbg"
tests="$demo python3-dev python3-greenlet g++ gdb gdbserver strace xz-utils zstd lz4 gzip bzip2 procps binutils util-linux libc6-dbg"

usage() {
	echo "usage: ./autogen.sh [--deps | --deps=demo | --deps=tests]" >&2
	exit 64
}

is_installed() {
	dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii' ||
		# pkg-config is a name that another package provides
		{ [ "$1" = pkg-config ] && command -v pkg-config >/dev/null; }
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		echo "autogen.sh: installing packages needs root, and there is no sudo: run as root:" >&2
		echo "  $*" >&2
		exit 1
	fi
}

apt_install() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

install_missing() {
	command -v apt-get >/dev/null || {
		echo "autogen.sh: --deps knows only apt; install by hand: $*" >&2
		exit 1
	}
	missing=
	for package; do
		is_installed "$package" || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	echo "autogen.sh: installing from apt:$missing"
	# A list may be absent or older than what the mirror still has.
	if ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 && apt_install $missing; then
		return 0
	fi
	as_root apt-get update -q
	apt_install $missing
}

case "${1-}" in
'') ;;
--deps) install_missing $build ;;
--deps=demo) install_missing $build $demo ;;
--deps=tests) install_missing $build $tests ;;
*) usage ;;
esac

command -v autoreconf >/dev/null || {
	echo "autogen.sh: autoreconf is missing: ./autogen.sh --deps installs what the build needs" >&2
	exit 1
}
mkdir -p m4 build-aux
autoreconf -fi
