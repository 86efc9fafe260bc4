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
struct freezer;
/** Appends the threads that stand, with registers and nothing else. False if memory is out. */
bool live_registers(const struct freezer *f, struct thread_list *out) must_check;
/** Gives the standing threads what /proc said of them: before the freeze, or else what it says now. */
void live_join_threads(int pid, const struct thread_list *before, struct thread_list *standing);
/** target_list_threads() */
bool live_list_threads(struct target *t) must_check;
/**
 * Gives threads that stand and are not ours the registers that the caller knows (target_options.given), or at least the
 * stack pointer and the program counter (then regs_size is 0).
 */
void live_give_registers(const struct target *t, struct thread_list *threads);
enum err live_hold(struct target *t, struct diag *d) must_check;
void live_let_go(struct target *t);

#endif
