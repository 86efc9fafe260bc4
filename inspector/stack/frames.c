/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two kinds of frames: objects linked by f_back (to 3.10), and interpreter frames linked by
 * `previous` in which C entries are marked by a flag (3.11) or by a frame without code between
 * (3.12 and later).
 */
#include "stack/frames.h"
#include "types/peek.h"

struct walk {
	struct chain *chain;
	struct codes *codes;
	const struct python *py;
	addr_t mark; /* Brent's: the chain has a cycle if it comes back to this one */
	uint64_t steps, power;
	struct chain_words *words; /* or NULL */
	bool failed;		   /* memory is out */
};

const char *chain_end_text(enum chain_end e)
{
	static const char *const text[] = {
	    [CHAIN_WHOLE] = "",
	    [CHAIN_CYCLE] = "damaged: the frames below form a cycle",
	    [CHAIN_WILD] = "damaged: what should be the next frame is none",
	    [CHAIN_UNREADABLE] = "cut off: the next frame's memory is not there",
	    [CHAIN_LIMIT] = "cut off: too many frames",
	    [CHAIN_LOST] = "lost: no C stack tells of it any more",
	    [CHAIN_TORN] = "torn: the stack changed while it was read",
	    [CHAIN_GAPS] = "cut off: parts of the stack are not there, frames may be missing",
	};

	return text[e];
}

static void note_word(struct walk *w, addr_t at, enum field_id f, uint64_t value)
{
	const struct field *k = &w->py->L.f[f];

	if (w->words && !vec_push(w->words, ((struct chain_word){at + k->offset, value, (uint8_t)k->size})))
		w->failed = true;
}

/* A field that the chain follows from. */
static bool link_field(struct walk *w, addr_t at, enum field_id f, uint64_t *out)
{
	if (!peek_field(w->py, at, f, out))
		return false;
	note_word(w, at, f, *out);
	return true;
}

/* A thread's innermost frame, and where C frames say which one they run, the frame that the C frame outside of the
 * innermost one runs (0: there is none). */
struct first {
	addr_t frame, outer;
};

/*
 * 3.11 and 3.12: each evaluation loop has a C frame, on the C stack, which tells of the frame that it runs. A loop that
 * is just being entered has announced its C frame, in which there still stands what was on the stack before.
 */
static bool first_by_cframe(struct walk *w, addr_t tstate, struct first *out)
{
	addr_t cframe, before;

	if (!link_field(w, tstate, F_tstate_cframe, &cframe))
		return false;
	if (!cframe)
		return true;
	if (!link_field(w, cframe, F_cframe_current_frame, &out->frame) ||
	    !link_field(w, cframe, F_cframe_previous, &before))
		return false;
	return !before || link_field(w, before, F_cframe_current_frame, &out->outer);
}

/* False: unreadable. */
static bool first_frame(struct walk *w, addr_t tstate, struct first *out)
{
	const struct layout *L = &w->py->L;

	*out = (struct first){0};
	if (layout_has(L, F_tstate_current_frame))
		return link_field(w, tstate, F_tstate_current_frame, &out->frame);
	if (layout_has(L, F_tstate_frame))
		return link_field(w, tstate, F_tstate_frame, &out->frame);
	return first_by_cframe(w, tstate, out);
}

static bool push(struct walk *w, addr_t frame, uint32_t code, int64_t at, enum entry entry)
{
	struct pyframe f = {.addr = frame, .code = code, .entry = entry};

	f.at = at < 0 ? -1 : at > INT32_MAX ? INT32_MAX : (int32_t)at;
	return vec_push(w->chain, f);
}

/* Ends the chain with a mark. */
static bool ends(struct walk *w, enum chain_end how, addr_t at, addr_t *next)
{
	w->chain->end = how;
	w->chain->bad = at;
	*next = 0;
	return true;
}

/* A frame object: f_back, f_code, f_lasti (bytes; code units where the line table is of ranges). */
static bool classic_step(struct walk *w, addr_t frame, addr_t *next)
{
	const struct python *py = w->py;
	addr_t type = peek_type(py, frame), back, code;
	uint32_t index;
	int64_t at;

	if (!type || !link_field(w, frame, F_frame_f_back, &back) ||
	    !link_field(w, frame, F_frame_f_code, &code))
		return ends(w, type || frame & 7 ? CHAIN_WILD : CHAIN_UNREADABLE, frame, next);
	index = type == py->known[K_frame] ? codes_get(w->codes, code) : CODE_NONE;
	if (index == CODE_NONE)
		return ends(w, CHAIN_WILD, frame, next);
	at = peek_int(py, frame, F_frame_f_lasti, -1);
	if (w->chain->n)
		note_word(w, frame, F_frame_f_lasti, (uint64_t)at);
	if (w->codes->at[index].format == LINES_RANGES)
		at *= 2;
	*next = back;
	return push(w, frame, index, at, ENTRY_UNKNOWN);
}

static bool is_shim(const struct python *py, uint64_t owner)
{
	const uint64_t *c = py->L.c;

	return (layout_has_const(&py->L, C_FRAME_OWNED_BY_CSTACK) &&
		owner == c[C_FRAME_OWNED_BY_CSTACK]) ||
	       (layout_has_const(&py->L, C_FRAME_OWNED_BY_INTERPRETER) &&
		owner == c[C_FRAME_OWNED_BY_INTERPRETER]);
}

/* The frame at the end of the chain so far was called by C code. */
static void mark_entry(struct walk *w)
{
	if (w->chain->n)
		w->chain->at[w->chain->n - 1].entry = ENTRY_FROM_C;
}

static bool interpreter_step(struct walk *w, addr_t frame, addr_t *next)
{
	const struct python *py = w->py;
	bool named = layout_has(&py->L, F_iframe_f_executable);
	addr_t previous, code, at = 0;
	uint64_t owner, is_entry = 0;
	enum field_id instr;
	uint32_t index;

	if (!link_field(w, frame, F_iframe_previous, &previous) ||
	    !peek_field(py, frame, F_iframe_owner, &owner) ||
	    !link_field(w, frame, named ? F_iframe_f_executable : F_iframe_f_code, &code))
		return ends(w, frame & 7 ? CHAIN_WILD : CHAIN_UNREADABLE, frame, next);
	*next = previous;
	if (is_shim(py, owner)) {
		mark_entry(w);
		return true;
	}
	index = codes_get(w->codes, code & ~(addr_t)3);
	if (index == CODE_NONE)
		return ends(w, CHAIN_WILD, frame, next);
	instr = layout_has(&py->L, F_iframe_instr_ptr) ? F_iframe_instr_ptr : F_iframe_prev_instr;
	if (peek_field(py, frame, instr, &at) && w->chain->n)
		note_word(w, frame, instr, at);
	peek_field(py, frame, F_iframe_is_entry, &is_entry);
	return push(w, frame, index, (int64_t)(at - w->codes->at[index].start),
		    is_entry ? ENTRY_FROM_C : ENTRY_NO);
}

/* Brent: the mark jumps to the present frame after 1, 2, 4, 8... steps. */
static bool cycles(struct walk *w, addr_t frame)
{
	if (frame == w->mark)
		return true;
	if (++w->steps == w->power) {
		w->mark = frame;
		w->power *= 2;
		w->steps = 0;
	}
	return false;
}

/* Leaves one turn of the cycle: everything before the first frame that is there twice. */
static void cut_cycle(struct chain *c)
{
	struct map seen = {0};

	for (size_t i = 0; i < c->n; i++) {
		if (map_get(&seen, c->at[i].addr) != MAP_NONE ||
		    !map_put(&seen, c->at[i].addr, i)) {
			c->n = i;
			break;
		}
	}
	map_release(&seen);
}

/* From the frame outwards, behind what the chain has. *met: `outer` is among them. False if memory is out. */
static bool walk_on(struct walk *w, addr_t frame, addr_t outer, bool *met)
{
	bool interpreter = layout_has(&w->py->L, F_iframe_previous);
	struct chain *c = w->chain;
	uint64_t steps = 0;
	bool ok = true;
	addr_t next;

	c->end = CHAIN_WHOLE;
	w->mark = 0;
	w->power = 1;
	w->steps = 0;
	for (; ok && frame; frame = next) {
		*met |= frame == outer;
		if (++steps > 2 * FRAMES_MAX || c->n >= FRAMES_MAX)
			return ends(w, CHAIN_LIMIT, frame, &next);
		if (cycles(w, frame)) {
			cut_cycle(c);
			return ends(w, CHAIN_CYCLE, frame, &next);
		}
		ok = interpreter ? interpreter_step(w, frame, &next) : classic_step(w, frame, &next);
	}
	if (interpreter && !frame && c->end == CHAIN_WHOLE)
		mark_entry(w);
	return ok && !w->failed;
}

static bool walk_from(struct walk *w, addr_t frame, addr_t outer, bool *met)
{
	w->chain->n = 0;
	return walk_on(w, frame, outer, met);
}

bool chain_go_on(struct chain *c, struct codes *codes, addr_t frame)
{
	struct walk w = {.chain = c, .codes = codes, .py = codes->py};
	bool met = false;

	mark_entry(&w);
	return walk_on(&w, frame, 0, &met);
}

bool chain_read_with(struct chain *c, struct codes *codes, addr_t tstate, struct chain_words *words)
{
	struct walk w = {.chain = c, .codes = codes, .py = codes->py, .words = words};
	struct first first;
	bool met = false;
	addr_t next;

	c->n = 0;
	c->end = CHAIN_WHOLE;
	c->bad = 0;
	if (words)
		words->n = 0;
	if (!first_frame(&w, tstate, &first))
		return ends(&w, CHAIN_UNREADABLE, tstate, &next);
	if (!walk_from(&w, first.frame, first.outer, &met))
		return false;
	if (!first.outer || met || (c->end != CHAIN_WHOLE && (c->n || codes->py->t->missing_bytes)))
		return true;
	/* what the innermost C frame tells is no frame, or does not lead to what the one before runs: it is not set yet */
	return walk_from(&w, first.outer, first.outer, &met);
}

bool frame_of_generator(struct codes *codes, addr_t gen, struct pyframe *out)
{
	struct chain one = {0};
	struct walk w = {.chain = &one, .codes = codes, .py = codes->py, .power = 1};
	bool inside = layout_has(&w.py->L, F_gen_gi_iframe);
	addr_t next, frame = inside ? gen + w.py->L.f[F_gen_gi_iframe].offset
				    : peek_ptr(w.py, gen, F_gen_gi_frame);
	bool ok = peek_is(w.py, gen, K_gen) && frame &&
		  (inside ? interpreter_step(&w, frame, &next) : classic_step(&w, frame, &next)) && one.n;

	if (ok)
		*out = one.at[0];
	vec_release(&one);
	return ok;
}

bool chain_read(struct chain *c, struct codes *codes, addr_t tstate)
{
	return chain_read_with(c, codes, tstate, NULL);
}
