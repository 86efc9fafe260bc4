/* SPDX-License-Identifier: Apache-2.0 */
/* target/ without a process: the image, buffers, callbacks, point reads. */
#include "check_target_fixture.h"

#define P IMAGE_PAGE

static void fill(uint8_t *at, size_t n, unsigned int seed)
{
	for (size_t i = 0; i < n; i++)
		at[i] = (i * 13 + seed) & 255;
}

START_TEST(image_edges)
{
	struct image *im = image_new();
	static uint8_t bytes[3 * P], far[P];

	fill(bytes, sizeof(bytes), 1);
	fill(far, sizeof(far), 2);
	ck_assert(image_add(im, 0x7f0000000000, bytes, sizeof(bytes), true));
	/* follows in the target, lies elsewhere here */
	ck_assert(image_add(im, 0x7f0000003000, far, sizeof(far), true));
	image_finish(im);
	ck_assert_uint_eq(im->ranges.n, 1);
	ck_assert_uint_eq(im->ranges.at[0].end, 0x7f0000004000);
	for (size_t n = 0; n <= 3 * P; n += n < 2 || n > 3 * P - 3 ? 1 : P / 4 - 1)
		ck_assert_ptr_eq(image_at(im, 0x7f0000000000, n), bytes);
	ck_assert_ptr_null(image_at(im, 0x7f0000000000, 3 * P + 1));
	ck_assert_ptr_eq(image_at(im, 0x7f0000002fff, 1), bytes + 3 * P - 1);
	ck_assert_ptr_eq(image_at(im, 0x7f0000002fff, 0), bytes + 3 * P - 1);
	ck_assert_ptr_null(image_at(im, 0x7f0000002fff, 2));
	ck_assert_ptr_eq(image_at(im, 0x7f0000003000, P), far);
	ck_assert_ptr_null(image_at(im, 0x7f0000003000, P + 1));
	ck_assert_ptr_null(image_at(im, 0x7f0000004000, 0));
	ck_assert_ptr_null(image_at(im, 0x7efffffff000, P + 1));
	ck_assert_ptr_null(image_at(im, 0, 1));
	image_close(im);
}
END_TEST

START_TEST(image_hostile_addresses)
{
	struct image *im = image_new();
	static uint8_t bytes[P];

	ck_assert(image_add(im, 0x10000, bytes, P, false));
	/* not user space, or running over the end: left out, not a failure */
	ck_assert(image_add(im, 0xffffffffff600000, bytes, P, false));
	ck_assert(image_add(im, 0xfffffffffffff000, bytes, P, false));
	ck_assert(image_add(im, 1ull << 48, bytes, P, false));
	image_finish(im);
	ck_assert_uint_eq(im->ranges.n, 1);
	ck_assert_ptr_null(image_at(im, 0xffffffffff600000, 1));
	ck_assert_ptr_null(image_at(im, UINT64_MAX, 1));
	ck_assert_ptr_null(image_at(im, UINT64_MAX, 2));
	ck_assert_ptr_null(image_at(im, 0x10000, UINT64_MAX));
	ck_assert_ptr_null(image_at(im, 0x10000, SIZE_MAX - 0x10000));
	image_close(im);
}
END_TEST

START_TEST(image_first_wins_and_ranges)
{
	struct image *im = image_new();
	static uint8_t a[2 * P], b[3 * P];

	ck_assert(image_add(im, 0x200000, a, 2 * P, true));
	ck_assert(image_add(im, 0x201000, b, 3 * P, false));
	ck_assert(image_add(im, 0x100000, b, P, true));
	image_finish(im);
	ck_assert_ptr_eq(image_at(im, 0x201000, 1), a + P);
	ck_assert_ptr_eq(image_at(im, 0x202000, 1), b + P);
	ck_assert_uint_eq(im->ranges.n, 3);
	ck_assert_uint_eq(im->ranges.at[0].start, 0x100000);
	ck_assert_uint_eq(im->ranges.at[1].end, 0x202000);
	ck_assert(im->ranges.at[1].writable);
	ck_assert_uint_eq(im->ranges.at[2].start, 0x202000);
	ck_assert_uint_eq(im->ranges.at[2].end, 0x204000);
	ck_assert(!im->ranges.at[2].writable);
	image_close(im);
}
END_TEST

START_TEST(image_read_gathers)
{
	struct image *im = image_new();
	static uint8_t a[P], b[P];
	uint8_t got[2 * P];

	fill(a, P, 3);
	fill(b, P, 4);
	ck_assert(image_add(im, 0x5000, b, P, true));
	ck_assert(image_add(im, 0x4000, a, P, true));
	image_finish(im);
	ck_assert(image_read(im, 0x4000, got, 2 * P));
	ck_assert_int_eq(memcmp(got, a, P), 0);
	ck_assert_int_eq(memcmp(got + P, b, P), 0);
	ck_assert(image_read(im, 0x4fff, got, 2));
	ck_assert_int_eq(got[0], a[P - 1]);
	ck_assert_int_eq(got[1], b[0]);
	ck_assert(image_read(im, 0x4000, got, 0));
	ck_assert(!image_read(im, 0x4001, got, 2 * P));
	image_close(im);
}
END_TEST

/* A buffer of n bytes: everything up to n is there, nothing behind it. */
START_TEST(buffer_lengths)
{
	static const size_t sizes[] = {0, 1, P - 1, P, P + 1, 3 * P - 1, 3 * P, 3 * P + 1};
	static uint8_t bytes[3 * P + 1], got[3 * P + 2];
	size_t n = sizes[_i];
	struct buffer_range r = {0x10000, bytes, n, "", MAP_READ | MAP_WRITE};
	struct notes notes = {0};
	struct diag d = {0};
	struct target *t;

	fill(bytes, sizeof(bytes), 5);
	ck_assert_int_eq(target_open_buffer(&r, 1, &notes, &t, &d), OK);
	for (int with_image = 0; with_image < 2; with_image++) {
		ck_assert(target_read(t, 0x10000, got, 0));
		ck_assert(target_read(t, 0x10000, got, n));
		ck_assert_int_eq(memcmp(got, bytes, n), 0);
		ck_assert(!target_read(t, 0x10000, got, n + 1));
		ck_assert(!target_read(t, 0x10000 + n, got, 1));
		ck_assert(!target_read(t, 0xffff, got, 1));
		if (n)
			ck_assert(target_read(t, 0x10000 + n - 1, got, 1) &&
				  got[0] == bytes[n - 1]);
		ck_assert_int_eq(target_take_image(t, &d), OK);
	}
	ck_assert_int_eq(target_take_image(t, &d), OK);
	ck_assert_ptr_eq(image_at(t->image, 0x10000 + n / P * P, 1), NULL);
	ck_assert_uint_eq(t->copied_bytes, n / P * P);
	ck_assert_uint_eq(t->mappings.n, n > 0);
	target_close(t);
}
END_TEST

START_TEST(reads_over_borders)
{
	static uint8_t big[40 * P], got[40 * P];
	struct buffer_range r[] = {
	    {0x100000 + 20 * P, big + 20 * P, 20 * P, "b", MAP_READ},
	    {0x100000, big, 20 * P, "a", MAP_READ | MAP_WRITE},
	    {0x400000, big, P, "c", MAP_READ},
	};
	struct notes notes = {0};
	struct diag d = {0};
	struct target *t;
	uint64_t v64, expect64;
	uint32_t v32;

	fill(big, sizeof(big), 6);
	ck_assert_int_eq(target_open_buffer(r, 3, &notes, &t, &d), OK);
	for (int with_image = 0; with_image < 2; with_image++) {
		memset(got, 0, sizeof(got));
		ck_assert(target_read(t, 0x100000, got, sizeof(got)));
		ck_assert_int_eq(memcmp(got, big, sizeof(got)), 0);
		ck_assert(target_read_u64(t, 0x100000 + 20 * P - 3, &v64));
		memcpy(&expect64, big + 20 * P - 3, 8);
		ck_assert_uint_eq(v64, expect64);
		ck_assert(!target_read_u64(t, 0x100000 + 40 * P - 7, &v64));
		ck_assert_uint_eq(v64, expect64);
		ck_assert(target_read_u32(t, 0x100000 + 40 * P - 4, &v32));
		ck_assert(!target_read_u32(t, UINT64_MAX - 2, &v32));
		ck_assert(!target_read(t, UINT64_MAX, got, 2));
		ck_assert_int_eq(target_take_image(t, &d), OK);
	}
	ck_assert_str_eq(target_mapping(t, 0x100000)->path, "a");
	ck_assert_str_eq(target_mapping(t, 0x100000 + 20 * P - 1)->path, "a");
	ck_assert_str_eq(target_mapping(t, 0x100000 + 20 * P)->path, "b");
	ck_assert_ptr_null(target_mapping(t, 0x100000 + 40 * P));
	ck_assert_ptr_null(target_mapping(t, 0));
	ck_assert_ptr_null(target_module(t, 0x100000));
	target_close(t);
}
END_TEST

START_TEST(strings)
{
	static char page[2 * P];
	struct buffer_range r = {0x7000, page, sizeof(page), "", MAP_READ};
	struct notes notes = {0};
	struct diag d = {0};
	struct target *t;
	char s[32];

	memset(page, 'x', sizeof(page));
	strcpy(page, "hello");
	strcpy(page + P - 3, "across");
	ck_assert_int_eq(target_open_buffer(&r, 1, &notes, &t, &d), OK);
	ck_assert(target_read_string(t, 0x7000, s, sizeof(s)));
	ck_assert_str_eq(s, "hello");
	ck_assert(target_read_string(t, 0x7005, s, sizeof(s)));
	ck_assert_str_eq(s, "");
	ck_assert(target_read_string(t, 0x7000, s, 6));
	ck_assert_str_eq(s, "hello");
	ck_assert(target_read_string(t, 0x7000, s, 5));
	ck_assert_str_eq(s, "hell");
	ck_assert(target_read_string(t, 0x7000 + P - 3, s, sizeof(s)));
	ck_assert_str_eq(s, "across");
	/* runs into the end of what is there */
	ck_assert(target_read_string(t, 0x7000 + 2 * P - 3, s, sizeof(s)));
	ck_assert_str_eq(s, "xxx");
	ck_assert(!target_read_string(t, 0x7000 + 2 * P, s, sizeof(s)));
	target_close(t);
}
END_TEST

static size_t reads; /* calls of the callback */
static size_t holey_read(void *arg, addr_t addr, void *out, size_t len)
{
	const uint8_t *bytes = arg;
	addr_t at = addr - 0x20000;
	size_t n = 0;

	reads++;
	/* page 2 of 4 cannot be read */
	for (; n < len && at + n < 4 * P && (at + n) / P != 2; n++)
		((uint8_t *)out)[n] = bytes[at + n];
	return n;
}

START_TEST(callbacks)
{
	static uint8_t bytes[4 * P], got[4 * P];
	struct mapping maps[] = {
	    {.start = 0x20000, .end = 0x24000, .prot = MAP_READ | MAP_WRITE, .path = "[heap]"},
	    {.start = 0x90000, .end = 0x91000, .prot = MAP_READ, .path = NULL},
	    {.start = 0x23000, .end = 0x25000, .prot = MAP_READ, .path = "overlaps"},
	    {.start = 0x6000, .end = 0x6000, .prot = MAP_READ, .path = "empty"},
	};
	struct thread threads[] = {{.tid = 7}, {.tid = 8}};
	struct target_callbacks cb = {.read = holey_read, .arg = bytes, .mappings = maps, .n_mappings = 4,
				      .threads = threads, .n_threads = 2, .pid = 77, .exe = "/bin/x"};
	struct notes notes = {0};
	struct diag d = {0};
	struct target *t;

	fill(bytes, sizeof(bytes), 9);
	ck_assert_int_eq(target_open_callback(&cb, NULL, &notes, &t, &d), OK);
	ck_assert_int_eq(t->pid, 77);
	ck_assert_str_eq(t->exe, "/bin/x");
	ck_assert_uint_eq(t->threads.n, 2);
	ck_assert_uint_eq(t->mappings.n, 3);
	ck_assert_uint_eq(target_mapping(t, 0x24fff)->start, 0x24000);
	ck_assert(target_read(t, 0x20000, got, 2 * P));
	ck_assert_int_eq(memcmp(got, bytes, 2 * P), 0);
	reads = 0;
	ck_assert(target_read(t, 0x20010, got, 100));
	ck_assert_uint_eq(reads, 0);
	ck_assert(!target_read(t, 0x20000, got, 2 * P + 1));
	ck_assert_int_eq(target_take_image(t, &d), OK);
	ck_assert_int_eq(memcmp(image_at(t->image, 0x20000, 2 * P), bytes, 2 * P), 0);
	ck_assert_ptr_null(image_at(t->image, 0x22000, 1));
	ck_assert_int_eq(memcmp(image_at(t->image, 0x23000, P), bytes + 3 * P, P), 0);
	ck_assert_uint_eq(t->copied_bytes, 3 * P);
	ck_assert(notes_partial(&notes));
	target_close(t);
	notes_release(&notes);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("target");

	tcase_add_test(c, image_edges);
	tcase_add_test(c, image_hostile_addresses);
	tcase_add_test(c, image_first_wins_and_ranges);
	tcase_add_test(c, image_read_gathers);
	tcase_add_loop_test(c, buffer_lengths, 0, 8);
	tcase_add_test(c, reads_over_borders);
	tcase_add_test(c, strings);
	tcase_add_test(c, callbacks);
	return run_tests("target", c);
}
