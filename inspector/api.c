/* SPDX-License-Identifier: Apache-2.0 */
/* The exported interface: sessions and commands behind plain C types. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include "cmd/cmd.h"
#include "cmd/describe.h"
#include "cmd/help.h"
#include "apicaller.h"
#include "heapscope.h"

struct heapscope {
	struct session s;
	struct buf note; /* what heapscope_note() returned last */
};

static int status_of(enum err e)
{
	return e ? HEAPSCOPE_FAILED : HEAPSCOPE_COMPLETE;
}

static enum err out_of_memory(struct heapscope *h)
{
	return diag_set(&h->s.diag, ERR_NOMEM, "out of memory");
}

int heapscope_open_pid(int pid, const struct heapscope_options *options, struct heapscope **out)
{
	struct caller c = {0};
	enum err e = ERR_NOMEM;

	*out = calloc(1, sizeof(**out));
	if (*out)
		e = caller_options(options, &c) ? session_open_pid(&(*out)->s, pid, &c.options)
						: out_of_memory(*out);
	caller_release(&c);
	return status_of(e);
}

int heapscope_open_core(const char *path, const struct heapscope_options *options,
			struct heapscope **out)
{
	struct caller c = {0};
	enum err e = ERR_NOMEM;

	*out = calloc(1, sizeof(**out));
	if (*out)
		e = caller_options(options, &c) ? session_open_core(&(*out)->s, path, &c.options)
						: out_of_memory(*out);
	caller_release(&c);
	return status_of(e);
}

int heapscope_open_callback(const struct heapscope_source *source,
			    const struct heapscope_options *options, struct heapscope **out)
{
	struct caller c = {0};
	struct target_callbacks cb;
	enum err e = ERR_NOMEM;

	*out = calloc(1, sizeof(**out));
	if (*out)
		e = caller_options(options, &c) && caller_source(source, &c, &cb)
			? session_open_callback(&(*out)->s, &cb, &c.options)
			: out_of_memory(*out);
	caller_release(&c);
	return status_of(e);
}

void heapscope_close(struct heapscope *h)
{
	if (!h)
		return;
	session_close(&h->s);
	buf_release(&h->note);
	free(h);
}

/* Options that say how a target is opened come too late; there is no stdout to colour; no help to
 * print. */
static enum err check_options(struct session *s, const struct cmd_args *a)
{
	static const enum option_id late[] = {OPT_any_no_pause,	 OPT_any_exe,	  OPT_any_sysroot,
					      OPT_any_debug_dir, OPT_any_version, OPT_any_man};
	char name[64];

	for (size_t i = 0; i < ARRAY_SIZE(late); i++)
		if (cmd_option(a, late[i])->given)
			return diag_set(&s->diag, ERR_USAGE,
					"--%s is no option of a command on an open target",
					option_typed(&a->table->options[late[i]], name));
	if (a->help)
		return diag_set(&s->diag, ERR_USAGE, "help is no command on an open target");
	return OK;
}

struct writer {
	const struct session *s;
	size_t (*write)(void *arg, const char *bytes, size_t len);
	void *arg;
};
#define PIECE (1u << 16) /* bytes that are given to the writer at once */

static ssize_t writer_write(void *cookie, const char *bytes, size_t len)
{
	const struct writer *w = cookie;

	if (w->s->interrupted) {
		errno = EINTR;
		return 0; /* fopencookie(3): 0 is an error */
	}
	return w->write(w->arg, bytes, len) < len ? 0 : (ssize_t)len;
}

static enum err run_to_writer(struct session *s, const struct cmd_args *a,
			      enum heapscope_format format, struct writer *w)
{
	bool json = format == HEAPSCOPE_JSON || cmd_option(a, OPT_any_json)->given;
	bool colour =
	    cmd_option(a, OPT_any_color)->u == 1; /* "always": there is no terminal to look at */
	FILE *to = fopencookie(w, "w", (cookie_io_functions_t){.write = writer_write});
	enum err e;

	if (!to)
		return diag_set(&s->diag, ERR_NOMEM, "out of memory");
	setvbuf(to, NULL, _IOFBF, PIECE);
	e = command_run(s, a, json ? OUT_JSON : OUT_TEXT, to, colour);
	if (fclose(to) && !e)
		e = diag_set(&s->diag, ERR_IO, "the answer could not be written");
	if (e == ERR_IO && s->interrupted)
		e = diag_set(&s->diag, ERR_INTERRUPTED, "interrupted");
	return e;
}

int heapscope_run(struct heapscope *h, int argc, const char *const *argv,
		  enum heapscope_format format,
		  size_t (*write)(void *arg, const char *bytes, size_t len), void *arg)
{
	struct writer w = {&h->s, write, arg};
	struct cmd_args a;
	enum err e;

	h->s.diag = (struct diag){0};
	if (!h->s.target) {
		(void)!diag_set(&h->s.diag, ERR_NOT_FOUND, "no target is open");
		return HEAPSCOPE_FAILED;
	}
	e = cmd_args_parse(command_table(), argc, argv, false, &a, &h->s.diag);
	if (!e)
		e = check_options(&h->s, &a);
	if (!e)
		e = run_to_writer(&h->s, &a, format, &w);
	cmd_args_release(&a);
	h->s.interrupted = 0; /* said by now */
	return command_status(&h->s, e);
}

void heapscope_interrupt(struct heapscope *h)
{
	h->s.interrupted = 1;
}

const char *heapscope_error(const struct heapscope *h)
{
	return h->s.diag.code ? diag_text(&h->s.diag) : "";
}

const char *heapscope_place(const struct heapscope *h)
{
	return h->s.diag.code ? h->s.diag.place : "";
}

const char *heapscope_note(struct heapscope *h, size_t i)
{
	vec_foreach (n, &h->s.notes) {
		if (!note_shown(&h->s.notes, n) || i--)
			continue;
		buf_clear(&h->note);
		note_line(n, &h->note);
		return buf_text(&h->note);
	}
	return NULL;
}

int heapscope_abi(void)
{
	return HEAPSCOPE_ABI;
}

const char *heapscope_version(void)
{
	return PACKAGE_VERSION;
}

const char *heapscope_command(size_t i, const char **brief)
{
	const struct command_table *t = command_table();

	if (i >= t->n_commands)
		return NULL;
	if (brief)
		*brief = t->commands[i].brief;
	return t->commands[i].name;
}

/* The text for the caller to free(). */
static char *give(struct buf *b)
{
	if (buf_ok(b))
		return b->at;
	buf_release(b);
	return NULL;
}

char *heapscope_help(const char *name)
{
	const struct command *c = command_find(command_table(), name);
	struct buf b = {0};

	if (c)
		help_command(command_table(), c, &b);
	return give(&b);
}

char *heapscope_describe(void)
{
	struct buf b = {0};

	describe_table(command_table(), PACKAGE_VERSION, HEAPSCOPE_ABI, &b);
	return give(&b);
}
