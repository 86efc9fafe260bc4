/* SPDX-License-Identifier: Apache-2.0 */
/* heapscope.1 from the table of commands, in the macros of man(7). */
#include "cmd/help.h"

/* Text of a page: '-' is a minus, '\' is one, a line does not start with a macro's character;
 * "\n\n": paragraph. */
static void man_text(struct buf *out, const char *text)
{
	bool line_start = true;

	for (; *text; text++) {
		if (text[0] == '\n' && text[1] == '\n') {
			buf_str(out, "\n.PP\n");
			text++;
			line_start = true;
			continue;
		}
		if (line_start && (*text == '.' || *text == '\''))
			buf_str(out, "\\&");
		if (*text == '-')
			buf_str(out, "\\-");
		else if (*text == '\\')
			buf_str(out, "\\e");
		else
			buf_char(out, *text);
		line_start = false;
	}
}

static void man_line(struct buf *out, const char *text)
{
	man_text(out, text);
	buf_char(out, '\n');
}

static void man_option(struct buf *out, const struct option *o)
{
	char name[64];

	buf_str(out, ".TP\n.B \\-\\-");
	man_text(out, option_typed(o, name));
	if (o->meta) {
		buf_str(out, o->type == VALUE_MAYBE ? "[=\\fI" : " \\fI");
		man_text(out, o->meta);
		buf_str(out, o->type == VALUE_MAYBE ? "\\fR]" : "\\fR");
	}
	buf_char(out, '\n');
	man_text(out, o->help);
	if (o->standard) {
		buf_str(out, "; default: ");
		man_text(out, o->standard);
	}
	buf_char(out, '\n');
}

static void man_options(struct buf *out, const struct command_table *t, int command)
{
	for (size_t i = 0; i < t->n_options; i++)
		if (t->options[i].command == command && t->options[i].help)
			man_option(out, &t->options[i]);
}

static void man_command(struct buf *out, const struct command_table *t, const struct command *c)
{
	struct buf usage = {0};

	buf_printf(out, ".SS %s\n", c->name);
	help_usage(t, c, &usage);
	buf_printf(out, ".B heapscope %s\n", c->name);
	man_line(out, buf_text(&usage));
	out->failed |= usage.failed;
	buf_release(&usage);
	buf_str(out, ".PP\n");
	man_line(out, c->details);
	for (size_t i = 0; i < t->n_arguments; i++)
		if (t->arguments[i].command == c - t->commands) {
			buf_printf(out, ".TP\n.I %s\n", t->arguments[i].name);
			man_line(out, t->arguments[i].help);
		}
	man_options(out, t, (int)(c - t->commands));
}

static const char description[] =
    "heapscope tells what every object on the heap of a CPython process is, from outside: of a "
    "running process, "
    "which stands still for a fraction of a second while its memory is copied, or of a core dump. "
    "Nothing is run "
    "in the process, nothing is written to it, and it is never left stopped, not even if heapscope "
    "is killed.\n\n"
    "TARGET is a PID or the path of a core file, which may be compressed. A name of only digits is a PID; ./4711 is a "
    "file. "
    "Options may "
    "stand anywhere on the line, and may be shortened as long as only one has that beginning.\n\n"
    "CPython 2.7 and 3.6 to 3.13 on 64-bit Linux are understood, with debug information in the "
    "interpreter's file "
    "or beside it: in a debug directory by its build-id, by its .gnu_debuglink, or from debuginfod "
    "servers "
    "where DEBUGINFOD_URLS names some.";
static const char json_text[] = "With --json the answer is one document: {\"schema\": "
				"\"heapscope/1\", \"command\", \"target\", \"rows\", "
				"\"totals\", \"incomplete\", \"notes\"}. \"target\" has \"pid\" or "
				"\"core\" (and its \"compression\"), \"python\", \"executable\", "
				"\"build_id\" and \"pause_seconds\". Sizes are bytes, addresses "
				"are integers. Bytes of the target that are no "
				"UTF-8 appear as \\xNN.";
static const char permission_text[] =
    "Reading a process needs what a debugger needs: the same user or root (CAP_SYS_PTRACE), and "
    "kernel.yama.ptrace_scope 0, or 1 for a child.";

void help_man(const struct command_table *t, const char *version, struct buf *out)
{
	buf_str(out, ".\\\" Made from commands.def; do not edit.\n.nh\n");
	buf_printf(out, ".TH HEAPSCOPE 1 \"\" \"heapscope %s\" \"User Commands\"\n", version);
	buf_str(out,
		".SH NAME\nheapscope \\- what is on the heap of a CPython process or core dump\n"
		".SH SYNOPSIS\n.B heapscope\n[\\fIOPTION\\fR...] \\fICOMMAND TARGET\\fR "
		"[\\fIARGUMENT\\fR...]\n"
		".SH DESCRIPTION\n");
	man_line(out, description);
	buf_str(out, ".SH COMMANDS\n");
	for (size_t i = 0; i < t->n_commands; i++)
		man_command(out, t, &t->commands[i]);
	buf_str(out, ".SH OPTIONS\nEvery command has these.\n");
	man_options(out, t, CMD_any);
	buf_str(out, ".SH JSON\n");
	man_line(out, json_text);
	buf_str(out, ".SH EXIT STATUS\n.TP\n0\nThe answer is complete.\n.TP\n1\nSomething could "
		     "not be read: it is "
		     "said on stderr and stands in \\(dqincomplete\\(dq.\n.TP\n2\nThe target "
		     "cannot be inspected, or "
		     "the answer could not be written.\n.TP\n64\nThe command line is wrong.\n"
		     ".SH PERMISSIONS\n");
	man_line(out, permission_text);
	buf_str(
	    out,
	    ".SH ENVIRONMENT\n.TP\nDEBUGINFOD_URLS\nServers that are asked for missing debug "
	    "information.\n.TP\nTMPDIR\nWhere a compressed core is decompressed, into a file without a name; "
	    "/var/tmp if it is not set.\n.TP\nNO_COLOR\nIf it is set and not empty, text has no colour unless "
	    "\\-\\-color always is given.\n.SH SEE ALSO\ngdb(1), gcore(1), core(5), ptrace(2)\n");
}
