/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies memory of a live process in bulk, into memory that was reserved and faulted in before. What happens
 * while the target stands is livecopy_run() alone; everything else is done before or after.
 */
#ifndef TARGET_LIVECOPY_H
#define TARGET_LIVECOPY_H

#include "base/diag.h"
#include "target/image.h"
#include "target/pagemap.h"

struct copy_piece { /* contiguous in the target and in the copy */
	addr_t addr;
	uint8_t *to;
	size_t len;
};
struct livecopy {
	int pid;
	int mem;         /* /proc/PID/mem, read-only; used if process_vm_readv is not to be had */
	bool use_mem;
	volatile int *interrupted; /* or NULL */
	uint8_t *at;     /* the reserved memory */
	size_t size, used;
	void *map;       /* what munmap gets */
	size_t map_size;
	uint8_t *more;   /* for what did not fit */
	size_t more_size;
	struct { VEC(struct copy_piece); } pieces; /* address order */
	struct { VEC(addr_t); } holes;             /* pages that could not be read, address order */
	uint64_t lost;                             /* bytes that were given up after too many holes */
};

/**
 * Reserves and faults in `bytes` plus slack. Fails: ERR_NOMEM, also if the machine has not that much to spare:
 * the target would be the one to suffer.
 */
enum err livecopy_reserve(struct livecopy *c, uint64_t bytes, size_t ranges, struct diag *d) must_check;
/** Copies the ranges. Fails: ERR_NO_PROCESS, ERR_NOMEM, ERR_INTERRUPTED, ERR_UNREADABLE. */
enum err livecopy_run(struct livecopy *c, const struct page_ranges *ranges, struct diag *d) must_check;
/** Gives the copy to the image, which owns it then also on failure. False if memory is out. */
bool livecopy_give(struct livecopy *c, struct image *im, uint64_t *bytes) must_check;
/** Frees what was not given away. */
void livecopy_release(struct livecopy *c);

#endif
