/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What holds objects from outside the heap, each with its reason: modules by their names, the
 * locals of running frames, the interpreter's and the threads' state, static types, C globals,
 * native stacks and registers.
 *
 * The table of interned strings counts only for strings that nothing else holds: before 3.12 it held none alive. Free
 * lists and caches are none.
 */
#ifndef HEAP_ROOTS_NAMED_H
#define HEAP_ROOTS_NAMED_H

#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "heap/heap.h"
#include "stack/frames.h"

/* Better reasons first: an object that has several is shown with the first. */
enum root_kind {
	ROOT_MODULE, /* an entry of sys.modules */
	ROOT_LOCAL,  /* a local variable of a running frame */
	ROOT_FRAME,  /* a running frame itself, what it runs */
	ROOT_STATIC, /* a type or object that lies in the program's own memory */
	ROOT_THREAD, /* a field of a thread state */
	ROOT_INTERP, /* a field of an interpreter */
	ROOT_STACK,  /* the value stack of a running frame: may hold what was there before */
	ROOT_GLOBAL, /* a word in the writable memory of a program or library */
	ROOT_NATIVE, /* a word on a native stack, a register */
	ROOT_INTERNED, /* in the table of interned strings */
	ROOT_KINDS
};
struct root {
	uint32_t id;   /* of the object that it holds */
	uint8_t kind;  /* enum root_kind */
	uint32_t who;  /* index of the frame, thread state or thread */
	uint64_t what; /* key object, local's index, address of the word, number of the register */
};
struct root_frame {
	struct pyframe frame;
	addr_t tstate;
	int thread; /* OS thread id, or the number of the thread state if that is not known */
};
struct rootset {
	const struct heap *h;
	struct {
		VEC(struct root);
	} roots; /* by object; of one object the better reason first */
	struct {
		VEC(struct root_frame);
	} frames;
	struct codes codes;
};

/** Fails: ERR_NOMEM, ERR_INTERRUPTED. Borrows the heap. */
enum err rootset_open(const struct heap *h, struct rootset **out, struct diag *d) must_check;
void rootset_close(struct rootset *rs);
/** The best reason for which an object is a root, NULL if it is none. */
const struct root *rootset_of(const struct rootset *rs, uint32_t id);
/** "module agent", "local x in run() task.py:50, thread 4711", "C: libfoo.so+0x4010 (cache)". */
void root_describe(const struct rootset *rs, const struct root *r, struct buf *out);
/** "module", "local", ... Static. */
const char *root_kind_name(enum root_kind k);
/** The expression that names the root in Python: a module's name, a local's. False if there is
 * none. */
bool root_expression(const struct rootset *rs, const struct root *r, struct buf *out);
/** How many steps a root of this kind counts as, so that a name is preferred to a stray word. */
unsigned root_cost(enum root_kind k);

#endif
