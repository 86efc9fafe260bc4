/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Core files: the kernel's and gcore's, whole, cut off and damaged; and files that are none. What
 * must be in a core is said by the program that left it and by readelf.
 */
#include <check.h>
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/user.h>
#include "elf/corefile.h"
#include "elf_scratch.h"

static struct scratch dir;
static struct diag d;
enum how { BY_KERNEL, BY_GCORE, HOWS };

static void setup(void)
{
	scratch_init(&dir);
	d = (struct diag){0};
}

static void teardown(void)
{
	scratch_release(&dir);
}

static bool kernel_core_is_possible(void)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	struct rlimit limit;
	char pattern[128] = "|";
	FILE *f = fopen("/proc/sys/kernel/core_pattern", "r");

	if (f && !fgets(pattern, sizeof(pattern), f))
		pattern[0] = '|';
	if (f)
		fclose(f);
	if (setrlimit(RLIMIT_CORE, &unlimited)) {
		getrlimit(RLIMIT_CORE, &limit);
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_CORE, &limit);
	}
	getrlimit(RLIMIT_CORE, &limit);
	/* in a directory of its own whatever the pattern calls it, if it is not sent elsewhere */
	return pattern[0] != '|' && !strchr(pattern, '/') && limit.rlim_cur > 1 << 24;
}

/* DIR/core and DIR/facts; false where this machine cannot make that kind of core. */
static bool make_core(enum how how)
{
	scratch_run(&dir, TEST_CC " -g -O0 -pthread -o crasher '" TEST_SRCDIR "/elf_crasher.c'");
	scratch_run(&dir, "mkdir run; head -c 10000 /dev/zero >mapped");
	if (how == BY_KERNEL) {
		if (!kernel_core_is_possible()) {
			printf("skipped: this machine's kernel does not leave core files "
			       "(core_pattern, ulimit -c)\n");
			return false;
		}
		/* a shell would say "Aborted" on our stderr */
		scratch_try(&dir, "cd run; (../crasher abort %s/mapped >../facts; :) 2>/dev/null",
			    dir.dir);
		scratch_run(&dir, "mv run/* core");
		return true;
	}
	if (scratch_try(&dir, "command -v gcore >/dev/null")) {
		printf("skipped: there is no gcore\n");
		return false;
	}
	scratch_run(
		&dir,
		"./crasher wait %s/mapped >facts & pid=$!; for i in $(seq 100); do "
		"grep -q end facts && break; sleep 0.1; done; timeout 60 gcore -o run/c $pid >log "
		"2>&1; "
		"s=$?; kill -9 $pid; wait $pid 2>/dev/null; mv run/* core || { cat log; exit $s; }",
		dir.dir);
	return true;
}

static struct corefile *open_core(const char *name)
{
	struct corefile *c = NULL;

	ck_assert_msg(!corefile_open(scratch_path(&dir, name), NULL, &c, &d), "%s", diag_text(&d));
	return c;
}

static uint64_t word_at(addr_t a)
{
	return a * 0x9e3779b97f4a7c15u;
}

static bool words_agree(const uint8_t *p, addr_t at, uint64_t len)
{
	for (uint64_t i = 0; i < len; i += 8)
		if (load64(p + i) != word_at(at + i))
			return false;
	return true;
}

static void check_memory(const struct corefile *c, const struct fact *f)
{
	addr_t at = fact_number(f, 1);
	uint64_t len = fact_number(f, 2);
	const uint8_t *p = corefile_at(c, at, len);

	ck_assert_ptr_nonnull(p);
	ck_assert(words_agree(p, at, len));
	ck_assert_ptr_eq(corefile_at(c, at + len - 1, 1), p + len - 1);
	ck_assert_ptr_null(corefile_at(c, at, UINT64_MAX - 8));
	ck_assert_ptr_null(corefile_at(c, UINT64_MAX, 1));
	ck_assert_ptr_null(corefile_at(c, 0, 1));
}

static void check_file(const struct corefile *c, const struct fact *f)
{
	size_t found = 0;
	addr_t last = 0;

	vec_foreach(m, &c->files) {
		ck_assert_uint_ge(m->start, last);
		last = m->end;
		if (strcmp(m->path, f->fields[4]))
			continue;
		ck_assert_uint_eq(m->start, fact_number(f, 1));
		ck_assert_uint_eq(m->end - m->start, fact_number(f, 2));
		ck_assert_uint_eq(m->offset, fact_number(f, 3));
		found++;
	}
	ck_assert_uint_eq(found, 1);
}

static uint64_t stack_pointer(const struct core_thread *t)
{
	struct user_regs_struct regs;

	ck_assert_uint_eq(t->regs.n, sizeof(regs));
	memcpy(&regs, t->regs.at, sizeof(regs));
#ifdef __x86_64__
	return regs.rsp;
#else
	return regs.sp;
#endif
}

static void check_threads(const struct corefile *c, struct facts *facts, enum how how)
{
	size_t n = 0;

	facts_foreach(f, facts, "thread") {
		size_t found = 0;

		vec_foreach(t, &c->threads)
			found += t->tid == (int)fact_number(f, 1);
		ck_assert_uint_eq(found, 1);
		n++;
	}
	ck_assert_uint_eq(c->threads.n, n);
	ck_assert_uint_eq(n, 4);
	ck_assert_int_eq(c->threads.at[0].tid,
			 c->pid); /* who aborted, and whom gcore shows first */
	facts_foreach(f, facts, "stack") {
		uint64_t sp = stack_pointer(&c->threads.at[0]);

		ck_assert_uint_lt(sp, fact_number(f, 1));
		ck_assert_uint_gt(sp, fact_number(f, 1) - 65536);
	}
	if (how == BY_KERNEL) {
		ck_assert_int_eq(c->threads.at[0].signal, SIGABRT);
		ck_assert(c->has_siginfo);
		ck_assert_int_eq((int)load32(c->siginfo), SIGABRT);
	}
}

static void check_process(const struct corefile *c, const struct fact *f)
{
	ck_assert_int_eq(c->pid, (int)fact_number(f, 1));
	ck_assert_int_eq(c->ppid, (int)fact_number(f, 2));
	ck_assert_int_eq(c->uid, (int)fact_number(f, 3));
	ck_assert_int_eq(c->gid, (int)fact_number(f, 4));
	/* the kernel tells the thread's name, gdb the executable's */
	ck_assert(!strcmp(c->comm, "sixteen-letters") || !strcmp(c->comm, "crasher"));
	ck_assert_ptr_nonnull(strstr(c->args, "crasher"));
}

/*
 * The segments as readelf says, in DIR/segments: offset, address, size in the file, size in
 * memory.
 */
static void check_segments(const struct corefile *c)
{
	char *text, *line_end;
	size_t n = 0;
	uint64_t sum = 0;

	scratch_run(&dir, "readelf -lW core | awk '$1 == \"LOAD\" {print $2, $3, $5, $6}' | sort "
			  "-k 2 >segments");
	text = scratch_read(&dir, "segments", NULL);
	for (char *line = strtok_r(text, "\n", &line_end); line;
	     line = strtok_r(NULL, "\n", &line_end), n++) {
		const struct core_segment *s = &c->segments.at[n];
		unsigned long offset, vaddr, filesz, memsz;

		ck_assert_uint_lt(n, c->segments.n);
		ck_assert_int_eq(sscanf(line, "%lx %lx %lx %lx", &offset, &vaddr, &filesz, &memsz),
				 4);
		ck_assert_uint_eq(s->start, vaddr);
		ck_assert_uint_eq(s->offset, offset);
		ck_assert_uint_eq(s->filesz, filesz);
		ck_assert_uint_eq(s->memsz, memsz);
		ck_assert_uint_eq(s->have, filesz);
		sum += filesz;
	}
	ck_assert_uint_eq(n, c->segments.n);
	ck_assert_uint_gt(n, 5);
	ck_assert_uint_eq(c->bytes_expected, sum);
	ck_assert_uint_eq(c->bytes_missing, 0);
	free(text);
}

START_TEST(as_it_was_left)
{
	struct corefile *c;
	struct facts facts;
	uint64_t v;

	if (!make_core(_i))
		return;
	facts_read(&facts, &dir);
	c = open_core("core");
	ck_assert(c->has_notes && !c->headers_cut && !c->notes_cut);
	ck_assert(c->machine == EM_X86_64 || c->machine == EM_AARCH64);
	check_segments(c);
	facts_foreach(f, &facts, "memory")
		check_memory(c, f);
	facts_foreach(f, &facts, "file")
		check_file(c, f);
	facts_foreach(f, &facts, "process")
		check_process(c, f);
	check_threads(c, &facts, _i);
	facts_foreach(f, &facts, "auxv") {
		ck_assert(corefile_auxv(c, fact_number(f, 1), &v));
		ck_assert_uint_eq(v, fact_number(f, 2));
	}
	ck_assert(!corefile_auxv(c, 9999, &v));
	corefile_close(c);
	facts_release(&facts);
}
END_TEST

/*
 * What a core that was cut off still has is the same as in the whole one, and the rest is
 * counted.
 */
static void check_cut(const struct corefile *whole, uint64_t size)
{
	uint64_t expected = 0, missing = 0;
	struct corefile *c;

	scratch_run(&dir, "head -c %llu core >cut", (unsigned long long)size);
	c = open_core("cut");
	ck_assert_uint_eq(c->segments.n,
			  whole->segments.n); /* the headers are in front in both kinds */
	for (size_t i = 0; i < whole->segments.n; i++) {
		const struct core_segment *s = &whole->segments.at[i], *cut = &c->segments.at[i];
		uint64_t have = s->offset >= size ? 0 : min_of(size - s->offset, s->filesz);

		expected += s->filesz;
		missing += s->filesz - have;
		ck_assert_uint_eq(cut->have, have);
		ck_assert_uint_eq(cut->filesz, s->filesz);
		if (have)
			ck_assert_mem_eq(corefile_at(c, s->start, have),
					 corefile_at(whole, s->start, have), have);
		ck_assert_ptr_null(corefile_at(c, s->start, have + 1));
	}
	ck_assert_uint_eq(c->bytes_expected, expected);
	ck_assert_uint_eq(c->bytes_missing, missing);
	ck_assert_uint_gt(missing, 0);
	corefile_close(c);
}

START_TEST(cut_off)
{
	struct corefile *c;

	if (!make_core(_i))
		return;
	c = open_core("core");
	check_cut(c, c->size / 10);
	check_cut(c, c->size / 2);
	check_cut(c, c->size / 10 * 9);
	check_cut(c, c->size / 100 * 99);
	corefile_close(c);
}
END_TEST

START_TEST(cut_off_in_the_headers)
{
	struct corefile *c, *cut;

	if (!make_core(_i))
		return;
	c = open_core("core");
	/* two and a half program headers */
	scratch_run(&dir, "head -c %zu core >cut", sizeof(Elf64_Ehdr) + 5 * sizeof(Elf64_Phdr) / 2);
	cut = open_core("cut");
	ck_assert(cut->headers_cut && !cut->has_notes);
	ck_assert_uint_lt(cut->segments.n, c->segments.n);
	ck_assert_uint_eq(cut->bytes_missing, cut->bytes_expected);
	corefile_close(cut);
	scratch_run(&dir, "head -c %zu core >cut", sizeof(Elf64_Ehdr));
	ck_assert_int_eq(corefile_open(scratch_path(&dir, "cut"), NULL, &cut, &d), ERR_BAD_FILE);
	ck_assert_ptr_nonnull(strstr(diag_text(&d), "cut off"));
	corefile_close(c);
}
END_TEST

/*
 * A core by hand: n segments of a page each at the end, numbered as in cores with more than 65534
 * mappings.
 */
START_TEST(extended_numbering)
{
	enum { N = 70000 };
	size_t headers = sizeof(Elf64_Ehdr) + (N + 1) * sizeof(Elf64_Phdr), size = headers + 4096;
	char *bytes = calloc(1, size + sizeof(Elf64_Shdr));
	Elf64_Ehdr eh = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
			 .e_type = ET_CORE,
			 .e_machine = EM_X86_64,
			 .e_version = EV_CURRENT,
			 .e_phoff = sizeof(eh),
			 .e_phentsize = sizeof(Elf64_Phdr),
			 .e_phnum = PN_XNUM,
			 .e_shoff = size,
			 .e_shnum = 1,
			 .e_shentsize = sizeof(Elf64_Shdr),
			 .e_ehsize = sizeof(eh)};
	Elf64_Phdr ph = {.p_type = PT_NOTE, .p_offset = headers};
	Elf64_Shdr sh = {.sh_info = N + 1};
	struct corefile *c;

	memcpy(bytes, &eh, sizeof(eh));
	memcpy(bytes + sizeof(eh), &ph, sizeof(ph));
	for (size_t i = 1; i <= N; i++) {
		/* descending, so that they must be sorted */
		ph = (Elf64_Phdr){.p_type = PT_LOAD,
				  .p_offset = headers,
				  .p_filesz = 4096,
				  .p_memsz = 4096,
				  .p_vaddr = (2 * N - i) * 8192};
		memcpy(bytes + sizeof(eh) + i * sizeof(ph), &ph, sizeof(ph));
	}
	memcpy(bytes + size, &sh, sizeof(sh));
	/* with its section header, and without: that is what is lost first */
	for (int complete = 0; complete < 2; complete++) {
		scratch_write(&dir, "core", bytes, complete ? size + sizeof(sh) : size);
		c = open_core("core");
		ck_assert_uint_eq(c->segments.n, N);
		ck_assert_ptr_nonnull(corefile_at(c, (2 * N - 17) * 8192, 4096));
		ck_assert_ptr_null(corefile_at(c, (2 * N - 17) * 8192, 4097));
		ck_assert_uint_eq(c->bytes_missing, 0);
		corefile_close(c);
	}
	free(bytes);
}
END_TEST

static void refuses(const char *name, enum err code, const char *says)
{
	struct corefile *c = NULL;

	ck_assert_int_eq(corefile_open(scratch_path(&dir, name), NULL, &c, &d), code);
	ck_assert_ptr_null(c);
	ck_assert_msg(strstr(diag_text(&d), says), "'%s' does not say '%s'", diag_text(&d), says);
	ck_assert_ptr_nonnull(strstr(diag_text(&d), name));
	ck_assert_ptr_null(strchr(diag_text(&d), '\n'));
}

START_TEST(says_what_is_no_core)
{
	static const struct {
		const char *name, *magic, *says;
	} others[] = {
		{"c.dmp", "MDMP....", "a minidump"},
		{"c.bin", "\x01\x02\x03\x04....", "no ELF file, not a core file"},
		{"c.elf",
		 "\x7f"
		 "ELF",
		 "cut off"},
	};

	refuses("missing", ERR_NO_FILE, "No such file");
	scratch_run(&dir, "mkdir folder; mkfifo fifo; : >empty; echo some text >text; ln -s "
			  "/dev/zero device");
	refuses("folder", ERR_NOT_A_CORE, "is a directory, not a core file");
	refuses("fifo", ERR_NOT_A_CORE, "is a FIFO");
	refuses("device", ERR_NOT_A_CORE, "is a device");
	refuses("empty", ERR_NOT_A_CORE, "is empty");
	refuses("text", ERR_NOT_A_CORE, "is a text file, not a core file");
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		scratch_write(&dir, others[i].name, others[i].magic, strlen(others[i].magic));
		refuses(others[i].name, ERR_NOT_A_CORE, others[i].says);
	}
	scratch_run(&dir, "head -c 5000 /dev/zero >zeros");
	refuses("zeros", ERR_NOT_A_CORE, "is no ELF file, not a core file");
}
END_TEST

START_TEST(says_which_elf_is_no_core)
{
	char *bytes;
	size_t n;

	scratch_compile(&dir, "-O0 -pie -fPIE");
	refuses("sample", ERR_NOT_A_CORE, "is an executable, not a core file");
	refuses("elf_sample.o", ERR_NOT_A_CORE, "is an object file, not a core file");
	bytes = scratch_read(&dir, "sample", &n);
	bytes[EI_CLASS] = ELFCLASS32;
	scratch_write(&dir, "small", bytes, n);
	refuses("small", ERR_UNSUPPORTED, "32-bit");
	bytes[EI_CLASS] = ELFCLASS64;
	bytes[EI_DATA] = ELFDATA2MSB;
	scratch_write(&dir, "big", bytes, n);
	refuses("big", ERR_UNSUPPORTED, "big-endian");
	bytes[EI_DATA] = ELFDATA2LSB;
	bytes[offsetof(Elf64_Ehdr, e_machine)] = (char)EM_PPC64;
	scratch_write(&dir, "other", bytes, n);
	refuses("other", ERR_UNSUPPORTED, "PowerPC");
	free(bytes);
	scratch_compile(&dir, "-O0 -no-pie -fno-pie");
	refuses("sample", ERR_NOT_A_CORE, "is an executable, not a core file");
	scratch_run(&dir, TEST_CC " -shared -fPIC -o lib.so '" TEST_SRCDIR "/elf_sample_other.c'");
	refuses("lib.so", ERR_NOT_A_CORE, "is a shared library, not a core file");
}
END_TEST

/* Touches everything that a core gives, and checks what must hold for any file. */
static uint64_t use_core(const struct corefile *c)
{
	uint64_t sum = 0, v = 0;
	addr_t last = 0;

	vec_foreach(s, &c->segments) {
		ck_assert_uint_ge(s->start, last);
		last = s->start + s->memsz;
		ck_assert_uint_le(s->have, s->filesz);
		ck_assert_uint_le(s->filesz, s->memsz);
		if (!s->have)
			continue;
		ck_assert_uint_le(s->offset + s->have, c->size);
		sum += *(const uint8_t *)corefile_at(c, s->start, s->have);
		sum += *(const uint8_t *)corefile_at(c, s->start + s->have - 1, 1);
	}
	vec_foreach(f, &c->files) {
		ck_assert_uint_lt(f->start, f->end);
		sum += strlen(f->path);
	}
	vec_foreach(t, &c->threads) {
		ck_assert_uint_le(t->regs.n, sizeof(t->regs.at));
		sum += t->regs.at[0];
	}
	ck_assert_uint_eq(c->auxv.n % 2, 0);
	corefile_auxv(c, AT_PHDR, &v);
	ck_assert_uint_lt(strlen(c->comm), sizeof(c->comm));
	ck_assert_uint_lt(strlen(c->args), sizeof(c->args));
	ck_assert_uint_le(c->bytes_missing, c->bytes_expected);
	return sum + v;
}

/* Where the notes of the core are: at the front in one kind, at the end in the other. */
static uint64_t notes_offset(void)
{
	char *text;
	uint64_t at;

	scratch_run(&dir, "readelf -lW core | awk '$1 == \"NOTE\" {print $2; exit}' >notes");
	text = scratch_read(&dir, "notes", NULL);
	at = strtoull(text, NULL, 16);
	free(text);
	ck_assert_uint_gt(at, 0);
	return at;
}

START_TEST(survives_damage)
{
	unsigned int seed = 99 + _i, opened = 0;
	uint64_t notes, sum = 0;
	char *bytes;
	size_t n;
	int fd;

	if (!make_core(_i))
		return;
	notes = notes_offset();
	bytes = scratch_read(&dir, "core", &n);
	fd = open(scratch_path(&dir, "core"), O_RDWR);
	for (int i = 0; i < 6000; i++) {
		struct corefile *c = NULL;
		size_t at[4];
		int k, count = 1 + i % 4;

		for (k = 0; k < count; k++) {
			char byte = (char)(rand_r(&seed) % 3 ? rand_r(&seed) : 0xff);

			at[k] = i % 2 ? (size_t)rand_r(&seed) % 4096
				      : notes + (size_t)rand_r(&seed) % 6000;
			at[k] = min_of(at[k], n - 1);
			ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)at[k]), 1);
		}
		if (!corefile_open(scratch_path(&dir, "core"), NULL, &c, &d)) {
			sum += use_core(c);
			corefile_close(c);
			opened++;
		}
		for (k = 0; k < count; k++)
			ck_assert_int_eq(pwrite(fd, bytes + at[k], 1, (off_t)at[k]), 1);
	}
	ck_assert_uint_gt(opened, 1000);
	ck_assert_uint_gt(sum, 0);
	close(fd);
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("elfcore");
	TCase *t = tcase_create("elfcore");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, as_it_was_left, 0, HOWS);
	tcase_add_loop_test(t, cut_off, 0, HOWS);
	tcase_add_loop_test(t, cut_off_in_the_headers, 0, HOWS);
	tcase_add_test(t, extended_numbering);
	tcase_add_test(t, says_what_is_no_core);
	tcase_add_test(t, says_which_elf_is_no_core);
	tcase_add_loop_test(t, survives_damage, 0, HOWS);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
