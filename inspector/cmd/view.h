/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look at a few objects: on the session's heap if it has one, else by point reads, while the process stands. No
 * heap is built and no memory copied for it.
 */
#ifndef CMD_VIEW_H
#define CMD_VIEW_H

#include "cmd/cmd.h"
#include "stack/stacks.h"

struct view {
	struct session *s;
	struct heap *heap;     /* the session's or our own */
	struct image *image;   /* our own, NULL = the session's */
	struct typetab *types; /* our own, NULL = the session's */
	struct stacks stacks;  /* after view_frame() */
	const struct pyframe *frame; /* that names are looked up in, NULL = none was chosen */
	addr_t interp;	       /* whose modules are looked at first, 0 = the main one's */
	bool held;
	bool wants_image; /* the process should not stand for so long: once more, on a copy of its memory */
};

/** After NEED_PYTHON. The process stands until view_close(). Fails: as target_freeze(), ERR_NOMEM, ERR_BAD_ANSWER. */
enum err view_open(struct view *v, struct session *s) must_check;
/** Chooses a frame: of the thread with this id (NULL: the first that `stack` shows), N from the innermost. Fails: ERR_NOT_FOUND. */
enum err view_frame(struct view *v, const struct cmd_value *thread, uint64_t n) must_check;
void view_close(struct view *v);
/** Lets the process run on; what was read stays. */
void view_thaw(struct view *v);
/** What `types` calls the type of an object. */
void view_type_name(const struct view *v, const struct object *o, struct buf *out);

#endif
