/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is everything that is found in a core which was cut off also found in the whole core, at the same
 * address and with the same type?
 *
 *     check_cut CUT WHOLE [EXE]
 *
 * Prints what is not, by type. Exit status 0: all is; 1: not; 2: could not look into the whole
 * core; 3: nothing was found in the one that is cut.
 */
#include <stdio.h>
#include "base/map.h"
#include "cmd/cmd.h"

#define SHOWN 20

struct check {
	struct session cut, whole;
	uint64_t objects, bad, sizes;
	unsigned shown;
};

static void say(struct check *c, const struct object *o, const char *what, const char *other)
{
	if (c->shown++ < SHOWN)
		printf("  0x%llx %s: %s%s\n", (unsigned long long)o->addr, o->type->name, what,
		       other);
}

static bool check_object(void *arg, const struct object *o)
{
	struct check *c = arg;
	struct object same;
	uint32_t id;

	c->objects++;
	if (!heap_id(c->whole.heap, o->addr, &id) || !object_load(c->whole.types, o->addr, &same)) {
		c->bad++;
		say(c, o, "is not in the whole core", "");
	} else if (strcmp(o->type->name, same.type->name)) {
		c->bad++;
		say(c, o, "is in the whole core a ", same.type->name);
	} else if (object_size(typetab_ctx(c->cut.types), o) !=
		   object_size(typetab_ctx(c->whole.types), &same)) {
		c->sizes++;
		say(c, o, "has another size", "");
	}
	return true;
}

int main(int argc, char **argv)
{
	struct target_options options = {.exe = argc == 4 ? argv[3] : NULL};
	struct check c = {0};
	int status = 0;

	if (argc != 3 && argc != 4)
		return 64;
	if (session_open(&c.whole, argv[2], &options) || session_need(&c.whole, NEED_HEAP)) {
		printf("%s: %s\n", argv[2], diag_text(&c.whole.diag));
		status = 2;
	} else if (session_open(&c.cut, argv[1], &options) || session_need(&c.cut, NEED_HEAP)) {
		printf("%s: %s\n", argv[1], diag_text(&c.cut.diag));
		status = 3;
	} else {
		heap_each(c.cut.heap, check_object, &c);
		printf("%llu objects of %llu, %llu of them wrong, %llu of another size\n",
		       (unsigned long long)c.objects,
		       (unsigned long long)heap_facts(c.whole.heap)->objects,
		       (unsigned long long)c.bad, (unsigned long long)c.sizes);
		status = c.bad ? 1 : c.objects ? 0 : 3;
	}
	session_close(&c.cut);
	session_close(&c.whole);
	return status;
}
