/* SPDX-License-Identifier: Apache-2.0 */
/* C stacks laid out by hand, right and damaged; messages that lie. */
#include <check.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include "base/isolate.h"
#include "stack/nativewalk.h"
#include "elf_scratch.h"
#include "target/regs.h"

/* ---- walking a stack in a buffer: code that nothing is known of, so by frame pointers ---- */

#define CODE  0x400000
#define STACK 0x700000
#define WORDS 4096

#if defined(__x86_64__) /* the machine of the program itself is that of the target */

static struct notes notes;
static struct module own;   /* only for the machine */
static struct python python;
static struct thread thread;
static uint64_t stack[WORDS];
static uint8_t code[4096];

static void open_ranges(const struct buffer_range *text, size_t words)
{
	struct buffer_range ranges[] = {*text, {STACK, stack, words * 8, "", MAP_READ | MAP_WRITE}};
	struct diag d = {0};
	uint64_t regs[27] = {0};

	ck_assert(!target_open_buffer(ranges, 2, &notes, &python.t, &d));
	ck_assert(!elf_file_open("/proc/self/exe", open("/proc/self/exe", O_RDONLY), &own.file, &d));
	python.module = &own;
	regs[4] = STACK + 16; /* rbp */
	regs[16] = CODE + 1;  /* rip */
	regs[19] = STACK;     /* rsp */
	thread = (struct thread){.tid = 1};
	thread_set_regs(&thread, EM_X86_64, regs, sizeof(regs));
	ck_assert(thread.has_regs);
	ck_assert(vec_push(&python.t->threads, thread));
}

static void open_target(size_t words)
{
	open_ranges(&(struct buffer_range){CODE, code, sizeof(code), "", MAP_READ | MAP_EXEC}, words);
}

static void close_target(struct natives *n)
{
	natives_release(n);
	vec_release(&python.t->threads);
	target_close(python.t);
	elf_file_close(own.file);
	own.file = NULL;
}

static const struct native_chain *walk(struct natives *n)
{
	struct native_copy none = {0};

	ck_assert(natives_take(n, &python, &none, -1));
	ck_assert_str_eq(n->why, "");
	ck_assert_uint_eq(n->chains.n, 1);
	return &n->chains.at[0];
}

/* A frame at word `at` whose caller's is at word `next`. */
static void frame(size_t at, addr_t next, addr_t pc)
{
	stack[at] = next;
	stack[at + 1] = pc;
}

START_TEST(frame_pointers_to_the_end)
{
	struct natives n;
	const struct native_chain *c;

	frame(2, STACK + 10 * 8, CODE + 100);
	frame(10, STACK + 20 * 8, CODE + 200);
	frame(20, 0, 0);
	open_target(WORDS); /* copies */
	c = walk(&n);
	ck_assert_uint_eq(c->n, 3);
	ck_assert_int_eq(c->end, NATIVE_WHOLE); /* a return address of 0 is the end of a stack */
	ck_assert_uint_eq(n.places.at[c->at[1].place].pc, CODE + 100);
	ck_assert_uint_eq(n.places.at[c->at[2].place].pc, CODE + 200);
	ck_assert_int_eq(c->at[0].how, NATIVE_EXACT);
	ck_assert_int_eq(c->at[1].how, NATIVE_FRAME_POINTER);
	close_target(&n);
}
END_TEST

static const struct {
	addr_t next, pc; /* of the second frame */
	enum native_end end;
	size_t frames;
} damages[] = {
    {STACK + 16, CODE + 5, NATIVE_UNKNOWN_CODE, 3},	/* back to the first */
    {STACK + 80, CODE + 5, NATIVE_UNKNOWN_CODE, 3},	/* to itself */
    {STACK + 81, CODE + 5, NATIVE_UNKNOWN_CODE, 3},	/* not aligned */
    {STACK + 8 * WORDS, CODE + 5, NATIVE_UNKNOWN_CODE, 3}, /* out of the stack */
    {UINT64_MAX - 7, CODE + 5, NATIVE_UNKNOWN_CODE, 3}, /* its end would be 0 */
    {0, CODE + 5, NATIVE_UNKNOWN_CODE, 3},
    {STACK + 800, STACK + 5, NATIVE_UNKNOWN_CODE, 2},	/* a return address that is no code */
    {STACK + 800, UINT64_MAX, NATIVE_UNKNOWN_CODE, 2},
};

START_TEST(damaged_stacks)
{
	struct natives n;
	const struct native_chain *c;

	memset(stack, 0, sizeof(stack));
	frame(2, STACK + 80, CODE + 100);
	frame(10, damages[_i].next, damages[_i].pc);
	open_target(WORDS);
	c = walk(&n);
	ck_assert_int_eq(c->end, damages[_i].end);
	ck_assert_uint_eq(c->n, damages[_i].frames);
	ck_assert_str_ne(native_end_text(c->end), "");
	close_target(&n);
}
END_TEST

START_TEST(cut_stack)
{
	struct natives n;
	const struct native_chain *c;

	frame(2, STACK + 10 * 8, CODE + 100);
	open_target(11); /* the second frame's return address is not there */
	c = walk(&n);
	ck_assert_int_eq(c->end, NATIVE_UNKNOWN_CODE);
	ck_assert_uint_eq(c->n, 2);
	close_target(&n);
}
END_TEST

/* As many frames as there is room for, in a moment. */
START_TEST(long_stack)
{
	struct natives n;
	const struct native_chain *c;

	for (size_t i = 2; i + 3 < WORDS; i += 2)
		frame(i, STACK + (i + 2) * 8, CODE + 100 + i % 1000);
	frame(WORDS - 2, 0, 0);
	open_target(WORDS);
	c = walk(&n);
	ck_assert_int_eq(c->end, NATIVE_WHOLE);
	ck_assert_uint_eq(c->n, (WORDS - 2) / 2);
	ck_assert_uint_le(n.places.n, 502);
	close_target(&n);
}
END_TEST

START_TEST(no_registers)
{
	struct natives n;

	open_target(WORDS);
	python.t->threads.at[0].has_regs = false;
	ck_assert_int_eq(walk(&n)->end, NATIVE_NO_REGISTERS);
	close_target(&n);
}
END_TEST

/* An executable mapping that begins like an ELF file and is none. */
START_TEST(no_file_in_memory)
{
	struct natives n;
	const struct native_chain *c;

	for (size_t i = 0; i < sizeof(code); i++)
		code[i] = (uint8_t)(i * 37);
	memcpy(code, ELFMAG, SELFMAG);
	code[EI_CLASS] = ELFCLASS64;
	code[EI_DATA] = ELFDATA2LSB;
	memset(stack, 0, sizeof(stack));
	frame(2, 0, 0);
	open_target(WORDS);
	c = walk(&n);
	ck_assert_uint_eq(c->n, 1);
	ck_assert_int_eq(n.places.at[0].module, -1);
	close_target(&n);
	memset(code, 0, sizeof(code));
}
END_TEST

/* ---- an ELF file in memory whose call frame information leads in a circle ---- */

static const char circle[] = ".globl circle\n.type circle, @function\ncircle:\n"
			     ".cfi_startproc\n%s"
			     ".cfi_def_cfa %%rsp, 0\n.cfi_offset %%rip, 0\n"
			     "nop\nnop\nnop\nnop\n.cfi_endproc\n.size circle, .-circle\n"
			     ".section .note.GNU-stack\n";

START_TEST(circles)
{
	static const char *const ways[] = {"", ".cfi_signal_frame\n"};
	struct buffer_range range;
	struct elf_file *f;
	struct elf_symbol s;
	struct scratch dir;
	struct diag d = {0};
	char text[1024];
	struct natives n;
	const struct native_chain *c;
	size_t size;

	scratch_init(&dir);
	snprintf(text, sizeof(text), circle, ways[_i]);
	scratch_write(&dir, "circle.s", text, strlen(text));
	scratch_run(&dir, "%s -shared -nostdlib -Wl,-z,noseparate-code -o circle.so circle.s", TEST_CC);
	ck_assert(!elf_file_open(scratch_path(&dir, "circle.so"), -1, &f, &d));
	ck_assert(elf_file_symbol(f, "circle", &s));
	scratch_run(&dir, "truncate -s %%4096 circle.so"); /* memory has whole pages */
	range = (struct buffer_range){CODE, scratch_read(&dir, "circle.so", &size), 0, "[code]", MAP_READ | MAP_EXEC};
	range.len = size;
	for (size_t i = 0; i < WORDS; i++)
		stack[i] = CODE + s.addr + 2;
	open_ranges(&range, WORDS);
	thread.pc = CODE + s.addr + 1;
	memcpy(python.t->threads.at[0].regs + 16 * 8, &thread.pc, 8);
	c = walk(&n);
	ck_assert_int_eq(c->end, NATIVE_CYCLE);
	ck_assert_uint_le(c->n, 66);
	ck_assert_str_eq(n.places.at[0].symbol, "circle");
	ck_assert_str_eq(n.places.at[0].name, "[code]");
	ck_assert_uint_eq(n.places.at[0].offset, 1);
	close_target(&n);
	free((void *)range.bytes);
	elf_file_close(f);
	scratch_release(&dir);
}
END_TEST

#endif

/* ---- messages ---- */

static size_t message(uint8_t *out, uint32_t kind, const void *payload, uint32_t n)
{
	memcpy(out, &kind, 4);
	memcpy(out + 4, &n, 4);
	if (n)
		memcpy(out + 8, payload, n);
	return n + 8;
}

START_TEST(messages_there_and_back)
{
	struct native_message_place m = {.place = {.pc = 77, .module = 1, .symbol = "f", .n = 2}};
	struct native_chain c = {.end = NATIVE_CYCLE, .bad = 5, .late = true}, nothing = {.end = NATIVE_LOST};
	struct natives n = {.n_modules = 2};
	uint8_t bytes[1024];
	ssize_t got;
	int fds[2];

	m.lines[0] = (struct native_line){"inner", "a.c", 3, true};
	m.lines[1] = (struct native_line){"f", NULL, 0, false};
	ck_assert(vec_push(&n.chains, nothing) && vec_push(&c, ((struct native_frame){.sp = 9, .place = 0})));
	ck_assert(!pipe(fds));
	ck_assert(native_give_place(fds[1], &m) && native_give_chain(fds[1], 0, &c));
	close(fds[1]);
	got = read(fds[0], bytes, sizeof(bytes));
	close(fds[0]);
	/* half a message is not taken */
	ck_assert_uint_eq(native_take(&n, bytes, 4), 0);
	ck_assert_uint_eq(native_take(&n, bytes, (size_t)got), (size_t)got);
	ck_assert_uint_eq(n.places.n, 1);
	ck_assert_str_eq(n.places.at[0].symbol, "f");
	ck_assert_ptr_null(n.places.at[0].name);
	ck_assert_str_eq(n.lines.at[0].function, "inner");
	ck_assert_str_eq(n.lines.at[0].file, "a.c");
	ck_assert(n.lines.at[0].inlined && !n.lines.at[1].inlined);
	ck_assert_uint_eq(n.chains.at[0].n, 1);
	ck_assert_uint_eq(n.chains.at[0].at[0].sp, 9);
	ck_assert(n.chains.at[0].late);
	vec_release(&c);
	natives_release(&n);
}
END_TEST

/* Each is refused, whatever is in it; none is read beyond its end. */
START_TEST(messages_that_lie)
{
	uint64_t seed = 88172645463325252u;

	for (int i = 0; i < 20000; i++) {
		struct natives n = {.n_modules = 2};
		uint8_t payload[200], bytes[208], *exact;
		uint32_t size;
		size_t taken;

		ck_assert(vec_push(&n.chains, (struct native_chain){.end = NATIVE_LOST}));
		for (size_t k = 0; k < sizeof(payload); k++) {
			seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
			payload[k] = seed % 3 ? (uint8_t)seed % 4 : (uint8_t)(seed >> 8);
		}
		size = (uint32_t)(seed % sizeof(payload));
		exact = malloc(message(bytes, 1 + i % 3, payload, size));
		memcpy(exact, bytes, size + 8);
		taken = native_take(&n, exact, size + 8);
		ck_assert(taken == SIZE_MAX || taken == size + 8);
		vec_foreach (p, &n.places)
			ck_assert(p->module < 2 && p->first + p->n <= n.lines.n);
		vec_foreach (f, &n.chains.at[0])
			ck_assert_uint_lt(f->place, n.places.n);
		free(exact);
		natives_release(&n);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("native");
	TCase *c = tcase_create("native");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 120);
#if defined(__x86_64__)
	tcase_add_test(c, frame_pointers_to_the_end);
	tcase_add_loop_test(c, damaged_stacks, 0, ARRAY_SIZE(damages));
	tcase_add_test(c, cut_stack);
	tcase_add_test(c, long_stack);
	tcase_add_test(c, no_registers);
	tcase_add_test(c, no_file_in_memory);
	tcase_add_loop_test(c, circles, 0, 2);
#endif
	tcase_add_test(c, messages_there_and_back);
	tcase_add_test(c, messages_that_lie);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
