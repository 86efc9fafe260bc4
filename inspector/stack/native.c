/* SPDX-License-Identifier: Apache-2.0 */
#include "base/isolate.h"
#include "stack/native.h"
#include "target/target.h"

const char *native_end_text(enum native_end e)
{
	static const char *const text[NATIVE_ENDS] = {
	    [NATIVE_WHOLE] = "",
	    [NATIVE_NO_REGISTERS] = "the thread's registers are not known",
	    [NATIVE_UNKNOWN_CODE] = "nothing is known of the code from here on",
	    [NATIVE_DAMAGED] = "damaged: the stack, or what its files say of it, makes no sense",
	    [NATIVE_NOT_THERE] = "cut off: the stack's memory is not there",
	    [NATIVE_CYCLE] = "damaged: the next frame does not lie further up",
	    [NATIVE_LIMIT] = "cut off: too many frames",
	    [NATIVE_LOST] = "not looked at",
	};

	return text[e];
}

const char *native_module_name(const struct target *t, const struct native_place *p)
{
	const char *path = p->module >= 0 ? t->modules.at[p->module].path : p->name ? p->name : "";
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool natives_take(struct natives *n, const struct python *py, const struct native_copy *c, int only)
{
	struct target *t = py->t;
	struct native_job work = {.py = py, .copy = c, .only = only};
	struct isolate job = {
	    .limits = {.cpu_seconds = 30, .wall_seconds = 120, .more_memory = 2ull << 30, .output = 1ull << 30},
	    .work = native_work,
	    .take = native_take,
	    .work_arg = &work,
	    .arg = n,
	    .interrupted = t->options.interrupted,
	};

	*n = (struct natives){.n_modules = t->modules.n};
	for (size_t i = 0; i < t->threads.n; i++)
		if (!vec_push(&n->chains, (struct native_chain){.end = NATIVE_LOST}))
			return false;
	(void)!isolate_run(&job, n->why);
	return true;
}

void natives_release(struct natives *n)
{
	vec_foreach (c, &n->chains)
		vec_release(c);
	vec_foreach (s, &n->strings)
		free(*s);
	vec_release(&n->strings);
	vec_release(&n->chains);
	vec_release(&n->lines);
	vec_release(&n->places);
}
