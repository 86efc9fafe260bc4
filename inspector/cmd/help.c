/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/help.h"

#define WIDTH	       79
#define COMMAND_COLUMN 18 /* where the explanation of a command starts */
#define OPTION_COLUMN  28 /* and of an option */

/* Words of text, wrapped, each further line with `indent` blanks; `at` is where the first starts.
 * "\n\n": paragraph. */
static void wrap(struct buf *out, const char *text, size_t indent, size_t at)
{
	bool first = true;

	while (*text) {
		size_t blanks = strspn(text, " \n");
		bool paragraph = blanks >= 2 && text[0] == '\n';
		size_t n = strcspn(text += blanks, " \n");

		if (!n)
			break;
		if (paragraph || at + !first + n > WIDTH) {
			buf_printf(out, "%s%*s", paragraph ? "\n\n" : "\n", (int)indent, "");
			at = indent;
			first = true;
		}
		buf_str(out, first ? "" : " ");
		buf_add(out, text, n);
		at += !first + n;
		first = false;
		text += n;
	}
	buf_char(out, '\n');
}

static bool is_of(const struct command_table *t, int command, const struct command *c)
{
	return command == (c ? c - t->commands : CMD_any);
}

/* "--sort size|count", "--locals[=DEPTH]" */
static void option_form(const struct option *o, struct buf *out)
{
	char name[64];

	buf_printf(out, "--%s", option_typed(o, name));
	if (o->meta)
		buf_printf(out, o->type == VALUE_MAYBE ? "[=%s]" : " %s", o->meta);
}

void help_usage(const struct command_table *t, const struct command *c, struct buf *out)
{
	buf_str(out, "TARGET");
	for (size_t i = 0; i < t->n_arguments; i++) {
		const struct argument *g = &t->arguments[i];

		if (is_of(t, g->command, c))
			buf_printf(out,
				   g->count == COUNT_ONE     ? " %s"
				   : g->count == COUNT_MAYBE ? " [%s]"
							     : " [%s...]",
				   g->name);
	}
	for (size_t i = 0; i < t->n_options; i++)
		if (is_of(t, t->options[i].command, c) && t->options[i].help) {
			buf_str(out, " [");
			option_form(&t->options[i], out);
			buf_char(out, ']');
		}
}

/* "  left            text that wraps" */
static void entry(struct buf *out, const char *left, const char *text, int column)
{
	if ((int)strlen(left) + 4 > column)
		buf_printf(out, "  %s\n%*s", left, column, "");
	else
		buf_printf(out, "  %-*s", column - 2, left);
	wrap(out, text, (size_t)column, (size_t)column);
}

static void option_text(const struct option *o, struct buf *out)
{
	buf_str(out, o->help);
	if (o->standard)
		buf_printf(out, "; default: %s", o->standard);
}

static void options_of(const struct command_table *t, const struct command *c, const char *title,
		       struct buf *out)
{
	struct buf left = {0}, text = {0};

	for (size_t i = 0; i < t->n_options; i++) {
		const struct option *o = &t->options[i];

		if (!is_of(t, o->command, c) || !o->help)
			continue;
		buf_str(out, title);
		title = "";
		buf_clear(&left);
		buf_clear(&text);
		option_form(o, &left);
		option_text(o, &text);
		entry(out, buf_text(&left), buf_text(&text), OPTION_COLUMN);
	}
	out->failed |= left.failed || text.failed;
	buf_release(&left);
	buf_release(&text);
}

static const char target_text[] = "TARGET is the PID of a running process or the path of a core "
				  "file, which may be compressed; ./4711 is a file of that name.";
static const char status_text[] =
    "Exit status: 0 complete, 1 partial (something could not be read: said on stderr, and in "
    "\"incomplete\" of "
    "JSON), 2 nothing (the target cannot be inspected), 64 wrong usage.";

void help_program(const struct command_table *t, struct buf *out)
{
	buf_str(out, "Usage: heapscope [OPTION...] COMMAND TARGET [ARGUMENT...]\n");
	wrap(out,
	     "Shows what is on the heap of a CPython process or of its core dump, without running "
	     "anything in it.",
	     0, 0);
	buf_str(out, "\nCommands:\n");
	for (size_t i = 0; i < t->n_commands; i++)
		entry(out, t->commands[i].name, t->commands[i].brief, COMMAND_COLUMN);
	entry(out, "help [COMMAND]", "this text, or all about a command", COMMAND_COLUMN);
	options_of(t, NULL, "\nOptions of every command, anywhere on the line:\n", out);
	buf_char(out, '\n');
	wrap(out, target_text, 0, 0);
	wrap(out, status_text, 0, 0);
}

void help_command(const struct command_table *t, const struct command *c, struct buf *out)
{
	struct buf usage = {0};

	buf_printf(&usage, "heapscope %s ", c->name);
	help_usage(t, c, &usage);
	buf_str(out, "Usage: ");
	wrap(out, buf_text(&usage), 15, 7);
	out->failed |= usage.failed;
	buf_release(&usage);
	wrap(out, c->brief, 0, 0);
	buf_char(out, '\n');
	wrap(out, c->details, 0, 0);
	for (size_t i = 0, n = 0; i < t->n_arguments; i++)
		if (is_of(t, t->arguments[i].command, c)) {
			buf_str(out, n++ ? "" : "\nArguments:\n");
			entry(out, t->arguments[i].name, t->arguments[i].help, OPTION_COLUMN);
		}
	options_of(t, c, "\nOptions:\n", out);
	options_of(t, NULL, "\nOptions of every command:\n", out);
	buf_char(out, '\n');
	wrap(out, target_text, 0, 0);
}
