/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One step up a native stack, and what stands at an address of code. The call frame information
 * (.eh_frame, .debug_frame) is read by libdw; what it says is computed here, bounded.
 *
 * The files and the stack are untrusted, and libdw is known to stumble over damaged files: call
 * this in a child process (base/isolate.h).
 */
#ifndef ELF_UNWIND_H
#define ELF_UNWIND_H

#include "elf/elffile.h"

#define UNWIND_REGS 33

struct unwind_machine;
/** A frame: its registers as far as they are known, by DWARF's numbers. */
struct unwind_regs {
	const struct unwind_machine *machine;
	uint64_t at[UNWIND_REGS];
	uint64_t known; /* bit i: at[i] is */
	addr_t pc;
	bool after_call; /* pc is a return address: the call stands before it */
};
typedef bool unwind_read_fn(void *arg, addr_t addr, void *out, size_t n);
struct unwind_memory {
	unwind_read_fn *read; /* exactly n bytes of the process, or false */
	void *arg;
};

enum unwind_end {
	UNWIND_STEPPED,	 /* regs are the caller's now */
	UNWIND_OUTERMOST, /* this frame has no caller, says its file */
	UNWIND_NO_INFO,	 /* the file says nothing about this address */
	UNWIND_DAMAGED,	 /* it says what makes no sense, or a register is needed that is not known */
	UNWIND_NO_MEMORY_THERE, /* a word of the stack is not there */
};

/** From a thread's user_regs_struct. False: not a machine whose stacks can be unwound. */
bool unwind_begin(struct unwind_regs *r, uint16_t machine, const uint8_t *regs, size_t n) must_check;
addr_t unwind_sp(const struct unwind_regs *r);
/**
 * To the caller, by the call frame information of the file that pc lies in. *signal_frame: the frame
 * that was left was made by a signal, so its caller was interrupted, it did not call.
 * regs are untouched unless the answer is UNWIND_STEPPED.
 */
enum unwind_end unwind_by_cfi(struct elf_file *f, addr_t bias, const struct unwind_memory *mem,
			      struct unwind_regs *regs, bool *signal_frame) must_check;
/** To the caller, by the chain of frame pointers: right only if the code keeps one. */
enum unwind_end unwind_by_frame_pointer(const struct unwind_memory *mem, struct unwind_regs *regs) must_check;
/** To the caller, if pc is where a call has just led to (through a wild pointer): nothing pushed since then. */
enum unwind_end unwind_from_entry(const struct unwind_memory *mem, struct unwind_regs *regs) must_check;

/** A function at an address, or one that was inlined there. */
struct code_line {
	const char *function; /* as in the source or the symbol table, may be mangled; NULL unknown. libdw's */
	const char *file;     /* NULL unknown. libdw's */
	int line;	      /* 0 unknown */
	bool inlined;	      /* into the next one */
};
#define CODE_LINES_MAX 32
/**
 * By DWARF: innermost first, the function that holds the code last. @return how many, 0 if DWARF
 * says nothing. Needs the debug information attached (elf_file_find_debug()).
 */
size_t code_lines_at(struct elf_file *f, addr_t vaddr, struct code_line out[CODE_LINES_MAX]);

/**
 * A C++ name as people write it, malloc'ed; NULL if it is not mangled, or nobody here can tell
 * (libstdc++ is not there).
 */
char *demangle(const char *name);

#endif
