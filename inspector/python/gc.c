/* SPDX-License-Identifier: Apache-2.0 */
/* The collector's lists: per interpreter (3.9), in the runtime (3.7, 3.8), or file-level
 * (2.7, 3.6). */
#include "python/priv.h"

#define GENERATIONS_MAX 3
#define PERMANENT	3
#define GC_NODES_EACH	16

/* Generations of one collector: `n` of them at `at`, the first being number `first`. */
struct generations {
	addr_t at;
	int first, n;
};

static uint32_t generation_stride(const struct python *py)
{
	return py->L.size[S_gcgeneration];
}

static int array_length(const struct python *py, enum field_id f)
{
	uint32_t stride = generation_stride(py), size = py->L.f[f].size;

	return stride ? (int)min_of(size / stride, GENERATIONS_MAX) : 0;
}

static bool file_level(const struct python *py, addr_t *out)
{
	if (py->known[K_gc_generations]) {
		*out = py->known[K_gc_generations];
		return true;
	}
	return py->known[K_gc_generation0] &&
	       target_read_u64(py->t, py->known[K_gc_generation0], out) && *out;
}

/* generations[3], or young and old[2] (incremental). @return how many parts. */
static size_t collector_parts(const struct python *py, addr_t gc, struct generations out[3])
{
	const struct field *f = py->L.f;
	size_t n = 0;

	if (!gc) {
		if (file_level(py, &out[n].at))
			out[n++] = (struct generations){out[0].at, 0, GENERATIONS_MAX};
		return n;
	}
	if (layout_has(&py->L, F_gcruntime_generations))
		out[n++] = (struct generations){gc + (uint32_t)f[F_gcruntime_generations].offset, 0,
						array_length(py, F_gcruntime_generations)};
	if (layout_has(&py->L, F_gcruntime_young) && layout_has(&py->L, F_gcruntime_old)) {
		out[n++] = (struct generations){gc + (uint32_t)f[F_gcruntime_young].offset, 0, 1};
		out[n++] = (struct generations){gc + (uint32_t)f[F_gcruntime_old].offset, 1,
						array_length(py, F_gcruntime_old)};
	}
	return n;
}

static void add_list(struct refresh *r, addr_t generation, int number, addr_t interp)
{
	struct python *py = r->py;
	struct gc_list list = {generation + (uint32_t)py->L.f[F_gcgeneration_head].offset, number,
			       interp};
	addr_t next;

	if (!py_is_own(py, list.head) || !py_field(py, list.head, F_gchead_gc_next, &next)) {
		r->damaged++;
		return;
	}
	/* a list that was never set up */
	if (next)
		r->failed |= !vec_push(&py->gc_lists, list);
}

static void add_collector(struct refresh *r, addr_t gc, addr_t interp)
{
	struct generations parts[3] = {0};
	size_t n = collector_parts(r->py, gc, parts);

	for (size_t i = 0; i < n; i++)
		for (int g = 0; g < parts[i].n; g++)
			add_list(r, parts[i].at + (uint32_t)g * generation_stride(r->py),
				 parts[i].first + g, interp);
	if (gc && layout_has(&r->py->L, F_gcruntime_permanent_generation))
		add_list(r, gc + (uint32_t)r->py->L.f[F_gcruntime_permanent_generation].offset,
			 PERMANENT, interp);
}

void refresh_gc(struct refresh *r)
{
	struct python *py = r->py;
	bool shared = !layout_has(&py->L, F_interp_gc);

	vec_foreach (in, &py->interps)
		if (!shared || in->main)
			add_collector(r, in->gc, in->addr);
}

static bool gc_int(const struct python *py, const struct interp *in, enum field_id f,
		   enum known_id k, bool *out)
{
	int64_t v;

	if (!(in->gc ? py_field_int(py, in->gc, f, &v) : py_int(py, py->known[k], &v)))
		return false;
	*out = v != 0;
	return true;
}

bool python_gc_facts(struct python *py, const struct interp *in, struct gc_facts *out)
{
	struct generations parts[3] = {0};
	size_t n = collector_parts(py, in->gc, parts);
	int64_t v;

	memset(out, 0, sizeof(*out));
	if (!gc_int(py, in, F_gcruntime_enabled, K_gc_enabled, &out->enabled) ||
	    !gc_int(py, in, F_gcruntime_collecting, K_gc_collecting, &out->collecting))
		return false;
	for (size_t i = 0; i < n; i++)
		for (int g = 0; g < parts[i].n && out->n < GENERATIONS_MAX; g++) {
			addr_t at = parts[i].at + (uint32_t)g * generation_stride(py);

			if (!py_field_int(py, at, F_gcgeneration_threshold, &v))
				return false;
			out->threshold[out->n] = (uint64_t)v;
			if (!py_field_int(py, at, F_gcgeneration_count, &v))
				return false;
			out->count[out->n++] = v < 0 ? 0 : (uint64_t)v;
		}
	out->known = out->n > 0;
	return out->known;
}

/* Is there an object behind the collector's node? */
static bool node_is_object(struct python *py, addr_t node)
{
	addr_t type;

	return py_type_of(py, node + py->gc_head_size, &type) && py_is_type(py, type);
}

static void list_nodes(struct python *py, addr_t head, struct gc_nodes *n)
{
	uint64_t mask = py->L.c[C_GC_PTR_MASK];
	addr_t at = head, next, prev;

	for (unsigned i = 0; i < GC_NODES_EACH; i++, at = next) {
		if (!py_field(py, at, F_gchead_gc_next, &next) ||
		    !py_field(py, next & mask, F_gchead_gc_prev, &prev)) {
			n->unread++;
			return;
		}
		next &= mask;
		/* while a collection runs, gc_prev holds reference counts */
		if ((prev & mask) != at && !py->collecting) {
			n->bad++;
			return;
		}
		if (next == head)
			return;
		if (node_is_object(py, next))
			n->good++;
		else
			n->bad++;
	}
}

struct gc_nodes python_gc_nodes(struct python *py)
{
	struct gc_nodes n = {0};

	vec_foreach (list, &py->gc_lists)
		list_nodes(py, list->head, &n);
	return n;
}
