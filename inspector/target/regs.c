/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include "target/regs.h"

/* Where the words lie: struct user_regs_struct (x86-64), struct user_pt_regs (aarch64). To add a
 * machine, add a row. */
static const struct {
	uint16_t machine;
	uint8_t words, sp, pc, tp; /* tp 0: not among them */
} places[] = {
    {EM_X86_64, 27, 19, 16, 21},
    {EM_AARCH64, 34, 31, 32, 0},
};

void thread_set_regs(struct thread *t, uint16_t machine, const void *regs, size_t n)
{
	const uint8_t *p = regs;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (places[i].machine != machine || n < places[i].words * 8u)
			continue;
		t->regs_size = min_of(n, sizeof(t->regs));
		memcpy(t->regs, regs, t->regs_size);
		t->sp = load64(p + places[i].sp * 8);
		t->pc = load64(p + places[i].pc * 8);
		t->fs_base = places[i].tp ? load64(p + places[i].tp * 8) : 0;
		t->machine = machine;
		t->has_regs = true;
	}
}

uint16_t our_machine(void)
{
#if defined(__x86_64__)
	return EM_X86_64;
#elif defined(__aarch64__)
	return EM_AARCH64;
#else
	return 0;
#endif
}
