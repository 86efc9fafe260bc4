/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libheapscope: what is on the heap of a CPython process or core dump, from outside.
 *
 * A handle is one inspected process. Open one, run commands on it (the same as the program's; see heapscope(1)), close
 * it. What a command has found is kept for the next one: a live process is copied once. Handles are independent of
 * each other; one handle is used by one thread at a time, except for heapscope_interrupt(). The library prints
 * nothing, handles no signals, and changes nothing in the process that uses it or in the one it looks at.
 *
 * Strings that are returned are UTF-8 without control characters and stay valid until the next call on the handle.
 */
#ifndef HEAPSCOPE_H
#define HEAPSCOPE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HEAPSCOPE_API __attribute__((visibility("default")))

struct heapscope;

/**
 * Goes up whenever a struct, a function or a status here changes so that a program that was made for the old one would
 * be wrong. Programs that find the library when they run compare it with heapscope_abi() first.
 */
#define HEAPSCOPE_ABI 3

/** What a call returns; the program's exit status too. */
enum heapscope_status {
	HEAPSCOPE_COMPLETE = 0,
	HEAPSCOPE_PARTIAL = 1, /* something could not be read: heapscope_note() */
	HEAPSCOPE_FAILED = 2,  /* heapscope_error() says why */
	HEAPSCOPE_USAGE = 64   /* the command or its options are wrong */
};
enum heapscope_format { HEAPSCOPE_TEXT, HEAPSCOPE_JSON };

struct heapscope_thread {
	int tid;
	const char *name;         /* or NULL */
	uint64_t sp, pc, fs_base; /* all 0: unknown */
	const void *regs;         /* as NT_PRSTATUS has them (struct user_regs_struct), or NULL */
	size_t regs_size;
};
/** Zero, or NULL instead of it, is the standard. Everything is copied. */
struct heapscope_options {
	int no_pause;                  /* read a live process without stopping it */
	const char *exe;               /* the executable's file, or NULL */
	const char *sysroot;           /* before every path of the target, or NULL */
	const char *const *debug_dirs; /* before /usr/lib/debug; NULL-terminated, or NULL */
	/* Files that modules may be, if their name and their build-id agree; NULL-terminated, or NULL. */
	const char *const *files;
	/*
	 * Of a live process that the caller holds (a debugger): the registers, which nobody else can read then. Those of
	 * a process that we stop ourselves come from there.
	 */
	const struct heapscope_thread *threads;
	size_t n_threads;
};

/* Protection of a mapping. */
enum { HEAPSCOPE_READ = 1, HEAPSCOPE_WRITE = 2, HEAPSCOPE_EXEC = 4, HEAPSCOPE_SHARED = 8 };

struct heapscope_mapping {
	uint64_t start, end; /* page aligned */
	uint64_t offset;     /* in the file, bytes */
	uint32_t prot;       /* HEAPSCOPE_READ ... */
	const char *path;    /* as the target sees it; "[heap]", "[stack]"; "" or NULL = anonymous */
};
/** A process that the caller holds still and whose memory it can read, for instance through a debugger. */
struct heapscope_source {
	/* Reads up to len bytes at addr, stops at the first that is not there. Returns how many. */
	size_t (*read)(void *arg, uint64_t addr, void *out, size_t len);
	void *arg;
	const struct heapscope_mapping *mappings;
	size_t n_mappings;
	const struct heapscope_thread *threads;
	size_t n_threads;
	int pid;         /* 0 unknown */
	const char *exe; /* the executable's path, or NULL */
	double start_time; /* of the process, seconds since 1970; 0 unknown */
	/* Where the link /proc/PID/NAME leads ("fd/3"), NUL-terminated; returns its length, 0 = unknown. Or NULL. */
	size_t (*link)(void *arg, const char *name, char *out, size_t size);
};

/**
 * Each gives a handle in *out whatever happens, but for a lack of memory (*out = NULL): after a failure it is only
 * good for heapscope_error() and heapscope_close(). A core may be compressed: it is decompressed into a file without a
 * name in TMPDIR, else in /var/tmp, for as long as the handle is open.
 * @return HEAPSCOPE_COMPLETE or HEAPSCOPE_FAILED
 */
HEAPSCOPE_API int heapscope_open_pid(int pid, const struct heapscope_options *options, struct heapscope **out);
HEAPSCOPE_API int heapscope_open_core(const char *path, const struct heapscope_options *options,
				      struct heapscope **out);
HEAPSCOPE_API int heapscope_open_callback(const struct heapscope_source *source,
					  const struct heapscope_options *options, struct heapscope **out);
HEAPSCOPE_API void heapscope_close(struct heapscope *h);

/**
 * Runs a command: argv[0 .. argc) is its name, options and arguments as the program takes them, without the target and
 * without the options that belong to opening. The answer goes to `write` piece by piece; if that returns less
 * than len, the command ends as failed.
 * @return enum heapscope_status
 */
HEAPSCOPE_API int heapscope_run(struct heapscope *h, int argc, const char *const *argv,
				enum heapscope_format format,
				size_t (*write)(void *arg, const char *bytes, size_t len), void *arg);
/** Ends a running command soon (status HEAPSCOPE_FAILED). From any thread or signal handler. */
HEAPSCOPE_API void heapscope_interrupt(struct heapscope *h);

/** Why the last call failed, one line; "" if it did not. */
HEAPSCOPE_API const char *heapscope_error(const struct heapscope *h);
/**
 * Where in an expression the error is: two lines to be shown below heapscope_error(), what was typed and a caret under the
 * place; "" if there is no such place.
 */
HEAPSCOPE_API const char *heapscope_place(const struct heapscope *h);
/** What the user should be told beside the last answer, one line each ("incomplete: ..."); NULL after the last. */
HEAPSCOPE_API const char *heapscope_note(struct heapscope *h, size_t i);

/** HEAPSCOPE_ABI of the library. */
HEAPSCOPE_API int heapscope_abi(void);
/** "0.1.0" */
HEAPSCOPE_API const char *heapscope_version(void);
/** Name of the i-th command, NULL after the last; *brief (may be NULL) says in a line what it does. */
HEAPSCOPE_API const char *heapscope_command(size_t i, const char **brief);
/** A command's help text, to be given to free(); NULL if there is no such command or no memory. */
HEAPSCOPE_API char *heapscope_help(const char *command);
/**
 * All commands with their arguments and options as one JSON document, to be given to free(); NULL if there is no memory:
 *   {"version", "abi", "options": [OPTION...] that every command has,
 *    "commands": [{"name", "stage", "brief", "arguments": [ARGUMENT...], "options": [OPTION...]}...]}
 *   stage: what is read of the target: "target", "python", "image", "heap", "graph", "roots", in this order; "targets":
 *     it opens further ones itself
 *   ARGUMENT: {"name", "type": "string" or "number", "count": "one", "maybe" or "many", "help"}
 *   OPTION: {"name" without dashes, "type": "flag", "maybe", "number", "word", "string" or "list", "meta", "default",
 *     "help"}, of a word "words": [...] too; maybe is a number after "=", or nothing
 */
HEAPSCOPE_API char *heapscope_describe(void);

#ifdef __cplusplus
}
#endif
#endif
