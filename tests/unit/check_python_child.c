/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include "check_python_child.h"

static size_t add_split(const char *list, const char *paths[PYTHONS_MAX])
{
	static char copy[8192];
	size_t n = 0;

	snprintf(copy, sizeof(copy), "%s", list);
	for (char *p = strtok(copy, ":"); p && n < PYTHONS_MAX; p = strtok(NULL, ":"))
		paths[n++] = p;
	return n;
}

size_t find_pythons(const char *paths[PYTHONS_MAX])
{
	static glob_t found;
	const char *list = getenv("HEAPSCOPE_PYTHONS"), *home = getenv("HOME");
	char pattern[512];
	size_t n = 0;

	if (list)
		return add_split(list, paths);
	snprintf(pattern, sizeof(pattern), "%s/.pyenv/versions/*/bin/python",
		 home ? home : "/root");
	if (!glob(pattern, 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc && n < PYTHONS_MAX - 1; i++)
			paths[n++] = found.gl_pathv[i];
	if (!access("/usr/bin/python3", X_OK))
		paths[n++] = "/usr/bin/python3";
	return n;
}

static void run(const char *python, const char *env, bool through_loader, int in, int out)
{
	const char *loader = "/lib64/ld-linux-x86-64.so.2";
	const char *script = TEST_SRCDIR "/python_facts.py";

	dup2(in, 0);
	dup2(out, 1);
	for (int fd = 3; fd < 256; fd++)
		close(fd);
	/* the facts must not depend on what the user has set */
	unsetenv("PYTHONPATH");
	unsetenv("PYTHONHOME");
	unsetenv("PYTHONMALLOC");
	setenv("PYTHONIOENCODING", "utf-8", 1);
	if (env)
		putenv(strdup(env));
	if (through_loader)
		execl(loader, loader, python, "-B", script, (char *)NULL);
	else
		execl(python, python, "-B", script, (char *)NULL);
	_exit(127);
}

static bool said_ready(const char *text)
{
	const char *end = strstr(text, "\nready\n");

	return end != NULL;
}

static void listen_to(struct pychild *c, int out)
{
	struct pollfd p = {.fd = out, .events = POLLIN};
	size_t n = 0, cap = 1 << 20;

	c->text = calloc(1, cap);
	ck_assert_ptr_nonnull(c->text);
	while (!said_ready(c->text)) {
		ssize_t got;

		ck_assert_msg(poll(&p, 1, 30000) == 1, "the interpreter says nothing");
		got = read(out, c->text + n, cap - 1 - n);
		ck_assert_msg(got > 0, "the interpreter ended, after: %s", c->text);
		n += (size_t)got;
		c->text[n] = 0;
	}
	close(out);
}

static void parse(struct pychild *c)
{
	char *line_end, *word_end;

	for (char *line = strtok_r(c->text, "\n", &line_end); line;
	     line = strtok_r(NULL, "\n", &line_end)) {
		struct fact f = {0};

		for (char *w = strtok_r(line, " ", &word_end); w && f.n < WORDS_MAX;
		     w = strtok_r(NULL, " ", &word_end))
			f.word[f.n++] = w;
		if (f.n)
			ck_assert(vec_push(&c->facts, f));
	}
}

void pychild_start(struct pychild *c, const char *python, const char *env, bool through_loader)
{
	int in[2], out[2];

	memset(c, 0, sizeof(*c));
	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(out), 0);
	c->pid = fork();
	ck_assert_int_ge(c->pid, 0);
	if (!c->pid) {
		close(in[1]);
		run(python, env, through_loader, in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	c->in = in[1];
	listen_to(c, out[0]);
	parse(c);
}

void pychild_end(struct pychild *c)
{
	close(c->in);
	kill(c->pid, SIGKILL);
	waitpid(c->pid, NULL, 0);
	vec_release(&c->facts);
	free(c->text);
}

const struct fact *pychild_fact(const struct pychild *c, const char *name)
{
	pychild_each(f, c, name) return f;
	ck_abort_msg("no fact '%s'", name);
	return NULL;
}

uint64_t fact_number(const struct fact *f, int word)
{
	ck_assert_int_lt(word, f->n);
	return (uint64_t)strtoll(f->word[word], NULL, 10);
}
