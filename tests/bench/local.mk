# The measure for heapscope's pause; by itself: make floor
check_PROGRAMS += floor
floor_SOURCES = tests/bench/floor.c
floor_CFLAGS = -std=gnu11 -Wall -Wextra -O2
