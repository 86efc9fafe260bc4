/* SPDX-License-Identifier: Apache-2.0 */
/*
 * argv and environment. The dynamic loader keeps the address of the process' first words:
 * __libc_stack_end points to argc, argv[0..argc-1], NULL, envp[0..], NULL (System V ABI, "Initial
 * process stack").
 */
#include <fcntl.h>
#include <stdio.h>
#include "cmd/process.h"

#define ARGS_SHOWN 64	      /* words */
#define ARG_SHOWN  200	      /* bytes of a word */
#define ARGC_MAX   1000000u   /* the kernel's limit is on bytes; more words than this are no argv */
#define STRING_MAX (1u << 17) /* MAX_ARG_STRLEN of the kernel: 32 pages */

static bool plain(const char *word)
{
	return *word && !word[strcspn(word, " \t\n'\"\\$*?&;|<>()")];
}

static void add_word(struct buf *b, const char *word)
{
	buf_printf(b, plain(word) ? "%s%s" : "%s'%s'", b->n ? " " : "", word);
}

/* Length of the string at addr with its NUL, read piece by piece; 0 if it is not all there. */
static uint64_t string_length(struct target *t, addr_t addr)
{
	char piece[1024];

	for (uint64_t n = 0; n < STRING_MAX; n += sizeof(piece) - 1) {
		size_t len;

		if (!target_read_string(t, addr + n, piece, sizeof(piece)))
			return 0;
		len = strlen(piece);
		if (len < sizeof(piece) - 1)
			return n + len + 1;
	}
	return 0;
}

static bool read_argv(struct target *t, addr_t at, uint64_t argc, struct buf *out)
{
	for (uint64_t i = 0; i < argc && i < ARGS_SHOWN; i++) {
		char word[ARG_SHOWN];
		addr_t p;

		if (!target_read_u64(t, at + 8 * i, &p) ||
		    !target_read_string(t, p, word, sizeof(word)))
			return false;
		add_word(out, word);
		if (strlen(word) == sizeof(word) - 1)
			buf_str(out, "...");
	}
	if (argc > ARGS_SHOWN)
		buf_str(out, " ...");
	return true;
}

static bool read_env(struct session *s, addr_t at, uint64_t *count, uint64_t *bytes)
{
	uint64_t n = 0, sum = 0;
	addr_t p;

	for (; n < ARGC_MAX && !s->interrupted; n++) {
		uint64_t len;

		if (!target_read_u64(s->target, at + 8 * n, &p))
			return false;
		if (!p) {
			*count = n;
			*bytes = sum;
			return true;
		}
		if (!(len = string_length(s->target, p)))
			return false;
		sum += len;
	}
	return false;
}

static bool from_stack(struct session *s, struct process_args *out)
{
	struct target *t = s->target;
	addr_t symbol, at;
	uint64_t argc, end;

	if (!target_find_symbol(t, "__libc_stack_end", &symbol, &end) ||
	    !target_read_u64(t, symbol, &at) || !target_read_u64(t, at, &argc) || argc > ARGC_MAX)
		return false;
	if (!target_read_u64(t, at + 8 + 8 * argc, &end) || end) /* the NULL behind argv */
		return false;
	if (!read_argv(t, at + 8, argc, &out->argv)) {
		buf_clear(&out->argv);
		return false;
	}
	out->argc = argc;
	(void)!read_env(s, at + 8 * (argc + 2), &out->env_count, &out->env_bytes);
	return true;
}

static void from_proc(int pid, struct process_args *out)
{
	char path[40], text[4096];
	cleanup_fd int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(text + i) + 1) {
		text[n] = 0;
		add_word(&out->argv, text + i);
	}
}

void process_args_read(struct session *s, struct process_args *out)
{
	*out =
	    (struct process_args){.argc = OUT_NULL, .env_count = OUT_NULL, .env_bytes = OUT_NULL};
	if (from_stack(s, out))
		return;
	if (s->target->core_args)
		buf_str(&out->argv, s->target->core_args);
	else if (s->target->kind == TARGET_LIVE)
		from_proc(s->target->pid, out);
}

void process_args_release(struct process_args *p)
{
	buf_release(&p->argv);
}
