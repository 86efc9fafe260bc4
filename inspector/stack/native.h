/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C side of the threads' stacks. While a live process stands only registers and stacks are copied
 * (native_copy); what they mean is found out when it runs on, in a child process of ours, because
 * that reads files that nobody vouches for with a library that may stumble over them. If it does, what
 * was found before is kept, and `why` says what happened; Python's stacks do not depend on it.
 */
#ifndef STACK_NATIVE_H
#define STACK_NATIVE_H

#include "base/map.h"
#include "elf/unwind.h"
#include "python/python.h"

struct copied_stack {
	addr_t start, end;
	size_t at; /* in native_copy.at */
};
/** Stacks of a live process as they were while it stood. */
struct native_copy {
	bool taken;
	uint8_t *at; /* all of them, one behind the other */
	size_t size, used;
	struct { VEC(struct copied_stack); } stacks; /* by address */
	bool cut; /* some were too long */
};
#define NATIVE_COPY_MAX	 ((size_t)256 << 20) /* bytes of all stacks */
#define NATIVE_STACK_MAX ((size_t)64 << 20)  /* of one */

enum native_how {
	NATIVE_EXACT,	      /* by call frame information, or the innermost */
	NATIVE_FRAME_POINTER, /* by the chain of frame pointers: code without information was in between */
	NATIVE_ENTRY,	      /* the innermost pc is no code: by the return address on top of the stack */
};
enum native_end {
	NATIVE_WHOLE,
	NATIVE_NO_REGISTERS, /* the thread's registers are not known */
	NATIVE_UNKNOWN_CODE, /* nothing is known of the code, and it keeps no frame pointer */
	NATIVE_DAMAGED,	     /* call frame information or stack make no sense */
	NATIVE_NOT_THERE,    /* the stack's memory is not there */
	NATIVE_CYCLE,	     /* the stack does not go up */
	NATIVE_LIMIT,	     /* too many frames */
	NATIVE_LOST,	     /* the reader of files failed before this one */
	NATIVE_ENDS
};

/** What stands at an address of code, once for all frames that are there. */
struct native_line {
	const char *function; /* demangled; NULL unknown */
	const char *file;     /* NULL unknown */
	int line;	      /* 0 unknown */
	bool inlined;	      /* into the next line */
};
struct native_place {
	addr_t pc;
	int module;	    /* index in target.modules, -1 none */
	const char *name;   /* what the code belongs to if it is no module: "[vdso]"; else NULL */
	const char *symbol; /* as in the symbol table; NULL unknown */
	uint64_t offset;    /* from the symbol, else from the module, else the address itself */
	bool eval;	    /* Python's evaluation loop */
	bool part;	    /* a part of it that was split off */
	bool signal;	    /* the frame that a signal made */
	uint32_t first, n;  /* lines, innermost first, at least one */
};
struct native_frame {
	addr_t sp;
	uint32_t place;
	uint8_t how; /* enum native_how: how it was found */
};
struct native_chain { /* innermost first */
	VEC(struct native_frame);
	enum native_end end;
	addr_t bad; /* where it ends, if it is not whole */
	bool late;  /* memory beside the copied stack was read, after the process had gone on */
};
struct natives {
	struct { VEC(struct native_place); } places;
	struct { VEC(struct native_line); } lines;
	struct { VEC(struct native_chain); } chains; /* one for each of target.threads */
	struct { VEC(char *); } strings;
	size_t n_modules; /* of the target: what places may speak of */
	char why[160]; /* why the rest is missing, or "" */
};

/** While the process stands. Copies nothing of a core, whose memory stays. False: memory is out. */
bool native_copy_take(struct native_copy *c, struct target *t) must_check;
void native_copy_release(struct native_copy *c);
/**
 * Unwinds the thread with that index, or all (-1). The process need not stand any more. False: memory is out; what
 * else goes wrong is said in the chains and in n->why.
 */
bool natives_take(struct natives *n, const struct python *py, const struct native_copy *c, int only) must_check;
void natives_release(struct natives *n);
/** "its memory is not there" etc.; "" for a whole one. Static. */
const char *native_end_text(enum native_end e);
/** "libc.so.6"; "" if it is not known. Borrowed. */
const char *native_module_name(const struct target *t, const struct native_place *p);

/* Inside stack/ only. */

/** Of the copy, else of the process as it is now (sets *late), else false. */
struct native_reader {
	struct target *t;
	const struct native_copy *copy;
	bool late;
};
bool native_read(void *reader, addr_t addr, void *out, size_t n);

/** In the child: unwinds, gives each result through `out` as soon as it is there. */
struct native_job {
	const struct python *py;
	const struct native_copy *copy;
	int only;
};
bool native_work(void *job, int out) must_check;
/** Messages from the child to us. give: in the child; take: here, for isolate.take with a struct natives. */
struct native_message_place {
	struct native_place place;
	struct native_line lines[CODE_LINES_MAX];
};
bool native_give_place(int out, const struct native_message_place *m) must_check;
bool native_give_chain(int out, uint32_t thread, const struct native_chain *c) must_check;
size_t native_take(void *natives, const uint8_t *bytes, size_t n);

#endif
