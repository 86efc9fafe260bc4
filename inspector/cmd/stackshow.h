/* SPDX-License-Identifier: Apache-2.0 */
/* What `stack` shows: the same stacks as lines of text and as rows of JSON. */
#ifndef CMD_STACKSHOW_H
#define CMD_STACKSHOW_H

#include "cmd/cmd.h"
#include "stack/fold.h"
#include "stack/source.h"
#include "stack/stacks.h"

struct stack_view {
	struct session *session;
	struct stacks stacks;
	struct sources sources;
	struct out *out;
	bool full;	 /* --full: nothing is folded */
	bool locals;	 /* --locals */
	bool reverse;	 /* --reverse: innermost first */
	uint64_t thread; /* --thread, 0 = all */
};

/** Is the thread one of those that are asked for? By any id that it has. */
bool stack_shows(const struct stack_view *v, const struct stack_thread *th);
/** The file as a frame names it, "?" if unknown. */
const char *stack_file(const struct stack_view *v, const struct pyframe *f);
const char *stack_name(const struct stack_view *v, const struct pyframe *f);
/** "holds the GIL, in read(0 /dev/tty)"; nothing if nothing is known. */
void stack_doing(const struct stack_view *v, const struct stack_thread *th, struct buf *out);
/** Lines of text. Fails: ERR_NOMEM. */
enum err stack_text(struct stack_view *v) must_check;
/** Tables "threads" and "rows", which text leaves out. */
void stack_rows(struct stack_view *v);

#endif
