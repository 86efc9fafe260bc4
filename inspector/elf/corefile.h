/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ELF core file, by our own reader: PT_LOAD, PT_NOTE (first or last), NT_PRSTATUS,
 * NT_PRPSINFO, NT_AUXV, NT_FILE, NT_SIGINFO. Mapped, never read whole. Untrusted and perhaps
 * truncated: what is there is given, what is cut off is counted. No libelf needed.
 */
#ifndef ELF_COREFILE_H
#define ELF_COREFILE_H

#include "base/diag.h"
#include "base/vec.h"

struct core_segment { /* PT_LOAD in address order */
	addr_t start;      /* page aligned */
	uint64_t memsz;    /* bytes of address space */
	uint64_t filesz;   /* bytes that the core should hold from `start` on (0: left out) */
	uint64_t have;     /* of these, bytes that are really in the file */
	uint64_t offset;   /* in the core file */
	uint32_t flags;    /* PF_* */
};
struct core_file_map { /* a row of NT_FILE, in address order */
	addr_t start, end;
	uint64_t offset;  /* in bytes */
	const char *path; /* NUL-terminated; as the target saw it */
};
struct core_regs { /* as in NT_PRSTATUS: struct user_regs_struct of the machine */
	uint8_t at[512];
	size_t n;
};
struct core_thread {
	int tid;
	int signal;        /* pr_cursig */
	struct core_regs regs;
};
struct corefile {
	const uint8_t *at; /* the whole file, decompressed, mapped read-only */
	uint64_t size;
	int fd;
	uint16_t machine;
	struct { VEC(struct core_segment); } segments;
	struct { VEC(struct core_file_map); } files;
	struct { VEC(struct core_thread); } threads; /* the crashed one first, as in the file */
	struct { VEC(uint64_t); } auxv;              /* pairs */
	int pid, ppid, uid, gid;
	char state;          /* pr_sname */
	char comm[17];       /* pr_fname */
	char args[81];       /* pr_psargs, at most 80 bytes */
	bool has_notes;      /* a PT_NOTE that could be read */
	bool has_siginfo;
	uint8_t siginfo[128];
	uint64_t bytes_expected; /* sum of filesz */
	uint64_t bytes_missing;  /* of these, cut off */
	bool headers_cut;        /* program headers are missing: nobody knows how much memory */
	bool notes_cut;          /* some notes are missing or damaged */
	const char *packing;     /* the file is compressed with that ("zstd"), or NULL; static */
	char damage[200];        /* what is wrong with the compressed file, or "" */
};

/**
 * Opens a core, also a compressed one (elf/unpack.h); *interrupted ends that, it may be NULL. Fails with one line that
 * says what the file is instead (directory, empty, text, ELF executable, 32-bit, other machine): ERR_NOT_A_CORE,
 * ERR_NO_FILE, ERR_UNSUPPORTED, ERR_BAD_FILE; as unpack_core() does. A truncated core is not a failure, nor is a
 * compressed file that is cut off or damaged.
 */
enum err corefile_open(const char *path, volatile int *interrupted, struct corefile **out, struct diag *d) must_check;
void corefile_close(struct corefile *c);
/** Bytes of the core for an address range, NULL unless all are in the file. */
const void *corefile_at(const struct corefile *c, addr_t addr, uint64_t len);
/** AT_* value. */
bool corefile_auxv(const struct corefile *c, uint64_t type, uint64_t *out);

#endif
