/* SPDX-License-Identifier: Apache-2.0 */
/* General registers as NT_PRSTATUS has them. */
#ifndef TARGET_REGS_H
#define TARGET_REGS_H

#include "target/target.h"

/** Takes the registers over and decodes sp, pc and the thread pointer. Too few bytes: the thread has no registers. */
void thread_set_regs(struct thread *t, uint16_t machine, const void *regs, size_t n);
/** EM_* of the program that this code is in; 0 if it is none that we know. */
uint16_t our_machine(void);

#endif
