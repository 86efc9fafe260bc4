/* SPDX-License-Identifier: Apache-2.0 */
/* pymalloc's arenas: statics through 3.11, inside of each interpreter in 3.12, behind a pointer
 * later. */
#include "python/priv.h"

/* One table of arena_object. */
struct arena_table {
	addr_t at;
	uint64_t n;
};

static bool is_power_of_two(uint64_t n)
{
	return n && !(n & (n - 1));
}

/* usedpools has two pointers for each size class, and the classes end at 512 bytes: 8 or 16 apart.
 */
static uint32_t alignment_of_table(const struct python *py)
{
	uint64_t size = layout_has(&py->L, F_obmalloc_state_used)
			    ? py->L.f[F_obmalloc_state_used].size
			    : python_known_size(py, K_usedpools);
	uint64_t classes = size / 16;

	if (!layout_has_const(&py->L, C_PYMALLOC_MAX_REQUEST) || !classes ||
	    py->L.c[C_PYMALLOC_MAX_REQUEST] % classes)
		return 0;
	size = py->L.c[C_PYMALLOC_MAX_REQUEST] / classes;
	return size == 8 || size == 16 ? (uint32_t)size : 0;
}

/* In every pool: the last place for a block + the size of a block = the size of a pool. */
static bool pool_says(const struct python *py, addr_t pool, uint32_t alignment, uint32_t *pool_size)
{
	uint64_t szidx, last, size;

	if (!py_field(py, pool, F_pool_header_szidx, &szidx) ||
	    !py_field(py, pool, F_pool_header_maxnextoffset, &last) || szidx >= 512 / alignment)
		return false;
	size = last + (szidx + 1) * alignment;
	if (!is_power_of_two(size) || size < 4096 || size > 1u << 20 || pool % size)
		return false;
	*pool_size = (uint32_t)size;
	return true;
}

/* Asks the pools of the first arenas; the version's own number where none was ever carved. */
static void find_sizes(struct python *py, const struct arena_table *t)
{
	uint32_t alignment = alignment_of_table(py), size, votes = 0, hit = 0;
	uint64_t base;

	py->alignment = alignment ? alignment : 16;
	for (uint64_t i = 0; i < t->n && votes < 64; i++) {
		if (!py_field(py, t->at + i * py->L.size[S_arena_object], F_arena_object_address,
			      &base) ||
		    !base)
			continue;
		for (addr_t pool = round_up(base, 4096); pool < base + (64u << 10); pool += 4096) {
			votes++;
			if (pool_says(py, pool, py->alignment, &size) && size > hit)
				hit = size;
		}
	}
	py->pool_size = hit ? hit : (uint32_t)py->L.c[C_PYMALLOC_POOL_SIZE];
}

static void add_arena(struct refresh *r, addr_t object)
{
	struct python *py = r->py;
	struct arena_area a = {.size = py->arena_size};
	bool broken;

	if (!py_field(py, object, F_arena_object_address, &a.start)) {
		r->damaged++;
		return;
	}
	if (!a.start)
		return; /* an entry that is not in use */
	if (!py_field(py, object, F_arena_object_pool_address, &a.pool_end) ||
	    !py_field(py, object, F_arena_object_freepools, &a.free_pools)) {
		r->damaged++;
		return;
	}
	a.pool_first = round_up(a.start, py->pool_size);
	broken = a.pool_end < a.pool_first || a.pool_end > a.start + a.size ||
		 a.pool_end % py->pool_size;
	if (broken) {
		r->damaged++;
		a.pool_end = (a.start + a.size) / py->pool_size * py->pool_size;
	}
	r->failed |= !vec_push(&py->arenas, a);
}

static void add_table(struct refresh *r, const struct arena_table *t)
{
	struct python *py = r->py;

	if (!t->at || !t->n || !py->L.size[S_arena_object])
		return;
	if (t->n > ARENAS_MAX) {
		r->damaged++;
		return;
	}
	if (!py->pool_size)
		find_sizes(py, t);
	for (uint64_t i = 0; i < t->n && !r->failed; i++)
		add_arena(r, t->at + i * py->L.size[S_arena_object]);
}

/* An interpreter's own state; several may share one. */
static addr_t state_of(const struct python *py, const struct interp *in)
{
	const struct field *f = &py->L.f[F_interp_obmalloc];
	addr_t at = in->addr + (uint32_t)f->offset;

	/* 3.12 has it inside of the interpreter, later versions a pointer to it */
	if (f->size == 8 && py->L.size[S_obmalloc_state] != 8 && !target_read_u64(py->t, at, &at))
		return 0;
	return at;
}

static void add_states(struct refresh *r)
{
	struct python *py = r->py;

	for (size_t i = 0; i < py->interps.n; i++) {
		addr_t state = state_of(py, &py->interps.at[i]);
		struct arena_table t;
		bool again = false;

		for (size_t j = 0; j < i; j++)
			again |= state_of(py, &py->interps.at[j]) == state;
		if (!state || again)
			continue;
		if (py_field(py, state, F_obmalloc_state_arenas, &t.at) &&
		    py_field(py, state, F_obmalloc_state_maxarenas, &t.n))
			add_table(r, &t);
		else
			r->damaged++;
	}
}

void refresh_arenas(struct refresh *r)
{
	struct python *py = r->py;
	struct arena_table t;
	uint32_t n, before = r->damaged;

	py->pool_size = 0;
	py->alignment = alignment_of_table(py);
	if (!py->alignment)
		py->alignment = 16;
	py->arena_size = py->L.c[C_PYMALLOC_ARENA_SIZE];
	if (layout_has(&py->L, F_interp_obmalloc)) {
		add_states(r);
	} else if (py->known[K_arenas] && py->known[K_maxarenas]) {
		if (py_is_own(py, py->known[K_arenas]) &&
		    target_read_u64(py->t, py->known[K_arenas], &t.at) &&
		    target_read_u32(py->t, py->known[K_maxarenas], &n)) {
			t.n = n;
			add_table(r, &t);
		} else {
			r->damaged++;
		}
	}
	if (py->t->missing_bytes && (!py->arenas.n || r->damaged > before)) {
		py->arenas.n = 0;
		refresh_find_pools(r);
	}
	if (!py->arenas.n)
		py->pool_size = 0;
}

/* ---- which allocator objects come from ---- */

static bool table_of_objects(const struct python *py, addr_t *out)
{
	if (layout_has(&py->L, F_runtime_allocators_obj))
		*out = py->runtime + (uint32_t)py->L.f[F_runtime_allocators_obj].offset;
	else
		*out = py->known[K_pyobject_allocator];
	return *out != 0;
}

static bool is_function(const struct python *py, addr_t fn, enum known_id k)
{
	return fn && fn == py->known[k];
}

static enum allocator_kind kind_of(const struct python *py, addr_t fn)
{
	if (is_function(py, fn, K_fn_object_malloc))
		return ALLOC_PYMALLOC;
	if (is_function(py, fn, K_fn_raw_malloc))
		return ALLOC_MALLOC;
	if (is_function(py, fn, K_fn_mi_malloc))
		return ALLOC_MIMALLOC;
	return ALLOC_UNKNOWN;
}

void refresh_allocator(struct refresh *r)
{
	struct python *py = r->py;
	addr_t table, fn = 0, ctx = 0;

	py->debug_hooks = false;
	py->object_allocator = py->arenas.n ? ALLOC_PYMALLOC : ALLOC_UNKNOWN;
	if (!table_of_objects(py, &table)) {
		/* 2.7 decides when it is built: a build with its debug hooks has them compiled in
		 */
		if (!py->known[K_usedpools])
			py->object_allocator = ALLOC_MALLOC;
		py->debug_hooks = py->known[K_fn_object_debug_malloc27] != 0;
		return;
	}
	if (!py_is_own(py, table) || !py_field(py, table, F_allocator_malloc, &fn)) {
		r->damaged++;
		py->debug_hooks = refresh_pools_are_hooked(py);
		return;
	}
	if (is_function(py, fn, K_fn_debug_malloc)) {
		py->debug_hooks = true;
		if (!py_field(py, table, F_allocator_ctx, &ctx) ||
		    !layout_has(&py->L, F_debug_alloc_alloc) ||
		    !py_field(py, ctx + (uint32_t)py->L.f[F_debug_alloc_alloc].offset,
			      F_allocator_malloc, &fn)) {
			r->damaged++;
			return;
		}
	}
	if (kind_of(py, fn) != ALLOC_UNKNOWN)
		py->object_allocator = kind_of(py, fn);
}
