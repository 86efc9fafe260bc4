/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types and objects laid out by hand: sizes at their edges, tables that lie, chains that bite their tail, types that
 * are none.
 */
#include "types_fixture.h"

/* ---- types ---- */

START_TEST(test_type_and_object)
{
	const struct typeinfo *type, *object;

	open_all();
	type = typetab_get(tt, BASE + TYPE);
	object = typetab_get(tt, BASE + OBJECT);
	ck_assert(type && object);
	ck_assert_str_eq(type->name, "type");
	ck_assert_ptr_eq(type->meta, type);
	ck_assert_ptr_eq(type->base, object);
	ck_assert_ptr_eq(object->meta, type);
	ck_assert_ptr_null(object->base);
	ck_assert_uint_eq(typetab_count(tt), 2);
	ck_assert_ptr_eq(typetab_at(tt, type->id), type);
	ck_assert_ptr_eq(typetab_at(tt, object->id), object);
	ck_assert_ptr_null(typetab_at(tt, UINT32_MAX));
}
END_TEST

START_TEST(test_names)
{
	put_type(OTHER, TYPE, OBJECT, "collections.deque", 64, 0, 0);
	open_all();
	ck_assert_str_eq(typetab_get(tt, BASE + OTHER)->name, "collections.deque");
	ck_assert_str_eq(typetab_get(tt, BASE + OTHER)->module, "collections");
	ck_assert_str_eq(typetab_get(tt, BASE + OBJECT)->module, "");
}
END_TEST

START_TEST(test_builtins_are_bare)
{
	put_type(OTHER, TYPE, OBJECT, "builtins.thing", 16, 0, 0);
	open_all();
	ck_assert_str_eq(typetab_get(tt, BASE + OTHER)->name, "thing");
}
END_TEST

static const struct {
	const char *what;
	uint64_t at, value;
} broken[] = {
	{"metatype is none", 8, 0},
	{"metatype is an odd address", 8, BASE + TYPE + 1},
	{"metatype is itself", 8, BASE + OTHER},
	{"metatype is not there", 8, END},
	{"metatype is a type that makes no types", 8, BASE + OBJECT},
	{"no name", 24, 0},
	{"name is not there", 24, END},
	{"basicsize 0", 32, 0},
	{"basicsize smaller than a header", 32, 15},
	{"basicsize huge", 32, 1ull << 40},
	{"itemsize huge", 40, 1ull << 40},
	{"base is itself", 256, BASE + OTHER},
	{"base is not there", 256, END},
	{"base is no type", 256, BASE + AREA},
	{"ready, but without a base", 256, 0},
	{"base is larger", 256, BASE + TYPE},
	{"never made ready, and in no module", 168, 0},
};

START_TEST(test_broken_type)
{
	put_type(OTHER, TYPE, OBJECT, "broken", 32, 0, 0);
	put(OTHER + broken[_i].at, broken[_i].value);
	open_all();
	for (int again = 0; again < 2; again++)
		ck_assert_msg(!typetab_get(tt, BASE + OTHER), "%s", broken[_i].what);
	ck_assert_uint_eq(typetab_count(tt), 2);
}
END_TEST

START_TEST(test_base_cycle)
{
	put_type(OTHER, TYPE, AREA, "a", 16, 0, 0);
	put_type(AREA, TYPE, OTHER, "b", 16, 0, 0);
	open_all();
	ck_assert_ptr_null(typetab_get(tt, BASE + OTHER));
	ck_assert_ptr_null(typetab_get(tt, BASE + AREA));
}
END_TEST

START_TEST(test_meta_and_base_cross)
{
	put_type(OTHER, AREA, OBJECT, "a", 400, 0, 1u << 31);
	put_type(AREA, TYPE, OTHER, "b", 400, 0, 1u << 31);
	open_all();
	ck_assert_ptr_null(typetab_get(tt, BASE + OTHER));
	ck_assert_ptr_null(typetab_get(tt, BASE + AREA));
}
END_TEST

START_TEST(test_no_type_at_all)
{
	static const addr_t bad[] = {0, 1, BASE + 1, BASE - 8, END, END - 8, BASE + AREA, 1ull << 48, UINT64_MAX - 7};

	open_all();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_ptr_null(typetab_get(tt, bad[i]));
}
END_TEST

START_TEST(test_root_is_broken)
{
	struct buffer_range r = {.start = BASE, .bytes = memory, .len = SIZE, .path = "", .prot = MAP_WRITE};
	struct diag d = {0};

	put(TYPE + 8, BASE + OBJECT);
	py.known[K_type] = BASE + TYPE;
	py.known[K_object] = BASE + OBJECT;
	ck_assert_int_eq(target_open_buffer(&r, 1, &notes, &target, &d), OK);
	ck_assert_int_eq(typetab_open(&py, target, &notes, &tt, &d), ERR_UNREADABLE);
	ck_assert_int_eq(target_take_image(target, &d), OK);
	ck_assert_int_eq(typetab_open(&py, target, &notes, &tt, &d), ERR_BAD_ANSWER);
	ck_assert_ptr_null(tt);
}
END_TEST

/* ---- headers ---- */

START_TEST(test_refcounts)
{
	static const struct {
		uint64_t n;
		bool alive;
	} is[] = {{0, false},		 {1, true},	       {1ull << 40, true},	 {(1ull << 40) + 1, false},
		  {UINT64_MAX, true},	 {0xffffffff, true},   {1ull << 63, false},	 {0xdbdbdbdb7fffffff, false}};
	struct object o;

	put(AREA + 8, BASE + OBJECT);
	for (size_t i = 0; i < ARRAY_SIZE(is); i++)
		put(AREA + 16 * i, is[i].n), put(AREA + 16 * i + 8, BASE + OBJECT);
	open_all();
	for (size_t i = 0; i < ARRAY_SIZE(is); i++)
		ck_assert_msg(object_load(tt, BASE + AREA + 16 * i, &o) == is[i].alive, "%zu", i);
}
END_TEST

START_TEST(test_object_at_the_end)
{
	struct object o;

	one_object(SIZE - 32, "thing", 32, 0, 0);
	put(SIZE - 24, BASE + OTHER);
	put(SIZE - 16, 1);
	put(SIZE - 8, BASE + OTHER);
	open_all();
	ck_assert(object_load(tt, END - 32, &o));
	ck_assert(!object_load(tt, END - 16, &o)); /* half of it */
	ck_assert(!object_load(tt, END - 8, &o));
	ck_assert(!object_load(tt, END - 31, &o));
}
END_TEST

/* ---- tuples: items behind the object ---- */

static const int64_t tuple_sizes[] = {0, 1, 4, 5, 6, -1, 1ll << 45, INT64_MAX, INT64_MIN};

START_TEST(test_tuple)
{
	int64_t n = tuple_sizes[_i];
	uint64_t at = SIZE - 24 - 5 * 8; /* room for five items */
	struct object o;
	struct seen s;

	field(F_tuple_ob_item, 24, 8);
	one_object(at, "tuple", 24, 8, 0);
	put(at + 16, (uint64_t)n);
	for (int i = 0; i < 5; i++)
		put(at + 24 + 8 * i, BASE + OBJECT + i);
	open_all();
	o = load(at);
	s = look(&o);
	ck_assert_int_eq(object_plausible(c, &o), n >= 0 && n <= 5);
	if (n >= 0 && n <= 5) {
		ck_assert_uint_eq(object_size(c, &o), 24 + 8 * (uint64_t)n);
		ck_assert_uint_eq(object_extent(c, &o), 24 + 8 * (uint64_t)n);
		ck_assert_uint_eq(s.n, (uint64_t)n);
	} else {
		ck_assert_uint_le(s.n, 5);
	}
	if (n == INT64_MAX || n == INT64_MIN || n == 1ll << 45)
		ck_assert_uint_eq(object_size(c, &o), SIZE_BAD);
}
END_TEST

/* ---- lists: items elsewhere ---- */

static const struct {
	int64_t n, room;
	uint64_t items;
	bool plausible;
	uint64_t refs;
} lists[] = {
	{0, 0, 0, true, 0},
	{1, 1, END - 8, true, 1},
	{1, 4, END - 8, true, 1}, /* the rest was never touched */
	{2, 2, END - 8, false, 0},
	{3, 2, BASE + AREA + 0x100, false, 3},
	{-1, 4, BASE + AREA + 0x100, false, 0},
	{0, -1, 0, true, 0}, /* while it is sorted */
	{1, 1, 0, false, 0},
	{1ll << 50, 1ll << 50, BASE + AREA + 0x100, false, 0},
};

START_TEST(test_list)
{
	struct object o;
	struct seen s;

	field(F_list_ob_item, 24, 8);
	field(F_list_allocated, 32, 8);
	one_object(AREA, "list", 40, 0, 0);
	put(AREA + 16, (uint64_t)lists[_i].n);
	put(AREA + 24, lists[_i].items);
	put(AREA + 32, (uint64_t)lists[_i].room);
	for (int i = 0; i < 8; i++)
		put(AREA + 0x100 + 8 * i, BASE + OBJECT);
	put(SIZE - 8, BASE + OBJECT);
	open_all();
	o = load(AREA);
	s = look(&o);
	ck_assert_int_eq(object_plausible(c, &o), lists[_i].plausible);
	ck_assert_uint_eq(s.n, lists[_i].refs);
	if (lists[_i].plausible && lists[_i].room >= 0)
		ck_assert_uint_eq(object_size(c, &o), 40 + 8 * (uint64_t)lists[_i].room);
}
END_TEST

/* ---- dicts: 3.11+ key tables ---- */

static void lay_out_dict(void)
{
	field(F_dict_ma_used, 16, 8);
	field(F_dict_ma_keys, 32, 8);
	field(F_dict_ma_values, 40, 8);
	py.L.size[S_dict] = 48;
	field(F_dictkeys_dk_refcnt, 0, 8);
	field(F_dictkeys_dk_log2_size, 8, 1);
	field(F_dictkeys_dk_log2_index_bytes, 9, 1);
	field(F_dictkeys_dk_kind, 10, 1);
	field(F_dictkeys_dk_usable, 16, 8);
	field(F_dictkeys_dk_nentries, 24, 8);
	field(F_dictkeys_dk_indices, 32, 0);
	field(F_dictentry_me_key, 8, 8);
	field(F_dictentry_me_value, 16, 8);
	field(F_dictunicodeentry_me_key, 0, 8);
	field(F_dictunicodeentry_me_value, 8, 8);
	py.L.size[S_dictentry] = 24;
	py.L.size[S_dictunicodeentry] = 16;
}

static void put_keys(uint64_t at, uint8_t log2, uint8_t kind, uint64_t free, uint64_t used)
{
	put(at, 1);
	memory[at + 8] = memory[at + 9] = log2;
	memory[at + 10] = kind;
	put(at + 16, free);
	put(at + 24, used);
}

START_TEST(test_dict)
{
	uint64_t keys = AREA + 0x100;
	struct object o;
	struct seen s;

	lay_out_dict();
	one_object(AREA, "dict", 48, 0, 1u << 29);
	put(AREA + 16, 1);
	put(AREA + 32, BASE + keys);
	put_keys(keys, 3, 1, 3, 2);
	put(keys + 40, BASE + OBJECT); /* one that was deleted: no value */
	put(keys + 56, BASE + TYPE);
	put(keys + 64, BASE + OTHER);
	open_all();
	o = load(AREA);
	s = look(&o);
	ck_assert(object_plausible(c, &o));
	ck_assert_uint_eq(object_size(c, &o), 48 + 32 + 8 + 5 * 16);
	ck_assert_uint_eq(s.n, 2);
	ck_assert_uint_eq(s.to[0], BASE + TYPE);
	ck_assert_uint_eq(s.to[1], BASE + OTHER);
	ck_assert_uint_eq(s.bytes, 32 + 8 + 5 * 16);
}
END_TEST

static const struct {
	uint8_t log2, index, kind;
	uint64_t free, used;
	bool sane;
} tables[] = {
	{0, 3, 1, 0, 0, true},	 {3, 3, 1, 5, 0, true},	  {3, 3, 1, 0, 5, true},  {3, 3, 1, 0, 6, true},
	{3, 3, 1, 0, 7, false},	 {3, 3, 1, 6, 0, false},  {3, 2, 1, 5, 0, false}, {41, 41, 1, 0, 0, false},
	{3, 255, 1, 0, 0, false}, {255, 3, 1, 0, 0, false}, {3, 3, 4, 5, 0, false}, {3, 3, 0, 5, 0, true},
	{3, 3, 1, 0, UINT64_MAX, false}, {20, 22, 1, 0, 0, false}, {3, 3, 2, 0, 5, true},
};

START_TEST(test_dict_table)
{
	uint64_t keys = SIZE - 32 - 8 - 5 * 24 - 24; /* at the end: as much as the largest sane one wants */
	struct dict_table t;

	lay_out_dict();
	put_keys(keys, tables[_i].log2, tables[_i].kind, tables[_i].free, tables[_i].used);
	memory[keys + 9] = tables[_i].index;
	open_all();
	ck_assert_int_eq(dict_table_load(c, BASE + keys, &t), tables[_i].sane);
	ck_assert(!dict_table_load(c, BASE + keys + 1, &t));
	ck_assert(!dict_table_load(c, 0, &t));
	ck_assert(!dict_table_load(c, END - 16, &t));
}
END_TEST

START_TEST(test_dict_damaged)
{
	struct object o;
	struct seen s;

	lay_out_dict();
	one_object(AREA, "dict", 48, 0, 1u << 29);
	put(AREA + 32, END - 8);
	open_all();
	o = load(AREA);
	s = look(&o);
	ck_assert(!object_plausible(c, &o));
	ck_assert_uint_eq(object_size(c, &o), SIZE_BAD);
	ck_assert_uint_eq(s.n + s.buffers, 0);
}
END_TEST

/* ---- sets ---- */

static const struct {
	uint64_t mask, table;
	bool plausible;
} sets[] = {
	{7, BASE + AREA + 72, true},  {7, END - 128, true},	 {15, END - 128, false}, {6, END - 128, false},
	{UINT64_MAX, END - 128, false}, {1ull << 50, END - 128, false}, {7, 0, false},
};

START_TEST(test_set)
{
	struct object o;
	struct seen s;

	field(F_set_fill, 16, 8);
	field(F_set_used, 24, 8);
	field(F_set_mask, 32, 8);
	field(F_set_table, 40, 8);
	field(F_set_smalltable, 72, 128);
	field(F_setentry_key, 0, 8);
	py.L.size[S_setentry] = 16;
	py.known[K_set_dummy] = BASE + TYPE;
	one_object(AREA, "set", 200, 0, 0);
	put(AREA + 24, 1);
	put(AREA + 32, sets[_i].mask);
	put(AREA + 40, sets[_i].table);
	for (uint64_t at = AREA + 72; at; at = at == AREA + 72 ? SIZE - 128 : 0) {
		put(at, BASE + OBJECT);
		put(at + 16, BASE + TYPE); /* a deleted entry */
	}
	open_all();
	o = load(AREA);
	s = look(&o);
	ck_assert_int_eq(object_plausible(c, &o), sets[_i].plausible);
	ck_assert_uint_eq(s.n, sets[_i].plausible ? 1 : 0);
	if (sets[_i].plausible)
		ck_assert_uint_eq(object_size(c, &o), _i ? 200 + 128 : 200);
}
END_TEST

/* ---- ints ---- */

static const struct {
	uint64_t tag, size;
	bool plausible;
} ints[] = {
	{1, 28, true},			  /* zero */
	{1 << 3, 28, true},		  {1 << 3 | 2, 28, true}, /* -1 */
	{2 << 3, 32, true},		  {3 << 3, 36, false},	  /* one digit more than there is memory */
	{UINT64_MAX, SIZE_BAD, false},
};

START_TEST(test_int)
{
	struct object o;
	uint64_t at = SIZE - 32;

	field(F_long_lv_tag, 16, 8);
	field(F_long_ob_digit, 24, 4);
	one_object(at, "int", 24, 4, 1u << 24);
	put(at + 16, ints[_i].tag);
	open_all();
	o = load(at);
	ck_assert_uint_eq(object_size(c, &o), ints[_i].size);
	ck_assert_int_eq(object_plausible(c, &o), ints[_i].plausible);
}
END_TEST

/* ---- chains ---- */

START_TEST(test_chain)
{
	/* 1 2 3 4 5 3 4 5 ... */
	for (uint64_t into = 1; into <= 70; into++) {
		struct chain ch = {0};
		uint64_t link = 1, n = 0;

		while (chain_goes_on(&ch, link)) {
			link = link == 70 ? into : link + 1;
			ck_assert_uint_lt(++n, 1000);
		}
		ck_assert_uint_ge(n, 70);
	}
}
END_TEST

START_TEST(test_deque_bites_its_tail)
{
	uint64_t block = AREA + 0x400;
	struct object o;
	struct seen s;

	field(F_deque_leftblock, 24, 8);
	field(F_deque_rightblock, 32, 8);
	field(F_deque_leftindex, 40, 8);
	field(F_deque_block_data, 8, 512);
	field(F_deque_block_rightlink, 520, 8);
	py.L.size[S_deque_block] = 528;
	one_object(AREA, "collections.deque", 48, 0, 0);
	put(AREA + 16, 1ull << 40);
	put(AREA + 24, BASE + block);
	put(block + 8, BASE + OBJECT);
	put(block + 520, BASE + block);
	open_all();
	o = load(AREA);
	s = look(&o);
	ck_assert_uint_ge(s.n, 1);
	ck_assert_uint_le(s.n, 4);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("types");
	TCase *t = tcase_create("types");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_type_and_object);
	tcase_add_test(t, test_names);
	tcase_add_test(t, test_builtins_are_bare);
	tcase_add_loop_test(t, test_broken_type, 0, ARRAY_SIZE(broken));
	tcase_add_test(t, test_base_cycle);
	tcase_add_test(t, test_meta_and_base_cross);
	tcase_add_test(t, test_no_type_at_all);
	tcase_add_test(t, test_root_is_broken);
	tcase_add_test(t, test_refcounts);
	tcase_add_test(t, test_object_at_the_end);
	tcase_add_loop_test(t, test_tuple, 0, ARRAY_SIZE(tuple_sizes));
	tcase_add_loop_test(t, test_list, 0, ARRAY_SIZE(lists));
	tcase_add_test(t, test_dict);
	tcase_add_loop_test(t, test_dict_table, 0, ARRAY_SIZE(tables));
	tcase_add_test(t, test_dict_damaged);
	tcase_add_loop_test(t, test_set, 0, ARRAY_SIZE(sets));
	tcase_add_loop_test(t, test_int, 0, ARRAY_SIZE(ints));
	tcase_add_test(t, test_chain);
	tcase_add_test(t, test_deque_bites_its_tail);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
