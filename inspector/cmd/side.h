/* SPDX-License-Identifier: Apache-2.0 */
/* One side of `diff`: the objects of a process, a core, or a snapshot file, by address. */
#ifndef CMD_SIDE_H
#define CMD_SIDE_H

#include "cmd/identity.h"
#include "cmd/pick.h"
#include "cmd/textmap.h"

struct side_object {
	addr_t addr;
	uint64_t size;
	uint32_t type; /* in the text map of both sides */
};
struct side {
	const char *label;  /* "OLD", "NEW" */
	char what[4096];    /* what the user called it; of an open target its PID or core, "" unknown */
	struct session *s;  /* NULL: a snapshot */
	bool own;	    /* the session is ours to close */
	struct session ours;
	struct identity id;
	VEC(struct side_object); /* ascending addresses, each once */
	bool incomplete;
};

/**
 * Opens what the user named: a PID, a core, or a snapshot. NULL: `open`, which is borrowed. Notes of a session of our own
 * go to open->notes, as the label's. Fails: as session_open() and session_need(), side_read_snapshot(); the reason is in
 * open->diag. side_release() in every case.
 */
enum err side_open(struct side *side, const char *label, const char *what, struct session *open,
		   const struct target_options *o) must_check;
/** Reads all its objects. */
enum err side_read(struct side *side, struct text_map *types, struct session *open) must_check;
/** Lets go of the process or core: its objects stay. */
void side_forget_session(struct side *side);
void side_release(struct side *side);
/** Passes on what a side says of itself. */
void side_note(const struct side *side, struct session *open, enum note_kind kind, const char *text);

/**
 * Reads a jsonl snapshot (siderows.c): its header into side->id, its objects. Fails: ERR_NO_FILE, ERR_BAD_FILE (no
 * snapshot of ours, damaged, cut off), ERR_INTERRUPTED, ERR_NOMEM.
 */
enum err side_read_snapshot(struct side *side, struct text_map *types, struct session *open) must_check;

#endif
