/* SPDX-License-Identifier: Apache-2.0 */
/* Interpreters and their thread states: linked lists of the target, bounded, each member once. */
#include "stack/stacks.h"
#include "target/target.h"
#include "types/peek.h"

#define INTERPRETERS_MAX 100000
#define THREADS_MAX	 1000000

static addr_t first_interpreter(const struct python *py)
{
	addr_t head = 0;

	if (py->runtime)
		return peek_ptr(py, py->runtime, F_runtime_interpreters_head);
	if (py->known[K_interp_head] && !target_read_u64(py->t, py->known[K_interp_head], &head))
		return 0;
	return head;
}

static bool add_thread(struct stacks *s, addr_t tstate, addr_t interp, int64_t interp_id)
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

/* Newest first, as the interpreter links them. */
static bool add_threads(struct stacks *s, addr_t interp, int64_t id, struct map *seen)
{
	addr_t tstate = peek_ptr(s->py, interp, F_interp_tstate_head);

	while (tstate && s->n < THREADS_MAX && map_get(seen, tstate) == MAP_NONE) {
		uint64_t owner;

		if (!map_put(seen, tstate, 1))
			return false;
		if (!peek_field(s->py, tstate, F_tstate_interp, &owner) || owner != interp) {
			notes_add(s->py->t->notes, NOTE_PARTIAL,
				  "the list of threads of interpreter %lld ends at 0x%llx, which "
				  "is no thread "
				  "state",
				  (long long)id, (unsigned long long)tstate);
			return true;
		}
		if (!add_thread(s, tstate, interp, id))
			return false;
		tstate = peek_ptr(s->py, tstate, F_tstate_next);
	}
	return true;
}

/* Without ids (before 3.7) they are numbered as later: the oldest, which is the last of the list, is 0. */
static int64_t highest_id(const struct python *py, addr_t interp)
{
	int64_t n = 0;

	for (; !layout_has(&py->L, F_interp_id) && interp && n < INTERPRETERS_MAX; n++)
		interp = peek_ptr(py, interp, F_interp_next);
	return n - 1;
}

bool stacks_read(struct stacks *s)
{
	addr_t interp = first_interpreter(s->py);
	int64_t highest = highest_id(s->py, interp);
	struct map seen = {0};
	bool ok = true;

	for (int i = 0; ok && interp && i < INTERPRETERS_MAX; i++) {
		if (map_get(&seen, interp) != MAP_NONE)
			break;
		ok = map_put(&seen, interp, 0) &&
		     add_threads(s, interp, peek_int(s->py, interp, F_interp_id, highest - i), &seen);
		interp = peek_ptr(s->py, interp, F_interp_next);
	}
	map_release(&seen);
	return ok;
}
