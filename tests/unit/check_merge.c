/* SPDX-License-Identifier: Apache-2.0 */
/* C's frames and Python's in one stack, and when they must not be. */
#include <check.h>
#include <stdio.h>
#include "stack/merge.h"

static struct natives natives;
static struct native_chain chain;
static struct chain pythons;
static struct stack_items items;

/* "ceC" etc.: a place each; c = other code, e = the evaluation loop, p = a part of it; innermost first. */
static void make_native(const char *what, enum native_end end)
{
	natives.places.n = natives.lines.n = chain.n = 0;
	for (size_t i = 0; what[i]; i++) {
		struct native_place p = {.pc = i, .module = -1, .first = (uint32_t)natives.lines.n, .n = 1};
		struct native_frame f = {.place = (uint32_t)i};

		p.eval = what[i] != 'c';
		p.part = what[i] == 'p';
		ck_assert(vec_push(&natives.lines, (struct native_line){0}) && vec_push(&natives.places, p) &&
			  vec_push(&chain, f));
	}
	chain.end = end;
}

/* 'n' = not called by C, 'y' = called by C, '?' = not recorded; innermost first. */
static void make_python(const char *what, enum chain_end end)
{
	pythons.n = 0;
	for (size_t i = 0; what[i]; i++) {
		struct pyframe f = {.addr = i + 1};

		f.entry = what[i] == 'n' ? ENTRY_NO : what[i] == 'y' ? ENTRY_FROM_C : ENTRY_UNKNOWN;
		ck_assert(vec_push(&pythons, f));
	}
	pythons.end = end;
}

/* As it is written: c and e for native items, P for Python's. */
static void merged_is(const char *expected, bool unmerged, const char *what)
{
	char got[64] = "";

	ck_assert(items_merge(&items, &pythons, &chain, &natives));
	for (size_t i = 0; i < items.n; i++)
		got[i] = items.at[i].kind == ITEM_PYTHON				 ? 'P'
			 : natives.places.at[chain.at[items.at[i].frame].place].eval ? 'e'
										 : 'c';
	ck_assert_str_eq(got, expected);
	ck_assert_int_eq(items.unmerged, unmerged);
	for (size_t i = 0, next = 0; i < items.n; i++)
		if (items.at[i].kind == ITEM_PYTHON)
			ck_assert_uint_eq(items.at[i].frame, next++);
}

static const struct {
	const char *native, *python, *merged;
	enum native_end native_end;
	enum chain_end python_end;
	bool unmerged;
} merges[] = {
    {"cecc", "?", "cPcc", 0, 0, false},
    {"ccecec", "??", "ccPcPc", 0, 0, false},
    {"cec", "nny", "cPPPc", 0, 0, false},
    {"cecec", "nynny", "cPPcPPPc", 0, 0, false},
    {"cc", "", "cc", 0, 0, false},
    {"", "??", "PP", NATIVE_LOST, 0, false},
    {"cpec", "?", "cPc", 0, 0, false},   /* a part called by its function is the same loop */
    {"cpc", "?", "cPc", 0, 0, false},    /* jumped to, it stands for it */
    {"cpecpec", "??", "cPcPc", 0, 0, false},
    {"eecc", "??", "PPcc", 0, 0, false}, /* the loop calls itself: everything between is inlined */
    {"ec", "", "ec", 0, 0, false},       /* just begun: no frame yet */
    {"cecec", "?", "cecPc", 0, 0, false},
    {"ccccecec", "?", "", 0, 0, true}, /* that deep it is no beginning */
    {"cecec", "???", "", 0, 0, true},
    {"cececec", "?", "", 0, 0, true},
    {"cec", "???", "cPcPP", NATIVE_UNKNOWN_CODE, 0, false}, /* the native stack is cut: the rest of Python's is there */
    {"cecec", "?", "cPcec", 0, CHAIN_CYCLE, false},	     /* and the other way round */
    {"cec", "nnn", "cPPPc", 0, CHAIN_WILD, false},
};

START_TEST(merging)
{
	char expected[64];

	make_native(merges[_i].native, merges[_i].native_end);
	make_python(merges[_i].python, merges[_i].python_end);
	if (merges[_i].unmerged) { /* one after the other */
		snprintf(expected, sizeof(expected), "%s", merges[_i].native);
		memset(expected + strlen(expected), 'P', strlen(merges[_i].python) + 1);
		expected[strlen(merges[_i].native) + strlen(merges[_i].python)] = 0;
	} else {
		snprintf(expected, sizeof(expected), "%s", merges[_i].merged);
	}
	merged_is(expected, merges[_i].unmerged, merges[_i].native);
}
END_TEST

START_TEST(inlined_calls_are_items)
{
	make_native("ce", NATIVE_WHOLE);
	make_python("?", CHAIN_WHOLE);
	natives.places.at[0].n = 3;
	ck_assert(items_merge(&items, &pythons, &chain, &natives));
	ck_assert_uint_eq(items.n, 4);
	ck_assert_uint_eq(items.at[2].line, 2);
	ck_assert_uint_eq(items_inner_native(&items), 3);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("merge");
	TCase *c = tcase_create("merge");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_loop_test(c, merging, 0, ARRAY_SIZE(merges));
	tcase_add_test(c, inlined_calls_are_items);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
