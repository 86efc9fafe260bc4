/* SPDX-License-Identifier: Apache-2.0 */
/* The command line and help, on the real table and on one that has everything that a table can
 * have. */
#include <check.h>
#include <stdio.h>
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/help.h"

static const struct command commands[] = {
    {"show", NEED_TARGET, "one object", "Shows it.\n\nWith all that it has.", NULL},
    {"stack", NEED_TARGET, "where threads stand", "Says it.", NULL},
};
enum {
	OPT_HELP,
	OPT_DIR,
	OPT_DEPTH,
	OPT_ORDER,
	OPT_DEPTH_FIRST,
	OPT_SECRET,
	OPT_OTHER,
	OPT_WIDE
};
static const struct option options[] = {
    {CMD_any, "help", VALUE_FLAG, NULL, NULL, "help"},
    {CMD_any, "some_dir", VALUE_LIST, "DIR", NULL, "several"},
    {0, "depth", VALUE_NUMBER, "N", "3", "how deep"},
    {0, "order", VALUE_WORD, "up|upper|down", "down", "which way"},
    {0, "depth_first", VALUE_FLAG, NULL, NULL, "first"},
    {0, "secret", VALUE_STRING, "X", NULL, NULL},
    {1, "other", VALUE_STRING, "TEXT", NULL, "of the other"},
    {1, "wide", VALUE_MAYBE, "N", "7", "how wide"},
};
static const struct argument arguments[] = {
    {0, "ADDRESS", VALUE_NUMBER, COUNT_ONE, "of the object"},
    {0, "NAME", VALUE_STRING, COUNT_MANY, "attributes"},
};
static const struct command_table table = {
    commands, ARRAY_SIZE(commands), options, ARRAY_SIZE(options), arguments, ARRAY_SIZE(arguments)};

static struct cmd_args a;
static struct diag d;
static char line[4096];

/* Parses the words of a line; \1 in it stands for an empty word. */
static enum err parse_with(const struct command_table *t, bool with_target, const char *text)
{
	const char *argv[64];
	int n = 0;

	snprintf(line, sizeof(line), "%s", text);
	for (char *w = strtok(line, " "); w; w = strtok(NULL, " "))
		argv[n++] = *w == 1 ? w + 1 : w;
	d = (struct diag){0};
	return cmd_args_parse(t, n, argv, with_target, &a, &d);
}

static enum err parse(const char *text)
{
	return parse_with(&table, true, text);
}

static const char *const anywhere[] = {
    "show 4711 0xabc name --depth 7 --order upper --some-dir d1 --some-dir d2 -- -dash",
    "--depth=7 --order=upper --some-dir=d1 --some-dir=d2 show 4711 0xabc name -- -dash",
    "--some d1 --depth 7 show --ord upper 4711 --some-d d2 2748 name -- -dash",
};

START_TEST(options_stand_anywhere)
{
	ck_assert_msg(parse(anywhere[_i]) == OK, "%s", diag_text(&d));
	ck_assert_ptr_eq(a.command, &commands[0]);
	ck_assert_str_eq(a.target, "4711");
	ck_assert_uint_eq(a.options[OPT_DEPTH].u, 7);
	ck_assert(a.options[OPT_DEPTH].given);
	ck_assert_uint_eq(a.options[OPT_ORDER].u, 1);
	ck_assert_str_eq(a.options[OPT_ORDER].s, "upper");
	ck_assert_uint_eq(a.options[OPT_DIR].list.n, 2);
	ck_assert_str_eq(a.options[OPT_DIR].list.at[1], "d2");
	ck_assert_ptr_null(a.options[OPT_DIR].list.at[2]);
	ck_assert_uint_eq(a.arguments.n, 3);
	ck_assert_uint_eq(cmd_argument(&a, 0)->u, 0xabc);
	ck_assert_str_eq(cmd_argument(&a, 2)->s, "-dash");
	ck_assert_ptr_null(cmd_argument(&a, 3));
	ck_assert_int_eq(d.code, OK);
	cmd_args_release(&a);
}
END_TEST

START_TEST(dashes_end_options)
{
	ck_assert_int_eq(parse("show --depth 9 -- 4711 1 --depth"), OK);
	ck_assert_uint_eq(a.options[OPT_DEPTH].u, 9);
	ck_assert_str_eq(cmd_argument(&a, 1)->s, "--depth");
	cmd_args_release(&a);
	ck_assert_int_eq(parse("-- show 4711 1"), OK);
	ck_assert_str_eq(a.target, "4711");
	cmd_args_release(&a);
}
END_TEST

START_TEST(standards)
{
	ck_assert_int_eq(parse("show core 1"), OK);
	ck_assert_uint_eq(a.options[OPT_DEPTH].u, 3);
	ck_assert(!a.options[OPT_DEPTH].given);
	ck_assert_str_eq(a.options[OPT_ORDER].s, "down");
	ck_assert_uint_eq(a.options[OPT_ORDER].u, 2);
	ck_assert_uint_eq(a.options[OPT_DEPTH_FIRST].u, 0);
	ck_assert_ptr_null(a.options[OPT_SECRET].s);
	cmd_args_release(&a);
}
END_TEST

static const struct {
	const char *line;
	bool given;
	uint64_t u;
} maybes[] = {
    {"stack 4711", false, 7},	      {"stack --wide 4711", true, 7},	{"--wide stack 4711", true, 7},
    {"stack 4711 --wide", true, 7},   {"--wide=3 stack 4711", true, 3}, {"stack --wi=0x10 4711", true, 16},
    {"stack --wide=3 4711 --wide", true, 3},
};

START_TEST(a_value_may_be_left_out)
{
	ck_assert_msg(parse(maybes[_i].line) == OK, "%s", diag_text(&d));
	ck_assert_str_eq(a.target, "4711");
	ck_assert_int_eq(a.options[OPT_WIDE].given, maybes[_i].given);
	ck_assert_uint_eq(a.options[OPT_WIDE].u, maybes[_i].u);
	cmd_args_release(&a);
}
END_TEST

static const struct {
	const char *line, *text;
	bool names_command;
} wrong[] = {
    {"", "no command given", false},
    {"--some-dir", "--some-dir needs a value: DIR", false},
    {"shwo 4711", "unknown command 'shwo'; did you mean 'show'?", false},
    {"st 4711", "unknown command 'st'; did you mean 'stack'?", false},
    {"elephant 1", "unknown command 'elephant'", false},
    {"4711", "'4711' is no command; say what to do with it, as in 'show 4711'", false},
    {"./core", "'./core' is no command; say what to do with it, as in 'show ./core'", false},
    {"show", "show: no target given: it takes a PID or a core file", true},
    {"show 4711", "show: no ADDRESS given", true},
    {"show 4711 x", "ADDRESS takes a number, not 'x'", true},
    {"show 4711 12x", "ADDRESS takes a number, not '12x'", true},
    {"show 4711 -5", "unknown option '-5'", true},
    {"show 1 2 --depth x", "show: --depth takes a number, not 'x'", true},
    {"show 1 2 --depth=", "show: --depth takes a number, not ''", true},
    {"show 1 2 --depth -1", "show: --depth takes a number, not '-1'", true},
    {"show 1 2 --depth 99999999999999999999",
     "show: --depth takes a number, not '99999999999999999999'", true},
    {"show 1 2 --order up|", "show: --order takes up|upper|down, not 'up|'", true},
    {"show 1 2 --order \1", "show: --order takes up|upper|down, not ''", true},
    {"show 1 2 --other x", "show: unknown option '--other'", true},
    {"show 1 2 --dep 3", "show: ambiguous option '--dep'", true},
    {"show 1 2 --sec x", "show: unknown option '--sec'", true},
    {"show 1 2 --depth-first=1", "--depth-first takes no value", true},
    {"stack 1 --wide=", "stack: --wide takes a number, not ''", true},
    {"stack 1 --wide=x", "stack: --wide takes a number, not 'x'", true},
    {"show 1 2 --=1", "show: unknown option '--'", true},
    {"stack 1 2", "stack: '2' is too much", true},
    {"help stack 1 2", "stack: '2' is too much", true},
    {"help elephant", "unknown command 'elephant'", false},
};

START_TEST(wrong_lines)
{
	ck_assert_int_eq(parse(wrong[_i].line), ERR_USAGE);
	ck_assert_msg(strstr(diag_text(&d), wrong[_i].text), "'%s', not '%s'", diag_text(&d),
		      wrong[_i].text);
	ck_assert_int_eq(!!a.command, wrong[_i].names_command);
	cmd_args_release(&a);
}
END_TEST

START_TEST(help_is_asked_for)
{
	ck_assert_int_eq(parse("--help"), OK);
	ck_assert(a.help && !a.command);
	cmd_args_release(&a);
	ck_assert_int_eq(parse("show -h"), OK);
	ck_assert(a.help && a.command == &commands[0]);
	cmd_args_release(&a);
	ck_assert_int_eq(parse("help stack"), OK);
	ck_assert(a.help && a.command == &commands[1] && !a.target);
	cmd_args_release(&a);
	ck_assert_int_eq(parse("help"), OK);
	ck_assert(a.help && !a.command);
	cmd_args_release(&a);
}
END_TEST

START_TEST(without_target)
{
	ck_assert_int_eq(parse_with(&table, false, "show 12 name"), OK);
	ck_assert_ptr_null(a.target);
	ck_assert_uint_eq(cmd_argument(&a, 0)->u, 12);
	cmd_args_release(&a);
}
END_TEST

/* Nothing in a help text is wider than a terminal, and every option and command is in it. */
START_TEST(help_is_complete)
{
	const struct command_table *t = command_table();
	struct buf all = {0}, each = {0};
	char name[80] = "--";

	help_program(t, &all);
	for (size_t i = 0; i < t->n_commands; i++) {
		ck_assert_ptr_nonnull(strstr(buf_text(&all), t->commands[i].name));
		help_command(t, &t->commands[i], &each);
	}
	for (size_t i = 0; i < t->n_options; i++) {
		option_typed(&t->options[i], name + 2);
		ck_assert_int_eq(!strstr(buf_text(&each), name), !t->options[i].help);
	}
	buf_str(&each, buf_text(&all));
	for (const char *s = buf_text(&each); *s; s += strcspn(s, "\n") + 1)
		ck_assert_uint_le(strcspn(s, "\n"), 79);
	buf_release(&all);
	buf_release(&each);
}
END_TEST

START_TEST(usage_of_everything)
{
	struct buf b = {0};

	help_usage(&table, &commands[0], &b);
	ck_assert_str_eq(
	    buf_text(&b),
	    "TARGET ADDRESS [NAME...] [--depth N] [--order up|upper|down] [--depth-first]");
	buf_clear(&b);
	help_usage(&table, &commands[1], &b);
	ck_assert_str_eq(buf_text(&b), "TARGET [--other TEXT] [--wide[=N]]");
	buf_release(&b);
}
END_TEST

/* A line of the page that starts with '.' is one of the macros that man(7) has. */
START_TEST(man_page_is_well_formed)
{
	static const char *const macros[] = {".\\\"", ".nh\n", ".TH ", ".SH ", ".SS ",
					     ".TP\n", ".PP\n", ".B ",  ".I "};
	struct buf b = {0};

	help_man(&table, "1.2", &b);
	for (const char *s = buf_text(&b); *s; s += strcspn(s, "\n") + 1) {
		bool known = *s != '.' && *s != '\'' && *s != '\n';

		for (size_t i = 0; i < ARRAY_SIZE(macros); i++)
			known |= !strncmp(s, macros[i], strlen(macros[i]));
		ck_assert_msg(known, "%.40s", s);
	}
	ck_assert_ptr_nonnull(strstr(buf_text(&b), "Shows it.\n.PP\nWith all that it has."));
	ck_assert_ptr_nonnull(
	    strstr(buf_text(&b), ".B \\-\\-depth \\fIN\\fR\nhow deep; default: 3\n"));
	ck_assert_ptr_null(strstr(buf_text(&b), "secret"));
	buf_release(&b);
}
END_TEST

START_TEST(session_refuses)
{
	static const struct {
		const char *target;
		enum err e;
	} bad[] = {{"", ERR_USAGE},
		   {"0", ERR_NO_PROCESS},
		   {"99999999999", ERR_NO_PROCESS},
		   {"4611686018427387904999", ERR_NO_PROCESS},
		   {"/nonexistent/core", ERR_NO_FILE}};
	struct session s = {0};

	ck_assert_int_eq(session_open(&s, bad[_i].target, NULL), bad[_i].e);
	ck_assert_int_eq(s.diag.code, bad[_i].e);
	ck_assert_ptr_null(s.target);
	session_close(&s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cmd");
	TCase *c = tcase_create("cmd");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_loop_test(c, options_stand_anywhere, 0, ARRAY_SIZE(anywhere));
	tcase_add_test(c, dashes_end_options);
	tcase_add_test(c, standards);
	tcase_add_loop_test(c, a_value_may_be_left_out, 0, ARRAY_SIZE(maybes));
	tcase_add_loop_test(c, wrong_lines, 0, ARRAY_SIZE(wrong));
	tcase_add_test(c, help_is_asked_for);
	tcase_add_test(c, without_target);
	tcase_add_test(c, help_is_complete);
	tcase_add_test(c, usage_of_everything);
	tcase_add_test(c, man_page_is_well_formed);
	tcase_add_loop_test(c, session_refuses, 0, 5);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
