/* SPDX-License-Identifier: Apache-2.0 */
/* An image on demand: pages come when they are asked for, and lie to each other as in the target. */
#include <check.h>
#include <stdio.h>
#include "target/demand.h"

#define PAGE 4096

static uint8_t low[4 * PAGE], high[2 * PAGE];
static struct target *t;
static struct notes notes;
static struct image *im;

/* Two ranges that touch, one apart. */
static void open_ranges(void)
{
	struct buffer_range ranges[] = {{0x10000, low, 2 * PAGE, "", MAP_READ | MAP_WRITE},
					{0x12000, low + 2 * PAGE, 2 * PAGE, "", MAP_READ},
					{0x50000, high, 2 * PAGE, "", MAP_READ}};
	struct diag d = {0};

	for (size_t i = 0; i < sizeof(low); i++)
		low[i] = (uint8_t)(i / 8 + i / PAGE);
	for (size_t i = 0; i < sizeof(high); i++)
		high[i] = (uint8_t)(i * 7);
	notes = (struct notes){0};
	ck_assert_int_eq(target_open_buffer(ranges, ARRAY_SIZE(ranges), &notes, &t, &d), OK);
	im = image_on_demand(t);
	ck_assert_ptr_nonnull(im);
}

static void close_ranges(void)
{
	image_close(im);
	target_close(t);
	notes_release(&notes);
}

START_TEST(pages_come)
{
	const uint8_t *at;

	ck_assert_int_eq(image_delta(im, 0x10000), 0);
	at = image_at(im, 0x10008, 8);
	ck_assert_ptr_nonnull(at);
	ck_assert_mem_eq(at, low + 8, 8);
	ck_assert_int_ne(image_delta(im, 0x10000), 0);
	ck_assert_int_eq(image_delta(im, 0x11000), 0);
	at = image_at(im, 0x50000 + 100, PAGE);
	ck_assert_ptr_nonnull(at);
	ck_assert_mem_eq(at, high + 100, PAGE);
}
END_TEST

/* A pointer that was given out is good for what comes behind it later, also over the seam of two mappings. */
START_TEST(pages_stay)
{
	const uint8_t *third = image_at(im, 0x12010, 8), *first = image_at(im, 0x10010, 8), *all;

	ck_assert_ptr_nonnull(third);
	ck_assert_ptr_eq(first + 0x2000, third);
	all = image_at(im, 0x10000, 4 * PAGE);
	ck_assert_ptr_eq(all + 0x10, first);
	ck_assert_mem_eq(all, low, 4 * PAGE);
}
END_TEST

START_TEST(what_is_not_there)
{
	ck_assert_ptr_null(image_at(im, 0x20000, 1));
	ck_assert_ptr_null(image_at(im, 0x13ff8, 16));
	ck_assert_ptr_null(image_at(im, 0x13fff, 2));
	ck_assert_ptr_nonnull(image_at(im, 0x13fff, 1));
	ck_assert_ptr_null(image_at(im, 0x51ff8, SIZE_MAX));
	ck_assert_ptr_null(image_at(im, UINT64_MAX - 4, 8));
	ck_assert_ptr_null(image_at(im, 1ull << 60, 8));
	ck_assert_ptr_nonnull(image_at(im, 0x10000, 0)); /* counts as one byte */
}
END_TEST

START_TEST(interrupted)
{
	volatile int flag = 1;

	t->options.interrupted = &flag;
	ck_assert_ptr_null(image_at(im, 0x10000, 8));
	flag = 0;
	ck_assert_ptr_nonnull(image_at(im, 0x10000, 8));
	t->options.interrupted = NULL;
}
END_TEST

int main(void)
{
	Suite *s = suite_create("demand");
	TCase *c = tcase_create("demand");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_checked_fixture(c, open_ranges, close_ranges);
	tcase_add_test(c, pages_come);
	tcase_add_test(c, pages_stay);
	tcase_add_test(c, what_is_not_there);
	tcase_add_test(c, interrupted);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
