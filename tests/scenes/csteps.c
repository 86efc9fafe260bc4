/* SPDX-License-Identifier: Apache-2.0 */
/* What C code may do in one step, for scenes; called with the GIL held, through ctypes.PyDLL. */
#include <unistd.h>

/* Sets an exception, lets the GIL go as any function does that may block, and sleeps. */
void set_and_wait(void (*set)(void *, const char *), void *(*let_go)(void), void *type, const char *message)
{
	set(type, message);
	let_go();
	for (;;)
		pause();
}

/* Makes an interpreter in this thread and runs code in it. Py_NewInterpreter, PyRun_SimpleString. */
int run_in_another(void *(*make)(void), int (*run)(const char *), const char *code)
{
	return make() ? run(code) : -1;
}
