/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process as bytes: mappings, files, threads, memory; live, from a core, through a callback (GDB remote), or
 * from a buffer (tests). A backend is one file that ends in one `static const struct target_ops`.
 *
 * The target is never run, written or left stopped. Two ways to get bytes:
 *   target_read()  point reads, any time, through a page cache;
 *   the image      all private writable memory at once, for commands that look at the whole heap:
 *                  target_take_image(), then image_at() gives plain pointers.
 *
 * The target owns everything it gives out, until target_close(). Not thread-safe, except that after
 * target_take_image() any number of threads may call image_at() and image_read().
 */
#ifndef TARGET_TARGET_H
#define TARGET_TARGET_H

#include "base/diag.h"
#include "base/notes.h"
#include "base/vec.h"
#include "elf/elffile.h"

enum { MAP_READ = 1, MAP_WRITE = 2, MAP_EXEC = 4, MAP_SHARED_ = 8 };

struct mapping { /* address order, page aligned */
	addr_t start, end;
	uint32_t prot;     /* MAP_* */
	uint64_t offset;   /* in the file */
	const char *path;  /* as the target sees it; "[heap]", "[stack]", "" for anonymous */
	uint64_t dev, inode;
	bool deleted;      /* the file was removed or replaced after it was mapped; `path` is without the mark */
	int module;        /* index in target.modules, or -1; also of a module's anonymous .bss */
};

/** An ELF file that is mapped into the target. */
struct module {
	const char *path;       /* as the target sees it */
	addr_t start, end;      /* first and last mapped address */
	addr_t bias;            /* add to file addresses */
	struct build_id id;     /* as found in the target's memory, n = 0 if it could not be */
	bool id_read;           /* the notes could be read: id.n = 0 then says that there is none */
	struct elf_file *file;  /* the file, opened and its build-id agrees; NULL if none is at hand */
	const char *file_path;  /* where it was opened, or NULL */
	bool no_bytes;          /* `file` is a detached debug file: symbols and types, but no contents */
	bool exe;               /* the program itself */
	addr_t dynamic;         /* its PT_DYNAMIC in the process, 0 if it has none */
	char problem[256];      /* why file is NULL and what to do, or "" */
	bool debug_tried;       /* module_debug() has been here */
	char tried[512];        /* where debug information was looked for */
};

struct thread {
	int tid;
	int ns_tid;             /* innermost PID namespace's, or tid */
	char comm[17];          /* "" if unknown */
	char state;             /* R S D T t Z ..., '?' if unknown */
	bool has_regs;
	uint64_t sp, pc, fs_base; /* if has_regs (x86-64 rsp rip fs_base; aarch64 sp pc tpidr or 0) */
	uint8_t regs[512];      /* user_regs_struct of the machine */
	size_t regs_size;       /* 0: sp and pc alone are known */
	uint16_t machine;       /* EM_*, whose registers these are; 0 if none are known */
	int signal;             /* cores: the signal that this thread got */
	int tracer;             /* live: the process that traces it, 0 if nobody does */
};

enum target_kind { TARGET_LIVE, TARGET_CORE, TARGET_CALLBACK, TARGET_BUFFER };
enum pause_kind {
	PAUSE_NONE,     /* a core, or nothing was paused: --no-pause */
	PAUSE_FROZEN,   /* all threads were frozen for pause_seconds */
	PAUSE_REFUSED,  /* could not be frozen (stopped, traced, D): read as it was, a note says so */
};

struct target_options {
	bool no_pause;
	const char *exe;       /* --exe: the executable's file, or NULL */
	const char *sysroot;   /* --sysroot, or NULL */
	const char *const *debug_dirs; /* NULL-terminated, or NULL */
	const char *const *files;      /* what modules may be, by name and build-id; NULL-terminated, or NULL */
	const struct thread *given;    /* live: registers of threads that another debugger holds, in order of tid */
	size_t n_given;
	volatile int *interrupted;     /* long work ends with ERR_INTERRUPTED when it becomes non-zero; may be NULL */
};

struct target;
struct image;
struct target_ops {
	const char *name;
	/* Reads up to len bytes, stops at the first that is not there. @return how many. */
	size_t (*read)(struct target *t, addr_t addr, void *out, size_t len);
	/* Fills the image; regs of the threads too. May fail; leaves the target running in any case. */
	enum err (*take_image)(struct target *t, struct image *im, struct diag *d);
	void (*close)(struct target *t);
	/*
	 * Is this page left out on purpose, because it equals the mapped file's? NULL: never; then the file only
	 * stands in for pages of segments that nobody writes.
	 */
	bool (*left_out)(struct target *t, addr_t addr);
	/*
	 * Holds a live process for point reads, and lets it go. NULL: it does not move. freeze may leave it running
	 * (t->pause says so, and a note why).
	 */
	enum err (*freeze)(struct target *t, struct diag *d);
	void (*thaw)(struct target *t);
	/* As target_list_threads(). NULL: there cannot be others. */
	bool (*list_threads)(struct target *t);
	/* As target_read_words(). NULL: one after the other. */
	bool (*read_words)(struct target *t, const addr_t *at, size_t n, uint64_t *out);
	/* Where the link /proc/PID/NAME leads, NUL-terminated; false: unknown. NULL: there is nobody to ask. */
	bool (*link)(struct target *t, const char *name, char *out, size_t size);
};

struct mapping_list { VEC(struct mapping); };
struct module_list { VEC(struct module); };
struct thread_list { VEC(struct thread); };

struct target {
	const struct target_ops *ops;
	void *state; /* the backend's */
	enum target_kind kind;
	struct target_options options;
	struct notes *notes; /* the session's; what was incomplete */
	int pid;             /* of the live process, or as the core says; 0 unknown */
	const char *core;    /* the core's path, or NULL */
	const char *core_packing; /* what its file is compressed with ("zstd"), or NULL */
	const char *core_args;    /* the command line as its notes have it, at most 80 bytes, or NULL */
	bool core_damaged;   /* its compressed file is damaged or cut off */
	const char *exe;     /* the executable as the target sees it, or "" */
	struct mapping_list mappings;
	struct module_list modules; /* a module never moves and keeps its index */
	struct thread_list threads;
	bool has_siginfo;      /* cores: siginfo_t of the signal that ended the process */
	uint8_t siginfo[128];
	double start_time;     /* seconds since 1970, 0 unknown */
	enum pause_kind pause;
	double pause_seconds;  /* how long the process stood */
	uint64_t copied_bytes; /* by the image */
	uint64_t missing_bytes; /* that a core should hold and does not */
	uint64_t page_size;
	struct image *image;   /* NULL before target_take_image() */
	bool held;             /* between target_freeze() and target_thaw(), if it stands */
	struct target_own *own; /* strings and the page cache; internal.h */
};

/** Fails: ERR_NO_PROCESS, ERR_PERMISSION (says which: uid, ptrace_scope, capability, container), ERR_NO_FILE. */
enum err target_open_live(int pid, const struct target_options *o, struct notes *notes, struct target **out,
			  struct diag *d) must_check;
/** Fails as corefile_open() does. A module whose file is gone or has another build-id is not a failure here. */
enum err target_open_core(const char *path, const struct target_options *o, struct notes *notes,
			  struct target **out, struct diag *d) must_check;
/** For GDB remote targets: read(arg, addr, out, len) returns the bytes read. The mappings are copied. */
struct target_callbacks {
	size_t (*read)(void *arg, addr_t addr, void *out, size_t len);
	void *arg;
	const struct mapping *mappings;
	size_t n_mappings;
	const struct thread *threads;
	size_t n_threads;
	int pid;
	const char *exe;
	double start_time; /* seconds since 1970, 0 unknown */
	size_t (*link)(void *arg, const char *name, char *out, size_t size); /* or NULL; its length, 0 unknown */
};
enum err target_open_callback(const struct target_callbacks *cb, const struct target_options *o,
			      struct notes *notes, struct target **out, struct diag *d) must_check;
/**
 * For tests: the given ranges and nothing else. The bytes are copied. start must be page aligned.
 * A last page that is not full can be read, but an image has whole pages only: it is not in that.
 */
struct buffer_range {
	addr_t start;
	const void *bytes;
	size_t len;
	const char *path;
	uint32_t prot;
};
enum err target_open_buffer(const struct buffer_range *ranges, size_t n, struct notes *notes,
			    struct target **out, struct diag *d) must_check;
void target_close(struct target *t);
/**
 * Gives back files and pages of a target that will not be read any more, where many are kept: module.file becomes
 * NULL, names and lists stay.
 */
void target_rest(struct target *t);

/** Reads exactly len bytes: image, backend, then the mapped file (by build-id). False if any is not there. */
bool target_read(struct target *t, addr_t addr, void *out, size_t len) must_check;
/**
 * n words of 8 bytes from wherever they lie, as they are now and as near to one moment as can be: the process may run.
 * False if any is not there.
 */
bool target_read_words(struct target *t, const addr_t *at, size_t n, uint64_t *out) must_check;
bool target_read_u64(struct target *t, addr_t addr, uint64_t *out) must_check;
bool target_read_u32(struct target *t, addr_t addr, uint32_t *out) must_check;
/** A NUL-terminated string of at most size - 1 bytes; longer ones are cut. False if the first byte is not there. */
bool target_read_string(struct target *t, addr_t addr, char *out, size_t size) must_check;
/**
 * Does a core that was cut off lack this page, so that what is read there is a module's data as the program started with
 * it? Static objects then are as they were made, and what changes later (lists, counters, pointers) tells nothing.
 */
bool target_initial(const struct target *t, addr_t addr);
/** Adds threads that began since they were listed, behind the others, without registers. False if memory is out. */
bool target_list_threads(struct target *t) must_check;
/** Where the process' link NAME leads ("fd/3"), NUL-terminated. False: unknown. */
bool target_link(struct target *t, const char *name, char *out, size_t size);
/** The mapping that holds addr, or NULL. */
const struct mapping *target_mapping(const struct target *t, addr_t addr);
/** The module that holds addr, or NULL. */
struct module *target_module(const struct target *t, addr_t addr);

/** Makes sure that the module's debug information is attached, if it can be found. @return true if it is. */
bool module_debug(struct target *t, struct module *m);
/** A defined symbol's address in the process. */
bool module_symbol(struct module *m, const char *name, addr_t *addr, uint64_t *size);
/** The first module that defines the symbol. */
struct module *target_find_symbol(struct target *t, const char *name, addr_t *addr, uint64_t *size);

/**
 * Freezes, copies, lets go (live); maps (core). Once; later calls return OK at once.
 * t->pause and t->pause_seconds say how it went. A live target's mappings and threads are replaced by those of
 * the moment of the freeze (so pointers to them end here), and modules that were loaded meanwhile are appended.
 * Fails: ERR_NO_PROCESS (it ended, or runs another program now), ERR_NOMEM (the copy would not fit into the
 * machine's free memory), ERR_INTERRUPTED. The process runs on, or stands as it stood, in every case.
 */
enum err target_take_image(struct target *t, struct diag *d) must_check;

/**
 * Holds a live process so that several point reads see one moment; forgets what was read before. Where it cannot or
 * may not be stopped (--no-pause, traced, stopped, asleep) it stays as it is, and t->pause and a note say so; a core
 * does not move anyway. While it stands t->threads are those of that moment, with registers.
 * Fails: ERR_NO_PROCESS, ERR_NOMEM, ERR_INTERRUPTED. A kill of heapscope lets it go too.
 */
enum err target_freeze(struct target *t, struct diag *d) must_check;
/** Lets it run on. t->pause_seconds says how long it stood. */
void target_thaw(struct target *t);
/** Can memory change from one read to the next? */
bool target_moves(const struct target *t);
/** Forgets the pages that point reads have seen: the next read is a new one. */
void target_forget(struct target *t);

#endif
