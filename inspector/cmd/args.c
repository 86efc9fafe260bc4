/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line, by the table. Not argp: that prints and exits, and its messages cannot be had
 * as text.
 */
#include <errno.h>
#include <stdio.h>
#include "cmd/args.h"

struct parser {
	const struct command_table *table;
	int argc, at;
	const char *const *argv;
	bool with_target, options_end, help_word;
	struct cmd_args *a;
	struct diag *d;
};

static bool same_name(const struct option *o, const char *typed, size_t n, bool *whole)
{
	char name[64];

	option_typed(o, name);
	*whole = strlen(name) == n;
	return !strncmp(name, typed, n);
}

static bool belongs(const struct parser *p, const struct option *o)
{
	return o->command == CMD_any || !p->a->command ||
	       o->command == p->a->command - p->table->commands;
}

/* "types: ", or nothing while no command is named. */
static const char *of_command(const struct parser *p, char out[40])
{
	if (p->a->command)
		snprintf(out, 40, "%.30s: ", p->a->command->name);
	else
		out[0] = 0;
	return out;
}

/* The option that is typed (n characters), or NULL with the diag set. */
static const struct option *find_option(struct parser *p, const char *typed, size_t n)
{
	const struct option *found = NULL;
	size_t hits = 0;
	char of[40];

	for (size_t i = 0; n && i < p->table->n_options; i++) {
		const struct option *o = &p->table->options[i];
		bool whole;

		if (!belongs(p, o) || !same_name(o, typed, n, &whole))
			continue;
		if (whole)
			return o;
		if (!o->help) /* hidden ones want their whole name */
			continue;
		found = o;
		hits++;
	}
	if (hits == 1)
		return found;
	(void)!diag_set(p->d, ERR_USAGE, "%s%s option '--%.*s'", of_command(p, of),
			hits ? "ambiguous" : "unknown", (int)min_of(n, 100u), typed);
	return NULL;
}

static enum err number_parse(struct parser *p, const char *what, const char *text,
			     struct cmd_value *v)
{
	char *end, of[40];

	errno = 0;
	v->u = strtoull(text, &end, strncmp(text, "0x", 2) ? 10 : 16);
	if (errno || end == text || *end || *text < '0' || *text > '9')
		return diag_set(p->d, ERR_USAGE, "%s%s takes a number, not '%.100s'",
				of_command(p, of), what, text);
	return OK;
}

/* Which of the words "a|b|c" it is. */
static enum err word_parse(struct parser *p, const struct option *o, const char *text,
			   struct cmd_value *v)
{
	size_t n = strlen(text);
	char name[64], of[40];

	v->u = 0;
	for (const char *w = o->meta; w; w = strchr(w, '|') ? strchr(w, '|') + 1 : NULL, v->u++)
		if (n && strcspn(w, "|") == n && !strncmp(w, text, n))
			return OK;
	return diag_set(p->d, ERR_USAGE, "%s--%s takes %s, not '%.100s'", of_command(p, of),
			option_typed(o, name), o->meta, text);
}

static enum err value_set(struct parser *p, const struct option *o, const char *text,
			  struct cmd_value *v)
{
	char what[70] = "--";

	v->s = text;
	switch (o->type) {
	case VALUE_MAYBE:
	case VALUE_NUMBER:
		option_typed(o, what + 2);
		return number_parse(p, what, text, v);
	case VALUE_WORD:
		return word_parse(p, o, text, v);
	case VALUE_LIST:
		if (!vec_reserve(&v->list, 2))
			return diag_set(p->d, ERR_NOMEM, "out of memory");
		v->list.at[v->list.n++] = text;
		v->list.at[v->list.n] = NULL;
		return OK;
	default:
		return OK;
	}
}

static bool takes_no_value(const struct option *o)
{
	return o->type == VALUE_FLAG || o->type == VALUE_ALONE;
}

/* Is the next word the option's value, where no "=" gives one? */
static bool wants_word(const struct option *o)
{
	return !takes_no_value(o) && o->type != VALUE_MAYBE;
}

/* argv[at] is "--name", "--name=value" or "--name" "value"; or -o, which is --output. */
static enum err take_option(struct parser *p, const char *typed)
{
	size_t n = strcspn(typed, "=");
	const char *text = typed[n] ? typed + n + 1 : NULL;
	const struct option *o = find_option(p, typed, n);
	struct cmd_value *v;
	char name[64];

	if (!o)
		return ERR_USAGE;
	v = &p->a->options[o - p->table->options];
	v->given = true;
	if (takes_no_value(o)) {
		v->u = 1;
		return text
			   ? diag_set(p->d, ERR_USAGE, "--%s takes no value", option_typed(o, name))
			   : OK;
	}
	if (!text && o->type == VALUE_MAYBE)
		return OK; /* v is the standard one */
	if (!text) {
		if (++p->at >= p->argc)
			return diag_set(p->d, ERR_USAGE, "--%s needs a value: %s",
					option_typed(o, name), o->meta);
		text = p->argv[p->at];
	}
	return value_set(p, o, text, v);
}

static bool is_option(const char *s)
{
	return s[0] == '-' && s[1];
}

/*
 * The word that names the command may stand behind options of the command, so it is looked for
 * first: options are known by the whole table then, only to see which of them take the next word as
 * their value.
 */
static int find_word(struct parser *p)
{
	for (int i = 0; i < p->argc; i++) {
		const char *s = p->argv[i];
		const struct option *o;

		if (!strcmp(s, "--"))
			return i + 1 < p->argc ? i + 1 : -1;
		if (!is_option(s))
			return i;
		if (!strcmp(s, "-o"))
			i++;
		if (s[1] != '-' || strchr(s, '='))
			continue;
		o = find_option(p, s + 2, strlen(s + 2));
		i += o && wants_word(o);
	}
	return -1;
}

static enum err name_command(struct parser *p, const char *word)
{
	const char *near = command_nearest(p->table, word);

	p->a->command = command_find(p->table, word);
	if (p->a->command)
		return OK;
	if (!word[strspn(word, "0123456789")] || strpbrk(word, "/."))
		return diag_set(p->d, ERR_USAGE,
				"'%.200s' is no command; say what to do with it, as in '%s %.200s'",
				word, p->table->commands[0].name, word);
	if (near)
		return diag_set(p->d, ERR_USAGE, "unknown command '%.100s'; did you mean '%s'?",
				word, near);
	return diag_set(p->d, ERR_USAGE, "unknown command '%.100s'", word);
}

static const struct argument *argument_at(const struct parser *p, size_t i)
{
	const struct argument *last = NULL;

	for (size_t k = 0; k < p->table->n_arguments; k++) {
		const struct argument *g = &p->table->arguments[k];

		if (g->command != p->a->command - p->table->commands)
			continue;
		last = g;
		if (!i--)
			return g;
	}
	return last && last->count == COUNT_MANY ? last : NULL;
}

/* A word that is no option: TARGET, then the arguments. */
static enum err take_word(struct parser *p, const char *word)
{
	struct cmd_value v = {.given = true, .s = word};
	const struct argument *g;
	enum err e;

	if (p->help_word) {
		p->help_word = false;
		return name_command(p, word);
	}
	if (p->with_target && !p->a->target) {
		p->a->target = word;
		return OK;
	}
	g = p->a->command ? argument_at(p, p->a->arguments.n) : NULL;
	if (!g)
		return diag_set(p->d, ERR_USAGE, "%s: '%.100s' is too much",
				p->a->command ? p->a->command->name : "help", word);
	if (g->type == VALUE_NUMBER && (e = number_parse(p, g->name, word, &v)))
		return e;
	return vec_push(&p->a->arguments, v) ? OK : diag_set(p->d, ERR_NOMEM, "out of memory");
}

static enum err take(struct parser *p)
{
	const char *s = p->argv[p->at];

	if (p->options_end || !is_option(s))
		return take_word(p, s);
	if (!strcmp(s, "--")) {
		p->options_end = true;
		return OK;
	}
	if (!strcmp(s, "-h")) {
		p->a->help = true;
		return OK;
	}
	if (!strcmp(s, "-o"))
		return take_option(p, "output");
	if (s[1] != '-')
		return diag_set(p->d, ERR_USAGE, "unknown option '%.100s'", s);
	return take_option(p, s + 2);
}

static enum err set_standards(struct parser *p)
{
	const struct command_table *t = p->table;

	p->a->options = calloc(t->n_options, sizeof(*p->a->options));
	if (!p->a->options)
		return diag_set(p->d, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < t->n_options; i++)
		if (t->options[i].standard) {
			enum err e =
			    value_set(p, &t->options[i], t->options[i].standard, &p->a->options[i]);

			if (e)
				return e;
		}
	return OK;
}

/* Is there an option that needs nothing else? */
static bool stands_alone(const struct parser *p)
{
	for (size_t i = 0; i < p->table->n_options; i++)
		if (p->table->options[i].type == VALUE_ALONE && p->a->options[i].given)
			return true;
	return false;
}

/* Is what the command needs there? */
static enum err check_complete(struct parser *p)
{
	const struct argument *g = argument_at(p, p->a->arguments.n);
	const char *name = p->a->command->name;

	if (stands_alone(p))
		return OK;
	if (p->with_target && !p->a->target)
		return diag_set(p->d, ERR_USAGE,
				"%s: no target given: it takes a PID or a core file", name);
	if (g && g->count == COUNT_ONE)
		return diag_set(p->d, ERR_USAGE, "%s: no %s given", name, g->name);
	return OK;
}

static bool asked_for(const struct cmd_args *a, const char *name)
{
	for (size_t i = 0; i < a->table->n_options; i++)
		if (a->table->options[i].command == CMD_any &&
		    !strcmp(a->table->options[i].name, name))
			return a->options[i].given;
	return false;
}

enum err cmd_args_parse(const struct command_table *table, int argc, const char *const *argv,
			bool with_target, struct cmd_args *out, struct diag *d)
{
	struct parser p = {table, argc, 0, argv, with_target, false, false, out, d};
	int word;
	enum err e;

	*out = (struct cmd_args){.table = table};
	word = find_word(&p);
	*d = (struct diag){0}; /* what was not understood there is looked at again */
	if (word >= 0 && !strcmp(argv[word], "help"))
		out->help = p.help_word = true;
	else if (word >= 0 && (e = name_command(&p, argv[word])))
		return e;
	if ((e = set_standards(&p)))
		return e;
	for (p.at = 0; p.at < argc; p.at++)
		if (p.at != word && (e = take(&p)))
			return e;
	out->help |= asked_for(out, "help");
	if (out->help || asked_for(out, "version") || asked_for(out, "man"))
		return OK;
	return out->command ? check_complete(&p) : diag_set(d, ERR_USAGE, "no command given");
}

void cmd_args_release(struct cmd_args *a)
{
	for (size_t i = 0; a->options && i < a->table->n_options; i++)
		vec_release(&a->options[i].list);
	free(a->options);
	vec_release(&a->arguments);
	*a = (struct cmd_args){0};
}
