/* SPDX-License-Identifier: Apache-2.0 */
/* Which pages are there, and the copies of them. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include "check_target_fixture.h"
#include "target/livecopy.h"
#include "target/pagemap.h"
#include "target/procmaps.h"

#define P IMAGE_PAGE

static void list_pages(struct target *t, enum pagemap_method method, struct page_ranges *out)
{
	struct pagemap p;

	ck_assert(pagemap_open(&p, t->pid));
	p.method = method;
	vec_foreach (m, &t->mappings)
		if (mapping_is_private_data(m))
			ck_assert(pagemap_add(&p, m->start, m->end, out));
	pagemap_close(&p);
}

/* The first range gets longer by two pages before it that are not there. */
static addr_t add_hole(struct target *t, struct page_ranges *ranges)
{
	vec_foreach (r, ranges)
		if (!target_mapping(t, r->start - 2 * P) && !target_mapping(t, r->start - P)) {
			r->start -= 2 * P;
			return r->start;
		}
	ck_abort_msg("no room before any mapping");
	return 0;
}

static void assert_same_pages(const struct image *a, const struct image *b,
			      const struct page_ranges *ranges)
{
	vec_foreach (r, ranges) {
		/* a run that was resident as a whole is contiguous in the copy */
		const uint8_t *x = image_at(a, r->start, r->end - r->start);
		const uint8_t *y = image_at(b, r->start, r->end - r->start);

		ck_assert(x && y);
		ck_assert_int_eq(memcmp(x, y, r->end - r->start), 0);
	}
}

/* Once more by hand, through /proc/PID/mem or not, with a hole, and with too little memory reserved
 * or enough. */
static void copy_again(struct target *t, const struct page_ranges *ranges, bool use_mem, bool tight)
{
	struct livecopy copy = {.pid = t->pid, .use_mem = use_mem};
	struct page_ranges holey = {0};
	struct image *im = image_new();
	struct diag d = {0};
	uint64_t bytes = 0;
	char path[64];
	addr_t hole;

	vec_foreach (r, ranges)
		ck_assert(vec_push(&holey, *r));
	hole = add_hole(t, &holey);
	snprintf(path, sizeof(path), "/proc/%d/mem", t->pid);
	copy.mem = open(path, O_RDONLY);
	ck_assert_int_eq(livecopy_reserve(&copy, page_ranges_bytes(&holey), 1, &d), OK);
	if (tight)
		copy.size = 5 * P;
	ck_assert_int_eq(livecopy_run(&copy, &holey, &d), OK);
	ck_assert_int_eq(copy.more != NULL, tight);
	ck_assert_uint_eq(copy.holes.n, 2);
	copy.size = round_up(copy.size, (size_t)2 << 20);
	ck_assert(livecopy_give(&copy, im, &bytes));
	image_finish(im);
	ck_assert_uint_eq(bytes, t->copied_bytes);
	ck_assert_ptr_null(image_at(im, hole, 1));
	ck_assert_ptr_null(image_at(im, hole + P, 1));
	assert_same_pages(im, t->image, ranges);
	image_close(im);
	livecopy_release(&copy);
	close(copy.mem);
	vec_release(&holey);
}

/* All ways to ask which pages are there agree, and so do all ways to copy them. */
START_TEST(pages_and_copies)
{
	struct page_ranges ranges[2] = {0};
	struct notes notes = {0};
	struct target *t;
	struct child c;

	child_start(&c, NULL, "sit");
	kill(c.pid, SIGSTOP);
	waitpid(c.pid, NULL, WUNTRACED);
	t = open_live(c.pid, NULL, &notes);
	list_pages(t, PAGEMAP_BY_SCAN, &ranges[0]);
	list_pages(t, PAGEMAP_BY_READ, &ranges[1]);
	ck_assert_uint_eq(ranges[0].n, ranges[1].n);
	ck_assert_int_eq(memcmp(ranges[0].at, ranges[1].at, ranges[0].n * sizeof(*ranges[0].at)),
			 0);
	take_image(t);
	ck_assert_uint_eq(t->copied_bytes, page_ranges_bytes(&ranges[0]));
	copy_again(t, &ranges[0], _i & 1, _i & 2);
	vec_release(&ranges[0]);
	vec_release(&ranges[1]);
	target_close(t);
	child_end(&c);
	notes_release(&notes);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("pages");

	tcase_add_loop_test(c, pages_and_copies, 0, 4);
	return run_tests("target-pages", c);
}
