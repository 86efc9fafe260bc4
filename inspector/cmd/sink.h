/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that is there whole or not at all: written beside its name, compressed as its suffix says
 * (.gz, .zst), and renamed at the end.
 */
#ifndef CMD_SINK_H
#define CMD_SINK_H

#include "base/diag.h"

struct sink;

/**
 * Fails: ERR_IO (the file cannot be written; errno's text), ERR_UNSUPPORTED (built without that
 * compression), ERR_NOMEM. What is no regular file (/dev/null, a pipe) is written to as it is.
 */
enum err sink_open(const char *path, struct sink **out, struct diag *d) must_check;
/** Would a file of that name be compressed? */
bool sink_compresses(const char *path);
/** Does its name promise a compression that we do not have? */
bool sink_cannot_compress(const char *path);
/** The first failure is kept; sink_finish() tells it. */
void sink_write(struct sink *s, const void *bytes, size_t n);
bool sink_failed(const struct sink *s);
/** Bytes that were given to sink_write(). */
uint64_t sink_written(const struct sink *s);
/** Puts the file in its place. Fails: ERR_IO; then nothing is left of it. */
enum err sink_finish(struct sink *s, struct diag *d) must_check;
/** After a finish that did not fail nothing but memory is released; else the file is taken away. */
void sink_close(struct sink *s);

#endif
