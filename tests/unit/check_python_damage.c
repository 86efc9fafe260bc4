/* SPDX-License-Identifier: Apache-2.0 */
/* An interpreter laid out by hand in a buffer, whole and then broken in every way that could hang
 * or crash. */
#include <check.h>
#include <stdio.h>
#include "base/buf.h"
#include "python/priv.h"

#define BASE 0x10000000ull
#define SIZE (1u << 20)

/* Where things are, from BASE. */
enum {
	TYPE = 0x1000, /* type(type) is type */
	STR_TYPE = 0x1400,
	DICT_TYPE = 0x1800,
	STR = 0x2000,
	DICT = 0x2100,
	KEYS = 0x2200,
	RUNTIME = 0x3000,
	INTERP = 0x4000, /* and INTERP + 0x1000 */
	TSTATE = 0x6000, /* and TSTATE + 0x100 */
	GC = 0x100,	 /* in an interpreter */
	ARENAS = 0x8000,
	ARENA = 0x40000,
};

static uint8_t memory[SIZE];
static struct python py;
static struct notes notes;
static struct module module;

static void put(uint64_t at, uint64_t v)
{
	memcpy(memory + at, &v, 8);
}

static void field(enum field_id f, int32_t offset, uint32_t size)
{
	py.L.f[f] = (struct field){.offset = offset, .size = size, .source = FROM_DWARF};
}

static void bits(enum field_id f, int32_t offset, uint8_t pos, uint8_t size)
{
	py.L.f[f] = (struct field){.offset = offset, .size = 1, .bit_pos = pos, .bit_size = size};
}

static void lay_out_objects(void)
{
	field(F_object_ob_type, 8, 8);
	field(F_varobject_ob_size, 16, 8);
	field(F_type_tp_flags, 168, 8);
	field(F_ascii_length, 16, 8);
	bits(F_ascii_interned, 32, 0, 2);
	bits(F_ascii_kind, 32, 2, 3);
	bits(F_ascii_compact, 32, 5, 1);
	bits(F_ascii_ascii, 32, 6, 1);
	bits(F_ascii_ready, 32, 7, 1);
	field(F_ascii_wstr, 40, 8);
	field(F_compact_wstr_length, 64, 8);
	field(F_unicode_data, 72, 8);
	py.L.size[S_ascii] = 48;
	py.L.size[S_compact] = 72;
	field(F_dict_ma_keys, 32, 8);
	field(F_dict_ma_values, 40, 8);
	field(F_dictkeys_dk_log2_index_bytes, 9, 1);
	field(F_dictkeys_dk_kind, 10, 1);
	field(F_dictkeys_dk_nentries, 24, 8);
	field(F_dictkeys_dk_indices, 32, 0);
	field(F_dictentry_me_key, 8, 8);
	field(F_dictentry_me_value, 16, 8);
	field(F_dictunicodeentry_me_key, 0, 8);
	field(F_dictunicodeentry_me_value, 8, 8);
	py.L.size[S_dictentry] = 24;
	py.L.size[S_dictunicodeentry] = 16;
}

static void lay_out_runtime(void)
{
	field(F_runtime_interpreters_head, 8, 8);
	field(F_interp_next, 0, 8);
	field(F_interp_tstate_head, 8, 8);
	field(F_interp_gc, GC, 240);
	field(F_tstate_next, 0, 8);
	field(F_tstate_interp, 8, 8);
	field(F_tstate_thread_id, 16, 8);
	field(F_gcruntime_generations, 0, 72);
	field(F_gcruntime_enabled, 96, 4);
	field(F_gcruntime_collecting, 100, 4);
	field(F_gcgeneration_head, 0, 16);
	field(F_gcgeneration_threshold, 16, 4);
	field(F_gcgeneration_count, 20, 4);
	field(F_gchead_gc_next, 0, 8);
	field(F_gchead_gc_prev, 8, 8);
	py.L.size[S_gcgeneration] = 24;
	py.L.size[S_gchead] = 16;
	field(F_arena_object_address, 0, 8);
	field(F_arena_object_pool_address, 8, 8);
	field(F_arena_object_freepools, 24, 8);
	py.L.size[S_arena_object] = 48;
	field(F_pool_header_szidx, 36, 4);
	field(F_pool_header_maxnextoffset, 44, 4);
}

static void fill_objects(void)
{
	uint64_t type_flag = 1ull << 31;

	put(TYPE + 8, BASE + TYPE);
	put(TYPE + 168, type_flag);
	put(STR_TYPE + 8, BASE + TYPE);
	put(STR_TYPE + 168, 1ull << 28);
	put(DICT_TYPE + 8, BASE + TYPE);
	put(DICT_TYPE + 168, 1ull << 29);
	put(STR + 8, BASE + STR_TYPE);
	put(STR + 16, 3);
	put(STR + 32, 1 << 2 | 1 << 5 | 1 << 6 | 1 << 7);
	memcpy(memory + STR + 48, "key", 4);
	put(DICT + 8, BASE + DICT_TYPE);
	put(DICT + 32, BASE + KEYS);
	memory[KEYS + 9] = 3; /* 8 bytes of index */
	memory[KEYS + 10] = 1;
	put(KEYS + 24, 2);
	put(KEYS + 40, 0);
	put(KEYS + 56, BASE + STR);
	put(KEYS + 64, BASE + TYPE);
}

static void fill_runtime(void)
{
	put(RUNTIME + 8, BASE + INTERP);
	for (uint64_t in = INTERP; in <= INTERP + 0x1000; in += 0x1000)
		for (uint64_t g = 0; g < 3; g++) {
			put(in + GC + 24 * g, BASE + in + GC + 24 * g);
			put(in + GC + 24 * g + 8, BASE + in + GC + 24 * g);
		}
	put(INTERP, BASE + INTERP + 0x1000);
	put(INTERP + 8, BASE + TSTATE);
	put(TSTATE, BASE + TSTATE + 0x100);
	put(TSTATE + 8, BASE + INTERP);
	put(TSTATE + 0x108, BASE + INTERP);
	put(ARENAS, BASE + 0x9000); /* the variable, then maxarenas */
	put(ARENAS + 8, 2);
	put(0x9000, BASE + ARENA);
	put(0x9008, BASE + ARENA + 0x2000);
	put(ARENA + 36, 1); /* szidx; 32-byte blocks in 4096-byte pools */
	memory[ARENA + 36 + 4] = 0;
	put(ARENA + 44, 4096 - 32);
}

static void setup(void)
{
	struct diag d = {0};

	memset(memory, 0, sizeof(memory));
	memset(&py, 0, sizeof(py));
	memset(&notes, 0, sizeof(notes));
	layout_init(&py.L);
	ck_assert_int_eq(layout_set_version(&py.L, 0x030912f0, NULL, &d), OK);
	module = (struct module){.path = "by hand"};
	py.module = &module;
	py.notes = &notes;
	py.runtime = BASE + RUNTIME;
	py.known[K_arenas] = BASE + ARENAS;
	py.known[K_maxarenas] = BASE + ARENAS + 8;
	lay_out_objects();
	lay_out_runtime();
	fill_objects();
	fill_runtime();
}

static void begin(void)
{
	struct buffer_range r = {
	    .start = BASE, .bytes = memory, .len = SIZE, .path = "", .prot = MAP_READ | MAP_WRITE};
	struct diag d = {0};

	ck_assert_int_eq(target_open_buffer(&r, 1, &notes, &py.t, &d), OK);
}

static void teardown(void)
{
	target_close(py.t);
	vec_release(&py.interps);
	vec_release(&py.threads);
	vec_release(&py.gc_lists);
	vec_release(&py.arenas);
	vec_release(&py.static_areas);
	notes_release(&notes);
}

static enum err refresh(void)
{
	struct diag d = {0};

	begin();
	return python_refresh(&py, &d);
}

static bool reads(const char *text)
{
	struct buf b = {0};
	bool ok;

	begin();
	ok = python_string(&py, BASE + STR, 1000, &b) && !strcmp(buf_text(&b), text);
	ck_assert(ok || !b.n);
	buf_release(&b);
	return ok;
}

START_TEST(whole_strings_and_dicts)
{
	ck_assert(reads("key"));
	ck_assert_uint_eq(python_dict_get(&py, BASE + DICT, "key"), BASE + TYPE);
	ck_assert_uint_eq(python_dict_get(&py, BASE + DICT, "kez"), 0);
}
END_TEST

static const struct {
	uint64_t at, value;
} broken_strings[] = {
    {STR + 8, 0},
    {STR + 8, BASE + STR + 1},
    {STR + 8, BASE + SIZE},
    {STR + 8, UINT64_MAX - 7},
    {STR + 8, BASE + STR},
    {STR_TYPE + 8, 0},
    {STR_TYPE + 168, 0},
    {TYPE + 168, 0},
    {STR + 16, SIZE},
    {STR + 16, 1ull << 40},
    {STR + 16, UINT64_MAX},
    {STR + 16, 1ull << 63},
    {STR + 32, 3 << 2 | 7 << 5},
    {STR + 32, 7 << 2 | 7 << 5},
    {STR + 32, 1 << 2 | 1 << 7},	  /* not compact, data NULL */
    {STR + 32, 1 << 2 | 1 << 5 | 1 << 6}, /* not ready, wstr NULL */
};

START_TEST(broken_strings_are_refused)
{
	struct buf b = {0};

	put(broken_strings[_i].at, broken_strings[_i].value);
	begin();
	ck_assert(!python_string(&py, BASE + STR, SIZE, &b));
	ck_assert_uint_eq(b.n, 0);
	ck_assert(!py_string_is(&py, BASE + STR, "key"));
}
END_TEST

START_TEST(legacy_strings)
{
	static const uint32_t wide[] = {'k', 0x20ac, 'y'};

	put(STR + 32, 0); /* never made ready */
	put(STR + 40, BASE + 0x2800);
	put(STR + 64, 3);
	memcpy(memory + 0x2800, wide, sizeof(wide));
	ck_assert(reads("k\xe2\x82\xacy"));
}
END_TEST

static const struct {
	uint64_t at, value;
} broken_dicts[] = {
    {DICT + 8, BASE + STR_TYPE},
    {DICT + 32, 0},
    {DICT + 32, BASE + SIZE - 8},
    {DICT + 32, UINT64_MAX - 100},
    {KEYS + 8, 0xffffff},
    {KEYS + 8, 0x012900},
    {KEYS + 24, 0},
    {KEYS + 56, BASE + SIZE},
    {KEYS + 56, UINT64_MAX},
    {DICT + 40, BASE + SIZE},
};

START_TEST(broken_dicts_have_nothing)
{
	put(broken_dicts[_i].at, broken_dicts[_i].value);
	begin();
	ck_assert_uint_eq(python_dict_get(&py, BASE + DICT, "key"), 0);
}
END_TEST

/* A table that claims to be endless ends where the memory ends. */
START_TEST(endless_dict)
{
	put(KEYS + 24, UINT64_MAX);
	begin();
	ck_assert_uint_eq(python_dict_get(&py, BASE + DICT, "no"), 0);
	ck_assert_uint_eq(python_dict_get(&py, BASE + DICT, "key"), BASE + TYPE);
}
END_TEST

START_TEST(whole_interpreter)
{
	ck_assert_int_eq(refresh(), OK);
	ck_assert_uint_eq(notes.n, 0);
	ck_assert_uint_eq(py.interps.n, 2);
	ck_assert(!py.interps.at[0].main && py.interps.at[1].main);
	ck_assert_uint_eq(py.threads.n, 2);
	ck_assert_uint_eq(py.threads.at[1].addr, BASE + TSTATE + 0x100);
	ck_assert_uint_eq(py.gc_lists.n, 6);
	ck_assert_uint_eq(py.arenas.n, 1);
	ck_assert_uint_eq(py.pool_size, 4096);
	ck_assert_uint_eq(py.arenas.at[0].pool_first, BASE + ARENA);
	ck_assert_uint_eq(py.arenas.at[0].pool_end, BASE + ARENA + 0x2000);
}
END_TEST

static const struct {
	uint64_t at, value;
	size_t interps, threads, arenas;
} broken[] = {
    {INTERP, BASE + INTERP, 1, 2, 1},	       /* the list of interpreters bites its tail */
    {INTERP + 0x1000, BASE + INTERP, 2, 2, 1}, /* later */
    {INTERP, BASE + SIZE, 1, 2, 1},	       /* leads nowhere */
    {INTERP, UINT64_MAX, 1, 2, 1},
    {TSTATE + 0x100, BASE + TSTATE, 2, 2, 1}, /* threads in a circle */
    {TSTATE, BASE + TSTATE, 2, 1, 1},
    {TSTATE, BASE + SIZE - 4, 2, 1, 1},		       /* half there */
    {TSTATE + 0x108, BASE + INTERP + 0x1000, 2, 1, 1}, /* of another interpreter */
    {INTERP + 8, UINT64_MAX - 3, 2, 0, 1},
    {ARENAS, BASE + SIZE, 2, 2, 0},
    {ARENAS, UINT64_MAX, 2, 2, 0},
    {ARENAS + 8, UINT32_MAX, 2, 2, 0},
    {0x9008, BASE + ARENA + (1u << 20), 2, 2, 1}, /* carved beyond its end */
    {0x9008, BASE, 2, 2, 1},
    {0x9008, BASE + ARENA + 5, 2, 2, 1},
};

START_TEST(broken_lists_end_and_are_told)
{
	put(broken[_i].at, broken[_i].value);
	ck_assert_int_eq(refresh(), OK);
	ck_assert_uint_eq(py.interps.n, broken[_i].interps);
	ck_assert_uint_eq(py.threads.n, broken[_i].threads);
	ck_assert_uint_eq(py.arenas.n, broken[_i].arenas);
	ck_assert(notes_partial(&notes));
	vec_foreach (a, &py.arenas) {
		ck_assert(a->pool_first >= a->start && a->pool_end <= a->start + a->size);
		ck_assert_uint_eq(a->pool_end % py.pool_size, 0);
	}
}
END_TEST

START_TEST(no_interpreter_is_an_error)
{
	put(RUNTIME + 8, 0);
	ck_assert_int_eq(refresh(), ERR_NOT_PYTHON);
	target_close(py.t);
	put(RUNTIME + 8, BASE + SIZE + 4096);
	ck_assert_int_eq(refresh(), ERR_UNREADABLE);
	target_close(py.t);
	py.runtime = BASE + SIZE;
	ck_assert_int_eq(refresh(), ERR_UNREADABLE);
}
END_TEST

/* A list head that was never set up is no list; one that cannot be read is damage. */
START_TEST(gc_lists_by_hand)
{
	put(INTERP + GC, 0);
	ck_assert_int_eq(refresh(), OK);
	ck_assert_uint_eq(py.gc_lists.n, 5);
	ck_assert(!notes_partial(&notes));
}
END_TEST

START_TEST(pools_tell_their_size)
{
	/* 16 KiB pools of 16-byte blocks */
	put(ARENA + 36, 0);
	put(ARENA + 44, 16384 - 16);
	put(0x9008, BASE + ARENA + 0x4000);
	ck_assert_int_eq(refresh(), OK);
	ck_assert_uint_eq(py.pool_size, 16384);
	ck_assert_uint_eq(py.arenas.n, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("python by hand");
	TCase *t = tcase_create("damage");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, whole_strings_and_dicts);
	tcase_add_loop_test(t, broken_strings_are_refused, 0, ARRAY_SIZE(broken_strings));
	tcase_add_test(t, legacy_strings);
	tcase_add_loop_test(t, broken_dicts_have_nothing, 0, ARRAY_SIZE(broken_dicts));
	tcase_add_test(t, endless_dict);
	tcase_add_test(t, whole_interpreter);
	tcase_add_loop_test(t, broken_lists_end_and_are_told, 0, ARRAY_SIZE(broken));
	tcase_add_test(t, no_interpreter_is_an_error);
	tcase_add_test(t, gc_lists_by_hand);
	tcase_add_test(t, pools_tell_their_size);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
