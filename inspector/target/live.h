/* SPDX-License-Identifier: Apache-2.0 */
/* A live process: what its open (live.c) and its image (liveimage.c) share. */
#ifndef TARGET_LIVE_H
#define TARGET_LIVE_H

#include "base/buf.h"
#include "target/internal.h"

struct live {
	int pid;
	int proc;        /* the id to use below /proc and for process_vm_readv; a thread's if the main one has ended */
	int mem;         /* /proc/PID/mem, read-only: bound to this address space, whoever gets the id later */
	struct buf auxv; /* as it was when the target was opened: another one means execve */
	addr_t at_phdr;
	struct hold *hold; /* while target_freeze() holds it; livehold.c */
};

enum err live_take_image(struct target *t, struct image *im, struct diag *d) must_check;
enum err live_hold(struct target *t, struct diag *d) must_check;
void live_let_go(struct target *t);

#endif
