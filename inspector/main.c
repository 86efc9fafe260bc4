/* SPDX-License-Identifier: Apache-2.0 */
/* The program: its arguments, its signals, its streams and its exit status. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include "cmd/cmd.h"
#include "cmd/help.h"

/* Signal handlers have no arguments: the only state of its kind, and not in the library. */
static struct session session;

static void on_signal(int sig)
{
	session.interrupted = sig;
}

/*
 * The first SIGINT or SIGTERM ends the work in order, a second one at once (the target runs on in
 * either case). A reader that went away is an error of a write, not a signal.
 */
static void catch_signals(void)
{
	struct sigaction stop = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

static int fail(const struct diag *d)
{
	fprintf(stderr, "heapscope: %s\n", diag_text(d));
	if (d->place[0])
		fprintf(stderr, "%s\n", d->place);
	return err_status(d->code);
}

static int fail_usage(const struct diag *d, const struct cmd_args *a)
{
	int status = fail(d);

	if (status == err_status(ERR_USAGE))
		fprintf(stderr, "Try 'heapscope help%s%s'.\n", a->command ? " " : "",
			a->command ? a->command->name : "");
	return status;
}

/* Writes a text and closes stdout, where a full disk shows. */
static int write_text(struct buf *b)
{
	struct diag d = {0};
	bool ok = buf_ok(b) && fwrite(buf_text(b), 1, b->n, stdout) == b->n && !fflush(stdout);

	buf_release(b);
	if (ok)
		return 0;
	return errno == EPIPE
		   ? err_status(ERR_IO)
		   : fail((diag_sys(&d, ERR_IO, errno, "the text could not be written"), &d));
}

/* --help, --version, --man. @return -1 if none of them was asked for */
static int tell(const struct cmd_args *a)
{
	struct buf b = {0};

	if (cmd_option(a, OPT_any_man)->given)
		help_man(a->table, PACKAGE_VERSION, &b);
	else if (cmd_option(a, OPT_any_version)->given)
		buf_printf(&b, "heapscope %s\n", PACKAGE_VERSION);
	else if (a->help && a->command)
		help_command(a->table, a->command, &b);
	else if (a->help)
		help_program(a->table, &b);
	else
		return -1;
	return write_text(&b);
}

static bool want_colour(const struct cmd_args *a)
{
	enum { AUTO, ALWAYS, NEVER };
	uint64_t when = cmd_option(a, OPT_any_color)->u;
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (when != AUTO)
		return when == ALWAYS;
	return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb");
}

/* What is missing from the answer is said in any case, how to read it where the document does not
 * say it. */
static void say_notes(bool json)
{
	struct buf line = {0};

	vec_foreach (n, &session.notes)
		if (note_shown(&session.notes, n) && (n->kind == NOTE_PARTIAL || !json)) {
			buf_clear(&line);
			note_line(n, &line);
			fprintf(stderr, "heapscope: %s\n", buf_text(&line));
		}
	buf_release(&line);
}

static int run(const struct cmd_args *a)
{
	bool json = cmd_option(a, OPT_any_json)->given;
	struct target_options o;
	enum err e;

	session_options(a, &o);
	e = a->target && a->command->stage != NEED_NOTHING ? session_open(&session, a->target, &o)
							   : OK;
	if (!e)
		e = command_run(&session, a, json ? OUT_JSON : OUT_TEXT, stdout, want_colour(a));
	if (session.diag.code == ERR_IO && session.diag.sys == EINTR && session.interrupted)
		e = diag_set(&session.diag, ERR_INTERRUPTED, "interrupted");
	if (!e)
		say_notes(json);
	else if (session.diag.code != ERR_IO || session.diag.sys != EPIPE)
		fail_usage(&session.diag, a);
	return command_status(&session, e);
}

int main(int argc, char **argv)
{
	struct cmd_args a;
	struct diag d = {0};
	int status = -1;

	catch_signals();
	if (cmd_args_parse(command_table(), argc - 1, (const char *const *)argv + 1, true, &a, &d))
		status = fail_usage(&d, &a);
	if (status < 0)
		status = tell(&a);
	if (status < 0)
		status = run(&a);
	session_close(&session);
	cmd_args_release(&a);
	return status;
}
