/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An object by an expression: a name or an address, then attributes and items: "agent.checks.REGISTRY['http'].state[3]",
 * "self.queue[0]", "0x7f12a0.name". Found where it is stored; nothing is called, so what only code can make
 * (properties, __getattr__, __getitem__) is refused and said.
 */
#ifndef CMD_EXPR_H
#define CMD_EXPR_H

#include "cmd/view.h"
#include "heap/attrs.h"

struct expr {
	const char *text; /* borrowed */
	addr_t address;	  /* 0: it begins with a name, which is the path's first step */
	struct attr_path path;
};

/** Fails: ERR_USAGE (with a caret under the place), ERR_NOMEM. expr_release() in every case. */
enum err expr_parse(const char *text, struct expr *out, struct diag *d) must_check;
void expr_release(struct expr *x);
/**
 * The object. Names are those of the view's frame if one was chosen: locals, globals, builtins, then modules. Else a
 * name is a module, then a global of __main__, then a builtin. Fails: ERR_NOT_FOUND (which step, why, and what would
 * help), ERR_BAD_ADDRESS, ERR_UNREADABLE; all with a caret under the step.
 */
enum err expr_find(struct view *v, struct expr *x, struct object *out) must_check;

#endif
