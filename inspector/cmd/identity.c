/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include "cmd/identity.h"

/* The kernel tells a start in ticks since a boot whose time it tells in whole seconds. */
#define START_MARGIN 2.0

void identity_of(const struct session *s, struct identity *out)
{
	const struct module *exe = session_executable(s);

	*out = (struct identity){.pid = (uint64_t)max_of(s->target->pid, 0), .start_time = s->target->start_time};
	if (exe && exe->id.n)
		build_id_text(&exe->id, out->build_id);
	if (s->python->module && s->python->module->id.n)
		build_id_text(&s->python->module->id, out->library_id);
	snprintf(out->python, sizeof(out->python), "%s", s->python->L.version);
}

static bool differ(const char *a, const char *b)
{
	return *a && *b && strcmp(a, b);
}

bool identity_same(const struct identity *a, const struct identity *b, struct buf *why)
{
	if (a->pid && b->pid && a->pid != b->pid)
		buf_printf(why, "PID %llu and %llu", (unsigned long long)a->pid, (unsigned long long)b->pid);
	else if (a->start_time > 0 && b->start_time > 0 && fabs(a->start_time - b->start_time) > START_MARGIN)
		buf_printf(why, "the PID %llu is the same, but they started %.0f s apart", (unsigned long long)a->pid,
			   fabs(a->start_time - b->start_time));
	else if (differ(a->build_id, b->build_id) || differ(a->library_id, b->library_id))
		buf_str(why, "they run different programs, by their build-ids");
	else if (differ(a->python, b->python))
		buf_printf(why, "Python %s and %s", a->python, b->python);
	else
		return true;
	return false;
}
