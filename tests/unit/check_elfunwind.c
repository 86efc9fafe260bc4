/* SPDX-License-Identifier: Apache-2.0 */
/* Unwinding: this program's own stack, against what libgcc finds; expressions that go wrong; damaged files. */
#include <check.h>
#include <dwarf.h>
#include <link.h>
#include <stdio.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unwind.h>
#include "base/isolate.h"
#include "elf/unwindpriv.h"
#include "elf_scratch.h"

/* ---- expressions ---- */

#define BIG 0x1122334455667788

static bool read_some(void *arg, addr_t addr, void *out, size_t n)
{
	uint64_t v = BIG;

	if (addr < 0x1000 || addr > 0x2000)
		return false;
	memcpy(out, &v, n);
	return true;
}

static const struct {
	Dwarf_Op ops[9];
	size_t n;
	enum unwind_end end;
	uint64_t value;
} expressions[] = {
	{{{DW_OP_breg7, 8, 0, 0}}, 1, UNWIND_STEPPED, 0x1008},
	{{{DW_OP_call_frame_cfa, 0, 0, 0}, {DW_OP_plus_uconst, 16, 0, 1}}, 2, UNWIND_STEPPED, 0x5010},
	{{{DW_OP_breg7, 0, 0, 0}, {DW_OP_deref, 0, 0, 2}}, 2, UNWIND_STEPPED, BIG},
	{{{DW_OP_breg7, 0, 0, 0}, {DW_OP_deref_size, 2, 0, 2}}, 2, UNWIND_STEPPED, 0x7788},
	/* a PLT's: rsp + 8 + ((rip & 15) >= 11) * 8 */
	{{{DW_OP_breg7, 8, 0, 0}, {DW_OP_breg16, 0, 0, 2}, {DW_OP_lit15, 0, 0, 4}, {DW_OP_and, 0, 0, 5},
	  {DW_OP_lit11, 0, 0, 6}, {DW_OP_ge, 0, 0, 7}, {DW_OP_lit3, 0, 0, 8}, {DW_OP_shl, 0, 0, 9}, {DW_OP_plus, 0, 0, 10}},
	 9, UNWIND_STEPPED, 0x1010},
	{{{DW_OP_lit5, 0, 0, 0}, {DW_OP_skip, 1, 0, 1}, {DW_OP_lit9, 0, 0, 4}, {DW_OP_nop, 0, 0, 5}}, 4, UNWIND_STEPPED, 5},
	/* what goes wrong */
	{{{DW_OP_breg3, 0, 0, 0}}, 1, UNWIND_DAMAGED, 0},		    /* a register that is not known */
	{{{DW_OP_bregx, 5000000000, 0, 0}}, 1, UNWIND_DAMAGED, 0},	    /* ... that does not exist */
	{{{DW_OP_lit1, 0, 0, 0}, {DW_OP_deref, 0, 0, 1}}, 2, UNWIND_NO_MEMORY_THERE, 0},
	{{{DW_OP_breg7, 0, 0, 0}, {DW_OP_deref_size, 200, 0, 2}}, 2, UNWIND_DAMAGED, 0},
	{{{DW_OP_plus, 0, 0, 0}}, 1, UNWIND_DAMAGED, 0},		    /* nothing to add */
	{{{DW_OP_lit1, 0, 0, 0}, {DW_OP_lit0, 0, 0, 1}, {DW_OP_div, 0, 0, 2}}, 3, UNWIND_DAMAGED, 0},
	{{{DW_OP_const8u, 1ull << 63, 0, 0}, {DW_OP_lit1, 0, 0, 9}, {DW_OP_neg, 0, 0, 10}, {DW_OP_div, 0, 0, 11}},
	 4, UNWIND_DAMAGED, 0},
	{{{DW_OP_skip, (uint64_t)-3, 0, 0}}, 1, UNWIND_DAMAGED, 0},	    /* for ever */
	{{{DW_OP_lit1, 0, 0, 0}, {DW_OP_skip, (uint64_t)-4, 0, 1}}, 2, UNWIND_DAMAGED, 0}, /* ... and the stack is full */
	{{{DW_OP_skip, 0x7000, 0, 0}}, 1, UNWIND_DAMAGED, 0},		    /* out of it, with nothing left */
	{{{DW_OP_skip, (uint64_t)-100, 0, 0}}, 1, UNWIND_DAMAGED, 0},	    /* before it */
	{{{DW_OP_pick, 255, 0, 0}}, 1, UNWIND_DAMAGED, 0},
	{{{DW_OP_lit1, 0, 0, 0}, {DW_OP_rot, 0, 0, 1}}, 2, UNWIND_DAMAGED, 0},
	{{{DW_OP_push_object_address, 0, 0, 0}}, 1, UNWIND_DAMAGED, 0},    /* not one for frames */
	{{{0}}, 0, UNWIND_DAMAGED, 0},
};

static void begin(struct unwind_regs *r)
{
	uint8_t regs[512] = {0};

	ck_assert(unwind_begin(r, EM_X86_64, regs, sizeof(regs)));
	r->known = 0;
	regs_set(r, 7, 0x1000);
	regs_set(r, 16, 0x40000b);
}

START_TEST(expression)
{
	struct unwind_memory mem = {read_some, NULL};
	struct unwind_regs regs;
	struct cfi_context c = {.regs = &regs, .mem = &mem, .has_cfa = true, .cfa = 0x5000};
	uint64_t v = 0;

	begin(&regs);
	ck_assert_int_eq(cfi_compute(&c, expressions[_i].ops, expressions[_i].n, true, &v), expressions[_i].end);
	ck_assert_uint_eq(v, expressions[_i].value);
}
END_TEST

START_TEST(registers_and_places)
{
	Dwarf_Op place = {DW_OP_breg7, 0x10, 0, 0}, reg = {DW_OP_reg7, 0, 0, 0}, other = {DW_OP_regx, 3, 0, 0};
	struct unwind_memory mem = {read_some, NULL};
	struct unwind_regs regs;
	struct cfi_context c = {.regs = &regs, .mem = &mem};
	uint64_t v;

	begin(&regs);
	ck_assert_int_eq(cfi_compute(&c, &place, 1, false, &v), UNWIND_STEPPED);
	ck_assert_uint_eq(v, BIG);
	ck_assert_int_eq(cfi_compute(&c, &reg, 1, false, &v), UNWIND_STEPPED);
	ck_assert_uint_eq(v, 0x1000);
	ck_assert_int_eq(cfi_compute(&c, &other, 1, false, &v), UNWIND_DAMAGED);
}
END_TEST

START_TEST(only_machines_that_are_known)
{
	struct unwind_regs r;
	uint8_t regs[512] = {0};

	ck_assert(!unwind_begin(&r, EM_ARM, regs, sizeof(regs)));
	ck_assert(!unwind_begin(&r, EM_X86_64, regs, 16 * 8));
	ck_assert(unwind_begin(&r, EM_X86_64, regs, 27 * 8));
	ck_assert(unwind_begin(&r, EM_AARCH64, regs, 34 * 8));
}
END_TEST

/* ---- our own stack ---- */

#define FRAMES 100

static bool read_self(void *arg, addr_t addr, void *out, size_t n)
{
	struct iovec to = {out, n}, from = {(void *)(uintptr_t)addr, n};

	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)n;
}

struct here {
	addr_t pc, bias;
	struct elf_file *file;
	char path[4096];
};

static int find_here(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct here *h = arg;

	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type != PT_LOAD || h->pc < info->dlpi_addr + p->p_vaddr ||
		    h->pc >= info->dlpi_addr + p->p_vaddr + p->p_memsz)
			continue;
		h->bias = info->dlpi_addr;
		snprintf(h->path, sizeof(h->path), "%s", info->dlpi_name[0] ? info->dlpi_name : "/proc/self/exe");
		return 1;
	}
	return 0;
}

static void own_registers(struct unwind_regs *r, const ucontext_t *uc)
{
	uint64_t words[34] = {0};

#if defined(__x86_64__)
	static const int of[] = {REG_R15, REG_R14, REG_R13, REG_R12, REG_RBP, REG_RBX, REG_R11, REG_R10, REG_R9,
				 REG_R8,  REG_RAX, REG_RCX, REG_RDX, REG_RSI, REG_RDI, REG_RAX, REG_RIP};

	for (size_t i = 0; i < ARRAY_SIZE(of); i++)
		words[i] = (uint64_t)uc->uc_mcontext.gregs[of[i]];
	words[19] = (uint64_t)uc->uc_mcontext.gregs[REG_RSP];
	ck_assert(unwind_begin(r, EM_X86_64, (uint8_t *)words, 27 * 8));
#elif defined(__aarch64__)
	memcpy(words, uc->uc_mcontext.regs, 31 * 8);
	words[31] = uc->uc_mcontext.sp;
	words[32] = uc->uc_mcontext.pc;
	ck_assert(unwind_begin(r, EM_AARCH64, (uint8_t *)words, 34 * 8));
#endif
}

/* @return how many frames, the innermost first, until the outermost. */
static size_t walk_up(struct unwind_regs *r, addr_t pcs[FRAMES])
{
	struct unwind_memory mem = {read_self, NULL};
	enum unwind_end e = UNWIND_STEPPED;
	struct diag d = {0};
	size_t n = 0;
	bool signal;

	while (e == UNWIND_STEPPED && n < FRAMES && r->pc) {
		struct here h = {.pc = r->pc - r->after_call};

		pcs[n++] = r->pc;
		ck_assert_int_eq(dl_iterate_phdr(find_here, &h), 1);
		ck_assert_msg(!elf_file_open(h.path, -1, &h.file, &d), "%s", diag_text(&d));
		e = unwind_by_cfi(h.file, h.bias, &mem, r, &signal);
		elf_file_close(h.file);
	}
	ck_assert(e == UNWIND_OUTERMOST || !r->pc);
	return n;
}

struct theirs {
	addr_t at[FRAMES];
	size_t n;
};

static _Unwind_Reason_Code take_frame(struct _Unwind_Context *context, void *arg)
{
	struct theirs *t = arg;

	if (_Unwind_GetIP(context) && t->n < FRAMES)
		t->at[t->n++] = _Unwind_GetIP(context);
	return _URC_NO_REASON;
}

static __attribute__((noinline, noclone)) void bottom(void)
{
	struct theirs theirs = {.n = 0};
	addr_t ours[FRAMES];
	struct unwind_regs r;
	ucontext_t uc;
	size_t n;

	ck_assert_int_eq(getcontext(&uc), 0);
	_Unwind_Backtrace(take_frame, &theirs);
	own_registers(&r, &uc);
	n = walk_up(&r, ours);
	ck_assert_uint_gt(n, 10);
	ck_assert_uint_eq(n, theirs.n);
	for (size_t i = 1; i < n; i++) /* the innermost are two places of this function */
		ck_assert_uint_eq(ours[i], theirs.at[i]);
}

static __attribute__((noinline, noclone)) void deep(int n)
{
	char room[n * 8 + 16]; /* a frame that is found by its frame pointer */

	__asm__ volatile("" ::"r"(room) : "memory");
	if (n)
		deep(n - 1);
	else
		bottom();
	__asm__ volatile("" ::"r"(room) : "memory");
}

START_TEST(our_own_stack)
{
	deep(10);
}
END_TEST

/* ---- functions and lines ---- */

START_TEST(lines_of_code)
{
	static const char source[] = "static inline __attribute__((always_inline)) int inner(int *p)\n"
				     "{\n"
				     "	return *(volatile int *)p;\n"
				     "}\n"
				     "int outer(int *p)\n"
				     "{\n"
				     "	return inner(p) + 1;\n"
				     "}\n";
	struct code_line lines[CODE_LINES_MAX];
	struct elf_file *f;
	struct elf_symbol s;
	struct diag d = {0};
	struct scratch dir;
	bool seen = false;

	scratch_init(&dir);
	scratch_write(&dir, "source.c", source, sizeof(source) - 1);
	scratch_run(&dir, "%s -shared -fPIC -g -O2 -o library.so source.c", TEST_CC);
	ck_assert(!elf_file_open(scratch_path(&dir, "library.so"), -1, &f, &d));
	ck_assert(elf_file_symbol(f, "outer", &s));
	for (addr_t a = s.addr; a < s.addr + s.size; a++) {
		size_t n = code_lines_at(f, a, lines);

		ck_assert_uint_ge(n, 1);
		ck_assert_str_eq(lines[n - 1].function, "outer");
		ck_assert(!lines[n - 1].inlined);
		if (n < 2)
			continue;
		seen = true;
		ck_assert_str_eq(lines[0].function, "inner");
		ck_assert(lines[0].inlined);
		ck_assert_int_eq(lines[0].line, 3);
		ck_assert_int_eq(lines[1].line, 7);
		ck_assert(strstr(lines[1].file, "source.c"));
	}
	ck_assert(seen);
	ck_assert_uint_eq(code_lines_at(f, s.addr + (1 << 20), lines), 0);
	elf_file_close(f);
	scratch_release(&dir);
}
END_TEST

START_TEST(names_of_cxx)
{
	char *s = demangle("_ZN4demo5outerIiEEvT_"), *plain = demangle("main"), *bad = demangle("_ZN9999999999999x");

	/* without libstdc++ it stays mangled */
	ck_assert(!s || !strcmp(s, "void demo::outer<int>(int)"));
	ck_assert_ptr_null(plain);
	ck_assert_ptr_null(bad);
	free(s);
}
END_TEST

/* ---- damaged files ---- */

#define DAMAGED_FILES 150

struct damaged {
	struct scratch *dir;
	uint64_t seed;
};

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static bool read_random(void *arg, addr_t addr, void *out, size_t n)
{
	uint64_t v = next_random(arg);

	if (v % 7 == 0)
		return false;
	memcpy(out, &v, n);
	return true;
}

/* Every address of the code, in whatever frame. */
static bool unwind_everywhere(void *arg, int out)
{
	struct damaged *w = arg;
	struct unwind_memory mem = {read_random, &w->seed};
	struct code_line lines[CODE_LINES_MAX];
	const struct elf_section *text;
	struct elf_file *f;
	struct diag d = {0};

	if (elf_file_open(scratch_path(w->dir, "damaged"), -1, &f, &d))
		return isolate_give(out, "refused.", 8);
	text = elf_file_section(f, ".text");
	for (addr_t a = text ? text->addr : 0; text && a < text->addr + min_of(text->size, 4096u); a += 3) {
		uint8_t words[27 * 8];
		struct unwind_regs r;
		bool signal;

		for (size_t i = 0; i < sizeof(words); i++)
			words[i] = (uint8_t)next_random(&w->seed);
		if (!unwind_begin(&r, (uint16_t)elf_file_machine(f), words, sizeof(words)))
			break;
		r.pc = a;
		(void)!unwind_by_cfi(f, 0, &mem, &r, &signal);
		(void)!code_lines_at(f, a, lines);
	}
	elf_file_close(f);
	return isolate_give(out, "done....", 8);
}

static size_t take_all(void *arg, const uint8_t *bytes, size_t n)
{
	*(size_t *)arg += n;
	return n;
}

/* Some bytes of the sections that are read. */
static void damage(char *bytes, const struct elf_file *whole, uint64_t *seed)
{
	static const char *const sections[] = {".eh_frame", ".eh_frame_hdr", ".debug_info", ".debug_line",
					       ".debug_abbrev", ".debug_aranges"};
	int times = 1 + (int)(next_random(seed) % 8);

	while (times--) {
		const char *name = sections[next_random(seed) % ARRAY_SIZE(sections)];
		const struct elf_section *s = elf_file_section(whole, name);

		if (s && s->size)
			bytes[s->offset + next_random(seed) % s->size] = (char)next_random(seed);
	}
}

START_TEST(damaged_files)
{
	struct scratch dir;
	struct elf_file *whole;
	struct diag d = {0};
	uint64_t seed = 88172645463325252u;
	int balked = 0;
	char *bytes, *copy;
	size_t n;

	scratch_init(&dir);
	scratch_compile(&dir, "-g -O2 -fPIE -pie");
	ck_assert(!elf_file_open(scratch_path(&dir, "sample"), -1, &whole, &d));
	bytes = scratch_read(&dir, "sample", &n);
	copy = malloc(n);
	ck_assert_ptr_nonnull(copy);
	for (int i = 0; i < DAMAGED_FILES; i++) {
		struct damaged w = {&dir, seed};
		size_t taken = 0;
		struct isolate job = {
			.limits = {.cpu_seconds = 2, .wall_seconds = 20, .more_memory = 1 << 30, .output = 100},
			.work = unwind_everywhere,
			.work_arg = &w,
			.take = take_all,
			.arg = &taken,
		};
		char why[160] = "";

		memcpy(copy, bytes, n);
		damage(copy, whole, &seed);
		scratch_write(&dir, "damaged", copy, n);
		if (isolate_run(&job, why)) {
			ck_assert_uint_eq(taken, 8);
			continue;
		}
		/* the library has stumbled, and we stand */
		ck_assert_uint_gt(strlen(why), 0);
		balked++;
		printf("damaged file %d: %s\n", i, why);
	}
	printf("%d of %d damaged files were too much for libdw\n", balked, DAMAGED_FILES);
	ck_assert_int_lt(balked, DAMAGED_FILES / 2);
	free(copy);
	free(bytes);
	elf_file_close(whole);
	scratch_release(&dir);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("elfunwind");
	TCase *c = tcase_create("elfunwind");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 300);
	tcase_add_loop_test(c, expression, 0, ARRAY_SIZE(expressions));
	tcase_add_test(c, registers_and_places);
	tcase_add_test(c, only_machines_that_are_known);
	tcase_add_test(c, our_own_stack);
	tcase_add_test(c, lines_of_code);
	tcase_add_test(c, names_of_cxx);
	tcase_add_test(c, damaged_files);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
