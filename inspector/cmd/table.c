/* SPDX-License-Identifier: Apache-2.0 */
/* commands.def as tables, and names in it. */
#include <ctype.h>
#include "cmd/cmd.h"

static const struct command commands[] = {
#define COMMAND(name, stage, brief, details) {#name, stage, brief, details, cmd_##name},
#include "cmd/commands.def"
};

static const struct option options[] = {
#define OPTION(command, name, type, meta, standard, help)                                          \
	{CMD_##command, #name, VALUE_##type, meta, standard, help},
#include "cmd/commands.def"
};

static const struct argument arguments[] = {
#define ARGUMENT(command, name, type, count, help)                                                 \
	{CMD_##command, #name, VALUE_##type, COUNT_##count, help},
#include "cmd/commands.def"
    {CMD_any, NULL, VALUE_STRING, COUNT_MAYBE,
     NULL}, /* no command has any: an array is never empty */
};

const struct command_table *command_table(void)
{
	static const struct command_table table = {
	    commands,  ARRAY_SIZE(commands),	  options, ARRAY_SIZE(options),
	    arguments, ARRAY_SIZE(arguments) - 1,
	};

	return &table;
}

const struct command *command_find(const struct command_table *t, const char *name)
{
	for (size_t i = 0; i < t->n_commands; i++)
		if (!strcmp(t->commands[i].name, name))
			return &t->commands[i];
	return NULL;
}

/* Letters to change, add or leave out (Levenshtein); names longer than the row are far from
 * everything. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[32];
	size_t n = strlen(b);

	if (n >= ARRAY_SIZE(row) || strlen(a) >= ARRAY_SIZE(row))
		return 99;
	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; a[i - 1]; i++) {
		unsigned corner = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= n; j++) {
			unsigned same = corner + (tolower((unsigned char)a[i - 1]) != b[j - 1]);

			corner = row[j];
			row[j] = min_of(same, min_of(row[j], row[j - 1]) + 1);
		}
	}
	return row[n];
}

const char *command_nearest(const struct command_table *t, const char *name)
{
	const char *best = NULL;
	unsigned least = 3; /* two slips of the finger */

	for (size_t i = 0; i < t->n_commands; i++) {
		const char *c = t->commands[i].name;
		unsigned d = *name && !strncmp(c, name, strlen(name)) ? 0 : distance(name, c);

		if (d < least && d < strlen(c)) {
			least = d;
			best = c;
		}
	}
	return best;
}

char *option_typed(const struct option *o, char out[64])
{
	size_t i;

	for (i = 0; o->name[i] && i < 63; i++)
		out[i] = o->name[i] == '_' ? '-' : o->name[i];
	out[i] = 0;
	return out;
}
