/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/syscall.h>
#include "stack/slots.h"
#include "stack/waits.h"
#include "types/peek.h"
#include "types/repr.h"

#define BASES_MAX     20	 /* of a class, that are looked at for one that is known */
#define FRAMES_OF_ONE 8		 /* functions of a Condition, an Event, a Queue inside of each other */
#define SCAN_BYTES    (16u << 10) /* of a C stack */
#define STACK_MAX     (8u << 20)
#define SCANS_MAX     100	 /* threads whose C stack is looked through */

enum how { HOW_AT, HOW_IN, HOW_VIA };

static const struct {
	const char *shown, *types, *methods, *owner, *lock;
} kinds[] = {
    {"", "", "", NULL, NULL},
#define WAITABLE(id, shown, types, methods, owner, lock) {shown, types, methods, owner, lock},
#define NATIVE(id, how, field, inside, owner, held, single)
#include "stack/waitables.def"
#undef WAITABLE
#undef NATIVE
};

static const struct native {
	enum waitable kind;
	enum how how;
	enum field_id field, inside, owner, held, single;
} natives[] = {
#define WAITABLE(id, shown, types, methods, owner, lock)
#define NATIVE(id, how, field, inside, owner, held, single)                                        \
	{WAIT_##id, HOW_##how, F_##field, F_##inside, F_##owner, F_##held, F_##single},
#include "stack/waitables.def"
#undef WAITABLE
#undef NATIVE
};

void waits_init(struct waits *w, const struct python *py, const struct codes *codes)
{
	*w = (struct waits){.py = py, .codes = codes};
}

void waits_release(struct waits *w)
{
	map_release(&w->types);
	map_release(&w->locks);
}

const char *waitable_name(enum waitable kind)
{
	return kinds[kind].shown;
}

/* Is the word one of the list, "a|b|c"? */
static bool is_listed(const char *list, const char *word, size_t n)
{
	for (const char *end; *list; list = *end ? end + 1 : end) {
		end = strchrnul(list, '|');
		if ((size_t)(end - list) == n && !memcmp(list, word, n))
			return true;
	}
	return false;
}

static bool has(const struct python *py, enum field_id f)
{
	return f != F_COUNT && layout_has(&py->L, f);
}

/* ---- classes ---- */

/* 2.7: classes without a base are no types. */
static void classic_name(const struct python *py, addr_t class, struct buf *out)
{
	addr_t module = peek_dict_value(py, peek_ptr(py, class, F_classobj27_cl_dict), "__module__");

	if (module && python_string(py, module, 200, out))
		buf_char(out, '.');
	if (!python_string(py, peek_ptr(py, class, F_classobj27_cl_name), 200, out))
		buf_char(out, '?');
}

static addr_t class_base(const struct python *py, addr_t class, bool classic)
{
	return classic ? peek_item(py, peek_ptr(py, class, F_classobj27_cl_bases), 0)
		       : peek_ptr(py, class, F_type_tp_base);
}

static enum waitable kind_of_name(const struct buf *name)
{
	for (size_t i = 1; i < ARRAY_SIZE(kinds); i++)
		if (is_listed(kinds[i].types, buf_text(name), name->n))
			return i;
	return WAIT_NONE;
}

static enum waitable kind_of_class(struct waits *w, addr_t class, bool classic)
{
	const struct python *py = w->py;
	enum waitable kind = WAIT_NONE;
	struct buf name = {0};
	addr_t at = class;

	for (int i = 0; at && at != py->known[K_object] && i < BASES_MAX && !kind; i++) {
		buf_clear(&name);
		if (classic)
			classic_name(py, at, &name);
		else
			type_repr_name(py, at, &name);
		kind = kind_of_name(&name);
		at = class_base(py, at, classic);
	}
	buf_release(&name);
	return kind;
}

enum waitable waitable_of(struct waits *w, addr_t obj)
{
	const struct python *py = w->py;
	addr_t class = peek_type(py, obj);
	bool classic = class && class == py->known[K_instance27];
	uint64_t kind;

	if (classic)
		class = peek_ptr(py, obj, F_instance27_in_class);
	if (!class || class & 7)
		return WAIT_NONE;
	kind = map_get(&w->types, class);
	if (kind == MAP_NONE) {
		kind = kind_of_class(w, class, classic);
		if (!map_put(&w->types, class, kind))
			return WAIT_NONE;
	}
	return kind;
}

/* ---- attributes ---- */

/* The first of the attributes "a|b" that the object has. */
static addr_t attribute(const struct python *py, addr_t obj, const char *names)
{
	char name[64];
	addr_t v = 0;

	for (const char *end; !v && names && *names; names = *end ? end + 1 : end) {
		end = strchrnul(names, '|');
		snprintf(name, sizeof(name), "%.*s", (int)(end - names), names);
		v = peek_attribute(py, obj, name);
	}
	return v;
}

addr_t waitable_lock(struct waits *w, addr_t obj)
{
	enum waitable kind = waitable_of(w, obj);

	if (!kind)
		return 0;
	return kinds[kind].lock ? attribute(w->py, obj, kinds[kind].lock) : obj;
}

static uint64_t recorded_owner(struct waits *w, const struct wait *wait)
{
	int64_t ident;
	addr_t v = attribute(w->py, wait->object, kinds[wait->kind].owner);

	return v && peek_int64(w->py, v, &ident) && ident > 0 ? (uint64_t)ident : 0;
}

/* ---- locks of C types ---- */

/* The row of a kind that this version has. */
static const struct native *native_of(const struct python *py, enum waitable kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(natives); i++)
		if (natives[i].kind == kind && has(py, natives[i].field))
			return &natives[i];
	return NULL;
}

/* Would an object of this kind at obj have its C lock at `key`? */
static bool native_fits(const struct python *py, const struct native *n, addr_t obj, addr_t key)
{
	addr_t lock;

	if (!has(py, n->field))
		return false;
	if (n->how == HOW_IN)
		return obj + py->L.f[n->field].offset == key;
	if (!target_read_u64(py->t, obj + py->L.f[n->field].offset, &lock))
		return false;
	if (n->how == HOW_VIA)
		return lock && has(py, n->inside) && lock + py->L.f[n->inside].offset == key;
	return lock == key;
}

/* The cheap question first: almost nothing but the lock itself points to its semaphore. */
static bool is_object_of(struct waits *w, addr_t obj, addr_t key)
{
	if (!obj || obj & 7)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(natives); i++)
		if (native_fits(w->py, &natives[i], obj, key) &&
		    waitable_of(w, obj) == natives[i].kind)
			return true;
	return false;
}

static void describe_native(struct waits *w, struct wait *out)
{
	const struct python *py = w->py;
	const struct native *n = native_of(py, out->inner);
	addr_t owner_in = out->lock;
	uint64_t v;

	if (!n)
		return;
	if (has(py, n->held) && peek_field(py, out->lock, n->held, &v))
		out->held = v ? HELD_YES : HELD_NO;
	if (!has(py, n->owner) || out->held == HELD_NO)
		return;
	if (has(py, n->single) && peek_int(py, out->lock, n->single, 0) != 1)
		return;
	if (n->how == HOW_VIA)
		owner_in = peek_ptr(py, out->lock, n->field);
	out->owner = peek_ptr(py, owner_in, n->owner);
}

bool wait_describe(struct waits *w, addr_t obj, struct wait *out)
{
	struct wait d = {.kind = waitable_of(w, obj), .object = obj, .code = CODE_NONE};

	if (!d.kind)
		return false;
	if (native_of(w->py, d.kind)) {
		d.inner = d.kind;
		d.lock = obj;
		describe_native(w, &d);
	} else {
		d.owner = recorded_owner(w, &d);
	}
	*out = d;
	return true;
}

/* ---- from the address to the object ---- */

static addr_t on_value_stack(struct waits *w, const struct chain *c, addr_t key)
{
	const struct code *code = c->n ? &w->codes->at[c->at[0].code] : NULL;
	uint64_t n = code ? slot_stack_size(w->py, code) : 0;

	for (uint64_t i = 0; i < n; i++) {
		addr_t v = slot_stack(w->py, &c->at[0], code, i);
		addr_t self = v ? slot_self(w->py, v) : 0;

		if (is_object_of(w, v, key))
			return v;
		if (self != v && is_object_of(w, self, key))
			return self;
	}
	return 0;
}

static bool is_data(const struct python *py, addr_t a)
{
	const struct mapping *m = a & 7 ? NULL : target_mapping(py->t, a);

	return m && (m->prot & MAP_WRITE);
}

static addr_t among_words(struct waits *w, const uint8_t *bytes, size_t n, addr_t key)
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		addr_t v = load64(bytes + i);

		if (is_data(w->py, v) && is_object_of(w, v, key))
			return v;
	}
	return 0;
}

/* C code that no Python frame calls with the object: a thread that starts in lock.acquire, a file's buffer. */
static addr_t on_c_stack(struct waits *w, const struct thread *th, addr_t key)
{
	const struct mapping *m = th && th->has_regs ? target_mapping(w->py->t, th->sp) : NULL;
	uint8_t bytes[4096];
	addr_t at, end, found;

	if (!m)
		return 0;
	if (w->scans >= SCANS_MAX) {
		w->scans_left_out = true;
		return 0;
	}
	w->scans++;
	found = among_words(w, th->regs, th->regs_size, key);
	at = th->sp & ~(addr_t)7;
	end = min_of(m->end, at + SCAN_BYTES);
	while (!found && at < end) {
		size_t n = min_of(end - at, sizeof(bytes) - (at & (sizeof(bytes) - 1)));

		if (!target_read(w->py->t, at, bytes, n))
			break;
		found = among_words(w, bytes, n, key);
		at += n;
	}
	return found;
}

/* 3.13 and later: one waits on a semaphore of one's own, which is part of an entry that says for what. */
static addr_t parked_at(const struct python *py, const struct thread *th, addr_t key)
{
	addr_t entry, at;

	if (!has(py, F_wait_entry_sema) || !th)
		return 0;
	entry = key - (addr_t)py->L.f[F_wait_entry_sema].offset;
	/* without registers what is found has to prove itself: an object must have its lock there */
	if ((th->has_regs && (entry < th->sp || entry - th->sp > STACK_MAX)) ||
	    !peek_field(py, entry, F_wait_entry_addr, &at))
		return 0;
	return at;
}

static addr_t search(struct waits *w, const struct chain *c, const struct thread *th, addr_t key)
{
	uint64_t known = key ? map_get(&w->locks, key) : 0;
	addr_t obj;

	if (known != MAP_NONE)
		return known;
	obj = on_value_stack(w, c, key);
	if (!obj)
		obj = on_c_stack(w, th, key);
	/* one that is not found may be by what another thread has on its stack */
	if (obj && !map_put(&w->locks, key, obj))
		return 0;
	return obj;
}

static addr_t find_lock(struct waits *w, const struct chain *c, const struct thread *th,
			addr_t key)
{
	addr_t parked = parked_at(w->py, th, key), obj = parked ? search(w, c, th, parked) : 0;

	return obj ? obj : search(w, c, th, key);
}

/* ---- what the lock is part of ---- */

/* "acquire" of "Semaphore.acquire" */
static const char *plain_name(const struct code *code)
{
	const char *dot = code->name ? strrchr(code->name, '.') : NULL;

	return dot ? dot + 1 : code->name ? code->name : "";
}

static bool waits_in(const char *name)
{
	for (size_t i = 1; i < ARRAY_SIZE(kinds); i++)
		if (is_listed(kinds[i].methods, name, strlen(name)))
			return true;
	return false;
}

/* It waits to have its own lock back, not for what the object is for. */
static bool takes_back(struct waits *w, enum waitable kind, addr_t self, const struct wait *x)
{
	addr_t own = kinds[kind].lock ? attribute(w->py, self, kinds[kind].lock) : 0;

	return own && (own == x->lock || own == x->object);
}

/* The innermost frames that are functions in which a known class waits; the outermost of them counts. */
static void find_object(struct waits *w, const struct chain *c, struct wait *out)
{
	for (size_t i = 0; i < c->n && i < FRAMES_OF_ONE; i++) {
		const struct code *code = &w->codes->at[c->at[i].code];
		const char *name = plain_name(code);
		addr_t self = waits_in(name) ? slot_self_argument(w->py, &c->at[i], code) : 0;
		enum waitable kind = self ? waitable_of(w, self) : WAIT_NONE;

		if (!kind || !is_listed(kinds[kind].methods, name, strlen(name)) ||
		    takes_back(w, kind, self, out))
			return;
		out->kind = kind;
		out->object = self;
		out->code = c->at[i].code;
		out->frames = i + 1;
	}
}

static bool is_futex(const struct thread_doing *d)
{
	return d->in_syscall && d->syscall == SYS_futex;
}

/* 2.7 has no lock with a time-out: it sleeps, by select() without files, and looks again. */
static bool is_nap(const struct thread_doing *d)
{
	bool is = d->syscall == SYS_pselect6;

#ifdef SYS_select
	is |= d->syscall == SYS_select;
#endif
	return d->in_syscall && is && !d->args[0];
}

void wait_read(struct waits *w, const struct chain *c, const struct thread_doing *d,
	       const struct thread *th, struct wait *out)
{
	struct wait x = {.code = CODE_NONE};

	*out = x;
	if (d->gil == GIL_WAITS || !(is_futex(d) || is_nap(d)))
		return;
	x.lock = is_futex(d) ? find_lock(w, c, th, d->args[0]) : 0;
	x.inner = x.lock ? waitable_of(w, x.lock) : WAIT_NONE;
	describe_native(w, &x);
	/* what records its owner is waited for as itself, but for a thread's end */
	if (!x.owner || x.inner == WAIT_handle)
		find_object(w, c, &x);
	if (!x.kind) {
		x.kind = x.inner;
		x.object = x.lock;
	} else if (kinds[x.kind].owner) {
		x.owner = recorded_owner(w, &x);
	}
	*out = x;
}
