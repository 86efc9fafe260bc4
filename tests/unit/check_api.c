/* SPDX-License-Identifier: Apache-2.0 */
/* The exported interface, through the shared library: errors, options, notes. Answers are for
 * tests/scenes to judge. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "heapscope.h"

static size_t to_memory(void *arg, const char *bytes, size_t len)
{
	return fwrite(bytes, 1, len, arg);
}

static size_t nowhere(void *arg, const char *bytes, size_t len)
{
	return 0;
}

START_TEST(versions_and_commands)
{
	const char *brief = NULL;
	size_t n = 0, seen = 0;

	ck_assert(strchr(heapscope_version(), '.'));
	for (const char *name; (name = heapscope_command(n, &brief)); n++) {
		char *help = heapscope_help(name);

		seen += !strcmp(name, "types");
		ck_assert_ptr_nonnull(strstr(help, brief));
		free(help);
	}
	ck_assert_uint_ge(n, 3);
	ck_assert_uint_eq(seen, 1);
	ck_assert_ptr_null(heapscope_help("elephant"));
	ck_assert_int_eq(heapscope_abi(), HEAPSCOPE_ABI);
}
END_TEST

START_TEST(failures_have_a_text)
{
	const char *const argv[] = {"types"};
	struct heapscope *h = NULL;

	ck_assert_int_eq(_i ? heapscope_open_core("/nonexistent/core", NULL, &h)
			    : heapscope_open_pid(-7, NULL, &h),
			 HEAPSCOPE_FAILED);
	ck_assert_ptr_nonnull(h);
	ck_assert_int_gt(strlen(heapscope_error(h)), 10);
	ck_assert_ptr_null(heapscope_note(h, 0));
	ck_assert_int_eq(heapscope_run(h, 1, argv, HEAPSCOPE_TEXT, nowhere, NULL),
			 HEAPSCOPE_FAILED);
	ck_assert_str_eq(heapscope_error(h), "no target is open");
	heapscope_close(h);
	heapscope_close(NULL);
}
END_TEST

/* Memory of one page that is no interpreter. */
static size_t read_page(void *arg, uint64_t addr, void *out, size_t len)
{
	size_t have = addr >= 0x10000 && addr < 0x11000 ? 0x11000 - addr : 0;

	len = len < have ? len : have;
	memset(out, 0x5a, len);
	return len;
}

static struct heapscope *open_page(void)
{
	static const struct heapscope_mapping mappings[] = {
	    {.start = 0x10000, .end = 0x11000, .prot = HEAPSCOPE_READ | HEAPSCOPE_WRITE}};
	static const struct heapscope_thread threads[] = {
	    {.tid = 5, .name = "a thread with a long name"}};
	static const struct heapscope_source source = {.read = read_page,
						       .mappings = mappings,
						       .n_mappings = 1,
						       .threads = threads,
						       .n_threads = 1,
						       .pid = 5};
	struct heapscope *h;

	ck_assert_int_eq(heapscope_open_callback(&source, NULL, &h), HEAPSCOPE_COMPLETE);
	return h;
}

static const struct {
	const char *argv[3];
	int status;
	const char *text;
} lines[] = {
    {{"types"}, HEAPSCOPE_FAILED, "no program or library"},
    {{"types", "--sort", "age"}, HEAPSCOPE_USAGE, "--sort takes size|count|max|type"},
    {{"types", "4711"}, HEAPSCOPE_USAGE, "'4711' is too much"},
    {{"types", "--no-pause"}, HEAPSCOPE_USAGE, "--no-pause is no option of a command"},
    {{"types", "--help"}, HEAPSCOPE_USAGE, "help is no command"},
    {{"typos"}, HEAPSCOPE_USAGE, "did you mean 'types'"},
};

START_TEST(commands_on_no_interpreter)
{
	struct heapscope *h = open_page();
	char *bytes = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&bytes, &n);
	int argc = 0;

	while (argc < 3 && lines[_i].argv[argc])
		argc++;
	ck_assert_int_eq(heapscope_run(h, argc, lines[_i].argv, HEAPSCOPE_JSON, to_memory, to),
			 lines[_i].status);
	ck_assert_msg(strstr(heapscope_error(h), lines[_i].text), "%s", heapscope_error(h));
	fclose(to);
	ck_assert_uint_eq(n, 0); /* what cannot be answered writes nothing */
	free(bytes);
	heapscope_close(h);
}
END_TEST

START_TEST(doctor_says_why)
{
	const char *const argv[] = {"doctor"};
	struct heapscope *h = open_page();
	char *bytes = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&bytes, &n);

	ck_assert_int_eq(heapscope_run(h, 1, argv, HEAPSCOPE_JSON, to_memory, to),
			 HEAPSCOPE_FAILED);
	fclose(to);
	ck_assert_ptr_nonnull(strstr(bytes, "\"error\": {\"code\": \""));
	free(bytes);
	ck_assert_int_eq(heapscope_run(h, 1, argv, HEAPSCOPE_TEXT, nowhere, NULL),
			 HEAPSCOPE_FAILED);
	heapscope_close(h);
}
END_TEST

START_TEST(interrupted)
{
	const char *const argv[] = {"types"};
	struct heapscope *h = open_page();

	heapscope_interrupt(h);
	ck_assert_int_eq(heapscope_run(h, 1, argv, HEAPSCOPE_TEXT, nowhere, NULL),
			 HEAPSCOPE_FAILED);
	ck_assert_str_eq(heapscope_error(h), "interrupted");
	ck_assert_int_eq(heapscope_run(h, 1, argv, HEAPSCOPE_TEXT, nowhere, NULL),
			 HEAPSCOPE_FAILED);
	ck_assert_ptr_null(strstr(heapscope_error(h), "interrupted"));
	heapscope_close(h);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("api");
	TCase *c = tcase_create("api");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_test(c, versions_and_commands);
	tcase_add_loop_test(c, failures_have_a_text, 0, 2);
	tcase_add_loop_test(c, commands_on_no_interpreter, 0, sizeof(lines) / sizeof(lines[0]));
	tcase_add_test(c, doctor_says_why);
	tcase_add_test(c, interrupted);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
