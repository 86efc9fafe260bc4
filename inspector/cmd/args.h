/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of commands and the command line. Knows no target and runs nothing.
 */
#ifndef CMD_ARGS_H
#define CMD_ARGS_H

#include "base/diag.h"
#include "base/vec.h"

struct session;
struct cmd_args;
struct out;

enum stage {
	NEED_NOTHING, /* the command opens its targets itself */
	NEED_TARGET, /* mappings, threads */
	NEED_PYTHON, /* + interpreter and layout */
	NEED_IMAGE,  /* + the copy of its memory */
	NEED_HEAP,   /* + all objects */
	NEED_GRAPH,  /* + who refers to whom */
	NEED_ROOTS,  /* + who is referred to by whom, and what is held from outside */
};

enum command_id {
	CMD_any = -1, /* not a command: options that all have */
#define COMMAND(name, stage, brief, details) CMD_##name,
#include "cmd/commands.def"
	CMD_COUNT
};

enum option_id {
#define OPTION(command, name, type, meta, standard, help) OPT_##command##_##name,
#include "cmd/commands.def"
	OPT_COUNT
};

enum value_type {
	VALUE_FLAG,
	VALUE_ALONE,
	VALUE_MAYBE,
	VALUE_NUMBER,
	VALUE_WORD,
	VALUE_STRING,
	VALUE_LIST
};
enum argument_count { COUNT_ONE, COUNT_MAYBE, COUNT_MANY };

struct command {
	const char *name;
	enum stage stage;
	const char *brief, *details;
	enum err (*run)(struct session *s, const struct cmd_args *a, struct out *o);
};
struct option {
	int command; /* index in the table's commands, or CMD_any */
	const char *name;
	enum value_type type;
	const char *meta, *standard, *help;
};
struct argument {
	int command;
	const char *name;
	enum value_type type;
	enum argument_count count;
	const char *help;
};
/** What commands.def makes; a test may make its own. */
struct command_table {
	const struct command *commands;
	size_t n_commands;
	const struct option *options;
	size_t n_options;
	const struct argument *arguments;
	size_t n_arguments;
};
const struct command_table *command_table(void);

/** A value that was given, or the standard one. */
struct cmd_value {
	bool given;
	const char *s; /* STRING, WORD; NULL = none */
	uint64_t u;    /* NUMBER, MAYBE; FLAG, ALONE: 0, 1; WORD: which of the words */
	struct {
		VEC(const char *);
	} list; /* LIST; NULL-terminated when n > 0, n without the NULL */
};

/** A command line that was understood. Strings are those of argv. */
struct cmd_args {
	const struct command_table *table;
	const struct command *command; /* NULL: none was named, only options such as --help */
	const char *target;	       /* NULL = none was given */
	struct cmd_value *options;     /* by enum option_id */
	struct {
		VEC(struct cmd_value);
	} arguments;
	bool help; /* --help or the word help */
};

/**
 * Understands argv[0 .. argc): a command's name, TARGET (if with_target), arguments; options
 * anywhere, by their name or a beginning that only one has, "--name=value" or "--name value"; "--"
 * ends them. "help [COMMAND]" is --help. Where --help or --version is asked for, what else is
 * missing is not an error. Fails: ERR_USAGE, ERR_NOMEM. On ERR_USAGE out->command may be set (its
 * help is what to recommend); call cmd_args_release() in every case.
 */
enum err cmd_args_parse(const struct command_table *table, int argc, const char *const *argv,
			bool with_target, struct cmd_args *out, struct diag *d) must_check;
void cmd_args_release(struct cmd_args *a);
static inline const struct cmd_value *cmd_option(const struct cmd_args *a, enum option_id id)
{
	return &a->options[id];
}
/** The i-th argument after TARGET, NULL if there are not so many. */
static inline const struct cmd_value *cmd_argument(const struct cmd_args *a, size_t i)
{
	return i < a->arguments.n ? &a->arguments.at[i] : NULL;
}

/** The command of that name, NULL if there is none. */
const struct command *command_find(const struct command_table *t, const char *name);
/** The name that is most like it, NULL if none is near. */
const char *command_nearest(const struct command_table *t, const char *name);
/** An option's name as it is typed, without dashes: '-' for '_'. @return out */
char *option_typed(const struct option *o, char out[64]);

#endif
