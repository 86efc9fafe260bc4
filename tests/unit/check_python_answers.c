/* SPDX-License-Identifier: Apache-2.0 */
/* A layout that is wrong in one place must not get past the known answers; a heap that is damaged
 * in one must. */
#include <stdio.h>
#include "check_python_child.h"

static const char *pythons[PYTHONS_MAX];

struct opened {
	struct pychild child;
	struct target *t;
	struct notes notes;
	struct python *py;
};

static void open_it(struct opened *o, const char *python)
{
	struct target_options options = {0};
	struct diag d = {0};

	memset(o, 0, sizeof(*o));
	pychild_start(&o->child, python, NULL, false);
	ck_assert_msg(!target_open_live(o->child.pid, &options, &o->notes, &o->t, &d), "%s",
		      diag_text(&d));
	ck_assert_msg(!python_open(o->t, &o->notes, false, &o->py, &d), "%s", diag_text(&d));
}

static void close_it(struct opened *o)
{
	python_close(o->py);
	target_close(o->t);
	pychild_end(&o->child);
	notes_release(&o->notes);
}

/* Fields that the proof must cover. Those that a version does not have are passed over. */
static const enum field_id proven[] = {
    F_object_ob_type, F_type_tp_name,	      F_type_tp_flags,	     F_long_lv_tag,
    F_int27_ob_ival,  F_ascii_length,	      F_ascii_kind,	     F_dict_ma_keys,
    F_dict_ma_used,   F_dictkeys_dk_nentries, F_dictkeys_dk_indices, F_dict27_ma_table,
    F_dict27_ma_mask, F_string27_ob_sval,     F_gchead_gc_next,	     F_gchead_gc_prev,
    F_interp_modules, F_interp_sysdict,
};

static bool caught(struct python *py)
{
	struct diag d = {0};
	enum err e = python_answers(py, &d);

	ck_assert(!e || *diag_text(&d));
	return e == ERR_BAD_ANSWER || e == ERR_UNREADABLE || notes_partial(py->notes);
}

START_TEST(a_wrong_place_is_caught)
{
	struct opened o;
	struct diag d = {0};
	size_t n = 0;

	open_it(&o, pythons[_i]);
	for (size_t i = 0; i < ARRAY_SIZE(proven); i++) {
		struct field right = o.py->L.f[proven[i]], *f = &o.py->L.f[proven[i]];

		if (!layout_has(&o.py->L, proven[i]))
			continue;
		for (int shift = -8; shift <= 8; shift += 16) {
			f->offset = right.offset + shift;
			if (f->offset < 0)
				continue;
			ck_assert_msg(caught(o.py), "%s%+d", field_name(proven[i]), shift);
			notes_release(o.py->notes);
			n++;
		}
		*f = right;
	}
	ck_assert_uint_gt(n, 15);
	ck_assert_msg(!python_answers(o.py, &d), "%s", diag_text(&d));
	ck_assert(!notes_partial(o.py->notes));
	close_it(&o);
}
END_TEST

START_TEST(a_wrong_symbol_is_caught)
{
	static const enum known_id ids[] = {K_type, K_long, K_dict, K_unicode,
					    K_none, K_true, K_false};
	struct opened o;

	open_it(&o, pythons[_i]);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		addr_t right = o.py->known[ids[i]];
		struct diag d = {0};

		ck_assert(right);
		o.py->known[ids[i]] = o.py->known[K_list];
		ck_assert_int_eq(python_answers(o.py, &d), ERR_BAD_ANSWER);
		o.py->known[ids[i]] = right;
	}
	close_it(&o);
}
END_TEST

/* Another size of the GC head: objects are sought where there are none. */
START_TEST(a_wrong_gc_head_is_caught)
{
	struct opened o;
	struct diag d = {0};

	open_it(&o, pythons[_i]);
	o.py->gc_head_size += 8;
	ck_assert_int_eq(python_answers(o.py, &d), ERR_BAD_ANSWER);
	close_it(&o);
}
END_TEST

/* The list of modules is not what it should be: one damage, and everything else is well. */
START_TEST(one_damage_of_the_heap_is_told_and_passed_over)
{
	struct opened o;
	struct diag d = {0};

	open_it(&o, pythons[_i]);
	o.py->L.f[F_interp_modules] = o.py->L.f[F_interp_sysdict];
	ck_assert_msg(!python_answers(o.py, &d), "%s", diag_text(&d));
	ck_assert(notes_partial(o.py->notes));
	close_it(&o);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("known answers");
	TCase *t = tcase_create("answers");
	SRunner *r = srunner_create(s);
	int failed, n = (int)find_pythons(pythons);

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_wrong_place_is_caught, 0, n);
	tcase_add_loop_test(t, a_wrong_symbol_is_caught, 0, n);
	tcase_add_loop_test(t, a_wrong_gc_head_is_caught, 0, n);
	tcase_add_loop_test(t, one_damage_of_the_heap_is_told_and_passed_over, 0, n);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	if (!failed && !n)
		return 77; /* skipped */
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
