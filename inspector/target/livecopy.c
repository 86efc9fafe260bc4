/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include "base/buf.h"
#include "target/livecopy.h"
#include "target/procinfo.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

#define HUGE	  ((size_t)2 << 20)
#define SLACK	  (4u << 20)
#define CALL_MAX  ((size_t)64 << 20) /* bytes a call: so that an interrupt does not wait long */
#define HOLES_MAX 16384		     /* pages; each costs a system call while the target stands */

/* What the machine can give without taking it from somebody; 0 if it is not known. */
static uint64_t memory_available(void)
{
	struct buf b = {0};
	unsigned long long kb = 0;
	const char *p;

	if (!proc_read("/proc/meminfo", &b) && (p = strstr(buf_text(&b), "MemAvailable:")))
		(void)!sscanf(p + 13, "%llu", &kb);
	buf_release(&b);
	return kb << 10;
}

/* Faults the memory in, in huge pages if it can be: the pause and every later look-up are faster
 * for it. */
static void *populate_part(void *arg)
{
	const struct iovec *part = arg;

	if (!madvise(part->iov_base, part->iov_len, MADV_POPULATE_WRITE))
		return NULL;
	for (size_t i = 0; i < part->iov_len; i += IMAGE_PAGE)
		((volatile uint8_t *)part->iov_base)[i] = 0;
	return NULL;
}

/* The kernel clears every page, which is most of the work: two processors need half the time. */
static void populate(uint8_t *at, size_t size)
{
	size_t half = size / 2 / HUGE * HUGE;
	struct iovec parts[2] = {{at, half}, {at + half, size - half}};
	pthread_t other;
	bool split = half && !pthread_create(&other, NULL, populate_part, &parts[0]);

	if (!split)
		parts[1] = (struct iovec){at, size};
	populate_part(&parts[1]);
	if (split)
		pthread_join(other, NULL);
}

static bool is_interrupted(const struct livecopy *c)
{
	return c->interrupted && *c->interrupted;
}

enum err livecopy_reserve(struct livecopy *c, uint64_t bytes, size_t ranges, struct diag *d)
{
	uint64_t available = memory_available();
	uint64_t size = round_up(bytes + bytes / 64 + SLACK, HUGE);

	if (available && size > available - available / 16)
		return diag_set(d, ERR_NOMEM,
				"the process has %llu MiB of memory to copy and this machine has "
				"%llu MiB free: "
				"take a core dump (gcore PID) and inspect it on a larger machine",
				(unsigned long long)(bytes >> 20),
				(unsigned long long)(available >> 20));
	c->map_size = size + HUGE;
	c->map = mmap(NULL, c->map_size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (c->map == MAP_FAILED || !vec_reserve(&c->pieces, ranges * 2 + 64) ||
	    !vec_reserve(&c->holes, 64)) {
		c->map = c->map == MAP_FAILED ? NULL : c->map;
		return diag_set(d, ERR_NOMEM, "no memory for a copy of %llu bytes",
				(unsigned long long)bytes);
	}
	c->at = (uint8_t *)round_up((uintptr_t)c->map, HUGE);
	c->size = size;
	madvise(c->at, size, MADV_HUGEPAGE);
	for (uint64_t at = 0; at < size; at += CALL_MAX) {
		if (is_interrupted(c))
			return diag_set(d, ERR_INTERRUPTED, "interrupted");
		populate(c->at + at, min_of(size - at, CALL_MAX));
	}
	memset(c->pieces.at, 0, c->pieces.cap * sizeof(*c->pieces.at));
	return OK;
}

/* A place for every range; those that do not fit any more share one new block, so that none is
 * split. */
static bool place(struct livecopy *c, const struct page_ranges *ranges)
{
	uint64_t left = page_ranges_bytes(ranges);
	size_t more_used = 0;

	vec_foreach (r, ranges) {
		size_t len = r->end - r->start;
		uint8_t *to = c->at + c->used;

		if (!c->more && len > c->size - c->used) {
			c->more = mmap(NULL, left, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
			if (c->more == MAP_FAILED) {
				c->more = NULL;
				return false;
			}
			c->more_size = left;
		}
		if (c->more) {
			to = c->more + more_used;
			more_used += len;
		} else {
			c->used += len;
		}
		left -= len;
		if (!vec_push(&c->pieces, ((struct copy_piece){r->start, to, len})))
			return false;
	}
	return true;
}

struct cursor { /* the next byte to copy */
	size_t piece, offset;
};

/* One system call's worth from the cursor on. @return the number of segments. */
static size_t gather(const struct livecopy *c, struct cursor at, struct iovec *local,
		     struct iovec *remote)
{
	size_t n = 0, sum = 0;

	for (; n < IOV_MAX && at.piece < c->pieces.n && sum < CALL_MAX; n++, at.piece++) {
		const struct copy_piece *p = &c->pieces.at[at.piece];
		size_t len = min_of(p->len - at.offset, CALL_MAX - sum);

		local[n] = (struct iovec){p->to + at.offset, len};
		remote[n] = (struct iovec){(void *)(uintptr_t)(p->addr + at.offset), len};
		sum += len;
		at.offset = 0;
	}
	return n;
}

static void advance(const struct livecopy *c, struct cursor *at, size_t bytes)
{
	while (bytes) {
		size_t left = c->pieces.at[at->piece].len - at->offset;

		if (bytes < left) {
			at->offset += bytes;
			return;
		}
		bytes -= left;
		at->piece++;
		at->offset = 0;
	}
}

static ssize_t copy_once(struct livecopy *c, struct cursor at)
{
	struct iovec local[IOV_MAX], remote[IOV_MAX];
	size_t n = gather(c, at, local, remote);
	ssize_t got;

	if (!c->use_mem) {
		got = process_vm_readv(c->pid, local, n, remote, n, 0);
		if (got >= 0 || (errno != ENOSYS && errno != EPERM))
			return got;
		c->use_mem = true;
	}
	got = pread(c->mem, local[0].iov_base, local[0].iov_len,
		    (off_t)(uintptr_t)remote[0].iov_base);
	if (!got)
		errno = ESRCH; /* the address space is gone */
	return got ? got : -1;
}

/* The page at the cursor is not there, whatever the kernel said before. */
static bool skip_page(struct livecopy *c, struct cursor *at)
{
	const struct copy_piece *p = &c->pieces.at[at->piece];
	size_t page = at->offset & ~(size_t)(IMAGE_PAGE - 1);

	if (!vec_push(&c->holes, p->addr + page))
		return false;
	at->offset = page;
	advance(c, at, IMAGE_PAGE);
	return true;
}

/* Too many holes: what comes after the cursor is given up. */
static void give_up(struct livecopy *c, struct cursor at)
{
	for (size_t i = at.piece; i < c->pieces.n; i++)
		c->lost += c->pieces.at[i].len;
	c->lost -= at.offset;
	c->pieces.n = at.piece;
	if (at.offset) {
		c->pieces.at[at.piece].len = at.offset & ~(size_t)(IMAGE_PAGE - 1);
		c->pieces.n++;
	}
}

static enum err copy_failed(struct diag *d, int pid, int sys)
{
	if (sys == ESRCH)
		return diag_set(d, ERR_NO_PROCESS, "process %d ended while it was being copied",
				pid);
	return diag_sys(d, sys == ENOMEM ? ERR_NOMEM : ERR_UNREADABLE, sys,
			"the memory of process %d cannot be read", pid);
}

enum err livecopy_run(struct livecopy *c, const struct page_ranges *ranges, struct diag *d)
{
	struct cursor at = {0};

	if (!place(c, ranges))
		return diag_set(d, ERR_NOMEM, "no memory for the copy of process %d", c->pid);
	while (at.piece < c->pieces.n) {
		ssize_t got = copy_once(c, at);

		if (is_interrupted(c))
			return diag_set(d, ERR_INTERRUPTED, "interrupted");
		if (got < 0 && errno != EFAULT && errno != EIO)
			return copy_failed(d, c->pid, errno);
		if (got > 0) {
			advance(c, &at, got); /* if it is short, the next call says why */
			continue;
		}
		if (c->holes.n == HOLES_MAX) {
			give_up(c, at);
			break;
		}
		if (!skip_page(c, &at))
			return diag_set(d, ERR_NOMEM, "out of memory");
	}
	return OK;
}

/* The parts of a piece between its holes. */
static bool give_piece(struct livecopy *c, struct image *im, const struct copy_piece *p,
		       size_t *hole, uint64_t *bytes)
{
	addr_t at = p->addr, end = p->addr + p->len;

	while (at < end) {
		addr_t stop = end;

		while (*hole < c->holes.n && c->holes.at[*hole] < at)
			++*hole;
		if (*hole < c->holes.n)
			stop = min_of(end, c->holes.at[*hole]);
		if (stop > at && !image_add(im, at, p->to + (at - p->addr), stop - at, true))
			return false;
		*bytes += stop - at;
		at = stop == end ? end : stop + IMAGE_PAGE;
	}
	return true;
}

static bool own(struct image *im, void *at, size_t len)
{
	if (vec_push(&im->owned, ((struct image_block){at, len})))
		return true;
	munmap(at, len);
	return false;
}

bool livecopy_give(struct livecopy *c, struct image *im, uint64_t *bytes)
{
	size_t unused = round_up(c->used, HUGE), hole = 0;
	bool ok = true;

	if (c->map) {
		madvise(c->at + unused, c->size - unused, MADV_DONTNEED);
		ok = own(im, take_ptr(c->map), c->map_size);
	}
	if (c->more)
		ok = own(im, take_ptr(c->more), c->more_size) && ok;
	vec_foreach (p, &c->pieces)
		ok = ok && give_piece(c, im, p, &hole, bytes);
	return ok;
}

void livecopy_release(struct livecopy *c)
{
	if (c->map)
		munmap(c->map, c->map_size);
	if (c->more)
		munmap(c->more, c->more_size);
	c->map = c->more = NULL;
	vec_release(&c->pieces);
	vec_release(&c->holes);
}
