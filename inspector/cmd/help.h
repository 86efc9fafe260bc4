/* SPDX-License-Identifier: Apache-2.0 */
/* Help and the manual page, both from the table of commands. Appended to out; nothing fails but
 * memory (buf_ok). */
#ifndef CMD_HELP_H
#define CMD_HELP_H

#include "base/buf.h"
#include "cmd/args.h"

/** All commands, and the options that each has. */
void help_program(const struct command_table *t, struct buf *out);
/** One command: usage, what it does, its arguments and options. */
void help_command(const struct command_table *t, const struct command *c, struct buf *out);
/** "[OPTION...] TARGET" with the command's own options and arguments. */
void help_usage(const struct command_table *t, const struct command *c, struct buf *out);
/** heapscope.1, in man(7). */
void help_man(const struct command_table *t, const char *version, struct buf *out);

#endif
