/* SPDX-License-Identifier: Apache-2.0 */
/* Detached debug files: where they are looked for, and that only the right one is taken. */
#include <check.h>
#include <stdio.h>
#include "elf/debuginfod.h"
#include "elf_scratch.h"

static struct scratch dir;
static struct diag d;
static char debug_dir[128];
static const char *dirs[] = {debug_dir, NULL};
static char tried[4096];

#define ID    "0123456789abcdef"
#define FLAGS "-g -O1 -Wl,--build-id=0x" ID

static void setup(void)
{
	scratch_init(&dir);
	snprintf(debug_dir, sizeof(debug_dir), "%s/debug", dir.dir);
	d = (struct diag){0};
	unsetenv("DEBUGINFOD_URLS");
	tried[0] = 0;
}

static void teardown(void)
{
	scratch_release(&dir);
}

/* Compiles, and moves the debug information to sample.dbg. */
static void make_stripped(const char *flags)
{
	scratch_compile(&dir, flags);
	scratch_run(&dir, "objcopy --only-keep-debug sample sample.dbg && strip sample && "
			  "objcopy --add-gnu-debuglink=sample.dbg sample && mkdir -p debug away && "
			  "mv sample.dbg away/");
}

static struct elf_file *open_in(const char *name)
{
	struct elf_file *f = NULL;

	ck_assert_msg(!elf_file_open(scratch_path(&dir, name), -1, &f, &d), "%s", diag_text(&d));
	return f;
}

static bool finds(const char *name, const struct debug_search *s, const char *at)
{
	struct elf_file *f = open_in(name);
	struct elf_symbol sym;
	bool found = elf_file_find_debug(f, s, tried, sizeof(tried));

	if (found && at) {
		ck_assert_ptr_nonnull(elf_file_debug_path(f));
		ck_assert_str_eq(elf_file_debug_path(f), scratch_path(&dir, at));
		/* its symbols are this file's now */
		ck_assert(elf_file_symbol(f, "cast_dealloc", &sym));
		ck_assert(elf_file_symbol_at(f, sym.addr, &sym));
		ck_assert_str_eq(sym.name, "cast_dealloc");
	} else {
		ck_assert_ptr_null(elf_file_debug_path(f));
	}
	ck_assert_int_eq(elf_file_find_debug(f, s, NULL, 0), found); /* remembered */
	elf_file_close(f);
	return found;
}

static bool finds_here(const char *at)
{
	return finds("sample", &(struct debug_search){.dirs = dirs}, at);
}

START_TEST(in_the_file_itself)
{
	scratch_compile(&dir, FLAGS);
	ck_assert(finds_here(NULL));
}
END_TEST

START_TEST(by_build_id)
{
	make_stripped(FLAGS);
	ck_assert(!finds_here(NULL));
	ck_assert_ptr_nonnull(strstr(tried, "debug/.build-id/01/23456789abcdef.debug"));
	scratch_run(&dir, "mkdir -p debug/.build-id/01; cp away/sample.dbg "
			  "debug/.build-id/01/23456789abcdef.debug");
	ck_assert(finds_here("debug/.build-id/01/23456789abcdef.debug"));
}
END_TEST

START_TEST(not_with_another_build_id)
{
	make_stripped(FLAGS);
	scratch_compile(&dir, "-g -Wl,--build-id=0xfefefefefefe");
	scratch_run(&dir, "mkdir -p debug/.build-id/01 && objcopy --only-keep-debug sample"
			  " debug/.build-id/01/23456789abcdef.debug && cp sample sample.dbg");
	make_stripped(FLAGS);
	ck_assert(!finds_here(NULL));
	ck_assert_ptr_nonnull(strstr(tried, "its build-id differs"));
}
END_TEST

START_TEST(by_debuglink)
{
	char under[256];

	make_stripped(FLAGS);
	scratch_run(&dir, "cp away/sample.dbg .");
	ck_assert(finds_here("sample.dbg"));
	scratch_run(&dir, "mkdir .debug; mv sample.dbg .debug");
	ck_assert(finds_here(".debug/sample.dbg"));
	scratch_run(&dir, "mkdir -p debug/%s; mv .debug/sample.dbg debug/%s", dir.dir, dir.dir);
	snprintf(under, sizeof(under), "debug%s/sample.dbg", dir.dir);
	ck_assert(finds_here(under));
}
END_TEST

START_TEST(debuglink_by_crc_without_build_id)
{
	make_stripped("-g -O1 -Wl,--build-id=none");
	scratch_run(&dir, "cp away/sample.dbg .");
	ck_assert(finds_here("sample.dbg"));
	scratch_run(&dir, "printf x >>sample.dbg");
	ck_assert(!finds_here(NULL));
	ck_assert_ptr_nonnull(strstr(tried, "its CRC differs"));
}
END_TEST

START_TEST(debuglink_must_not_be_a_path)
{
	char *bytes, *name;
	size_t n;

	make_stripped("-g -O1 -Wl,--build-id=none");
	bytes = scratch_read(&dir, "sample", &n);
	name = memmem(bytes, n, "sample.dbg", 10);
	ck_assert_ptr_nonnull(name);
	memcpy(name, "away/x.dbg", 10);
	scratch_write(&dir, "sample", bytes, n);
	scratch_run(&dir, "cp away/sample.dbg away/x.dbg");
	ck_assert(!finds_here(NULL));
	free(bytes);
}
END_TEST

START_TEST(below_a_sysroot)
{
	static const char *const lib[] = {"/lib/debug", NULL};
	char root[128];
	struct debug_search s = {.sysroot = root, .dirs = lib};

	/* with a slash at its end, as people write it */
	snprintf(root, sizeof(root), "%s/root/", dir.dir);
	make_stripped(FLAGS);
	scratch_run(&dir, "mkdir -p root/bin root/lib/debug/.build-id/01 root/lib/debug/bin; cp "
			  "sample root/bin;"
			  " cp away/sample.dbg root/lib/debug/.build-id/01/23456789abcdef.debug");
	ck_assert(finds("sample", &s, "root/lib/debug/.build-id/01/23456789abcdef.debug"));
	scratch_run(&dir, "mv root/lib/debug/.build-id/01/*.debug root/lib/debug/bin/sample.dbg");
	ck_assert(finds("root/bin/sample", &s, "root/lib/debug/bin/sample.dbg"));
	/* and an own debug directory outside of it */
	scratch_run(&dir, "mkdir -p debug/.build-id/01; mv root/lib/debug/bin/sample.dbg"
			  " debug/.build-id/01/23456789abcdef.debug");
	s.dirs = dirs;
	ck_assert(finds("root/bin/sample", &s, "debug/.build-id/01/23456789abcdef.debug"));
}
END_TEST

START_TEST(says_where_it_looked)
{
	make_stripped(FLAGS);
	ck_assert(!finds("sample", &(struct debug_search){.dirs = dirs, .debuginfod = true}, NULL));
	ck_assert_ptr_nonnull(strstr(tried, "sample.dbg"));
	ck_assert_ptr_nonnull(strstr(tried, debuginfod_built() ? "DEBUGINFOD_URLS is not set" : "built without it"));
	make_stripped("-O1 -Wl,--build-id=none");
	scratch_run(&dir, "strip -R .gnu_debuglink sample");
	ck_assert(!finds_here(NULL));
	ck_assert_ptr_nonnull(strstr(tried, "neither a build-id nor a debug link"));
}
END_TEST

/* A list that is too long ends behind a whole place. */
START_TEST(says_as_much_as_there_is_room_for)
{
	char whole[4096], part[4096];
	struct diag why = {0};
	struct elf_file *f;
	size_t n;

	make_stripped(FLAGS);
	ck_assert_int_eq(elf_file_open(scratch_path(&dir, "sample"), -1, &f, &why), OK);
	ck_assert(!elf_file_find_debug(f, &(struct debug_search){.dirs = dirs}, whole, sizeof(whole)));
	n = strlen(whole);
	ck_assert(strstr(whole, ", "));
	for (size_t room = 1; room <= n + 2; room++) {
		memset(part, 'x', sizeof(part));
		ck_assert(!elf_file_find_debug(f, &(struct debug_search){.dirs = dirs}, part, room));
		ck_assert_uint_lt(strlen(part), room);
		if (room > n) {
			ck_assert_str_eq(part, whole);
		} else if (*part) {
			char *more = strstr(part, ", and elsewhere");

			ck_assert(more && !more[strlen(", and elsewhere")]);
			ck_assert(!strncmp(whole, part, (size_t)(more - part)));
			ck_assert(!strncmp(whole + (more - part), ", ", 2));
		}
	}
	elf_file_close(f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("elfdebug");
	TCase *t = tcase_create("elfdebug");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, in_the_file_itself);
	tcase_add_test(t, by_build_id);
	tcase_add_test(t, not_with_another_build_id);
	tcase_add_test(t, by_debuglink);
	tcase_add_test(t, debuglink_by_crc_without_build_id);
	tcase_add_test(t, debuglink_must_not_be_a_path);
	tcase_add_test(t, below_a_sysroot);
	tcase_add_test(t, says_where_it_looked);
	tcase_add_test(t, says_as_much_as_there_is_room_for);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
