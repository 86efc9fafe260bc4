/* SPDX-License-Identifier: Apache-2.0 */
#include "types_fixture.h"

uint8_t memory[SIZE];
struct python py;
static struct module module = {.path = "by hand"};
struct notes notes;
struct target *target;
struct typetab *tt;
const struct typectx *c;

void put(uint64_t at, uint64_t v)
{
	memcpy(memory + at, &v, 8);
}

void field(enum field_id f, int32_t offset, uint32_t size)
{
	py.L.f[f] = (struct field){.offset = offset, .size = size, .source = FROM_DWARF};
}

void lay_out_header(void)
{
	field(F_object_ob_refcnt, 0, 8);
	field(F_object_ob_type, 8, 8);
	field(F_varobject_ob_size, 16, 8);
	field(F_type_ob_size, 16, 8);
	field(F_type_tp_name, 24, 8);
	field(F_type_tp_basicsize, 32, 8);
	field(F_type_tp_itemsize, 40, 8);
	field(F_type_tp_flags, 168, 8);
	field(F_type_tp_base, 256, 8);
	py.L.size[S_object] = 16;
	py.L.size[S_varobject] = 24;
	py.L.size[S_type] = 400;
	py.L.size[S_heaptype] = 400;
}

void put_type(uint64_t at, uint64_t meta, uint64_t base, const char *name, uint64_t basicsize,
		     uint64_t itemsize, uint64_t flags)
{
	static uint64_t names;

	names = at == TYPE ? NAMES : names;
	put(at, 1);
	put(at + 8, meta ? BASE + meta : 0);
	put(at + 24, BASE + names);
	strcpy((char *)memory + names, name);
	names += strlen(name) + 1;
	put(at + 32, basicsize);
	put(at + 40, itemsize);
	put(at + 168, 1u << 12 | flags);
	put(at + 256, base ? BASE + base : 0);
}

void open_all(void)
{
	struct buffer_range r = {.start = BASE, .bytes = memory, .len = SIZE, .path = "", .prot = MAP_READ | MAP_WRITE};
	struct diag d = {0};

	ck_assert_int_eq(target_open_buffer(&r, 1, &notes, &target, &d), OK);
	ck_assert_int_eq(target_take_image(target, &d), OK);
	py.t = target;
	py.known[K_type] = BASE + TYPE;
	py.known[K_object] = BASE + OBJECT;
	ck_assert_msg(!typetab_open(&py, target, &notes, &tt, &d), "%s", diag_text(&d));
	c = typetab_ctx(tt);
}

void setup_version(uint32_t hexversion)
{
	struct diag d = {0};

	memset(memory, 0, sizeof(memory));
	memset(&py, 0, sizeof(py));
	layout_init(&py.L);
	ck_assert_int_eq(layout_set_version(&py.L, hexversion, NULL, &d), OK);
	py.module = &module;
	py.gc_head_size = 16;
	lay_out_header();
	put_type(TYPE, TYPE, OBJECT, "type", 400, 0, 1u << 31);
	put_type(OBJECT, TYPE, 0, "object", 16, 0, 0);
	target = NULL;
	tt = NULL;
}

void setup(void)
{
	setup_version(0x030c01f0);
}

void teardown(void)
{
	typetab_close(tt);
	target_close(target);
	notes_release(&notes);
	memset(&notes, 0, sizeof(notes));
	target = NULL;
	tt = NULL;
}

static void on_ref(struct visitor *v, addr_t to, enum edge_kind kind, uint64_t aux)
{
	struct seen *s = (struct seen *)v;

	ck_assert(to != 0);
	if (kind == EDGE_FIELD)
		ck_assert(*(const char *)(uintptr_t)aux);
	s->unowned += kind == EDGE_WEAK || kind == EDGE_UNSURE;
	s->to[s->n++ % ARRAY_SIZE(s->to)] = to;
}

static void on_buffer(struct buffers *b, addr_t start, uint64_t len)
{
	struct seen *s = (struct seen *)((char *)b - offsetof(struct seen, b));

	ck_assert(start && len && len < OWNED_MAX);
	s->buffers++;
	s->bytes += len;
}

struct seen look(const struct object *o)
{
	struct seen s = {.v = {on_ref}, .b = {on_buffer}};

	object_refs(c, o, &s.v);
	object_buffers(c, o, &s.b);
	return s;
}

struct object load(uint64_t at)
{
	struct object o;

	ck_assert(object_load(tt, BASE + at, &o));
	return o;
}

/* A type with the family's name at OTHER, and an object of it at `at`. */
void one_object(uint64_t at, const char *name, uint64_t basicsize, uint64_t itemsize, uint64_t flags)
{
	put_type(OTHER, TYPE, OBJECT, name, basicsize, itemsize, flags);
	put(at, 1);
	put(at + 8, BASE + OTHER);
}
