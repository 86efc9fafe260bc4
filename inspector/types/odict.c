/* SPDX-License-Identifier: Apache-2.0 */
/* collections.OrderedDict (3.x): a dict, and a list of nodes that own the keys once more. */
#include "types/dicttable.h"

static uint64_t odict_size(const struct typectx *c, const struct object *o)
{
	uint64_t n = dict_table_bytes(c, o), fast = obj_u64(c, o, F_odict_od_fast_nodes_size);

	if (n == SIZE_BAD || fast > OWNED_MAX)
		return SIZE_BAD;
	n += o->type->basicsize + fast * 8;
	if (obj_u64(c, o, F_odict_od_first))
		n = size_var(n, obj_u64(c, o, F_dict_ma_used), c->L->size[S_odictnode]);
	return n;
}

static void odict_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	addr_t node = obj_u64(c, o, F_odict_od_first);
	struct chain ch = {0};
	const uint8_t *at;

	dict_refs(c, o, v);
	while (chain_goes_on(&ch, node)) {
		at = struct_at(c, node, S_odictnode);
		if (!at)
			return;
		visit(v, at_u64(c, at, F_odictnode_key), EDGE_KEY, 0);
		node = at_u64(c, at, F_odictnode_next);
	}
}

static void odict_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	uint64_t fast = obj_u64(c, o, F_odict_od_fast_nodes_size);
	addr_t node = obj_u64(c, o, F_odict_od_first);
	struct chain ch = {0};
	const uint8_t *at;

	dict_buffers(c, o, b);
	if (fast < OWNED_MAX / 8)
		own(b, obj_u64(c, o, F_odict_od_fast_nodes), fast * 8);
	while (chain_goes_on(&ch, node)) {
		at = struct_at(c, node, S_odictnode);
		if (!at)
			return;
		own(b, node, c->L->size[S_odictnode]);
		node = at_u64(c, at, F_odictnode_next);
	}
}

const struct pytype pytype_odict = {
    .name = "OrderedDict",
    .size = odict_size,
    .plausible = dict_plausible,
    .refs = odict_refs,
    .buffers = odict_buffers,
    .exact_extent = true,
};
