/* SPDX-License-Identifier: Apache-2.0 */
/* Cores of a process that knows what it holds: by the kernel, by gcore, cut off, damaged, and made
 * by hand. */
#include <elf.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "check_target_fixture.h"
#include "elf/corefile.h"
#include "target/internal.h"

#define P IMAGE_PAGE

static char dir[64];   /* scratch, emptied after each test */
static char own[4096]; /* check_target_child */

static void setup(void)
{
	strcpy(dir, "/tmp/check_target.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(own, sizeof(own), "%s/check_target_child", build_dir());
}

static void teardown(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	ck_assert_int_eq(system(cmd), 0);
}

static const char *scratch(const char *name)
{
	static char path[4][256];
	static int next;

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[next]), "%s/%s", dir, name);
	return path[next];
}

static void shell(const char *fmt, ...) printf_like(1, 2);
static void shell(const char *fmt, ...)
{
	char cmd[8192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	ck_assert_msg(system(cmd) == 0, "failed: %s", cmd);
}

/* gcore is GDB's; without it these tests cannot be made, and that is a failure: it is among the
 * dependencies. */
static const char *gcore(const struct child *c)
{
	shell("gcore -o %s/gcore %d >%s/log 2>&1", dir, c->pid, dir);
	shell("mv %s/gcore.%d %s/gcore", dir, c->pid, dir);
	return scratch("gcore");
}

/* Does the kernel write core files here (and not into a pipe)? */
static bool kernel_writes_cores(void)
{
	char pattern[256] = "|";
	FILE *f = fopen("/proc/sys/kernel/core_pattern", "r");

	if (f && !fgets(pattern, sizeof(pattern), f))
		strcpy(pattern, "|");
	if (f)
		fclose(f);
	return !strchr("|/", pattern[0]);
}

static void start(struct child *c, const char *program)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_CORE, &all);
	ck_assert_int_eq(chdir(dir), 0);
	child_start(c, program, "abort");
}

/* Ends the child; NULL if the kernel gives its core to somebody else. */
static const char *kernel_core(struct child *c)
{
	glob_t g;
	int status;

	if (!kernel_writes_cores()) {
		fprintf(stderr, "core_pattern leads elsewhere: the kernel's core is not tested\n");
		child_end(c);
		return NULL;
	}
	ck_assert_int_eq(write(c->in, "x", 1), 1);
	waitpid(c->pid, &status, 0);
	ck_assert(WCOREDUMP(status));
	close(c->in);
	close(c->out);
	ck_assert_int_eq(glob(scratch("*core*"), 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++)
		if (!strstr(g.gl_pathv[i], "/gcore"))
			shell("mv %s %s/kcore", g.gl_pathv[i], dir);
	globfree(&g);
	return scratch("kcore");
}

static struct target *open_core(const char *path, const struct target_options *o, struct notes *n)
{
	struct target *t = NULL;
	struct diag d = {0};
	enum err e = target_open_core(path, o, n, &t, &d);

	ck_assert_msg(!e, "open: %s", diag_text(&d));
	return t;
}

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

	start(&c, NULL);
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
	shell("cp '%s' %s", own, program);
	start(&c, program);
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
	o.exe = own;
	t = open_core(core, &o, &notes);
	assert_whole(&c, t, NULL);
	target_close(t);
	o.exe = NULL;
	o.sysroot = root;
	shell("mkdir -p %s%s && cp '%s' %s%s", root, dir, own, root, program);
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

	start(&c, NULL);
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

	start(&c, NULL);
	snprintf(core, sizeof(core), "%s", gcore(&c));
	child_end(&c);
	ck_assert_int_eq(corefile_open(core, &file, &d), OK);
	vec_foreach (s, &file->segments)
		if (child_addr(&c, "data") - s->start < s->memsz)
			end = s->offset;
	corefile_close(file);
	ck_assert_uint_gt(end, 0);
	ck_assert_int_eq(truncate(core, end), 0);
	t = open_core(core, &(struct target_options){.exe = own}, &notes);
	take_image(t);
	assert_constant(&c, t, true);
	for (addr_t at = child_addr(&c, "data"); at < child_addr(&c, "data") + 9000; at += 100) {
		ck_assert(!target_read(t, at, &byte, 1));
		ck_assert_ptr_null(image_at(t->image, at, 1));
	}
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

	start(&c, NULL);
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
	struct target_options o = {.exe = own};
	struct notes notes = {0};
	struct target *t;
	struct child c;
	const char *core;

	start(&c, NULL);
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

	start(&c, NULL);
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

/* Whatever is changed in a core: an answer or an error, no crash, no hang. */
static void try_damaged(const char *path)
{
	struct notes notes = {0};
	struct diag d = {0};
	struct target *t;

	if (target_open_core(path, NULL, &notes, &t, &d) == OK) {
		enum err e = target_take_image(t, &d);
		uint64_t v;

		ck_assert(e == OK || e == ERR_NOMEM);
		vec_foreach (m, &t->mappings) {
			bool a = target_read_u64(t, m->start, &v),
			     b = target_read_u64(t, m->end - 8, &v);

			ck_assert(a || b || m->end > m->start);
		}
		target_close(t);
	} else {
		ck_assert(d.text[0]);
	}
	notes_release(&notes);
}

START_TEST(damaged)
{
	struct child c;
	unsigned int seed = 5 + _i;
	char core[256], copy[256];
	uint8_t *at;
	struct stat st;
	int fd;

	start(&c, NULL);
	snprintf(core, sizeof(core), "%s", gcore(&c));
	if (_i && kernel_writes_cores())
		snprintf(core, sizeof(core), "%s", kernel_core(&c));
	else
		child_end(&c);
	snprintf(copy, sizeof(copy), "%s", scratch("damaged"));
	fd = open(core, O_RDWR);
	fstat(fd, &st);
	at = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(at, MAP_FAILED);
	for (int i = 0; i < 250; i++) {
		/* headers and notes mostly: at the ends */
		size_t near = rand_r(&seed) % 3 ? min_of(16384, st.st_size) : st.st_size, places[8];
		uint8_t old[8];

		for (int k = 0; k < 8; k++) {
			places[k] = rand_r(&seed) % near;
			if (rand_r(&seed) % 2)
				places[k] = st.st_size - 1 - places[k];
			old[k] = at[places[k]];
			at[places[k]] = rand_r(&seed) % 2 ? 0xff : rand_r(&seed);
		}
		try_damaged(core);
		for (int k = 7; k >= 0; k--)
			at[places[k]] = old[k];
	}
	munmap(at, st.st_size);
	for (int i = 0; i < 60; i++) {
		ck_assert_int_eq(
		    ftruncate(fd, st.st_size - (off_t)(rand_r(&seed) % (st.st_size / 60))), 0);
		fstat(fd, &st);
		if (st.st_size < 100)
			break;
		try_damaged(core);
	}
	close(fd);
}
END_TEST

/* A core made by hand: n segments, all from the file's offset P on. */
static const char *hand_made(const Elf64_Phdr *segments, size_t n, size_t bytes)
{
	const char *path = scratch("hand");
	FILE *f = fopen(path, "w");
	Elf64_Ehdr eh = {.e_type = ET_CORE,
			 .e_machine = EM_X86_64,
			 .e_version = EV_CURRENT,
			 .e_phoff = sizeof(eh),
			 .e_ehsize = sizeof(eh),
			 .e_phentsize = sizeof(Elf64_Phdr),
			 .e_phnum = n};

	memcpy(eh.e_ident, ELFMAG, SELFMAG);
	eh.e_ident[EI_CLASS] = ELFCLASS64;
	eh.e_ident[EI_DATA] = ELFDATA2LSB;
	eh.e_ident[EI_VERSION] = EV_CURRENT;
	fwrite(&eh, sizeof(eh), 1, f);
	fwrite(segments, sizeof(*segments), n, f);
	fseek(f, 4 * P, SEEK_SET);
	for (size_t i = 0; i < bytes; i++)
		fputc(0xab, f);
	fclose(f);
	return path;
}

/* The end of the file part: zeros follow only where the core says that there is nothing but zeros.
 */
START_TEST(last_page)
{
	static const size_t sizes[] = {0, 1, P - 1, P, P + 1};
	size_t n = sizes[_i];
	Elf64_Phdr s[3] = {};
	struct notes notes = {0};
	struct target *t;
	size_t page_end = round_up(n, P);
	uint8_t bytes[2 * P];

	for (size_t i = 0; i < 3; i++)
		s[i] = (Elf64_Phdr){.p_type = PT_LOAD,
				    .p_offset = 4 * P,
				    .p_vaddr = (i + 1) << 16,
				    .p_filesz = i == 0	 ? n
						: i == 1 ? 2 * P
							 : 2 * P - 100,
				    .p_memsz = 2 * P,
				    .p_flags = PF_R | PF_W};
	t = open_core(hand_made(s, 3, n), NULL, &notes);
	for (int with_image = 0; with_image < 2; with_image++) {
		ck_assert(target_read(t, 0x10000, bytes, page_end));
		for (size_t i = 0; i < page_end; i++)
			ck_assert_uint_eq(bytes[i], i < n ? 0xab : 0);
		ck_assert(!target_read(t, 0x10000 + page_end, bytes, 1));
		/* cut off at the same place: nothing is made up */
		ck_assert(target_read(t, 0x20000, bytes, n));
		ck_assert(!target_read(t, 0x20000 + n, bytes, 1));
		ck_assert(target_read(t, 0x30000, bytes, n));
		ck_assert(!target_read(t, 0x30000 + n, bytes, 1));
		take_image(t);
	}
	for (size_t at = 0; at < page_end; at += P)
		ck_assert_ptr_nonnull(image_at(t->image, 0x10000 + at, P));
	ck_assert_ptr_null(image_at(t->image, 0x10000 + page_end, 1));
	ck_assert_int_eq(image_at(t->image, 0x20000, 1) != NULL, n >= P);
	ck_assert_ptr_null(image_at(t->image, 0x20000 + n / P * P, 1));
	ck_assert_ptr_null(image_at(t->image, 0x30000 + n / P * P, 1));
	ck_assert_uint_eq(t->missing_bytes, 4 * P - 100 - 2 * n);
	target_close(t);
	notes_release(&notes);
}
END_TEST

/* Thousands of segments that are all the same bytes of the file. */
START_TEST(segments_share_bytes)
{
	static Elf64_Phdr s[200];
	struct notes notes = {0};
	struct target *t;

	for (size_t i = 0; i < ARRAY_SIZE(s); i++)
		s[i] = (Elf64_Phdr){.p_type = PT_LOAD,
				    .p_offset = 4 * P,
				    .p_vaddr = (i + 1) << 32,
				    .p_filesz = 100 * P,
				    .p_memsz = 100 * P,
				    .p_flags = PF_R | PF_W};
	t = open_core(hand_made(s, ARRAY_SIZE(s), 100 * P), NULL, &notes);
	take_image(t);
	ck_assert(has_note(&notes, NOTE_PARTIAL, "overlap in the file"));
	ck_assert_ptr_nonnull(image_at(t->image, 1ull << 32, 100 * P));
	ck_assert_ptr_null(image_at(t->image, 200ull << 32, 1));
	target_close(t);
	notes_release(&notes);
}
END_TEST

START_TEST(no_core)
{
	struct notes notes = {0};
	struct diag d = {0};
	struct target *t = NULL;

	ck_assert_int_eq(target_open_core(own, NULL, &notes, &t, &d), ERR_NOT_A_CORE);
	ck_assert_int_eq(target_open_core("/nonexistent", NULL, &notes, &t, &d), ERR_NO_FILE);
	ck_assert_ptr_null(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("target-core");
	TCase *c = tcase_create("core");
	SRunner *r;
	int failed;

	tcase_set_timeout(c, 300);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, both_kinds);
	tcase_add_test(c, program_elsewhere);
	tcase_add_loop_test(c, cut_off, 0, 2);
	tcase_add_test(c, data_cut_off);
	tcase_add_test(c, notes_lost);
	tcase_add_test(c, headers_left_out);
	tcase_add_test(c, memory_left_out);
	tcase_add_loop_test(c, damaged, 0, 2);
	tcase_add_loop_test(c, last_page, 0, 5);
	tcase_add_test(c, segments_share_bytes);
	tcase_add_test(c, no_core);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
