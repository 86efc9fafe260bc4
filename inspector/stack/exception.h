/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exceptions of a thread: the one that is being handled (what sys.exc_info() gives there), the
 * one in flight, and those that led to them. Untrusted and bounded: chains may have cycles.
 */
#ifndef STACK_EXCEPTION_H
#define STACK_EXCEPTION_H

#include "stack/frames.h"

#define EXCEPTIONS_MAX	 16  /* of one thread */
#define TRACEBACK_KEPT	 50  /* entries at each end of a traceback */
#define TRACEBACK_MAX	 5000 /* entries that are walked */
#define MESSAGE_CHARS	 1000

enum relation {
	EXC_HANDLED,   /* an except or finally block, or a with statement's __exit__, deals with it */
	EXC_IN_FLIGHT, /* raised, and not yet caught */
	EXC_CAUSE,     /* __cause__ of the one before it */
	EXC_CONTEXT,   /* __context__ of the one before it */
	EXC_OUTER,     /* a frame further out handles it */
};
struct exc_place {
	uint32_t code; /* index in codes */
	int32_t at;    /* byte of the instruction in the bytecode */
	int32_t line;  /* as the traceback has it, <= 0 unknown */
};
struct exception {
	enum relation relation;
	addr_t addr;
	char *type;    /* "module.Class" */
	char *message; /* as str() gives it without code of a class of the program; UTF-8, not escaped */
	bool message_cut;
	bool own_str; /* its class has a __str__ written in Python, so str() may say something else */
	struct {
		VEC(struct exc_place);
	} traceback; /* outermost first */
	uint64_t left_out; /* entries between the first and the last TRACEBACK_KEPT */
	bool endless;	   /* the traceback does not end, or is damaged; or has more than TRACEBACK_MAX */
};
struct exceptions {
	VEC(struct exception);
};

/** Those of a thread state, the handled one first. While the process stands. False if memory is out. */
bool exceptions_read(struct exceptions *x, struct codes *codes, const struct chain *c,
		     addr_t tstate) must_check;
void exceptions_release(struct exceptions *x);
/** "handled", "in flight" ... Static. */
const char *relation_text(enum relation r);

/* Inside stack/ only. */

/** Appends the message of an exception object. @return false if it was longer than MESSAGE_CHARS and was cut. */
bool exception_message(const struct python *py, addr_t exc, struct buf *out);
/** Does a class of the program define __str__ for it? */
bool exception_has_own_str(const struct python *py, addr_t type);

#endif
