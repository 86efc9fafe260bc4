/* SPDX-License-Identifier: Apache-2.0 */
/* Sets an exception, lets the GIL go as any C function does that may block, and sleeps. For stack_exceptions.py. */
#include <unistd.h>

void set_and_wait(void (*set)(void *, const char *), void *(*let_go)(void), void *type, const char *message)
{
	set(type, message);
	let_go();
	for (;;)
		pause();
}
