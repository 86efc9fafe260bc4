/* SPDX-License-Identifier: Apache-2.0 */
#include "types/typetab.h"

#define KNOWN_BAD   (MAP_NONE - 1)
#define META_STEPS  8
#define BASE_STEPS  512
#define KNOWN_MAX   (1u << 22) /* addresses to remember; more are looked at again */
#define FAST_PROBES 8
#define WORDS_MAX   (1u << 16)

static const struct typeinfo *get_locked(struct typetab *tt, addr_t type, int depth);

static size_t fast_hash(addr_t type)
{
	return map_hash(type >> 4) & ((1 << FAST_BITS) - 1);
}

static const struct typeinfo *fast_get(const struct typetab *tt, addr_t type)
{
	size_t h = fast_hash(type);

	for (int i = 0; i < FAST_PROBES; i++) {
		const struct typeinfo *ti =
		    __atomic_load_n(&tt->fast[(h + i) & ((1 << FAST_BITS) - 1)], __ATOMIC_ACQUIRE);

		if (!ti || ti->addr == type)
			return ti;
	}
	return NULL;
}

static void fast_put(struct typetab *tt, const struct typeinfo *ti)
{
	size_t h = fast_hash(ti->addr);

	for (int i = 0; i < FAST_PROBES; i++) {
		const struct typeinfo **slot = &tt->fast[(h + i) & ((1 << FAST_BITS) - 1)];

		if (*slot)
			continue;
		__atomic_store_n(slot, ti, __ATOMIC_RELEASE);
		return;
	}
}

void *typetab_keep(struct typetab *tt, size_t n)
{
	void *p = calloc(1, n);

	if (p && !vec_push(&tt->strings, p)) {
		free(p);
		return NULL;
	}
	return p;
}

static struct typeinfo *typeinfo_new(struct typetab *tt, addr_t addr)
{
	struct typeinfo **chunk, *ti;

	if (tt->n >= TYPES_PER_CHUNK * TYPE_CHUNKS)
		return NULL;
	chunk = &tt->chunks[tt->n / TYPES_PER_CHUNK];
	if (!*chunk)
		*chunk = calloc(TYPES_PER_CHUNK, sizeof(**chunk));
	if (!*chunk)
		return NULL;
	ti = &(*chunk)[tt->n % TYPES_PER_CHUNK];
	memset(ti, 0, sizeof(*ti));
	ti->addr = addr;
	ti->id = tt->n;
	return ti;
}

static void remember(struct typetab *tt, addr_t type, uint64_t what)
{
	if (tt->known.n < KNOWN_MAX && !map_put(&tt->known, type, what))
		return; /* only slower */
}

/* One type whose base is known. Its metatype is looked up here: a chain of at most META_STEPS. */
static const struct typeinfo *resolve_one(struct typetab *tt, const struct raw_type *r,
					  const struct typeinfo *base, int depth)
{
	addr_t meta = raw_type_u64(tt, r, F_object_ob_type);
	const struct typeinfo *m = NULL;
	struct typeinfo *ti;

	remember(tt, r->addr, KNOWN_BAD); /* while it is under way: a cycle ends here */
	if (r->addr != tt->py->known[K_type]) {
		/* A static type that was never made ready has no type yet. */
		m = meta ? get_locked(tt, meta, depth + 1) : tt->type_type;
		if (!m)
			return NULL;
	}
	ti = typeinfo_new(tt, r->addr);
	if (!ti)
		return NULL;
	ti->base = base;
	ti->meta = m ? m : ti;
	/* A subclass has all that its base has, unless filling it in has found another base. */
	if (!typeinfo_fill(tt, r, ti) || (ti->base && ti->basicsize < ti->base->basicsize) ||
	    !map_put(&tt->known, r->addr, ti->id))
		return NULL;
	__atomic_store_n(&tt->n, tt->n + 1, __ATOMIC_RELEASE);
	fast_put(tt, ti);
	return ti;
}

/* A type that is ready has `object` at the end of its bases; one that never was has no base yet. */
static bool end_of_bases(struct typetab *tt, const struct raw_type *r, const struct typeinfo **base)
{
	if (r->addr == tt->py->known[K_object])
		return true;
	if (raw_type_u64(tt, r, F_type_tp_flags) & tt->py->L.c[C_TPFLAGS_READY])
		return false;
	*base = tt->type_type->base;
	return *base != NULL;
}

/* Its bases first, the most basic one before the others. */
static const struct typeinfo *get_locked(struct typetab *tt, addr_t type, int depth)
{
	struct {
		VEC(struct raw_type);
	} chain = {0};
	const struct typeinfo *ti = NULL;
	struct raw_type r;
	uint64_t id;
	bool ok = depth <= META_STEPS;

	for (addr_t a = type; ok && a;) {
		id = map_get(&tt->known, a);
		if (id != MAP_NONE) {
			ok = id != KNOWN_BAD;
			ti = ok ? typetab_at(tt, (uint32_t)id) : NULL;
			break;
		}
		ok = chain.n < BASE_STEPS && raw_type_read(tt, a, &r) && raw_type_valid(tt, &r) &&
		     vec_push(&chain, r);
		a = ok ? raw_type_u64(tt, &r, F_type_tp_base) : 0;
		for (size_t i = 0; ok && i < chain.n; i++)
			ok = chain.at[i].addr != a;
	}
	if (ok && chain.n && !ti)
		ok = end_of_bases(tt, &chain.at[chain.n - 1], &ti);
	while (ok && chain.n) {
		ti = resolve_one(tt, &chain.at[--chain.n], ti, depth);
		ok = ti != NULL;
	}
	vec_release(&chain);
	if (!ok)
		remember(tt, type, KNOWN_BAD);
	return ok ? ti : NULL;
}

const struct typeinfo *typetab_get(struct typetab *tt, addr_t type)
{
	const struct typeinfo *ti;
	uint64_t id;

	if (!type || type & 7 || type >> 48)
		return NULL;
	ti = fast_get(tt, type);
	if (ti)
		return ti;
	pthread_mutex_lock(&tt->lock);
	id = map_get(&tt->known, type);
	if (id == MAP_NONE)
		ti = get_locked(tt, type, 0);
	else if (id != KNOWN_BAD)
		ti = typetab_at(tt, (uint32_t)id);
	pthread_mutex_unlock(&tt->lock);
	return ti;
}

bool typetab_word(struct typetab *tt, addr_t at, uint64_t *out)
{
	const uint8_t *p = image_at(tt->ctx.im, at, 8);
	uint64_t word;
	bool ok = true;

	if (p) {
		*out = load64(p);
		return true;
	}
	pthread_mutex_lock(&tt->lock);
	word = map_get(&tt->words, at);
	if (word == MAP_NONE) {
		ok = target_read_u64(tt->t, at, &word);
		if (ok && tt->words.n < WORDS_MAX && !map_put(&tt->words, at, word))
			ok = false;
	}
	pthread_mutex_unlock(&tt->lock);
	if (ok)
		*out = word;
	return ok;
}

uint32_t typetab_count(const struct typetab *tt)
{
	return __atomic_load_n(&tt->n, __ATOMIC_ACQUIRE);
}

const struct typeinfo *typetab_at(const struct typetab *tt, uint32_t id)
{
	return id < TYPES_PER_CHUNK * TYPE_CHUNKS && tt->chunks[id / TYPES_PER_CHUNK]
		   ? &tt->chunks[id / TYPES_PER_CHUNK][id % TYPES_PER_CHUNK]
		   : NULL;
}

struct typeinfo *typetab_own(struct typetab *tt, uint32_t id)
{
	return &tt->chunks[id / TYPES_PER_CHUNK][id % TYPES_PER_CHUNK];
}

const struct typectx *typetab_ctx(const struct typetab *tt)
{
	return &tt->ctx;
}

/* `type` and `object` hang on each other: first `type` without its base. */
static bool open_roots(struct typetab *tt)
{
	struct typeinfo *type;
	struct raw_type r;
	addr_t base;

	if (!raw_type_read(tt, tt->py->known[K_type], &r) || !raw_type_valid(tt, &r))
		return false;
	tt->type_type = resolve_one(tt, &r, NULL, 0);
	if (!tt->type_type)
		return false;
	type = &tt->chunks[0][0];
	base = raw_type_u64(tt, &r, F_type_tp_base);
	if (!base && target_initial(tt->t, r.addr))
		base = tt->py->known[K_object];
	type->base = get_locked(tt, base, 0);
	return type->base && type->base->addr == tt->py->known[K_object];
}

enum err typetab_open(const struct python *py, struct target *t, struct notes *notes,
		      struct typetab **out, struct diag *d)
{
	return typetab_open_on(py, t, t->image, notes, out, d);
}

enum err typetab_open_on(const struct python *py, struct target *t, const struct image *im,
			 struct notes *notes, struct typetab **out, struct diag *d)
{
	struct typetab *tt = calloc(1, sizeof(*tt));

	if (!tt)
		return diag_set(d, ERR_NOMEM, "out of memory");
	pthread_mutex_init(&tt->lock, NULL);
	tt->py = py;
	tt->t = t;
	tt->notes = notes;
	tt->ctx = (struct typectx){.L = &py->L, .im = im, .py = py, .types = tt};
	if (!im) {
		typetab_close(tt);
		return diag_set(d, ERR_UNREADABLE, "no copy of the target's memory was taken");
	}
	if (!open_roots(tt)) {
		typetab_close(tt);
		return diag_set(d, ERR_BAD_ANSWER,
				"the type objects 'type' and 'object' make no sense");
	}
	*out = tt;
	return OK;
}

void typetab_close(struct typetab *tt)
{
	if (!tt)
		return;
	for (size_t i = 0; i < TYPE_CHUNKS; i++)
		free(tt->chunks[i]);
	vec_foreach (p, &tt->strings)
		free(*p);
	vec_release(&tt->strings);
	vec_release(&tt->arenas);
	map_release(&tt->known);
	map_release(&tt->words);
	pthread_mutex_destroy(&tt->lock);
	free(tt);
}
