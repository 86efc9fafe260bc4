/* SPDX-License-Identifier: Apache-2.0 */
/* Cores of a process that knows what it holds: by the kernel, by gcore, with files elsewhere, cut
 * off. */
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include "check_target_corefix.h"
#include "elf/corefile.h"

#define P IMAGE_PAGE

static void assert_constant(const struct child *c, struct target *t, bool there)
{
	char s[64];
	bool got = target_read_string(t, child_addr(c, "constant"), s, sizeof(s));

	ck_assert_int_eq(got, there);
	if (there)
		ck_assert_str_eq(s, "a constant of check_target_child");
}

static void assert_contents(const struct child *c, struct target *t)
{
	addr_t three = child_addr(c, "three");

	assert_image_pattern(t, child_addr(c, "heap"), 100000, 1);
	assert_image_pattern(t, three, P, 2);
	assert_image_pattern(t, three + 2 * P, P, 3);
	assert_image_pattern(t, child_addr(c, "data"), 9000, 6);
	assert_image_pattern(t, child_addr(c, "bss"), 9000, 7);
	assert_image_pattern(t, child_addr(c, "stack8"), 20000, 8);
	assert_image_pattern(t, child_addr(c, "stack9"), 20000, 9);
	assert_read_pattern(t, child_addr(c, "shared"), P, 4);
	assert_read_pattern(t, child_addr(c, "sealed"), P, 5);
}

static void assert_whole(const struct child *c, struct target *t, const struct notes *notes)
{
	addr_t at = 0;
	struct module *m;

	take_image(t);
	assert_contents(c, t);
	assert_constant(c, t, true);
	m = target_find_symbol(t, "check_target_data", &at, NULL);
	ck_assert_ptr_nonnull(m);
	ck_assert_uint_eq(at, child_addr(c, "data"));
	ck_assert(m->exe);
	ck_assert(target_module(t, at) == m);
	ck_assert(target_module(t, child_addr(c, "bss") + 8999) == m);
	ck_assert_int_eq(t->pause, PAUSE_NONE);
	vec_foreach (it, &t->modules)
		ck_assert(!strstr(it->path, "vdso"));
	if (!notes)
		return;
	ck_assert(!notes_partial(notes));
	ck_assert_str_eq(t->exe, m->path);
	ck_assert_int_eq(t->pid, c->pid);
	ck_assert_uint_eq(t->threads.n, 3);
	ck_assert_uint_eq(t->missing_bytes, 0);
	vec_foreach (th, &t->threads) {
		ck_assert(th->has_regs && th->fs_base);
		ck_assert(target_mapping(t, th->sp)->prot & MAP_WRITE);
		ck_assert(target_mapping(t, th->pc)->prot & MAP_EXEC);
	}
}

START_TEST(both_kinds)
{
	struct notes notes = {0};
	struct target *t;
	struct child c;
	const char *core;

	start_for_core(&c, NULL);
	t = open_core(gcore(&c), NULL, &notes);
	assert_whole(&c, t, &notes);
	ck_assert_str_eq(target_mapping(t, t->threads.at[0].sp)->path, "[stack]");
	target_close(t);
	core = kernel_core(&c);
	if (core) {
		t = open_core(core, NULL, &notes);
		assert_whole(&c, t, &notes);
		ck_assert_int_eq(t->threads.at[0].signal, SIGABRT);
		target_close(t);
	}
	notes_release(&notes);
}
END_TEST

/* The program's file is gone or another one; the user says where the right one is, or a wrong one.
 */
START_TEST(program_elsewhere)
{
	struct target_options o = {0};
	struct notes notes = {0};
	struct module *exe = NULL;
	struct target *t;
	struct child c;
	char core[256], program[256], root[256];

	snprintf(program, sizeof(program), "%s", scratch("prog"));
	snprintf(root, sizeof(root), "%s", scratch("root"));
	shell("cp '%s' %s", own_program(), program);
	start_for_core(&c, program);
	snprintf(core, sizeof(core), "%s", gcore(&c));
	child_end(&c);
	for (int replaced = 0; replaced < 2; replaced++) {
		if (replaced)
			shell("cp /bin/true %s", program);
		else
			unlink(program);
		t = open_core(core, NULL, &notes);
		vec_foreach (m, &t->modules)
			if (m->exe)
				exe = m;
		ck_assert_ptr_nonnull(exe);
		ck_assert_ptr_null(exe->file);
		ck_assert_str_eq(exe->path, program);
		ck_assert_uint_eq(exe->id.n, 20);
		ck_assert_msg(strstr(exe->problem, "--exe"), "%s", exe->problem);
		ck_assert(strstr(exe->problem, replaced ? "has build-id" : "was not found"));
		take_image(t);
		assert_contents(&c, t);
		assert_constant(&c, t, false);
		target_close(t);
	}
	o.exe = "/bin/true";
	t = open_core(core, &o, &notes);
	assert_constant(&c, t, false);
	target_close(t);
	o.exe = own_program();
	t = open_core(core, &o, &notes);
	assert_whole(&c, t, NULL);
	target_close(t);
	o.exe = NULL;
	o.sysroot = root;
	shell("mkdir -p %s%s && cp '%s' %s%s", root, scratch_dir(), own_program(), root, program);
	t = open_core(core, &o, &notes);
	assert_whole(&c, t, NULL);
	target_close(t);
	/* without a right to be believed: a FIFO of that name must not block us */
	shell("rm -rf %s%s && mkfifo %s%s", root, program, root, program);
	t = open_core(core, &o, &notes);
	assert_constant(&c, t, false);
	target_close(t);
	notes_release(&notes);
}
END_TEST

/* What is there of a pattern is right; the rest is not there. @return how many looks found
 * something. */
static size_t count_right(struct target *t, addr_t at, size_t n, unsigned int seed)
{
	size_t there = 0;
	uint8_t byte;

	for (size_t i = 0; i < n; i += 61) {
		const uint8_t *p = image_at(t->image, at + i, 1);
		bool got = target_read(t, at + i, &byte, 1);

		ck_assert(!p || (got && *p == byte));
		ck_assert(!got || byte == ((i * 7 + seed) & 255));
		there += got;
	}
	return there;
}

static size_t look_at_cut(const struct child *c, const char *core)
{
	struct notes notes = {0};
	struct target *t = open_core(core, NULL, &notes);
	size_t there;

	take_image(t);
	ck_assert(t->missing_bytes > 0);
	ck_assert(has_note(&notes, NOTE_PARTIAL, "core is truncated"));
	there = count_right(t, child_addr(c, "heap"), 100000, 1) +
		count_right(t, child_addr(c, "data"), 9000, 6) +
		count_right(t, child_addr(c, "bss"), 9000, 7) +
		count_right(t, child_addr(c, "stack8"), 20000, 8);
	target_close(t);
	notes_release(&notes);
	return there;
}

START_TEST(cut_off)
{
	size_t there, before = SIZE_MAX;
	struct child c;
	char core[256];
	struct stat st;

	start_for_core(&c, NULL);
	snprintf(core, sizeof(core), "%s", gcore(&c));
	if (_i && !kernel_writes_cores()) {
		child_end(&c);
		return;
	}
	if (_i)
		snprintf(core, sizeof(core), "%s", kernel_core(&c));
	else
		child_end(&c);
	stat(core, &st);
	for (int percent = 99; percent > 0; percent -= 2) {
		ck_assert_int_eq(truncate(core, (off_t)(st.st_size / 100.0 * percent)), 0);
		there = look_at_cut(&c, core);
		ck_assert_uint_le(there, before);
		ck_assert(percent < 99 || there > 500);
		before = there;
	}
}
END_TEST

/* A data page that is cut off: the file has that page too, but not as it was. */
START_TEST(data_cut_off)
{
	struct notes notes = {0};
	struct diag d = {0};
	struct corefile *file;
	struct target *t;
	struct child c;
	char core[256];
	uint8_t byte;
	uint64_t end = 0;

	start_for_core(&c, NULL);
	snprintf(core, sizeof(core), "%s", gcore(&c));
	child_end(&c);
	ck_assert_int_eq(corefile_open(core, NULL, &file, &d), OK);
	vec_foreach (s, &file->segments)
		if (child_addr(&c, "data") - s->start < s->memsz)
			end = s->offset;
	corefile_close(file);
	ck_assert_uint_gt(end, 0);
	ck_assert_int_eq(truncate(core, end), 0);
	t = open_core(core, &(struct target_options){.exe = own_program()}, &notes);
	take_image(t);
	assert_constant(&c, t, true);
	/* it is what the program started with, {1}, and is known to be no more than that */
	for (addr_t at = child_addr(&c, "data"); at < child_addr(&c, "data") + 9000; at += 100) {
		ck_assert(target_initial(t, at));
		ck_assert(target_read(t, at, &byte, 1));
		ck_assert_uint_eq(byte, at == child_addr(&c, "data"));
		ck_assert_ptr_nonnull(image_at(t->image, at, 1));
	}
	ck_assert(notes_partial(&notes));
	/* where the core has the page, or nobody has, it is not */
	ck_assert(!target_initial(t, child_addr(&c, "constant")));
	ck_assert(!target_initial(t, child_addr(&c, "bss") + 8192));
	ck_assert(!target_read(t, child_addr(&c, "bss") + 8192, &byte, 1));
	target_close(t);
	notes_release(&notes);
}
END_TEST

/* gcore writes the notes last. Without them the memory tells the names. */
START_TEST(notes_lost)
{
	struct notes notes = {0};
	struct target *t;
	struct child c;
	char core[256];
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	uint64_t end = 0;
	int fd;

	start_for_core(&c, NULL);
	snprintf(core, sizeof(core), "%s", gcore(&c));
	child_end(&c);
	fd = open(core, O_RDONLY);
	ck_assert_int_eq(read(fd, &eh, sizeof(eh)), sizeof(eh));
	for (int i = 0; i < eh.e_phnum; i++) {
		ck_assert_int_eq(pread(fd, &ph, sizeof(ph), eh.e_phoff + i * sizeof(ph)),
				 sizeof(ph));
		if (ph.p_type == PT_LOAD)
			end = max_of(end, ph.p_offset + ph.p_filesz);
	}
	close(fd);
	ck_assert_int_eq(truncate(core, end), 0);
	t = open_core(core, NULL, &notes);
	ck_assert(has_note(&notes, NOTE_PARTIAL, "notes are missing"));
	assert_whole(&c, t, NULL);
	ck_assert_uint_eq(t->missing_bytes, 0);
	vec_foreach (m, &t->modules)
		ck_assert_msg(m->file && m->path[0] == '/', "%s: %s", m->path, m->problem);
	target_close(t);
	notes_release(&notes);
}
END_TEST

/* The core holds no page with an ELF header: nothing can be compared, only the user's word counts.
 */
START_TEST(headers_left_out)
{
	struct target_options o = {.exe = own_program()};
	struct notes notes = {0};
	struct target *t;
	struct child c;
	const char *core;

	start_for_core(&c, NULL);
	shell("echo 0x23 >/proc/%d/coredump_filter", c.pid);
	core = gcore(&c);
	child_end(&c);
	t = open_core(core, NULL, &notes);
	vec_foreach (m, &t->modules) {
		ck_assert_ptr_null(m->file);
		ck_assert_msg(strstr(m->problem, "header is not in the core"), "%s", m->problem);
	}
	assert_constant(&c, t, false);
	target_close(t);
	ck_assert(!has_note(&notes, NOTE_INFO, "taken as it was given"));
	t = open_core(core, &o, &notes);
	ck_assert(has_note(&notes, NOTE_INFO, "taken as it was given"));
	assert_whole(&c, t, NULL);
	target_close(t);
	notes_release(&notes);
}
END_TEST

/* A core without the writable memory: what the file says of it is not what it was. */
START_TEST(memory_left_out)
{
	struct notes notes = {0};
	struct target *t;
	struct child c;
	const char *core;
	uint8_t byte;

	start_for_core(&c, NULL);
	shell("echo 0x10 >/proc/%d/coredump_filter", c.pid);
	core = gcore(&c);
	child_end(&c);
	t = open_core(core, NULL, &notes);
	take_image(t);
	assert_constant(&c, t, true);
	ck_assert(!target_read(t, child_addr(&c, "data"), &byte, 1));
	ck_assert_ptr_null(image_at(t->image, child_addr(&c, "data"), 1));
	target_close(t);
	notes_release(&notes);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("core");

	tcase_add_checked_fixture(c, scratch_setup, scratch_teardown);
	tcase_add_test(c, both_kinds);
	tcase_add_test(c, program_elsewhere);
	tcase_add_loop_test(c, cut_off, 0, 2);
	tcase_add_test(c, data_cut_off);
	tcase_add_test(c, notes_lost);
	tcase_add_test(c, headers_left_out);
	tcase_add_test(c, memory_left_out);
	return run_tests("target-core", c);
}
