/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few words that every file uses: addresses of the target, unaligned loads,
 * scope cleanup. Knows no Python and no ELF; nothing here can fail.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** An address in the target. Never a pointer of ours. */
typedef uint64_t addr_t;

#define must_check       __attribute__((warn_unused_result))
#define printf_like(f,a) __attribute__((format(printf, f, a)))
#define likely(x)        __builtin_expect(!!(x), 1)
#define unlikely(x)      __builtin_expect(!!(x), 0)
#define ARRAY_SIZE(a)    (sizeof(a) / sizeof((a)[0]))

#define max_of(a, b)     ((a) > (b) ? (a) : (b))
#define min_of(a, b)     ((a) < (b) ? (a) : (b))

static inline uint64_t round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

/* Loads from a copy of the target's memory, which need not be aligned in ours. */
#define BASE_LOAD(name, type)                                                                      \
	static inline type name(const void *p)                                                     \
	{                                                                                          \
		type v;                                                                            \
		memcpy(&v, p, sizeof(v));                                                          \
		return v;                                                                          \
	}
BASE_LOAD(load8, uint8_t)
BASE_LOAD(load16, uint16_t)
BASE_LOAD(load32, uint32_t)
BASE_LOAD(load64, uint64_t)
#undef BASE_LOAD

/* Scope cleanup: `cleanup_free char *s = ...;` `cleanup_fd int fd = -1;` */
static inline void cleanup_free_fn(void *p)
{
	free(*(void **)p);
}
static inline void cleanup_fd_fn(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define cleanup_with(fn) __attribute__((cleanup(fn)))
#define cleanup_free     cleanup_with(cleanup_free_fn)
#define cleanup_fd       cleanup_with(cleanup_fd_fn)

/** Takes the value out of a variable that has scope cleanup. */
#define take_ptr(p)                                                                                \
	({                                                                                         \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

#endif
