/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"
#include "cmd/describe.h"

static const char *const types[] = {
    [VALUE_FLAG] = "flag",     [VALUE_ALONE] = "flag", [VALUE_MAYBE] = "maybe",
    [VALUE_NUMBER] = "number", [VALUE_WORD] = "word",  [VALUE_STRING] = "string",
    [VALUE_LIST] = "list",
};
static const char *const counts[] = {
    [COUNT_ONE] = "one", [COUNT_MAYBE] = "maybe", [COUNT_MANY] = "many"};

static void member(struct buf *out, const char *before, const char *key, const char *value)
{
	buf_str(out, before);
	out_json_string(out, key);
	buf_str(out, ": ");
	if (value)
		out_json_string(out, value);
	else
		buf_str(out, "null");
}

/* "size|count" as ["size", "count"]. */
static void words(struct buf *out, const char *meta)
{
	buf_str(out, ", \"words\": [");
	for (bool first = true; meta; first = false) {
		size_t n = strcspn(meta, "|");
		struct buf word = {0};

		buf_add(&word, meta, n);
		buf_str(out, first ? "" : ", ");
		out_json_string(out, buf_text(&word));
		out->failed |= word.failed;
		buf_release(&word);
		meta = meta[n] ? meta + n + 1 : NULL;
	}
	buf_char(out, ']');
}

static void option(struct buf *out, const struct option *o)
{
	char name[64];

	member(out, "\n  {", "name", option_typed(o, name));
	member(out, ", ", "type", types[o->type]);
	member(out, ", ", "meta", o->meta);
	member(out, ", ", "default", o->standard);
	member(out, ", ", "help", o->help);
	if (o->type == VALUE_WORD)
		words(out, o->meta);
	buf_char(out, '}');
}

/* Options of a command, or of all (CMD_any); hidden ones are for no one to choose. */
static void options_of(struct buf *out, const struct command_table *t, int command)
{
	bool first = true;

	buf_str(out, ",\n \"options\": [");
	for (size_t i = 0; i < t->n_options; i++) {
		if (t->options[i].command != command || !t->options[i].help)
			continue;
		buf_str(out, first ? "" : ",");
		option(out, &t->options[i]);
		first = false;
	}
	buf_char(out, ']');
}

static void arguments_of(struct buf *out, const struct command_table *t, int command)
{
	bool first = true;

	buf_str(out, ",\n \"arguments\": [");
	for (size_t i = 0; i < t->n_arguments; i++) {
		const struct argument *g = &t->arguments[i];

		if (g->command != command)
			continue;
		member(out, first ? "\n  {" : ",\n  {", "name", g->name);
		member(out, ", ", "type", types[g->type]);
		member(out, ", ", "count", counts[g->count]);
		member(out, ", ", "help", g->help);
		buf_char(out, '}');
		first = false;
	}
	buf_char(out, ']');
}

void describe_table(const struct command_table *t, const char *version, int abi, struct buf *out)
{
	static const char *const stages[] = {
	    [NEED_NOTHING] = "targets", [NEED_TARGET] = "target", [NEED_PYTHON] = "python",
	    [NEED_IMAGE] = "image",	[NEED_HEAP] = "heap",	  [NEED_GRAPH] = "graph",
	    [NEED_ROOTS] = "roots",
	};

	member(out, "{", "version", version);
	buf_printf(out, ", \"abi\": %d", abi);
	options_of(out, t, CMD_any);
	buf_str(out, ",\n\"commands\": [");
	for (size_t i = 0; i < t->n_commands; i++) {
		const struct command *c = &t->commands[i];

		member(out, i ? ",\n{" : "\n{", "name", c->name);
		member(out, ", ", "stage", stages[c->stage]);
		member(out, ", ", "brief", c->brief);
		arguments_of(out, t, (int)i);
		options_of(out, t, (int)i);
		buf_char(out, '}');
	}
	buf_str(out, "]}\n");
}
