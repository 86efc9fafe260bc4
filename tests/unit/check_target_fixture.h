/* SPDX-License-Identifier: Apache-2.0 */
/* Starts check_target_child and looks at it through /proc, without any code of heapscope's. */
#ifndef CHECK_TARGET_FIXTURE_H
#define CHECK_TARGET_FIXTURE_H

#include <check.h>
#include "target/image.h"
#include "target/target.h"

struct child {
	int pid;
	int in, out; /* its standard input and output */
	char text[32768]; /* what it has said */
};

/** Runs the tests. @return what main() returns. */
int run_tests(const char *suite, TCase *c);
/** Where the built programs are. */
const char *build_dir(void);
/** Starts the program (NULL: check_target_child) in that mode and waits until it is ready. */
void child_start(struct child *c, const char *program, const char *mode);
/** Waits for the next "ready". */
void child_wait_ready(struct child *c);
void child_end(struct child *c);
/** An address that it has printed. */
addr_t child_addr(const struct child *c, const char *name);
/** State letter of a process. */
char state_of(int pid);
int tracer_of(int pid);
/** Fails unless the process runs or sleeps, and its counter goes on. */
void assert_goes_on(const struct child *c);
uint64_t counter_of(const struct child *c);
/** Are these the bytes of that seed? */
bool is_pattern(const uint8_t *at, size_t n, unsigned int seed, size_t first);
void assert_read_pattern(struct target *t, addr_t at, size_t n, unsigned int seed);
void assert_image_pattern(struct target *t, addr_t at, size_t n, unsigned int seed);
bool has_note(const struct notes *n, enum note_kind kind, const char *part);
/** Opens it and fails the test if that does not work. */
struct target *open_live(int pid, const struct target_options *o, struct notes *n);
void take_image(struct target *t);

#endif
