/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chain of frames that a thread runs, innermost first. Suspended generators are not on it,
 * running ones are. Untrusted: a cycle or a wild pointer ends the chain with a mark.
 */
#ifndef STACK_FRAMES_H
#define STACK_FRAMES_H

#include "stack/codes.h"

#define FRAMES_MAX 2000000 /* of one thread */

enum chain_end {
	CHAIN_WHOLE,
	CHAIN_CYCLE,	  /* a frame's predecessor is one that was there before */
	CHAIN_WILD,	  /* a pointer leads to what is no frame or no code object */
	CHAIN_UNREADABLE, /* a pointer leads to memory that is not there */
	CHAIN_LIMIT,	  /* more than FRAMES_MAX */
	CHAIN_LOST,	  /* what told of it lay on the C stack of a thread that is no more */
	CHAIN_TORN,	  /* it changed while it was read, again and again (--no-pause) */
	CHAIN_GAPS,	  /* a core that was cut off: some frames between those that are there may be missing */
};

enum entry { ENTRY_NO, ENTRY_FROM_C, ENTRY_UNKNOWN /* the version does not record it */ };

struct pyframe {
	addr_t addr;
	uint32_t code; /* index in codes */
	int32_t at;    /* byte of the instruction in the bytecode, < 0 before the first one */
	uint8_t entry; /* enum entry: was it called by C code, not by the frame below? */
};
struct chain {
	VEC(struct pyframe);
	enum chain_end end;
	addr_t bad; /* the address at which it ends, if it is not whole */
};

struct chain_word {
	addr_t at;
	uint64_t value;
	uint8_t size; /* bytes, up to 8 */
};
/** The words of memory that a chain follows from, but for the place inside of its innermost frame. */
struct chain_words {
	VEC(struct chain_word);
};

/** Reads the chain of a thread state. False if memory is out. */
bool chain_read(struct chain *c, struct codes *codes, addr_t tstate) must_check;
/** The frame of a generator, which may be suspended; false if there is none. */
bool frame_of_generator(struct codes *codes, addr_t gen, struct pyframe *out);
/** Keeps what it follows from in `words`, which may be NULL. */
bool chain_read_with(struct chain *c, struct codes *codes, addr_t tstate, struct chain_words *words) must_check;
/** Reads from this frame outwards and adds to a chain whose outermost frame C code ran. False if memory is out. */
bool chain_go_on(struct chain *c, struct codes *codes, addr_t frame) must_check;
/**
 * Of a thread that runs on: reads until the chain is one that the thread had at some moment; else it ends with
 * CHAIN_TORN. *again counts further tries.
 */
bool chain_read_moving(struct chain *c, struct codes *codes, addr_t tstate, uint64_t *again) must_check;
/** "a cycle of frames" etc.; "" for a whole one. Static. */
const char *chain_end_text(enum chain_end e);

#endif
