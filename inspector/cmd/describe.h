/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands as JSON: for programs that offer the commands to people (completion, menus). */
#ifndef CMD_DESCRIBE_H
#define CMD_DESCRIBE_H

#include "base/buf.h"
#include "cmd/args.h"

/** Appends one JSON document (heapscope_describe() in heapscope.h says what it has). Nothing fails but memory (buf_ok). */
void describe_table(const struct command_table *t, const char *version, int abi, struct buf *out);

#endif
