/* SPDX-License-Identifier: Apache-2.0 */
/* Every interpreter of this machine says what is true of it; python_open() must say the same. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include "base/buf.h"
#include "base/map.h"
#include "check_python_child.h"

static const char *pythons[PYTHONS_MAX];
static size_t n_pythons;

struct opened {
	struct pychild child;
	struct target *t;
	struct notes notes;
	struct python *py;
};

static void open_it(struct opened *o, const char *python, const char *env, bool through_loader)
{
	struct target_options options = {0};
	struct diag d = {0};

	memset(o, 0, sizeof(*o));
	pychild_start(&o->child, python, env, through_loader);
	ck_assert_msg(!target_open_live(o->child.pid, &options, &o->notes, &o->t, &d), "%s: %s",
		      python, diag_text(&d));
	ck_assert_msg(!python_open(o->t, &o->notes, false, &o->py, &d), "%s: %s", python,
		      diag_text(&d));
}

static void close_it(struct opened *o)
{
	python_close(o->py);
	target_close(o->t);
	pychild_end(&o->child);
	notes_release(&o->notes);
}

static void check_version(const struct opened *o)
{
	const char *version = pychild_fact(&o->child, "version")->word[1];

	ck_assert_uint_eq(o->py->L.hexversion,
			  fact_number(pychild_fact(&o->child, "hexversion"), 1));
	ck_assert_str_eq(o->py->L.version, version);
	ck_assert_msg(!strncmp(o->py->full_version, version, strlen(version)), "%s",
		      o->py->full_version);
	ck_assert_uint_eq(o->py->L.n_conflicts, 0);
	ck_assert_uint_eq(o->py->L.n_rejected, 0);
	ck_assert_uint_gt(o->py->answers.n, 12);
	vec_foreach (k, &o->py->answers)
		ck_assert_msg(k->ok && !k->unread, "%s: %s", k->what, k->got);
}

static const struct {
	const char *name;
	enum known_id id;
} known_names[] = {
    {"type", K_type},		{"object", K_object},
    {"long", K_long},		{"unicode", K_unicode},
    {"dict", K_dict},		{"list", K_list},
    {"tuple", K_tuple},		{"float", K_float},
    {"bool", K_bool},		{"set", K_set},
    {"frozenset", K_frozenset}, {"none", K_none},
    {"true", K_true},		{"false", K_false},
    {"ellipsis", K_ellipsis},	{"notimplemented", K_notimplemented},
    {"function", K_function},	{"module", K_module},
    {"bytearray", K_bytearray},
};

static void check_known(const struct opened *o)
{
	size_t n = 0;

	pychild_each(f, &o->child, "known") for (size_t i = 0; i < ARRAY_SIZE(known_names);
						 i++) if (!strcmp(f->word[1], known_names[i].name))
	{
		ck_assert_msg(o->py->known[known_names[i].id] == fact_number(f, 2), "%s",
			      f->word[1]);
		n++;
	}
	ck_assert_uint_eq(n, ARRAY_SIZE(known_names));
}

static void check_ints(const struct opened *o)
{
	size_t n = 0;

	pychild_each(f, &o->child, "int")
	{
		int64_t value;

		ck_assert_msg(py_small_int(o->py, fact_number(f, 2), &value), "%s", f->word[1]);
		ck_assert_int_eq(value, (int64_t)fact_number(f, 1));
		n++;
	}
	ck_assert_uint_ge(n, 10);
}

static void hex(const struct buf *b, struct buf *out)
{
	for (size_t i = 0; i < b->n; i++)
		buf_printf(out, "%02x", (uint8_t)b->at[i]);
	if (!b->n)
		buf_char(out, '-');
}

static void check_texts(const struct opened *o)
{
	size_t n = 0;

	pychild_each(f, &o->child, "text")
	{
		struct buf text = {0}, got = {0}, some = {0};

		ck_assert_msg(python_string(o->py, fact_number(f, 1), 1 << 20, &text), "%s",
			      f->word[3]);
		hex(&text, &got);
		ck_assert_str_eq(buf_text(&got), f->word[3]);
		/* and cut after two characters: a prefix */
		ck_assert(python_string(o->py, fact_number(f, 1), 2, &some));
		ck_assert(some.n <= text.n && !memcmp(buf_text(&some), buf_text(&text), some.n));
		ck_assert_msg(fact_number(f, 2) <= 2 || some.n < text.n, "%s", f->word[3]);
		buf_release(&text);
		buf_release(&got);
		buf_release(&some);
		n++;
	}
	ck_assert_uint_ge(n, 14);
	ck_assert(!python_string(o->py, o->py->known[K_none], 10, &(struct buf){0}));
	ck_assert(!python_string(o->py, 0, 10, &(struct buf){0}));
	ck_assert(!python_string(o->py, 8, 10, &(struct buf){0}));
}

static void check_gets(const struct opened *o)
{
	size_t n = 0;

	pychild_each(f, &o->child, "get")
	{
		ck_assert_msg(python_dict_get(o->py, fact_number(f, 1), f->word[3]) ==
				  fact_number(f, 2),
			      "%s", f->word[3]);
		n++;
	}
	ck_assert_uint_ge(n, 11);
	ck_assert_uint_eq(python_dict_get(o->py, o->py->known[K_none], "x"), 0);
	ck_assert_uint_eq(python_dict_get(o->py, 0, "x"), 0);
}

static const struct pythread *thread_by_ident(const struct python *py, uint64_t ident)
{
	vec_foreach (th, &py->threads)
		if (th->thread_id == ident)
			return th;
	return NULL;
}

static bool is_task(const struct opened *o, int tid)
{
	pychild_each(f, &o->child, "task") if ((int)fact_number(f, 1) == tid) return true;
	return false;
}

static void check_threads(const struct opened *o)
{
	size_t n = 0;

	pychild_each(f, &o->child, "thread")
	{
		const struct pythread *th = thread_by_ident(o->py, fact_number(f, 1));

		ck_assert_msg(th, "thread %s", f->word[1]);
		ck_assert_msg(is_task(o, th->native_id), "thread %s is %d", f->word[1],
			      th->native_id);
		n++;
	}
	ck_assert_uint_eq(n, 4);
	pychild_each(f, &o->child, "native") ck_assert_int_eq(
	    thread_by_ident(o->py, fact_number(f, 1))->native_id, (int)fact_number(f, 2));
	for (size_t i = 0; i < o->py->threads.n; i++)
		for (size_t j = 0; j < i; j++)
			ck_assert(o->py->threads.at[i].addr != o->py->threads.at[j].addr);
}

static void check_interps(const struct opened *o)
{
	size_t mains = 0;

	ck_assert_uint_eq(o->py->interps.n,
			  fact_number(pychild_fact(&o->child, "interpreters"), 1));
	vec_foreach (in, &o->py->interps) {
		mains += in->main;
		ck_assert(!in->main || in->id == 0);
	}
	ck_assert_uint_eq(mains, 1);
}

static const struct interp *main_of(const struct python *py)
{
	vec_foreach (in, &py->interps)
		if (in->main)
			return in;
	return NULL;
}

static void check_gc_facts(const struct opened *o)
{
	const struct fact *threshold = pychild_fact(&o->child, "threshold"),
			  *count = pychild_fact(&o->child, "count");
	struct gc_facts g;

	ck_assert(python_gc_facts(o->py, main_of(o->py), &g));
	ck_assert(g.known && !g.enabled && !g.collecting && g.n == 3);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(g.threshold[i], fact_number(threshold, i + 1));
		/* printing the counts makes objects, but the collector is off */
		if (i)
			ck_assert_uint_eq(g.count[i], fact_number(count, i + 1));
	}
	ck_assert(!o->py->collecting && !o->py->finalizing);
}

/* Object -> generation, from all lists. */
static void walk_lists(const struct opened *o, struct map *seen)
{
	const struct python *py = o->py;
	uint64_t mask = py->L.c[C_GC_PTR_MASK];
	size_t steps = 0;

	vec_foreach (list, &py->gc_lists) {
		addr_t at = list->head;

		for (;;) {
			ck_assert(py_field(py, at, F_gchead_gc_next, &at));
			at &= mask;
			if (at == list->head)
				break;
			ck_assert(map_put(seen, at + py->gc_head_size, (uint64_t)list->generation));
			ck_assert_uint_lt(++steps, 10u << 20);
		}
	}
}

static void check_gc_lists(const struct opened *o)
{
	struct map seen = {0};

	walk_lists(o, &seen);
	pychild_each(f, &o->child, "tracked")
	{
		uint64_t generation = map_get(&seen, fact_number(f, 1));

		ck_assert_msg(generation != MAP_NONE, "%s is in no list", f->word[1]);
	}
	pychild_each(f, &o->child, "frozen")
	    ck_assert_uint_eq(map_get(&seen, fact_number(f, 1)), 3);
	ck_assert_uint_gt(seen.n, 1000);
	map_release(&seen);
}

static const struct arena_area *arena_of(const struct python *py, addr_t at)
{
	vec_foreach (a, &py->arenas)
		if (at >= a->pool_first && at < a->pool_end)
			return a;
	return NULL;
}

/* object() has two words: its block is as small as blocks can be. */
static void check_arenas(const struct opened *o)
{
	const struct python *py = o->py;
	addr_t first = 0;

	if (py->L.debug_build)
		return; /* has its hooks by default, so that nothing is as small */
	ck_assert_int_eq(py->object_allocator, ALLOC_PYMALLOC);
	ck_assert(!py->debug_hooks);
	pychild_each(f, &o->child, "object")
	{
		addr_t at = fact_number(f, 1), pool = at / py->pool_size * py->pool_size;
		uint64_t szidx;

		first = first ? first : at;
		ck_assert_msg(arena_of(py, at), "0x%lx is in no arena", (long)at);
		ck_assert(py_field(py, pool, F_pool_header_szidx, &szidx));
		ck_assert_uint_eq((szidx + 1) * py->alignment, 16);
		ck_assert_uint_eq((at - pool) % 16, 0);
	}
	ck_assert(first);
	vec_foreach (a, &py->arenas) {
		ck_assert_uint_eq(a->size, py->arena_size);
		ck_assert_uint_eq(a->pool_first % py->pool_size, 0);
		ck_assert(a->pool_first >= a->start && a->pool_end <= a->start + a->size);
	}
}

static void check_areas(const struct opened *o)
{
	vec_foreach (a, &o->py->static_areas) {
		ck_assert(a->start < a->end && a->what);
		ck_assert(!a->stride || a->stride % 8 == 0);
	}
	/* small ints are in place but in 3.9 and 3.10, which have pointers to them */
	if (layout_has(&o->py->L, F_interp_small_ints))
		return;
	pychild_each(f, &o->child, "int")
	{
		addr_t at = fact_number(f, 2);
		bool in = false;

		vec_foreach (a, &o->py->static_areas)
			in |= at >= a->start && at < a->end && a->stride &&
			      (at - a->start) % a->stride == 0;
		if (strtoll(f->word[1], NULL, 10) >= -5 && strtoll(f->word[1], NULL, 10) <= 256)
			ck_assert_msg(in, "%s at 0x%lx", f->word[1], (long)at);
	}
}

static void check_all(const struct opened *o)
{
	check_version(o);
	check_known(o);
	check_ints(o);
	check_texts(o);
	check_gets(o);
	check_threads(o);
	check_interps(o);
	check_gc_facts(o);
	check_gc_lists(o);
	check_areas(o);
}

START_TEST(agrees_with_the_interpreter)
{
	struct opened o;
	struct diag d = {0};

	open_it(&o, pythons[_i], NULL, false);
	check_all(&o);
	check_arenas(&o);
	/* the same once more, from the copy of its memory */
	ck_assert_msg(!target_take_image(o.t, &d), "%s", diag_text(&d));
	ck_assert_msg(!python_refresh(o.py, &d), "%s", diag_text(&d));
	check_all(&o);
	check_arenas(&o);
	close_it(&o);
}
END_TEST

START_TEST(found_behind_the_loader)
{
	struct opened o;

	if (access("/lib64/ld-linux-x86-64.so.2", X_OK))
		return;
	open_it(&o, pythons[_i], NULL, true);
	check_version(&o);
	check_known(&o);
	check_threads(&o);
	close_it(&o);
}
END_TEST

static const struct {
	const char *env;
	enum allocator_kind kind;
	bool hooks;
} allocators[] = {
    {"PYTHONMALLOC=malloc", ALLOC_MALLOC, false},
    {"PYTHONMALLOC=pymalloc_debug", ALLOC_PYMALLOC, true},
    {"PYTHONMALLOC=malloc_debug", ALLOC_MALLOC, true},
};

/* PYTHONMALLOC came with 3.6. */
START_TEST(allocators_are_told)
{
	for (size_t i = 0; i < ARRAY_SIZE(allocators); i++) {
		struct opened o;

		open_it(&o, pythons[_i], allocators[i].env, false);
		if (layout_has(&o.py->L, F_allocator_malloc)) {
			ck_assert_int_eq(o.py->object_allocator, allocators[i].kind);
			ck_assert_int_eq(o.py->debug_hooks, allocators[i].hooks);
			check_ints(&o);
			check_gc_lists(&o);
			pychild_each(f, &o.child, "object")
			    ck_assert((arena_of(o.py, fact_number(f, 1)) != NULL) ==
				      (allocators[i].kind == ALLOC_PYMALLOC));
		}
		close_it(&o);
	}
}
END_TEST

START_TEST(another_program_is_no_python)
{
	struct target_options options = {0};
	struct notes notes = {0};
	struct diag d = {0};
	struct target *t;
	struct python *py = NULL;
	int pid = fork();

	if (!pid) {
		execlp("sleep", "sleep", "30", (char *)NULL);
		_exit(127);
	}
	usleep(100000);
	ck_assert_msg(!target_open_live(pid, &options, &notes, &t, &d), "%s", diag_text(&d));
	ck_assert_int_eq(python_open(t, &notes, false, &py, &d), ERR_NOT_PYTHON);
	ck_assert_ptr_null(py);
	ck_assert_msg(strstr(diag_text(&d), "_PyRuntime") && strstr(diag_text(&d), "sleep"), "%s",
		      diag_text(&d));
	target_close(t);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	notes_release(&notes);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("python");
	TCase *t = tcase_create("python");
	SRunner *r = srunner_create(s);
	int failed;

	n_pythons = find_pythons(pythons);
	for (size_t i = 0; i < n_pythons; i++)
		printf("interpreter: %s\n", pythons[i]);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, another_program_is_no_python);
	tcase_add_loop_test(t, agrees_with_the_interpreter, 0, (int)n_pythons);
	tcase_add_loop_test(t, found_behind_the_loader, 0, (int)n_pythons);
	tcase_add_loop_test(t, allocators_are_told, 0, (int)n_pythons);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	if (!failed && !n_pythons)
		return 77; /* skipped */
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
