/* SPDX-License-Identifier: Apache-2.0 */
/* Which pages of a live process have content: in memory or swapped out. */
#ifndef TARGET_PAGEMAP_H
#define TARGET_PAGEMAP_H

#include "target/target.h"

struct page_range {
	addr_t start, end;
};
struct page_ranges { /* address order, disjoint, never adjacent */
	VEC(struct page_range);
};

enum pagemap_method {
	PAGEMAP_BY_SCAN, /* the PAGEMAP_SCAN ioctl, Linux 6.7 */
	PAGEMAP_BY_READ, /* 8 bytes a page from /proc/PID/pagemap */
	PAGEMAP_ALL,     /* cannot be told: every page counts */
};

struct pagemap {
	int fd;
	enum pagemap_method method; /* falls back by itself */
	bool skip_guard;            /* the kernel knows guard pages (6.15), which fault when they are read */
	void *buffer;
};

/** Without the right to read pagemap every page counts as present. False if memory is out. */
bool pagemap_open(struct pagemap *p, int pid) must_check;
void pagemap_close(struct pagemap *p);
/** Appends the ranges within [start, end), which lies behind all that are there. False if memory is out. */
bool pagemap_add(struct pagemap *p, addr_t start, addr_t end, struct page_ranges *out) must_check;
uint64_t page_ranges_bytes(const struct page_ranges *r);

#endif
