/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parser.st (up to 3.9): the concrete syntax tree of a piece of source. Its __sizeof__() counts every node, the
 * room that arrays of children were given, and the tokens' texts.
 */
#include "types/family.h"

#define DEPTH_MAX 1500     /* of the grammar's nesting; CPython's parser itself ends there (MAXSTACK) */
#define NODES_MAX (1u << 24)
#define TEXT_MAX  (1u << 24)

/* How many children there is room for: node.c rounds up to 4, above 128 to powers of two. */
static uint64_t room_for(uint64_t n)
{
	uint64_t room = 256;

	if (n <= 1)
		return n;
	if (n <= 128)
		return round_up(n, 4);
	while (room < n)
		room *= 2;
	return room;
}

struct level { /* nodes of one array that are still to be counted */
	addr_t next;
	uint64_t left;
};

/* What a node adds beside itself, and its children for the next level. False if it cannot be read. */
static bool count_node(const struct typectx *c, addr_t node, uint64_t *bytes, struct level *children)
{
	const uint8_t *at = struct_at(c, node, S_node);
	addr_t text;
	uint64_t n;

	if (!at)
		return false;
	text = at_u64(c, at, F_node_n_str);
	n = at_uint(c, at, F_node_n_nchildren);
	*children = (struct level){at_u64(c, at, F_node_n_child), 0};
	*bytes += string_size(c, text, TEXT_MAX);
	if (children->next && n < NODES_MAX) {
		children->left = n;
		*bytes += room_for(n) * c->L->size[S_node];
	}
	return true;
}

static uint64_t tree_size(const struct typectx *c, addr_t root)
{
	struct level stack[DEPTH_MAX] = {{root, 1}};
	uint64_t bytes = c->L->size[S_node], nodes = 0;
	int depth = 0;

	while (depth >= 0) {
		struct level *top = &stack[depth];
		struct level below;

		if (!top->left) {
			depth--;
			continue;
		}
		if (++nodes > NODES_MAX || !count_node(c, top->next, &bytes, &below))
			return SIZE_BAD;
		top->left--;
		top->next += c->L->size[S_node];
		if (!below.left)
			continue;
		if (++depth == DEPTH_MAX)
			return SIZE_BAD;
		stack[depth] = below;
	}
	return bytes;
}

static uint64_t st_size(const struct typectx *c, const struct object *o)
{
	addr_t root = obj_u64(c, o, F_parserst_st_node);
	uint64_t n = root ? tree_size(c, root) : 0;

	return n == SIZE_BAD ? n : o->type->basicsize + n;
}

const struct pytype pytype_parserst = {.name = "parser.st", .size = st_size, .extent = fixed_size, .exact_extent = true};
