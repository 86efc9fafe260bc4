/* SPDX-License-Identifier: Apache-2.0 */
/* Line tables and frame chains laid out by hand, right and damaged. */
#include <check.h>
#include "stack/fold.h"
#include "stack/stacks.h"
#include "stack/withblocks.h"
#include "target/target.h"

/* ---- line tables ---- */

static void check_place(enum line_format format, const void *table, size_t n, int64_t at, int line,
			int end_line, int column, int end_column)
{
	struct place p = linetable_find(format, table, n, 10, at);

	ck_assert_int_eq(p.line, line);
	ck_assert_int_eq(p.end_line, end_line);
	ck_assert_int_eq(p.column, column);
	ck_assert_int_eq(p.end_column, end_column);
}

START_TEST(lnotab)
{
	static const uint8_t table[] = {6, 1, 50, 200, 0, 2};

	check_place(LINES_SIGNED, table, 6, 5, 10, -1, -1, -1);
	check_place(LINES_SIGNED, table, 6, 6, 11, -1, -1, -1);
	check_place(LINES_SIGNED, table, 6, 56, -1, -1, -1, -1); /* below 1: senseless */
	check_place(LINES_UNSIGNED, table, 6, 56, 213, -1, -1, -1);
	check_place(LINES_UNSIGNED, table, 6, -1, 10, -1, -1, -1);
	check_place(LINES_UNSIGNED, table, 0, 100, 10, -1, -1, -1);
	check_place(LINES_UNSIGNED, table, 1, 100, 10, -1, -1, -1); /* half a pair */
}
END_TEST

START_TEST(ranges)
{
	static const uint8_t table[] = {4, 1, 2, 0x80, 6, 0xff};

	check_place(LINES_RANGES, table, 6, 0, 11, -1, -1, -1);
	check_place(LINES_RANGES, table, 6, 4, -1, -1, -1, -1); /* no line */
	check_place(LINES_RANGES, table, 6, 6, 10, -1, -1, -1);
	check_place(LINES_RANGES, table, 6, 12, -1, -1, -1, -1); /* past the end */
}
END_TEST

START_TEST(places)
{
	static const uint8_t table[] = {
	    0x80 | 0 << 3 | 1,
	    0x25, /* two units, short: column 2, five wide */
	    0x80 | 11 << 3,
	    4,
	    9, /* one line down */
	    0x80 | 14 << 3,
	    (200 & 63) | 64,
	    3,
	    2,
	    7,
	    1, /* long: 100 down */
	    0x80 | 13 << 3,
	    3,		    /* line only, one up */
	    0x80 | 15 << 3, /* none */
	};

	check_place(LINES_PLACES, table, sizeof(table), 0, 10, 10, 2, 7);
	check_place(LINES_PLACES, table, sizeof(table), 2, 10, 10, 2, 7);
	check_place(LINES_PLACES, table, sizeof(table), 4, 11, 11, 4, 9);
	check_place(LINES_PLACES, table, sizeof(table), 6, 111, 113, 6, 0);
	check_place(LINES_PLACES, table, sizeof(table), 8, 110, 110, -1, -1);
	check_place(LINES_PLACES, table, sizeof(table), 10, -1, -1, -1, -1);
	check_place(LINES_PLACES, table, sizeof(table), 12, -1, -1, -1, -1);
}
END_TEST

START_TEST(tables_of_noise)
{
	uint8_t noise[64];
	uint32_t seed = 1;

	for (int round = 0; round < 2000; round++) {
		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (seed = seed * 1103515245 + 12345) >> 16;
		for (enum line_format f = LINES_NONE; f <= LINES_PLACES; f++)
			for (int64_t at = -1; at < 300; at += 7)
				linetable_find(f, noise, seed % sizeof(noise), 1, at);
	}
}
END_TEST

/* ---- with blocks: what CPython 3.11 makes of
 *     with a:
 *         try:
 *             with b: x()
 *         except E:
 *             y()
 */

static const uint8_t with_table[] =
    "\x83\x01\x41\x19\x03\x85\x02\x2e\x02\x87\x0f\x22\x05\x96\x0c\x2e\x02\xa2\x04\x26\x09\xa6\x03\x2e\x02\xa9\x01\x26"
    "\x09\xaa\x03\x2e\x02\xad\x01\x41\x19\x03\xae\x18\x41\x09\x05\xc1\x06\x02\x41\x19\x03\xc1\x08\x01\x41\x09\x05\xc1"
    "\x09\x03\x41\x19\x03\xc1\x19\x04\x41\x1d\x07\xc1\x20\x01\x41\x1d\x07";
#define WITH_EXCEPT_START 49

/* The two handlers of with blocks: b's at 68, a's at 178. */
static struct with_depths depths_at(int64_t at)
{
	uint8_t code[204] = {[70] = WITH_EXCEPT_START, [180] = WITH_EXCEPT_START};
	struct with_depths d;

	with_depths_find(with_table, sizeof(with_table) - 1, code, sizeof(code), at, WITH_EXCEPT_START, &d);
	return d;
}

START_TEST(with_blocks_around)
{
	static const struct {
		int64_t at;
		unsigned n;
		uint32_t depth[2];
	} known[] = {
	    {-1, 0, {0}},  {2, 0, {0}}, /* before a is entered */
	    {6, 1, {1}},		/* in a */
	    {12, 1, {1}},		/* b is about to be entered */
	    {16, 2, {2, 1}},		/* x() */
	    {42, 2, {2, 1}},   {54, 1, {1}}, /* b is left */
	    {70, 1, {1}},	   {128, 1, {1}}, /* y() */
	    {152, 0, {0}}, /* a is left */
	    {180, 0, {0}}, {202, 0, {0}},   {1 << 20, 0, {0}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct with_depths d = depths_at(known[i].at);

		ck_assert_uint_eq(d.n, known[i].n);
		for (unsigned k = 0; k < d.n; k++)
			ck_assert_uint_eq(d.depth[k], known[i].depth[k]);
	}
}
END_TEST

START_TEST(with_blocks_of_noise)
{
	uint8_t noise[64], code[128];
	struct with_depths d;
	uint32_t seed = 7;

	memset(code, WITH_EXCEPT_START, sizeof(code));
	for (int round = 0; round < 5000; round++) {
		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (seed = seed * 1103515245 + 12345) >> 16;
		with_depths_find(noise, seed % sizeof(noise), code, sizeof(code), seed % 200, WITH_EXCEPT_START, &d);
		ck_assert_uint_le(d.n, WITH_BLOCKS_MAX);
	}
	/* a handler that is its own: start 0, length 63, target 0, depth 1 with lasti */
	with_depths_find((const uint8_t *)"\x80\x3f\x00\x03", 4, code, sizeof(code), 4, WITH_EXCEPT_START, &d);
	ck_assert_uint_eq(d.n, WITH_BLOCKS_MAX);
}
END_TEST

/* ---- frames: objects linked by f_back, 64 bytes each, from FRAMES on; one code object ---- */

#define PAGE_AT 0x10000u
#define TSTATE	0x10000u
#define CODE	0x10100u
#define FRAMES	0x11000u
#define N	200000u
#define K_FRAME 0x500000u
#define K_CODE	0x500200u

static uint8_t *memory;
static const size_t memory_size = FRAMES - PAGE_AT + N * 64;
static struct python py;
static struct notes notes;

static void put(uint64_t at, uint64_t value)
{
	memcpy(memory + (at - PAGE_AT), &value, 8);
}

static void field(enum field_id f, int offset, int size)
{
	py.L.f[f] = (struct field){.offset = offset, .size = size};
}

static void set_up(void)
{
	memory = calloc(1, memory_size + 4096);
	py = (struct python){0};
	for (size_t i = 0; i < F_COUNT; i++)
		py.L.f[i].offset = -1;
	for (size_t i = 0; i < C_COUNT; i++)
		py.L.c[i] = CONST_ABSENT;
	field(F_object_ob_type, 8, 8);
	field(F_varobject_ob_size, 16, 8);
	field(F_tstate_frame, 0, 8);
	field(F_frame_f_back, 16, 8);
	field(F_frame_f_code, 24, 8);
	field(F_frame_f_lasti, 32, 4);
	field(F_code_co_firstlineno, 16, 4);
	py.known[K_frame] = K_FRAME;
	py.known[K_code] = K_CODE;
	put(CODE + 8, K_CODE);
	put(TSTATE, FRAMES);
	for (uint64_t i = 0; i < N; i++) {
		put(FRAMES + i * 64 + 8, K_FRAME);
		put(FRAMES + i * 64 + 16, i + 1 < N ? FRAMES + (i + 1) * 64 : 0);
		put(FRAMES + i * 64 + 24, CODE);
	}
}

static void tear_down(void)
{
	free(memory);
	notes_release(&notes);
}

/* Reads the chain that the memory holds. */
static void read_chain(struct chain *c, struct codes *codes)
{
	struct buffer_range range = {PAGE_AT, memory, memory_size, "", MAP_READ | MAP_WRITE};
	struct diag d = {0};

	*c = (struct chain){0};
	ck_assert_int_eq(target_open_buffer(&range, 1, &notes, &py.t, &d), OK);
	codes_init(codes, &py);
	ck_assert(chain_read(c, codes, TSTATE));
	target_close(py.t);
}

static void check_chain(size_t n, enum chain_end end)
{
	struct codes codes;
	struct chain c;

	read_chain(&c, &codes);
	ck_assert_uint_eq(c.n, n);
	ck_assert_int_eq(c.end, end);
	vec_release(&c);
	codes_release(&codes);
}

START_TEST(chain_is_deep) /* H7 */
{
	check_chain(N, CHAIN_WHOLE);
}
END_TEST

START_TEST(chain_is_empty)
{
	put(TSTATE, 0);
	check_chain(0, CHAIN_WHOLE);
}
END_TEST

START_TEST(chain_is_a_cycle) /* H8 */
{
	put(FRAMES + 16, FRAMES);
	check_chain(1, CHAIN_CYCLE);
	put(FRAMES + 16, FRAMES + 64);
	put(FRAMES + 999 * 64 + 16, FRAMES + 990 * 64);
	check_chain(1000, CHAIN_CYCLE);
	put(FRAMES + 999 * 64 + 16, FRAMES);
	check_chain(1000, CHAIN_CYCLE);
}
END_TEST

START_TEST(chain_goes_astray)
{
	put(FRAMES + 2 * 64 + 16, 0xdead0000);
	check_chain(3, CHAIN_UNREADABLE);
	put(FRAMES + 2 * 64 + 16, FRAMES + 3);
	check_chain(3, CHAIN_WILD);
	put(FRAMES + 2 * 64 + 16, FRAMES + 8);
	check_chain(3, CHAIN_WILD);
	put(FRAMES + 2 * 64 + 24, TSTATE);
	check_chain(2, CHAIN_WILD);
}
END_TEST

/* ---- folding ---- */

static void add(struct chain *c, uint32_t code, int at)
{
	struct pyframe f = {.code = code, .at = at};

	ck_assert(vec_push(c, f));
}

START_TEST(folds)
{
	struct chain c = {0};
	struct stack_items items = {0};
	struct folds f = {0};

	add(&c, 9, 1); /* innermost */
	for (int i = 0; i < 50; i++) {
		add(&c, 2, 8);
		add(&c, 3, 8);
	}
	for (int i = 0; i < 3; i++)
		add(&c, 1, 4);
	add(&c, 0, 0);
	ck_assert(items_of_python(&items, &c));
	ck_assert(folds_make(&f, &items, &c, NULL));
	ck_assert_uint_eq(f.n, 1 + 3 + 1 + 1);
	ck_assert_uint_eq(f.at[4].first, 4);
	ck_assert_uint_eq(f.at[4].period, 2);
	ck_assert_uint_eq(f.at[4].times, 50);
	ck_assert_uint_eq(f.at[5].first, 104);
	vec_release(&c);
	vec_release(&items);
	vec_release(&f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("stack");
	TCase *pure = tcase_create("pure"), *chains = tcase_create("chains");
	SRunner *r;
	int failed;

	tcase_add_test(pure, lnotab);
	tcase_add_test(pure, ranges);
	tcase_add_test(pure, places);
	tcase_add_test(pure, tables_of_noise);
	tcase_add_test(pure, with_blocks_around);
	tcase_add_test(pure, with_blocks_of_noise);
	tcase_add_test(pure, folds);
	tcase_add_checked_fixture(chains, set_up, tear_down);
	tcase_add_test(chains, chain_is_deep);
	tcase_add_test(chains, chain_is_empty);
	tcase_add_test(chains, chain_is_a_cycle);
	tcase_add_test(chains, chain_goes_astray);
	suite_add_tcase(s, pure);
	suite_add_tcase(s, chains);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
