/* SPDX-License-Identifier: Apache-2.0 */
/* re: scanners and templates (patterns and matches are fixed fields and inline arrays). */
#include "types/family.h"

static void scanner_buffers(const struct typectx *c, const struct object *o, struct buffers *b)
{
	own(b, obj_u64(c, o, F_re_scanner_state_data_stack),
	    obj_u64(c, o, F_re_scanner_state_data_stack_size));
}

/* items[n].literal is a str or NULL; an item is {index, literal}. */
static void template_refs(const struct typectx *c, const struct object *o, struct visitor *v)
{
	uint64_t n = obj_count(c, o);
	const uint8_t *at;

	if (n > OWNED_MAX / 16)
		return;
	at = image_at(c->im, o->addr + offset_of(c, F_re_template_items), n * 16);
	for (uint64_t i = 0; at && i < n; i++)
		visit(v, load64(at + i * 16 + 8), EDGE_INDEX, i);
}

const struct pytype pytype_re_scanner = {
    .name = "SRE_Scanner",
    .size = fixed_size,
    .buffers = scanner_buffers,
    .exact_extent = true,
};
const struct pytype pytype_re_template = {
    .name = "SRE_Template", .refs = template_refs, .exact_extent = true};
