/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes as an object of every family. */
#include "types_fixture.h"

static uint64_t seed;

static uint64_t random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* A word as a hostile process may have it: mostly pointers, to the edges as well, and counts. */
static uint64_t hostile(void)
{
	uint64_t r = random64();

	switch (r % 12) {
	case 0: return 0;
	case 1: return 1;
	case 2: return END - 8 * (r >> 8 & 15);
	case 3: return r >> 60;
	case 4: return r;
	case 5: return -(r >> 60);
	case 6: return BASE + (r >> 8) % SIZE;
	case 7: return r >> (r >> 8 & 63);
	case 8: return 1ull << (r >> 8 & 63);
	default: return BASE + ((r >> 8) % SIZE & ~7ull);
	}
}

static const char *const field_structs[] = {
#define STRUCT(id, names, units)
#define FIELD(s, field, width, paths, debug_offsets) #s,
#include "layout/fields.def"
#undef STRUCT
#undef FIELD
};
static const uint8_t field_widths[] = {
#define STRUCT(id, names, units)
#define FIELD(s, field, width, paths, debug_offsets) width,
#include "layout/fields.def"
#undef STRUCT
#undef FIELD
};

/* All fields of all structs at once, one behind the other: a version that never was, but takes every path. */
static void lay_out_everything(void)
{
	const char *now = "";
	uint32_t at = 0;

	for (int f = 0; f < F_COUNT; f++) {
		uint32_t n = field_widths[f] ? field_widths[f] : 8;

		if (strcmp(now, field_structs[f]))
			at = 24;
		now = field_structs[f];
		if (random64() % 4 == 0) /* some are absent */
			continue;
		at = (uint32_t)round_up(at, n);
		field(f, (int32_t)at, n);
		at += n;
		py.L.size[field_struct(f)] = (uint32_t)round_up(at, 8);
	}
	lay_out_header();
}

static void fill_at_random(int family)
{
	uint32_t basicsize;

	lay_out_everything();
	for (uint64_t at = AREA; at < SIZE; at += 8)
		put(at, hostile());
	for (uint64_t at = AREA; at + 0x1000 < SIZE; at += 0x800) {
		put(at, 1);
		put(at + 8, BASE + OTHER);
	}
	basicsize = (uint32_t)round_up(py.L.size[field_struct(family_rows[family].key)] + 24, 8);
	put_type(OTHER, TYPE, OBJECT, "x", basicsize, random64() % 2 * 8, 0);
	/* the first of its names */
	strcpy((char *)memory + NAMES + 0x800, family_rows[family].names);
	*strchrnul((char *)memory + NAMES + 0x800, '|') = 0;
	put(OTHER + 24, BASE + NAMES + 0x800);
}

static void look_everywhere(void)
{
	struct object o;

	for (uint64_t at = AREA; at < SIZE; at += 8) {
		if (!object_load(tt, BASE + at, &o))
			continue;
		look(&o);
		object_size(c, &o);
		object_extent(c, &o);
		object_plausible(c, &o);
	}
}

/* Nothing to compare with: it must come back, and the sanitizers must have nothing to say. */
START_TEST(test_random)
{
	for (int family = 0; family < FAMILY_COUNT; family++) {
		seed = 0x9e3779b97f4a7c15u * (uint64_t)(_i * FAMILY_COUNT + family + 1);
		teardown();
		setup();
		fill_at_random(family);
		open_all();
		look_everywhere();
	}
}
END_TEST

/* The table itself. */
START_TEST(test_rows)
{
	for (int i = 0; i < FAMILY_COUNT; i++) {
		ck_assert_ptr_nonnull(family_rows[i].py);
		ck_assert_ptr_nonnull(family_rows[i].py->name);
		ck_assert(*family_rows[i].names && !strstr(family_rows[i].names, "||"));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("types at random");
	TCase *t = tcase_create("random");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_random, 0, 4);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_rows);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
