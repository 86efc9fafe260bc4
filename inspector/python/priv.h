/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share. */
#ifndef PYTHON_PRIV_H
#define PYTHON_PRIV_H

#include "python/python.h"

/* No list in an interpreter is longer than these; longer ones are damage. */
#define INTERPS_MAX (1u << 16)
#define THREADS_MAX (1u << 18)
#define ARENAS_MAX  (1u << 22)
#define BLOCKS_MAX  (1u << 24)

/* read.c: point reads. All return false when the memory is not there (or the field is not in this version). */
/** An unsigned field of at most 8 bytes of the struct at base. */
bool py_field(const struct python *py, addr_t base, enum field_id f, uint64_t *out) must_check;
bool py_field_int(const struct python *py, addr_t base, enum field_id f, int64_t *out) must_check;
/** A C int that is not a field: a file-level variable. */
bool py_int(const struct python *py, addr_t addr, int64_t *out) must_check;
/** The object's type. */
bool py_type_of(const struct python *py, addr_t object, addr_t *out) must_check;
/** tp_name of a type; false if it is not readable or not printable ASCII. */
bool py_type_name(const struct python *py, addr_t type, char *out, size_t size) must_check;
/** Could this be a type: its own type's flags say so. */
bool py_is_type(const struct python *py, addr_t type);
/** Flags of the object's type; false if it does not look like an object. */
bool py_flags_of(const struct python *py, addr_t object, uint64_t *out) must_check;
/** An int of at most 62 bits (int or long in 2.7). */
bool py_small_int(const struct python *py, addr_t object, int64_t *out) must_check;
/** Is it a str that reads as this ASCII text? */
bool py_string_is(const struct python *py, addr_t str, const char *text);

/* dict.c */
enum py_found { PY_FOUND, PY_ABSENT, PY_UNREAD };
/** Looks an ASCII key up; PY_UNREAD if it may be in memory that is not there. */
enum py_found py_dict_find(const struct python *py, addr_t dict, const char *key, addr_t *out) must_check;
/** How many keys with a value it has, and how many it says it has; false if it is not all there. */
bool py_dict_count(const struct python *py, addr_t dict, uint64_t *counted, uint64_t *said) must_check;

/* find.c */
/** A symbol of the interpreter; where the main program has its own copy of it (copy relocation), that one. */
bool py_symbol(const struct python *py, const char *name, addr_t *addr, uint64_t *size);
/** The first of "a|b|c". */
bool py_symbol_of(const struct python *py, const char *names, addr_t *addr, uint64_t *size);
/** The modules with an interpreter in them, the likely ones only if there are such. */
size_t python_candidates(struct target *t, struct module **out, size_t max);
/** Says why there is none. */
enum err python_not_found(const struct target *t, struct diag *d) must_check;
/** Addresses of symbols.def's rows. */
void python_known(struct python *py);
/** size in bytes of a row's symbol, 0 unknown. */
uint64_t python_known_size(const struct python *py, enum known_id k);

/* version.c */
/** Takes hexversion, version and full_version from the process. Fails: ERR_NO_LAYOUT (the version is nowhere), ERR_UNSUPPORTED. */
enum err python_version(struct python *py, struct diag *d) must_check;

/* nolayout.c */
/** Says which file or package would help. */
enum err python_no_debug(const struct python *py, struct diag *d) must_check;

/* gc.c, arenas.c, areas.c: parts of python_refresh(); what is damaged is counted. */
struct refresh {
	struct python *py;
	struct notes *notes;
	uint32_t damaged;
	uint32_t broken_threads; /* breaks in lists of thread states */
	bool failed; /* out of memory */
};
void refresh_gc(struct refresh *r);
void refresh_arenas(struct refresh *r);
void refresh_allocator(struct refresh *r);
void refresh_areas(struct refresh *r);
/** pools.c: fills arenas with the pools that a scan of anonymous memory finds. */
void refresh_find_pools(struct refresh *r);
/** Do most blocks in the pools begin with what the debug hooks write? */
bool refresh_pools_are_hooked(const struct python *py);

/* proof.c */
/**
 * Where the interpreter's file is known by its place only, or its data was cut off: do objects in memory name the types
 * that the file has? Fails: ERR_BUILD_ID (they do not), ERR_UNREADABLE (there are none).
 */
enum err python_proof(struct python *py, struct diag *d) must_check;

/* read.c */
/** Is this memory what the process had there, and not what its file started with? */
bool py_is_own(const struct python *py, addr_t addr);

/* answers.c */
enum err python_answers(struct python *py, struct diag *d) must_check;
/** The first nodes of each of the collector's lists: links that lead back, objects with types. */
struct gc_nodes {
	unsigned good, bad, unread;
};
struct gc_nodes python_gc_nodes(struct python *py);

#endif
