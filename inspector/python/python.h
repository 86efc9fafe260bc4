/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interpreter in the target: where it is, which one, its layout, its interpreters and threads, and the anchors of
 * the heap. Opened from point reads; what is deeper is read when asked for.
 */
#ifndef PYTHON_PYTHON_H
#define PYTHON_PYTHON_H

#include "base/notes.h"
#include "layout/layout.h"
#include "target/target.h"

/* Well-known addresses, rows of symbols.def: K_type = &PyType_Type, K_none = &_Py_NoneStruct, ... 0 = not in this one. */
enum known_id {
#define KNOWN(id, symbols) K_##id,
#include "python/symbols.def"
#undef KNOWN
	K_COUNT
};

struct interp {
	addr_t addr;
	int64_t id;
	addr_t gc;      /* struct _gc_runtime_state of this interpreter (or of the process), 0 = file-level statics */
	bool main;
};
struct pythread { /* a thread state */
	addr_t addr;
	addr_t interp;
	uint64_t thread_id; /* pthread_t */
	int native_id;      /* OS thread id, 0 unknown (then by fs_base == thread_id) */
};

/* One circular list of GC heads. */
struct gc_list {
	addr_t head;
	int generation; /* 0, 1, 2; 3 = permanent */
	addr_t interp;
};

struct arena_area {  /* pymalloc */
	addr_t start;       /* of the arena's memory */
	uint64_t size;
	addr_t pool_first;  /* first pool, rounded up */
	addr_t pool_end;    /* pools at or after it were never carved */
	addr_t free_pools;  /* arena's list of free pools */
};

struct static_area {
	addr_t start, end;
	uint32_t stride;  /* bytes from one object to the next, 0 = of several sizes */
	const char *what; /* "small_ints", "int block". Static */
};

enum allocator_kind { ALLOC_UNKNOWN, ALLOC_PYMALLOC, ALLOC_MALLOC, ALLOC_MIMALLOC };

struct known_answer { /* what doctor prints */
	const char *what;    /* "type(type) is type" */
	bool ok;
	bool unread; /* not ok, but not wrong either: the memory is not there (a cut core) */
	char got[96];
};

struct python {
	struct target *t;
	struct module *module;  /* where the runtime lives */
	struct layout L;
	addr_t runtime;         /* &_PyRuntime, 0 before 3.7 */
	addr_t known[K_COUNT];
	char how[512];          /* how it was found, one line */
	char full_version[256]; /* as Py_GetVersion() says: "3.11.7 (main, ...) [GCC 12.2.0]", or "" */
	struct { VEC(struct interp); } interps;
	struct { VEC(struct pythread); } threads;
	struct { VEC(struct gc_list); } gc_lists;
	struct { VEC(struct arena_area); } arenas;
	struct { VEC(struct static_area); } static_areas; /* objects in place: inside of
	                                                     _PyRuntime and interpreters, 2.7's int and float
	                                                     blocks (free slots are no objects: check types) */
	struct { VEC(struct known_answer); } answers;
	struct notes *notes;
	enum allocator_kind object_allocator;
	bool debug_hooks;       /* 16 bytes before and 8 (16) after every block */
	uint32_t gc_head_size;  /* 32, 24, 16; 0 free-threaded */
	uint32_t alignment;     /* of pymalloc blocks: 8 or 16 */
	uint32_t pool_size;     /* bytes: 4096 or 16384; 0 = no arenas */
	uint64_t arena_size;
	bool cut;               /* the interpreter's own data was cut off a core, all or in part: its types are as the program started
	                           with them, and what is not known is empty */
	bool threads_broken;    /* the list of thread states was not whole */
	bool collecting;        /* a collection is going on in some interpreter */
	bool finalizing;
};

/**
 * Finds the interpreter in any module of the target, resolves the layout, and proves it on known answers.
 * Fails: ERR_NOT_PYTHON (says what was looked for), ERR_NO_LAYOUT (no debug information: says which package or file
 * would help), ERR_BAD_ANSWER (names the answer), ERR_UNREADABLE. The result borrows t and notes.
 * When `keep_going` is set (doctor), layouts that fail are still returned, with the diag set.
 */
enum err python_open(struct target *t, struct notes *notes, bool keep_going, struct python **out,
		     struct diag *d) must_check;
void python_close(struct python *py);

/**
 * Reads interpreters, thread states, GC lists' heads, allocator and arenas anew, from the image if there is one: after
 * target_take_image() the heap must be described by the same moment as the copy.
 */
enum err python_refresh(struct python *py, struct diag *d) must_check;
/**
 * Notes that the list of threads was not whole. For who uses `threads` of a live process without an image; with one, and of
 * cores, python_refresh() has done it.
 */
void python_note_threads(const struct python *py);

/** The offset of the thread's id in glibc's struct pthread, as glibc publishes it for debuggers; 0 unknown. */
uint32_t python_pthread_tid_offset(struct target *t);

/** All places of a symbol that several source files have (block_list, free_list). At most max. @return how many. */
struct static_symbol {
	addr_t addr;
	uint64_t size;
};
size_t python_statics(const struct python *py, enum known_id k, struct static_symbol *out, size_t max);

/** Facts for `info` (read on demand). */
struct gc_facts {
	bool known, enabled, collecting;
	int n;                   /* generations */
	uint64_t threshold[3], count[3];
};
bool python_gc_facts(struct python *py, const struct interp *in, struct gc_facts *out);

/** A str (or 2.7 str/unicode) object as UTF-8, surrogates as \uXXXX escapes, at most max characters. False if it is none. */
struct buf;
bool python_string(const struct python *py, addr_t str, size_t max, struct buf *out);
/** Where the characters of such an object lie. False if it is none. */
struct python_characters {
	addr_t at;
	uint64_t n;
	unsigned width; /* bytes of each: 1, 2, 4 */
	bool bytes;     /* 2.7's str: above ASCII nobody knows what they mean */
};
bool python_characters(const struct python *py, addr_t str, struct python_characters *out);
/** A str-keyed dict's value for an ASCII key: address, or 0. Works on every table form. */
addr_t python_dict_get(const struct python *py, addr_t dict, const char *key);

#endif
