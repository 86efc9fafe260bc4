/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include "layout/rows.h"

static struct layout L;

static void fresh(void)
{
	layout_init(&L);
}

START_TEST(nothing_is_known_at_first)
{
	for (int f = 0; f < F_COUNT; f++)
		ck_assert_msg(!layout_has(&L, (enum field_id)f), "%s",
			      field_name((enum field_id)f));
	for (int c = 0; c < C_COUNT; c++)
		ck_assert_msg(!layout_has_const(&L, (enum const_id)c), "%s",
			      const_name((enum const_id)c));
	for (int s = 0; s < S_COUNT; s++)
		ck_assert_uint_eq(L.size[s], 0);
}
END_TEST

START_TEST(rows_are_named)
{
	ck_assert_str_eq(field_name(F_dict_ma_keys), "dict.ma_keys");
	ck_assert_str_eq(struct_name(S_gchead), "gchead");
	ck_assert_str_eq(const_name(C_TPFLAGS_HEAPTYPE), "TPFLAGS_HEAPTYPE");
	ck_assert_int_eq(field_struct(F_dict_ma_keys), S_dict);
	ck_assert_str_eq(field_source_name(FROM_DWARF), "DWARF");
	ck_assert_str_eq(field_source_name(FROM_NOWHERE), "absent");
	ck_assert_str_eq(field_source_name((enum field_source)99), "?");
}
END_TEST

/* Every row is reachable: a struct without names or units could never be found. */
START_TEST(rows_are_whole)
{
	for (int s = 0; s < S_COUNT; s++) {
		ck_assert_msg(*struct_rows[s].names && *units_files(struct_rows[s].units), "%s",
			      struct_rows[s].id);
		ck_assert_msg(!strchr(units_files(struct_rows[s].units), ','), "%s",
			      struct_rows[s].id);
	}
	for (int f = 0; f < F_COUNT; f++) {
		ck_assert(field_rows[f].s < S_COUNT);
		ck_assert_msg(*field_rows[f].paths, "%s", field_rows[f].id);
		ck_assert_msg(field_rows[f].width == 0 || field_rows[f].width == 1 ||
				  field_rows[f].width == 2 || field_rows[f].width == 4 ||
				  field_rows[f].width == 8,
			      "%s", field_rows[f].id);
	}
}
END_TEST

/* A struct in a buffer: what the accessors read is what stands there. */
START_TEST(accessors_read_any_width)
{
	uint8_t p[16] = {0, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0xf0};
	struct field *k = &L.f[F_code_co_argcount];

	*k = (struct field){.offset = 1, .size = 1};
	ck_assert_uint_eq(field_uint(&L, p, F_code_co_argcount), 0x81);
	ck_assert_int_eq(field_int(&L, p, F_code_co_argcount), -0x7f);
	k->size = 2;
	ck_assert_uint_eq(field_uint(&L, p, F_code_co_argcount), 0x8281);
	ck_assert_int_eq(field_int(&L, p, F_code_co_argcount), (int16_t)0x8281);
	k->size = 4;
	ck_assert_uint_eq(field_uint(&L, p, F_code_co_argcount), 0x84838281);
	ck_assert_int_eq(field_int(&L, p, F_code_co_argcount), (int32_t)0x84838281);
	k->size = 8;
	ck_assert_uint_eq(field_uint(&L, p, F_code_co_argcount), 0x8887868584838281);
	ck_assert_uint_eq(field_u64(&L, p, F_code_co_argcount), 0x8887868584838281);
}
END_TEST

START_TEST(accessors_read_bit_fields)
{
	uint8_t p[4] = {0, 0xe5, 0x01,
			0}; /* interned 1, kind 1, compact 1, ascii 1, ready 1, next bit 1 */
	static const struct {
		enum field_id f;
		uint8_t pos, size;
		uint64_t value;
	} rows[] = {
	    {F_ascii_interned, 0, 2, 1}, {F_ascii_kind, 2, 3, 1},
	    {F_ascii_compact, 5, 1, 1},	 {F_ascii_ascii, 6, 1, 1},
	    {F_ascii_ready, 7, 1, 1},	 {F_ascii_statically_allocated, 0, 8, 0xe5},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		L.f[rows[i].f] = (struct field){
		    .offset = 1, .size = 1, .bit_pos = rows[i].pos, .bit_size = rows[i].size};
		ck_assert_uint_eq(field_uint(&L, p, rows[i].f), rows[i].value);
	}
}
END_TEST

static bool take(int32_t offset, uint32_t size, uint8_t bit_pos, uint8_t bit_size)
{
	L.f[F_list_ob_item].offset = -1;
	return layout_take(&L, F_list_ob_item,
			   (struct field){.offset = offset,
					  .size = size,
					  .bit_pos = bit_pos,
					  .bit_size = bit_size,
					  .source = FROM_DWARF});
}

/* list.ob_item is 8 bytes wide in a struct that is made 40 here. */
START_TEST(wild_places_are_rejected)
{
	L.size[S_list] = 40;
	ck_assert(take(0, 8, 0, 0));
	ck_assert(take(32, 8, 0, 0));
	ck_assert_int_eq(L.f[F_list_ob_item].offset, 32);
	ck_assert_uint_eq(L.n_rejected, 0);
	ck_assert(!take(33, 8, 0, 0));
	ck_assert(!layout_has(&L, F_list_ob_item));
	ck_assert(!take(40, 8, 0, 0));
	ck_assert(!take(-1, 8, 0, 0));
	ck_assert(!take(INT32_MIN, 8, 0, 0));
	ck_assert(!take(INT32_MAX, 8, 0, 0));
	ck_assert(!take(24, UINT32_MAX, 0, 0));
	ck_assert(!take(24, 4, 0, 0)); /* of another width */
	ck_assert(!take(24, 16, 0, 0));
	ck_assert(!take(24, 8, 1, 64)); /* more bits than bytes */
	ck_assert_uint_eq(L.n_rejected, 9);
}
END_TEST

START_TEST(flexible_arrays_may_end_their_struct)
{
	struct field k = {.offset = 24, .size = 0, .stride = 8, .source = FROM_DWARF};

	L.size[S_tuple] = 24;
	ck_assert(layout_take(&L, F_tuple_ob_item, k));
	k.offset = 25;
	ck_assert(!layout_take(&L, F_tuple_ob_item, k));
}
END_TEST

static const struct {
	const char *text;
	uint32_t hex;
} versions[] = {
    {"2.7.18", 0x020712f0},
    {"3.11.7 (main, Dec  4 2023)", 0x030b07f0},
    {"3.13.0rc1", 0x030d00c1},
    {"3.8.0a4+", 0x030800a4},
    {"3.12.0b3", 0x030c00b3},
    {"2.7.18+", 0x020712f0},
    {"3.11", 0},
    {"3.11.", 0},
    {"", 0},
    {"3.11.7x", 0},
    {"4.0.0", 0},
    {"3.256.0", 0},
    {"3.1.256", 0},
    {"x3.1.2", 0},
    {"3.13.0rc", 0},
    {"3.99999999999999.1", 0},
};

START_TEST(versions_are_parsed)
{
	ck_assert_uint_eq(layout_parse_version(versions[_i].text), versions[_i].hex);
}
END_TEST

static const struct {
	uint32_t hex;
	const char *text; /* NULL = not supported */
	bool tested;
} supported[] = {
    {0x02071200 | 0xf0, "2.7.18", true}, {0x030d00f0, "3.13.0", true},
    {0x030d00c2, "3.13.0rc2", true},	 {0x030600f0, "3.6.0", true},
    {0x030e00f0, "3.14.0", false},	 {0x030500f0, NULL, false},
    {0x020600f0, NULL, false},		 {0x030000f0, NULL, false},
};

START_TEST(versions_are_supported_or_not)
{
	struct diag d = {0};
	enum err e = layout_set_version(&L, supported[_i].hex, NULL, &d);

	if (!supported[_i].text) {
		ck_assert_int_eq(e, ERR_UNSUPPORTED);
		ck_assert_uint_eq(L.hexversion, 0);
		return;
	}
	ck_assert_int_eq(e, OK);
	ck_assert_str_eq(L.version, supported[_i].text);
	ck_assert_int_eq(layout_version_tested(&L), supported[_i].tested);
}
END_TEST

/* The numbers are those of CPython's headers, for the version before and after a change. */
START_TEST(constants_go_by_version)
{
	struct diag d = {0};

	ck_assert_int_eq(layout_set_version(&L, 0x030a0df0, NULL, &d), OK);
	ck_assert(!layout_has_const(&L, C_TPFLAGS_MANAGED_DICT));
	ck_assert(!layout_has_const(&L, C_IMMORTAL_BIT));
	ck_assert_int_eq((int64_t)L.c[C_FRAME_CREATED], -2);
	ck_assert_uint_eq(L.c[C_PYMALLOC_ARENA_SIZE], 1u << 20);
	layout_init(&L);
	ck_assert_int_eq(layout_set_version(&L, 0x030d00f0, NULL, &d), OK);
	ck_assert_uint_eq(L.c[C_TPFLAGS_MANAGED_DICT], 1u << 4);
	ck_assert_int_eq((int64_t)L.c[C_FRAME_CREATED], -3);
	ck_assert_int_eq((int64_t)L.c[C_FRAME_SUSPENDED_YIELD_FROM], -1);
	ck_assert(layout_has_const(&L, C_FRAME_SUSPENDED_YIELD_FROM));
	ck_assert(!layout_has_const(&L, C_GC_REFS_REACHABLE));
	layout_init(&L);
	ck_assert_int_eq(layout_set_version(&L, 0x030912f0, NULL, &d), OK);
	ck_assert_uint_eq(L.c[C_PYMALLOC_ARENA_SIZE], 256u << 10);
	layout_init(&L);
	ck_assert_int_eq(layout_set_version(&L, 0x02071200 | 0xf0, NULL, &d), OK);
	ck_assert_uint_eq(L.c[C_GC_PTR_MASK], UINT64_MAX);
	ck_assert_uint_eq(L.c[C_TPFLAGS_INT_SUBCLASS], 1u << 23);
	ck_assert(!layout_has_const(&L, C_TPFLAGS_ITEMS_AT_END));
}
END_TEST

static const struct {
	const char *path, *name;
} extensions[] = {
    {"/usr/lib/python3.11/lib-dynload/_asyncio.cpython-311-x86_64-linux-gnu.so", "_asyncio"},
    {"lib-dynload/_io.so", "_io"},
    {"/x/itertoolsmodule.so", "itertools"},
    {"/x/module.so", "module"},
    {"/usr/bin/python3", NULL},
    {"/lib/.so", NULL},
    {"", NULL},
};

START_TEST(extensions_are_named_by_their_path)
{
	char name[16] = "unchanged";
	bool is = layout_extension_name(extensions[_i].path, name, sizeof(name));

	ck_assert_int_eq(is, extensions[_i].name != NULL);
	ck_assert_str_eq(name, is ? extensions[_i].name : "unchanged");
}
END_TEST

START_TEST(extensions_with_structs_are_known)
{
	char name[4];

	ck_assert(layout_knows_extension("_asyncio"));
	ck_assert(layout_knows_extension("_thread"));
	ck_assert(layout_knows_extension("thread"));
	ck_assert(!layout_knows_extension("_threa"));
	ck_assert(!layout_knows_extension("_thread,thread"));
	ck_assert(!layout_knows_extension("numpy"));
	ck_assert(!layout_knows_extension(""));
	ck_assert(!layout_extension_name("/x/_asyncio.so", name, sizeof(name)));
}
END_TEST

/* ---- _Py_DebugOffsets, by hand ---- */

static void put(uint8_t *table, size_t at, uint64_t v)
{
	memcpy(table + at, &v, sizeof(v));
}

/* The words of 3.13 that are filled in here: list_object {size, ob_item, ob_size} at 424,
 * pyobject.ob_type at 360. */
static void debug_table(uint8_t *table, uint64_t version)
{
	memset(table, 0, DEBUG_OFFSETS_SIZE);
	memcpy(table, "xdebugpy", 8);
	put(table, 8, version);
	put(table, 352, 16);
	put(table, 360, 8);
	put(table, 424, 40);
	put(table, 432, 24);
	put(table, 440, 16);
}

START_TEST(debug_offsets_are_recognised)
{
	uint8_t table[DEBUG_OFFSETS_SIZE];
	bool free_threaded = true;

	debug_table(table, 0x030d00f0);
	ck_assert_uint_eq(debug_offsets_version(table, sizeof(table), &free_threaded), 0x030d00f0);
	ck_assert(!free_threaded);
	ck_assert_uint_eq(debug_offsets_version(table, 23, &free_threaded), 0);
	put(table, 16, 1);
	ck_assert_uint_eq(debug_offsets_version(table, 24, &free_threaded), 0x030d00f0);
	ck_assert(free_threaded);
	put(table, 16, 2);
	ck_assert_uint_eq(debug_offsets_version(table, sizeof(table), &free_threaded), 0);
	debug_table(table, 0x1030d00f0);
	ck_assert_uint_eq(debug_offsets_version(table, sizeof(table), &free_threaded), 0);
	debug_table(table, 0x030d00f0);
	table[0] = 'y';
	ck_assert_uint_eq(debug_offsets_version(table, sizeof(table), &free_threaded), 0);
}
END_TEST

START_TEST(debug_offsets_confirm_or_contradict)
{
	uint8_t table[DEBUG_OFFSETS_SIZE];

	debug_table(table, 0x030d00f0);
	L.size[S_list] = L.size[S_object] = 40;
	L.size_source[S_list] = L.size_source[S_object] = FROM_DWARF;
	L.f[F_list_ob_item] = (struct field){.offset = 24, .size = 8, .source = FROM_DWARF};
	L.f[F_object_ob_type] = (struct field){.offset = 8, .size = 8, .source = FROM_DWARF};
	ck_assert_uint_gt(layout_cross_check(&L, table, sizeof(table)), 2);
	ck_assert_uint_eq(L.n_conflicts, 0);
	put(table, 432, 32);
	layout_cross_check(&L, table, sizeof(table));
	ck_assert_uint_eq(L.n_conflicts, 1);
	ck_assert_int_eq(L.conflicts[0].field, F_list_ob_item);
	ck_assert_int_eq(L.conflicts[0].dwarf, 24);
	ck_assert_int_eq(L.conflicts[0].debug_offsets, 32);
	/* DWARF stays */
	ck_assert_int_eq(L.f[F_list_ob_item].offset, 24);
	ck_assert_int_eq(L.f[F_list_ob_item].source, FROM_DWARF);
}
END_TEST

START_TEST(debug_offsets_fill_gaps)
{
	uint8_t table[DEBUG_OFFSETS_SIZE];

	debug_table(table, 0x030d00f0);
	ck_assert_uint_gt(layout_cross_check(&L, table, sizeof(table)), 2);
	ck_assert_int_eq(L.f[F_list_ob_item].offset, 24);
	ck_assert_int_eq(L.f[F_list_ob_item].source, FROM_DEBUG_OFFSETS);
	ck_assert_uint_eq(L.size[S_list], 40);
	ck_assert(!layout_has(&L, F_list_allocated));
}
END_TEST

/* The process is hostile: offsets outside of the struct, sizes of gigabytes, tables that are cut.
 */
START_TEST(debug_offsets_are_not_trusted)
{
	uint8_t table[DEBUG_OFFSETS_SIZE];

	debug_table(table, 0x030d00f0);
	put(table, 432, UINT64_MAX);
	put(table, 360, 16);
	ck_assert_uint_gt(layout_cross_check(&L, table, sizeof(table)), 0);
	ck_assert(!layout_has(&L, F_list_ob_item));
	ck_assert(!layout_has(&L, F_object_ob_type)); /* 16 + 8 > 16 */
	ck_assert(L.size[S_list] == 40 || L.size[S_list] == 0);
	layout_init(&L);
	debug_table(table, 0x030d00f0);
	put(table, 424, 1ull << 40);
	layout_cross_check(&L, table, sizeof(table));
	ck_assert(!layout_has(&L, F_list_ob_item));
	layout_init(&L);
	debug_table(table, 0x030d00f0);
	layout_cross_check(&L, table, 432);
	ck_assert(!layout_has(&L, F_list_ob_item));
	/* a version whose form is not known */
	layout_init(&L);
	debug_table(table, 0x031800f0);
	ck_assert_uint_eq(layout_cross_check(&L, table, sizeof(table)), 0);
}
END_TEST

START_TEST(what_is_needed_is_checked)
{
	struct diag d = {0};

	ck_assert_int_eq(layout_check(&L, &d), ERR_NO_LAYOUT);
	ck_assert_ptr_nonnull(strstr(diag_text(&d), "object.ob_type"));
}
END_TEST

START_TEST(a_program_without_python_has_no_layout)
{
	struct elf_file *f;
	struct diag d = {0};

	ck_assert_int_eq(elf_file_open("/proc/self/exe", -1, &f, &d), OK);
	ck_assert_int_eq(layout_resolve(&L, f, &d), ERR_NO_LAYOUT);
	elf_file_close(f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("layout");
	TCase *t = tcase_create("layout");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, fresh, NULL);
	tcase_add_test(t, nothing_is_known_at_first);
	tcase_add_test(t, rows_are_named);
	tcase_add_test(t, rows_are_whole);
	tcase_add_test(t, accessors_read_any_width);
	tcase_add_test(t, accessors_read_bit_fields);
	tcase_add_test(t, wild_places_are_rejected);
	tcase_add_test(t, flexible_arrays_may_end_their_struct);
	tcase_add_loop_test(t, versions_are_parsed, 0, ARRAY_SIZE(versions));
	tcase_add_loop_test(t, versions_are_supported_or_not, 0, ARRAY_SIZE(supported));
	tcase_add_test(t, constants_go_by_version);
	tcase_add_loop_test(t, extensions_are_named_by_their_path, 0, ARRAY_SIZE(extensions));
	tcase_add_test(t, extensions_with_structs_are_known);
	tcase_add_test(t, debug_offsets_are_recognised);
	tcase_add_test(t, debug_offsets_confirm_or_contradict);
	tcase_add_test(t, debug_offsets_fill_gaps);
	tcase_add_test(t, debug_offsets_are_not_trusted);
	tcase_add_test(t, what_is_needed_is_checked);
	tcase_add_test(t, a_program_without_python_has_no_layout);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
