/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has the GIL. 3.7 to 3.11: in the runtime; 3.12 and later: of each interpreter, behind a
 * pointer; 3.6: statics of ceval.c; 2.7: only the thread state of whoever has it.
 */
#include "stack/state.h"
#include "target/target.h"
#include "types/peek.h"

static bool struct_gil(const struct python *py, struct gil *g)
{
	uint64_t locked;

	g->size = py->L.size[S_gil];
	/* cut off: what the file has there was never the process' */
	g->known = !target_initial(py->t, g->at) && peek_field(py, g->at, F_gil_locked, &locked);
	/* -1: it was never made */
	if (g->known && (int32_t)locked == 1)
		g->holder = peek_ptr(py, g->at, F_gil_last_holder);
	return g->known;
}

static bool static_gil(const struct python *py, struct gil *g)
{
	uint32_t locked;

	g->known = !target_initial(py->t, py->known[K_gil_locked]) &&
		   target_read_u32(py->t, py->known[K_gil_locked], &locked);
	if (g->known && locked == 1 &&
	    !target_read_u64(py->t, py->known[K_gil_last_holder], &g->holder))
		g->known = false;
	return g->known;
}

bool gil_read(const struct python *py, addr_t interp, struct gil *out)
{
	struct gil g = {0};
	bool ok = false;

	if (layout_has(&py->L, F_interp_ceval_gil)) {
		g.interp = interp;
		g.at = peek_ptr(py, interp, F_interp_ceval_gil);
		ok = g.at && struct_gil(py, &g);
	} else if (py->runtime && layout_has(&py->L, F_runtime_gil)) {
		g.at = py->runtime + py->L.f[F_runtime_gil].offset;
		ok = struct_gil(py, &g);
	} else if (py->known[K_gil_locked] && py->known[K_gil_last_holder]) {
		ok = static_gil(py, &g);
	} else if (py->known[K_tstate_current]) {
		ok = g.known = !target_initial(py->t, py->known[K_tstate_current]) &&
			       target_read_u64(py->t, py->known[K_tstate_current], &g.holder);
	}
	if (ok)
		*out = g;
	return ok;
}
