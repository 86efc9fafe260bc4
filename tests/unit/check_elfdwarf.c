/* SPDX-License-Identifier: Apache-2.0 */
/* Types from DWARF, however it was written: the sample program itself says what is right. */
#include <check.h>
#include <elf.h>
#include <stdio.h>
#include "elf/dwarfinfo.h"
#include "elf_scratch.h"

static struct scratch dir;
static struct diag d;

/* The ways to write DWARF that are found in the world. */
static const char *const ways[] = {
	"-g -gdwarf-5 -O0",
	"-g -gdwarf-4 -O0",
	"-g -gdwarf-5 -O2 -fPIE -pie",
	"-g -gdwarf-4 -O2 -no-pie -fno-pie",
	"-g -gdwarf-3 -gstrict-dwarf -O1",
	"-g -gdwarf-2 -gstrict-dwarf -O1",
	"-g -gdwarf-5 -O2 -flto",
	"-g -gdwarf-5 -O2 -flto -ffat-lto-objects -gz=zlib",
	"-g -gdwarf-4 -O1 -fdebug-types-section",
	"-g -gdwarf-5 -O1 -fdebug-types-section",
};

static void setup(void)
{
	scratch_init(&dir);
	d = (struct diag){0};
}

static void teardown(void)
{
	scratch_release(&dir);
}

static struct elf_file *open_sample(struct dwarf_info **w)
{
	struct elf_file *f = NULL;

	ck_assert_msg(!elf_file_open(scratch_path(&dir, "sample"), -1, &f, &d), "%s",
		      diag_text(&d));
	ck_assert(elf_file_find_debug(f, &(struct debug_search){0}, NULL, 0));
	ck_assert_msg(!dwarf_info_get(f, w, &d), "%s", diag_text(&d));
	return f;
}

static struct dwarf_type type_of(struct dwarf_info *w, const char *name)
{
	struct dwarf_type t = {0};

	ck_assert_msg(dwarf_find_type(w, name, NULL, false, &t), "no type %s", name);
	return t;
}

static struct dwarf_member member_of(struct dwarf_info *w, const char *type, const char *path)
{
	struct dwarf_member m = {0};

	ck_assert_msg(dwarf_find_member(w, type_of(w, type), path, &m), "no %s.%s", type, path);
	return m;
}

static void check_bits(struct dwarf_info *w, const struct fact *f)
{
	struct dwarf_member m = member_of(w, f->fields[1], f->fields[2]);

	ck_assert_msg(m.offset == (int64_t)fact_number(f, 3) && m.bit_pos == fact_number(f, 4) &&
			      m.bit_size == fact_number(f, 5),
		      "%s.%s: %ld bit %d + %d, should be %s bit %s + %s", f->fields[1],
		      f->fields[2], (long)m.offset, m.bit_pos, m.bit_size, f->fields[3],
		      f->fields[4], f->fields[5]);
}

static void check_array(struct dwarf_info *w, const struct fact *f)
{
	struct dwarf_member m = member_of(w, f->fields[1], f->fields[2]);

	ck_assert_msg(m.offset == (int64_t)fact_number(f, 3) && m.size == fact_number(f, 4) &&
			      m.count == fact_number(f, 5) && m.stride == fact_number(f, 6),
		      "%s.%s: %ld: %lu = %lu x %lu, should be %s: %s = %s x %s", f->fields[1],
		      f->fields[2], (long)m.offset, (long)m.size, (long)m.count, (long)m.stride,
		      f->fields[3], f->fields[4], f->fields[5], f->fields[6]);
}

static void check_facts(struct dwarf_info *w, struct facts *facts)
{
	size_t n = 0;
	int64_t v = 0;

	facts_foreach(f, facts, "size") {
		ck_assert_msg(dwarf_type_size(w, type_of(w, f->fields[1])) == fact_number(f, 2),
			      "%s", f->fields[1]);
		n++;
	}
	facts_foreach(f, facts, "member") {
		struct dwarf_member m = member_of(w, f->fields[1], f->fields[2]);

		ck_assert_msg(m.offset == (int64_t)fact_number(f, 3), "%s.%s", f->fields[1],
			      f->fields[2]);
		ck_assert_msg(m.size == fact_number(f, 4), "%s.%s", f->fields[1], f->fields[2]);
		ck_assert_uint_eq(m.bit_size, 0);
		ck_assert_uint_eq(m.count, 0);
		n++;
	}
	facts_foreach(f, facts, "bits") {
		check_bits(w, f);
		n++;
	}
	facts_foreach(f, facts, "array") {
		check_array(w, f);
		n++;
	}
	facts_foreach(f, facts, "enumerator") {
		ck_assert_msg(dwarf_find_enumerator(w, f->fields[1], NULL, &v), "%s", f->fields[1]);
		ck_assert_int_eq(v, strtoll(f->fields[2], NULL, 10));
		n++;
	}
	ck_assert_uint_gt(n, 60);
}

static bool is_self(struct elf_file *f, struct dwarf_info *w, const char *function,
		    const char *type)
{
	struct dwarf_type t = {0};
	struct elf_symbol s;

	ck_assert(elf_file_symbol(f, function, &s));
	if (!dwarf_function_self_type(w, s.addr, &t))
		return type == NULL;
	return type && !strcmp(dwarf_type_name(w, t), type);
}

START_TEST(every_way_of_writing)
{
	struct dwarf_info *w;
	struct elf_file *f;
	struct facts facts;

	scratch_compile(&dir, ways[_i]);
	facts_init(&facts, &dir);
	f = open_sample(&w);
	check_facts(w, &facts);
	ck_assert(is_self(f, w, "lone_dealloc", "object"));
	ck_assert(is_self(f, w, "typed_dealloc", "peer"));
	ck_assert(is_self(f, w, "silent_dealloc", NULL));
	ck_assert(is_self(f, w, "main", NULL));
	/* two likely ones: only where the variable's place proves it */
	ck_assert(is_self(f, w, "cast_dealloc", strstr(ways[_i], "-O0") ? NULL : "object"));
	elf_file_close(f);
	facts_release(&facts);
}
END_TEST

START_TEST(detached)
{
	static const char *const dirs[] = {NULL};
	struct dwarf_info *w;
	struct elf_file *f;
	struct facts facts;

	scratch_compile(&dir, "-g -gdwarf-5 -O2 -gz=zlib -Wl,--build-id");
	scratch_run(&dir, "objcopy --only-keep-debug sample sample.debug && strip sample &&"
			  " objcopy --add-gnu-debuglink=sample.debug sample");
	facts_init(&facts, &dir);
	ck_assert(!elf_file_open(scratch_path(&dir, "sample"), -1, &f, &d));
	ck_assert_int_eq(dwarf_info_get(f, &w, &d), ERR_NO_LAYOUT); /* not looked for yet */
	ck_assert(elf_file_find_debug(f, &(struct debug_search){.dirs = dirs}, NULL, 0));
	ck_assert_int_eq(dwarf_info_get(f, &w, &d), OK);
	check_facts(w, &facts);
	ck_assert(is_self(f, w, "cast_dealloc", "object"));
	elf_file_close(f);
	facts_release(&facts);
}
END_TEST

START_TEST(no_debug_information)
{
	struct dwarf_info *w = NULL;
	struct elf_file *f;

	scratch_compile(&dir, "-O0 -Wl,--build-id=none");
	ck_assert(!elf_file_open(scratch_path(&dir, "sample"), -1, &f, &d));
	ck_assert(!elf_file_find_debug(f, &(struct debug_search){0}, NULL, 0));
	ck_assert_int_eq(dwarf_info_get(f, &w, &d), ERR_NO_LAYOUT);
	ck_assert_ptr_null(w);
	ck_assert_ptr_nonnull(strstr(diag_text(&d), "has no debug information"));
	elf_file_close(f);
}
END_TEST

START_TEST(units_and_names)
{
	struct dwarf_info *w;
	struct elf_file *f;
	struct facts facts;
	struct dwarf_type t = {0};
	struct dwarf_member m;
	unsigned long other = 0;

	scratch_compile(&dir, "-g -O0");
	facts_init(&facts, &dir);
	f = open_sample(&w);
	facts_foreach(fact, &facts, "other_here")
		other = fact_number(fact, 1);
	ck_assert_uint_gt(other, 0);

	/* two layouts of one name: the unit decides */
	ck_assert(dwarf_find_type(w, "same_name", "elf_sample_other.c", true, &t));
	ck_assert(dwarf_find_member(w, t, "here", &m));
	ck_assert_int_eq(m.offset, (int64_t)other);
	ck_assert(dwarf_find_type(w, "struct same_name", "nothing.c|elf_sample.c", false, &t));
	ck_assert(dwarf_find_member(w, t, "here", &m));
	ck_assert_int_ne(m.offset, (int64_t)other);

	/* only complete ones, and only where it was said */
	ck_assert(!dwarf_find_type(w, "split", "elf_sample.c", true, &t));
	ck_assert(!dwarf_find_type(w, "Split", "elf_sample.c", true, &t));
	ck_assert(dwarf_find_type(w, "split", "elf_sample.c", false, &t));
	ck_assert(dwarf_find_type(w, "Split", NULL, false,
				  &t)); /* its typedef stands in the other unit */
	ck_assert(dwarf_find_member(w, t, "two", &m));
	ck_assert(!dwarf_find_type(w, "nowhere", NULL, false, &t));
	ck_assert(!dwarf_find_type(w, "no_such_name", NULL, false, &t));
	ck_assert(!dwarf_find_type(w, "plain", NULL, true, &t)); /* no unit was named */
	ck_assert(!dwarf_find_type(w, "plain", "sample.c|elf_sample", true, &t));

	/* alternatives and tags */
	ck_assert(dwarf_find_type(w, "no_such|plain|object", NULL, false, &t));
	ck_assert_str_eq(dwarf_type_name(w, t), "plain");
	ck_assert(!dwarf_find_type(w, "struct either", NULL, false, &t));
	ck_assert(dwarf_find_type(w, "union either", NULL, false, &t));
	ck_assert(!dwarf_find_type(w, "struct Tagged", NULL, false, &t));
	ck_assert(dwarf_find_type(w, "enum color", NULL, false, &t));
	ck_assert(!dwarf_find_type(w, "", NULL, false, &t));
	ck_assert(!dwarf_find_type(w, "|", "|", false, &t));
	ck_assert(dwarf_find_type(w, "Head", NULL, false, &t));
	ck_assert_str_eq(dwarf_type_name(w, t), "Head");
	elf_file_close(f);
	facts_release(&facts);
}
END_TEST

START_TEST(paths)
{
	static const char *const wrong[] = {
		"",
		".",
		"list[4].after",
		"list[3]x",
		"list[",
		"list[]",
		"list[-1]",
		"list[3",
		"list..after",
		".list",
		"list.",
		"in.items.a",
		"list[0][0]",
		"nothing",
		"list[3].bit",
		"in",
		"in.grid[2]",
		"in.grid[1][5]",
		"[0]",
		"list[99999999999999999999]",
		"in.more.deep[0].kind.x",
		"heads[0].type",
	};
	struct dwarf_info *w;
	struct elf_file *f;
	struct dwarf_member m = {0};
	struct dwarf_type t;

	scratch_compile(&dir, "-g -O0");
	f = open_sample(&w);
	t = type_of(w, "nested");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (strcmp(wrong[i], "in"))
			ck_assert_msg(!dwarf_find_member(w, t, wrong[i], &m), "'%s'", wrong[i]);
	ck_assert_int_eq(m.offset, 0); /* untouched on failure */
	ck_assert_uint_eq(m.size, 0);
	ck_assert(dwarf_find_member(w, t, "nothing|list[9]|list[1].after", &m));
	ck_assert_uint_eq(m.size, 4);
	ck_assert(dwarf_find_member(w, t, "tail", &m)); /* "char tail[]" */
	ck_assert_uint_eq(m.size, 0);
	ck_assert_uint_eq(m.count, 0);
	ck_assert_uint_eq(m.stride, 1);
	ck_assert_int_eq(m.offset + 5, member_of(w, "nested", "tail[5]").offset);
	/* a member's type can be asked further */
	ck_assert(dwarf_find_member(w, t, "in", &m));
	ck_assert(dwarf_find_member(w, m.type, "items[1].b", &m));
	ck_assert(dwarf_find_member(w, member_of(w, "nested", "list").type, "[2].after", &m));
	elf_file_close(f);
}
END_TEST

struct seen {
	char names[512];
	int n, limit;
};

static bool see(void *arg, const char *name, const struct dwarf_member *m)
{
	struct seen *s = arg;

	s->n++;
	strncat(s->names, name, sizeof(s->names) - strlen(s->names) - 2);
	strcat(s->names, " ");
	return s->n != s->limit;
}

START_TEST(all_members)
{
	struct seen s = {0};
	struct dwarf_info *w;
	struct elf_file *f;

	scratch_compile(&dir, "-g -O0");
	f = open_sample(&w);
	dwarf_each_member(w, type_of(w, "looked_through"), see, &s);
	ck_assert_str_eq(s.names, "head as_long low high byte as_double after ");
	s = (struct seen){.limit = 2};
	dwarf_each_member(w, type_of(w, "FixedHead"), see, &s);
	ck_assert_str_eq(s.names, "refcnt type ");
	s = (struct seen){.limit = 3};
	dwarf_each_member(w, type_of(w, "plain"), see, &s);
	ck_assert_int_eq(s.n, 3);
	s = (struct seen){0};
	dwarf_each_member(w, type_of(w, "enum color"), see, &s);
	dwarf_each_member(w, (struct dwarf_type){0}, see, &s);
	ck_assert_int_eq(s.n, 0);
	elf_file_close(f);
}
END_TEST

START_TEST(variables_and_pointers)
{
	struct dwarf_type t, to;
	struct dwarf_info *w;
	struct elf_file *f;
	struct facts facts;

	scratch_compile(&dir, _i ? "-g -O2 -flto" : "-g -O0");
	facts_init(&facts, &dir);
	f = open_sample(&w);
	facts_foreach(fact, &facts, "symbol") {
		ck_assert_msg(dwarf_find_variable(w, fact->fields[1], "elf_sample.c", &t), "%s",
			      fact->fields[1]);
		ck_assert_uint_eq(dwarf_type_size(w, t), fact_number(fact, 3));
	}
	ck_assert(dwarf_find_variable(w, "local_looked", "elf_sample_other.c", &t));
	ck_assert_uint_eq(dwarf_type_size(w, t), sizeof(int));
	ck_assert(dwarf_find_variable(w, "split_pointer", NULL, &t));
	ck_assert(dwarf_type_pointee(w, t, &to));
	ck_assert_str_eq(dwarf_type_name(w, to), "Split");
	/* only declared in its unit, so its size is the other unit's */
	ck_assert_uint_eq(dwarf_type_size(w, to), dwarf_type_size(w, type_of(w, "split")));
	ck_assert(!dwarf_type_pointee(w, to, &to));
	ck_assert(dwarf_find_variable(w, "nowhere_pointer", NULL, &t));
	ck_assert(dwarf_type_pointee(w, t, &to));
	ck_assert_uint_eq(dwarf_type_size(w, to), 0);
	ck_assert(!dwarf_type_pointee(w, member_of(w, "Head", "type").type, &to)); /* void * */
	ck_assert(!dwarf_find_variable(w, "base_function", NULL, &t));
	ck_assert(!dwarf_find_variable(w, "plain", NULL, &t));
	elf_file_close(f);
	facts_release(&facts);
}
END_TEST

/* Everything that is asked of DWARF, where bytes of it are wrong. */
static void ask_everything(const char *name)
{
	static const char *const names[] = {"nested", "bits",	   "looked_through",
					    "Split",  "FixedHead", "nowhere"};
	struct elf_file *f = NULL;
	struct dwarf_info *w;
	struct dwarf_member m;
	struct dwarf_type t;
	struct elf_symbol s;
	int64_t v;

	if (elf_file_open(scratch_path(&dir, name), -1, &f, &d))
		return;
	if (elf_file_find_debug(f, &(struct debug_search){0}, NULL, 0) &&
	    !dwarf_info_get(f, &w, &d)) {
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			struct seen seen = {.limit = 30};

			if (!dwarf_find_type(w, names[i], NULL, false, &t))
				continue;
			dwarf_type_size(w, t);
			dwarf_each_member(w, t, see, &seen);
			dwarf_find_member(w, t, "in.more.deep[3].across|list[3].high|type", &m);
		}
		dwarf_find_variable(w, "local_looked", NULL, &t);
		dwarf_find_enumerator(w, "HUGE_COLOR", NULL, &v);
		if (elf_file_symbol(f, "cast_dealloc", &s))
			dwarf_function_self_type(w, s.addr, &t);
	}
	elf_file_close(f);
}

START_TEST(survives_damage)
{
	uint64_t from = UINT64_MAX, to = 0;
	const struct elf_section *s;
	unsigned int seed = 4711;
	struct elf_file *f;
	char *bytes, *copy;
	size_t n;

	scratch_compile(&dir, "-g -gdwarf-5 -O1");
	ck_assert(!elf_file_open(scratch_path(&dir, "sample"), -1, &f, &d));
	for (int i = 0; i < 2; i++) {
		s = elf_file_section(f, i ? ".debug_abbrev" : ".debug_info");
		from = min_of(from, s->offset);
		to = max_of(to, s->offset + s->size);
	}
	elf_file_close(f);
	bytes = scratch_read(&dir, "sample", &n);
	ck_assert_uint_lt(to, n);
	copy = malloc(n);
	for (int i = 0; i < 1000; i++) {
		memcpy(copy, bytes, n);
		for (int k = 0; k < 1 + i % 4; k++)
			copy[from + (size_t)rand_r(&seed) % (to - from)] = (char)rand_r(&seed);
		scratch_write(&dir, "mutant", copy, n);
		ask_everything("mutant");
	}
	free(copy);
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dwarf");
	TCase *t = tcase_create("dwarf");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, every_way_of_writing, 0, ARRAY_SIZE(ways));
	tcase_add_test(t, detached);
	tcase_add_test(t, no_debug_information);
	tcase_add_test(t, units_and_names);
	tcase_add_test(t, paths);
	tcase_add_test(t, all_members);
	tcase_add_loop_test(t, variables_and_pointers, 0, 2);
	tcase_add_test(t, survives_damage);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
