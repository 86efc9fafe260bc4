# SPDX-License-Identifier: Apache-2.0
# The measure for heapscope's pause; by itself: make floor
check_PROGRAMS += floor
floor_SOURCES = tests/bench/floor.c
floor_CFLAGS = -std=gnu11 -Wall -Wextra -O2

EXTRA_DIST += tests/bench/bench.py tests/bench/records.py tests/bench/answers.py tests/bench/graph.py \
	tests/bench/stacks.py tests/bench/standing.py
.PHONY: bench
bench: heapscope floor libheapscope.la
	$(AM_TESTS_ENVIRONMENT) $(PYTHON3) $(srcdir)/tests/bench/bench.py
