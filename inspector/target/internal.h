/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of target/ share and nobody else sees: making a target, its strings, its page cache.
 */
#ifndef TARGET_INTERNAL_H
#define TARGET_INTERNAL_H

#include "target/image.h"
#include "target/target.h"

#define CACHE_PAGES 512 /* of 4 KiB; direct-mapped */

struct cache_page {
	addr_t page;   /* its address; valid if n > 0 */
	uint32_t n;    /* bytes that are there, from its start */
	uint8_t *at;   /* IMAGE_PAGE bytes, allocated at the first use */
};
struct string_block {
	struct string_block *next;
	size_t used, size;
	char at[];
};
/** Data of a module as its program started with it, for a core that was cut off. Whole pages. */
struct initial_block {
	addr_t start, end;
	uint8_t *at;
	uint8_t *lost; /* for each page: the core does not have it, so this block stands in */
};
struct target_own {
	int proc; /* live: the id to use below /proc; a thread's if the main thread has ended */
	bool has_holes; /* live: resident pages could not be copied, so "not in the image" is not "never touched" */
	uint8_t image_scope; /* of the notes about the image */
	bool knows_exe; /* cores: AT_PHDR is known, so module.exe is to be trusted */
	struct string_block *strings;
	struct sockets *sockets; /* live: NULL until one is asked for */
	struct { VEC(struct initial_block); } initial; /* in address order */
	struct cache_page cache[CACHE_PAGES];
};

/** A target without mappings; ops->close(t) is called by target_close(). NULL: no memory. */
struct target *target_new(enum target_kind kind, const struct target_ops *ops,
			  const struct target_options *o, struct notes *notes);
/** A NUL-terminated copy that lives as long as the target. NULL: no memory. */
const char *target_string(struct target *t, const char *s, size_t n);
/** Forgets the pages that point reads have seen. */
void target_forget_pages(struct target *t);
/** Has the user asked for the end? */
static inline bool target_interrupted(const struct target *t)
{
	return t->options.interrupted && *t->options.interrupted;
}
enum err target_says_interrupted(struct diag *d);
/** Sorts by address, cuts overlaps off and drops what is empty: untrusted lists become searchable. */
void mapping_list_order(struct mapping_list *l);
/** Index of the first mapping that ends behind addr; mappings.n if there is none. */
size_t target_mapping_from(const struct target *t, addr_t addr);
/** Is it a file's (and not anonymous memory, "[heap]", ...)? A file of a core may have a number and no name. */
static inline bool mapping_is_file(const struct mapping *m)
{
	return m->path[0] == '/' || (m->path[0] == '[' && m->inode);
}
static inline bool mapping_same_file(const struct mapping *a, const struct mapping *b)
{
	return a->inode == b->inode && a->dev == b->dev && !strcmp(a->path, b->path);
}
/** Reads what is there of [addr, addr + len), from the backend only. @return how many bytes, from the start. */
static inline size_t target_read_raw(struct target *t, addr_t addr, void *out, size_t len)
{
	size_t n = t->ops->read(t, addr, out, len);

	return min_of(n, len);
}

/** Adds the untouched pages of the modules' writable mappings, as the files have them. False: no memory. */
bool image_add_file_pages(struct image *im, struct target *t) must_check;
/** Adds the modules' data that is read-only since it was relocated. False: no memory. */
bool image_add_relro(struct image *im, struct target *t) must_check;

/**
 * For a core that was cut off: makes what modules' data was when the program started, from their files, and says so in
 * a note. Point reads and the image use it where the core has nothing. False: no memory.
 */
bool initial_load(struct target *t) must_check;
void initial_release(struct target *t);
/** Bytes of it at addr, at most len. @return how many; 0 where the core itself has the page. */
size_t initial_read(const struct target *t, addr_t addr, void *out, size_t len);
bool image_add_initial(struct image *im, const struct target *t) must_check;

#endif
