/* SPDX-License-Identifier: Apache-2.0 */
/* Interpreters and thread states; the rest of a refresh is in gc.c, arenas.c and areas.c. */
#include "base/map.h"
#include "python/priv.h"

uint32_t python_pthread_tid_offset(struct target *t)
{
	addr_t addr;
	uint32_t desc[3]; /* bits, elements, offset: nptl_db/structs.def */

	if (!target_find_symbol(t, "_thread_db_pthread_tid", &addr, NULL) ||
	    !target_read(t, addr, desc, sizeof(desc)) || desc[0] != 32 || desc[2] > 1u << 16)
		return 0;
	return desc[2];
}

static int tid_of_pthread(struct python *py, uint64_t pthread, uint32_t offset)
{
	uint32_t tid;

	vec_foreach (th, &py->t->threads)
		if (th->has_regs && th->fs_base && th->fs_base == pthread)
			return th->ns_tid ? th->ns_tid : th->tid;
	if (!offset || !pthread || !target_read_u32(py->t, pthread + offset, &tid) ||
	    tid > INT32_MAX)
		return 0;
	vec_foreach (th, &py->t->threads)
		if ((uint32_t)th->ns_tid == tid || (uint32_t)th->tid == tid)
			return (int)tid;
	return 0; /* a thread that is gone */
}

static bool refresh_thread(struct refresh *r, addr_t ts, addr_t interp, uint32_t tid_offset)
{
	struct python *py = r->py;
	struct pythread th = {.addr = ts, .interp = interp};
	uint64_t owner, native;

	if (!py_field(py, ts, F_tstate_interp, &owner) || owner != interp)
		return false;
	if (!py_field(py, ts, F_tstate_thread_id, &th.thread_id))
		th.thread_id = 0;
	if (py_field(py, ts, F_tstate_native_thread_id, &native) && native <= INT32_MAX)
		th.native_id = (int)native;
	else
		th.native_id = tid_of_pthread(py, th.thread_id, tid_offset);
	r->failed |= !vec_push(&py->threads, th);
	return !r->failed;
}

/*
 * Thread states from `ts` on along a link; the newest may be half made, since the compiler links it before it
 * is filled in. False if the list is damaged.
 */
static bool refresh_chain(struct refresh *r, addr_t ts, addr_t interp, enum field_id link,
			  uint32_t tid_offset)
{
	struct map seen = {0};
	bool ok = true;

	for (uint32_t n = 0; ok && ts && !r->failed; n++) {
		ok = n < THREADS_MAX && map_get(&seen, ts) == MAP_NONE && map_put(&seen, ts, 1);
		if (ok && !refresh_thread(r, ts, interp, tid_offset)) {
			if (n && link == F_tstate_prev)
				break; /* back at the newest */
			ok = !n;
		}
		ok = ok && py_field(r->py, ts, link, &ts);
	}
	map_release(&seen);
	return ok;
}

/* The newest is first. While it is not linked to the others yet, they are found from the oldest on. */
static void refresh_threads(struct refresh *r, addr_t interp, uint32_t tid_offset)
{
	const struct layout *L = &r->py->L;
	size_t before = r->py->threads.n;
	addr_t ts;

	if (!py_field(r->py, interp, F_interp_tstate_head, &ts) ||
	    !refresh_chain(r, ts, interp, F_tstate_next, tid_offset)) {
		r->broken_threads++;
		return;
	}
	if (!ts || r->py->threads.n > before)
		return;
	if (!layout_has(L, F_interp_initial_thread) || !layout_has(L, F_tstate_prev) ||
	    !refresh_chain(r, interp + (uint32_t)L->f[F_interp_initial_thread].offset, interp,
			   F_tstate_prev, tid_offset) ||
	    r->py->threads.n == before)
		r->broken_threads++;
}

static bool interp_head(const struct python *py, addr_t *out)
{
	const struct field *f = &py->L.f[F_runtime_interpreters_head];
	addr_t at = f->offset >= 0 ? py->runtime + (uint32_t)f->offset : py->known[K_interp_head];

	return at && py_is_own(py, at) && target_read_u64(py->t, at, out);
}

/* The list has the newest interpreter first, so the main one is the last where nothing says which
 * it is. */
static void mark_main(struct python *py)
{
	addr_t main = 0;
	bool known = py_field(py, py->runtime, F_runtime_interpreters_main, &main) && main;

	vec_foreach (in, &py->interps)
		in->main = known ? in->addr == main : in == &py->interps.at[py->interps.n - 1];
}

static addr_t gc_of(const struct python *py, addr_t interp)
{
	if (layout_has(&py->L, F_interp_gc))
		return interp + (uint32_t)py->L.f[F_interp_gc].offset;
	if (layout_has(&py->L, F_runtime_gc))
		return py->runtime + (uint32_t)py->L.f[F_runtime_gc].offset;
	return 0;
}

static void refresh_interps(struct refresh *r, addr_t head, uint32_t tid_offset)
{
	struct python *py = r->py;

	for (addr_t at = head, next; at && !r->failed; at = next) {
		struct interp in = {.addr = at, .gc = gc_of(py, at)};

		vec_foreach (other, &py->interps)
			if (other->addr == at || py->interps.n >= INTERPS_MAX) {
				r->damaged++; /* a cycle */
				return;
			}
		if (!py_field(py, at, F_interp_next, &next)) {
			r->damaged++;
			return;
		}
		if (!py_field_int(py, at, F_interp_id, &in.id))
			in.id = 0;
		r->failed = !vec_push(&py->interps, in);
		if (!r->failed)
			refresh_threads(r, at, tid_offset);
	}
}

static void refresh_state(struct python *py)
{
	uint64_t finalizing = 0;

	py->collecting = py->finalizing = false;
	if (layout_has(&py->L, F_runtime_finalizing))
		py->finalizing =
		    py_field(py, py->runtime, F_runtime_finalizing, &finalizing) && finalizing;
	else if (py->known[K_finalizing])
		py->finalizing =
		    target_read_u64(py->t, py->known[K_finalizing], &finalizing) && finalizing;
	vec_foreach (in, &py->interps) {
		struct gc_facts facts;

		py->collecting |= python_gc_facts(py, in, &facts) && facts.collecting;
	}
	py->gc_head_size = py->L.free_threaded ? 0 : py->L.size[S_gchead];
}

static void forget(struct python *py)
{
	py->interps.n = py->threads.n = py->gc_lists.n = py->arenas.n = py->static_areas.n = 0;
}

/* Is anything of the interpreter's data what the file says, and not what the process had? */
static bool is_cut(const struct python *py)
{
	for (size_t i = 0; i < K_COUNT; i++)
		if (py->known[i] && target_initial(py->t, py->known[i]))
			return true;
	return false;
}

/* Interpreters and threads; a core that was cut off may have lost them. */
static enum err find_interps(struct refresh *r, struct diag *d)
{
	struct python *py = r->py;
	bool may_miss = py->t->missing_bytes;
	addr_t head = 0;

	if (!interp_head(py, &head)) {
		py->cut = may_miss;
		return may_miss
			   ? OK
			   : diag_set(d, ERR_UNREADABLE,
				      "the memory with the list of interpreters of '%s' is not "
				      "there",
				      py->module->path);
	}
	if (!head)
		return diag_set(d, ERR_NOT_PYTHON,
				"'%s' has CPython %s in it, but no interpreter is running",
				py->module->path, py->L.version);
	refresh_interps(r, head, python_pthread_tid_offset(py->t));
	if (py->interps.n || r->failed)
		return OK;
	py->cut = may_miss;
	return may_miss ? OK
			: diag_set(d, ERR_UNREADABLE,
				   "the interpreter of '%s' at 0x%llx is not readable",
				   py->module->path, (unsigned long long)head);
}

/* A live process can be caught while it makes or ends a thread; the objects are all there. */
void python_note_threads(const struct python *py)
{
	if (py->threads_broken)
		notes_add(py->notes, py->t->kind == TARGET_LIVE ? NOTE_INFO : NOTE_PARTIAL,
			  "the interpreter's list of threads is damaged, or was being changed at "
			  "this moment: it is not whole");
}

enum err python_refresh(struct python *py, struct diag *d)
{
	struct refresh r = {.py = py, .notes = py->notes};
	enum err e;

	forget(py);
	py->cut = is_cut(py);
	e = find_interps(&r, d);
	if (e)
		return e;
	mark_main(py);
	refresh_state(py);
	refresh_gc(&r);
	refresh_arenas(&r);
	refresh_allocator(&r);
	refresh_areas(&r);
	if (r.failed)
		return diag_set(d, ERR_NOMEM, "out of memory");
	py->threads_broken = r.broken_threads && !py->cut;
	if (py->t->kind != TARGET_LIVE || py->t->image)
		python_note_threads(py);
	/* where the interpreter's own data was cut off, that is said once: proof.c */
	if (r.damaged && !py->cut)
		notes_add(py->notes, NOTE_PARTIAL,
			  "%u links in the interpreter's own lists are damaged or not readable",
			  r.damaged);
	return OK;
}
