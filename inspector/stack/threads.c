/* SPDX-License-Identifier: Apache-2.0 */
/* Interpreters and their thread states: linked lists of the target, bounded, each member once. */
#include "stack/cut.h"
#include "target/target.h"
#include "types/peek.h"

addr_t stacks_first_interpreter(const struct python *py, bool *lost)
{
	addr_t at = py->known[K_interp_head], head = 0;

	if (py->runtime)
		return cut_ptr(py, py->runtime, F_runtime_interpreters_head, lost);
	if (at && (target_initial(py->t, at) || !target_read_u64(py->t, at, &head)))
		*lost = true;
	return head;
}

bool stacks_add_thread(struct stacks *s, addr_t tstate, addr_t interp, int64_t interp_id)
{
	const struct python *py = s->py;
	struct stack_thread th = {.tstate = tstate,
				  .interp = interp,
				  .interp_id = interp_id,
				  .ident = peek_ptr(py, tstate, F_tstate_thread_id),
				  .native_id =
				      (int)peek_int(py, tstate, F_tstate_native_thread_id, 0),
				  .os = -1};
	bool ok = target_moves(py->t) ? chain_read_moving(&th.chain, &s->codes, tstate, &s->reread)
				      : chain_read(&th.chain, &s->codes, tstate);

	if (ok && vec_push(s, th))
		return true;
	vec_release(&th.chain);
	return false;
}

bool stacks_add_list(struct stacks *s, addr_t interp, int64_t id, struct map *seen, bool *lost)
{
	addr_t tstate = cut_ptr(s->py, interp, F_interp_tstate_head, lost);

	while (tstate && s->n < STACKS_THREADS_MAX && map_get(seen, tstate) == MAP_NONE) {
		bool gone = false;
		addr_t owner = cut_ptr(s->py, tstate, F_tstate_interp, &gone);

		*lost |= gone;
		if (gone && s->py->t->missing_bytes)
			return true;
		if (!map_put(seen, tstate, 1))
			return false;
		if (owner != interp) {
			notes_add(s->py->t->notes, NOTE_PARTIAL,
				  "the list of threads of interpreter %lld ends at 0x%llx, which "
				  "is no thread "
				  "state",
				  (long long)id, (unsigned long long)tstate);
			return true;
		}
		if (!stacks_add_thread(s, tstate, interp, id))
			return false;
		tstate = cut_ptr(s->py, tstate, F_tstate_next, lost);
	}
	return true;
}

int64_t stacks_highest_id(const struct python *py, addr_t interp)
{
	int64_t n = 0;

	for (; !layout_has(&py->L, F_interp_id) && interp && n < STACKS_INTERPRETERS_MAX; n++)
		interp = peek_ptr(py, interp, F_interp_next);
	return n - 1;
}

static bool read_still(struct stacks *s)
{
	bool lost = false;
	addr_t interp = stacks_first_interpreter(s->py, &lost);
	int64_t highest = stacks_highest_id(s->py, interp);
	struct map seen = {0};
	bool ok = true;

	for (int i = 0; ok && interp && i < STACKS_INTERPRETERS_MAX; i++) {
		if (map_get(&seen, interp) != MAP_NONE)
			break;
		ok = map_put(&seen, interp, 0) &&
		     stacks_add_list(s, interp, peek_int(s->py, interp, F_interp_id, highest - i), &seen, &lost);
		interp = cut_ptr(s->py, interp, F_interp_next, &lost);
	}
	if (ok && s->py->t->missing_bytes)
		ok = cut_read(s, &seen, lost);
	map_release(&seen);
	return ok;
}

bool stacks_read(struct stacks *s)
{
	return target_moves(s->py->t) ? stacks_read_moving(s) : read_still(s);
}
