/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <linux/types.h>
#include "target/pagemap.h"

#define BUFFER	 (256u << 10)
#define PRESENT_ (1ull << 63) /* Documentation/admin-guide/mm/pagemap.rst */
#define SWAPPED_ (1ull << 62)
#define GUARD_	 (1ull << 58)

/* include/uapi/linux/fs.h of Linux 6.7; older headers lack it */
struct scan_region {
	__u64 start, end, categories;
};
struct scan_arg {
	__u64 size, flags, start, end, walk_end, vec, vec_len, max_pages;
	__u64 category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN_IOCTL   _IOWR('f', 16, struct scan_arg)
#define SCAN_PRESENT (1u << 3)
#define SCAN_SWAPPED (1u << 4)
#define SCAN_GUARD   (1u << 8)

bool pagemap_open(struct pagemap *p, int pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	*p = (struct pagemap){.fd = open(path, O_RDONLY | O_CLOEXEC), .skip_guard = true};
	if (p->fd < 0)
		p->method = PAGEMAP_ALL;
	/* touched now: page faults do not belong into the time while the target stands */
	p->buffer = malloc(BUFFER);
	if (p->buffer)
		memset(p->buffer, 0, BUFFER);
	return p->buffer;
}

void pagemap_close(struct pagemap *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	free(p->buffer);
	p->buffer = NULL;
}

static bool add_range(struct page_ranges *out, addr_t start, addr_t end)
{
	if (out->n && out->at[out->n - 1].end == start) {
		out->at[out->n - 1].end = end;
		return true;
	}
	return vec_push(out, ((struct page_range){start, end}));
}

static int scan(struct pagemap *p, struct scan_arg *a)
{
	int n;

	a->category_inverted = a->category_mask = p->skip_guard ? SCAN_GUARD : 0;
	n = ioctl(p->fd, SCAN_IOCTL, a);
	if (n < 0 && errno == EINVAL && p->skip_guard) {
		p->skip_guard = false;
		a->category_inverted = a->category_mask = 0;
		n = ioctl(p->fd, SCAN_IOCTL, a);
	}
	return n;
}

/* @return 1 done, 0 the kernel cannot (nothing was added), -1 memory is out. */
static int add_by_scan(struct pagemap *p, addr_t start, addr_t end, struct page_ranges *out)
{
	const struct scan_region *r = p->buffer;

	while (start < end) {
		struct scan_arg a = {.size = sizeof(a),
				     .start = start,
				     .end = end,
				     .vec = (uintptr_t)p->buffer,
				     .vec_len = BUFFER / sizeof(*r),
				     .category_anyof_mask = SCAN_PRESENT | SCAN_SWAPPED};
		int n = scan(p, &a);

		if (n < 0)
			return 0;
		for (int i = 0; i < n; i++)
			if (!add_range(out, max_of(r[i].start, start), min_of(r[i].end, end)))
				return -1;
		if (a.walk_end <= start)
			break;
		start = a.walk_end;
	}
	return 1;
}

static int add_by_read(struct pagemap *p, addr_t start, addr_t end, struct page_ranges *out)
{
	const uint64_t *entry = p->buffer;
	size_t page = sysconf(_SC_PAGESIZE);

	while (start < end) {
		size_t want = min_of((end - start) / page, BUFFER / sizeof(*entry));
		ssize_t n =
		    pread(p->fd, p->buffer, want * sizeof(*entry), start / page * sizeof(*entry));

		if (n < 0)
			return 0;
		if ((size_t)n < sizeof(*entry))
			break; /* the address space has ended */
		for (size_t i = 0; i < n / sizeof(*entry); i++, start += page)
			if ((entry[i] & (PRESENT_ | SWAPPED_)) && !(entry[i] & GUARD_) &&
			    !add_range(out, start, start + page))
				return -1;
	}
	return 1;
}

bool pagemap_add(struct pagemap *p, addr_t start, addr_t end, struct page_ranges *out)
{
	size_t n = out->n;
	addr_t last = n ? out->at[n - 1].end : 0;

	for (; p->method < PAGEMAP_ALL; p->method++) {
		int done = p->method == PAGEMAP_BY_SCAN ? add_by_scan(p, start, end, out)
							: add_by_read(p, start, end, out);

		if (done)
			return done > 0;
		out->n = n; /* what the failed method has added */
		if (n)
			out->at[n - 1].end = last;
	}
	return add_range(out, start, end);
}

uint64_t page_ranges_bytes(const struct page_ranges *r)
{
	uint64_t sum = 0;

	vec_foreach (it, r)
		sum += it->end - it->start;
	return sum;
}
