/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ELF files: headers, build-ids, symbols, what is refused and how. The sample program is the
 * oracle.
 */
#include <check.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include "elf_scratch.h"

static struct scratch dir;
static struct diag d;

static void setup(void)
{
	scratch_init(&dir);
	d = (struct diag){0};
}

static void teardown(void)
{
	scratch_release(&dir);
}

static struct elf_file *open_in(const char *name)
{
	struct elf_file *f = NULL;
	enum err e = elf_file_open(scratch_path(&dir, name), -1, &f, &d);

	ck_assert_msg(e == OK, "%s", diag_text(&d));
	return f;
}

static void check_symbol(struct elf_file *f, const char *name, unsigned long addr,
			 unsigned long size)
{
	struct elf_symbol s;

	ck_assert_msg(elf_file_symbol(f, name, &s), "no symbol %s", name);
	ck_assert_msg(s.addr == addr, "%s is at %lx, not %lx", name, addr, (unsigned long)s.addr);
	if (size)
		ck_assert_uint_eq(s.size, size);
	ck_assert(!s.tls);
	ck_assert(elf_file_symbol_at(f, addr + s.size - 1, &s));
	ck_assert_uint_eq(s.addr, addr);
}

static void check_symbols_of(const char *flags)
{
	struct elf_file *f;
	struct facts facts;
	size_t n = 0;

	scratch_compile(&dir, flags);
	facts_init(&facts, &dir);
	f = open_in("sample");
	facts_foreach(fact, &facts, "symbol") {
		/* two units have a local of that name */
		if (strcmp(fact->fields[1], "local_looked"))
			check_symbol(f, fact->fields[1], fact_number(fact, 2),
				     fact_number(fact, 3));
		n++;
	}
	facts_foreach(fact, &facts, "function") {
		check_symbol(f, fact->fields[1], fact_number(fact, 2), 0);
		n++;
	}
	ck_assert_uint_eq(n, 15);
	facts_release(&facts);
	elf_file_close(f);
}

START_TEST(symbols_of_a_fixed_executable)
{
	check_symbols_of("-g -O0 -no-pie -fno-pie");
}
END_TEST

START_TEST(symbols_of_a_pie)
{
	check_symbols_of("-g -O2 -pie -fPIE");
}
END_TEST

START_TEST(names_before_suffixes)
{
	struct elf_symbol s, all[4];
	struct elf_file *f;

	scratch_compile(&dir, "-g -O1 -pie -fPIE");
	f = open_in("sample");
	/*
	 * the plain name is better than a part of the function, whatever comes first in the table
	 */
	ck_assert(elf_file_symbol(f, "sliced", &s));
	ck_assert_str_eq(s.name, "sliced");
	ck_assert(elf_file_symbol(f, "cloned", &s));
	ck_assert_str_eq(s.name, "cloned.constprop.3.isra.0");
	ck_assert_uint_eq(elf_file_symbols(f, "twin", all, 4), 2);
	ck_assert_uint_ne(all[0].addr, all[1].addr);
	ck_assert_uint_eq(elf_file_symbols(f, "twin", all, 1), 1);
	ck_assert_uint_eq(elf_file_symbols(f, "local_looked", all, 4), 2);
	ck_assert_uint_eq(elf_file_symbols(f, "sliced.part.0", all, 4), 1);
	ck_assert_uint_eq(elf_file_symbols(f, "sliced", all, 4), 2);
	ck_assert(!elf_file_symbol(f, "other", &s));
	ck_assert(!elf_file_symbol(f, "twin.lto_priv.2", &s));
	ck_assert(!elf_file_symbol(f, "", &s));
	ck_assert(!elf_file_symbol(f, "printf", &s)); /* undefined here */
	ck_assert(elf_file_symbol(f, "thread_local_one", &s) && s.tls);
	elf_file_close(f);
}
END_TEST

START_TEST(stripped_keeps_dynamic_symbols)
{
	struct elf_file *f;
	struct elf_symbol s;

	scratch_compile(&dir, "-O1 -pie -fPIE -rdynamic");
	scratch_run(&dir, "strip sample");
	f = open_in("sample");
	ck_assert(elf_file_symbol(f, "global_plain", &s));
	ck_assert(!elf_file_symbol(f, "local_looked", &s));
	elf_file_close(f);
}
END_TEST

START_TEST(segments_sections_and_bytes)
{
	const struct elf_segment *seg;
	const struct elf_section *data;
	struct elf_file *f;
	struct facts facts;
	size_t n, loads = 0;
	int value;

	scratch_compile(&dir, "-g -O0 -pie -fPIE");
	facts_init(&facts, &dir);
	f = open_in("sample");
	ck_assert_int_eq(elf_file_type(f), ET_DYN);
	ck_assert(elf_file_machine(f) == EM_X86_64 || elf_file_machine(f) == EM_AARCH64);
	seg = elf_file_segments(f, &n);
	for (size_t i = 0; i < n; i++)
		loads += (seg[i].flags & PF_X) != 0;
	ck_assert_uint_eq(loads, 1);
	ck_assert_ptr_null(elf_file_section(f, ".no_such"));
	data = elf_file_section(f, ".data");
	ck_assert_ptr_nonnull(data);
	ck_assert_ptr_eq(elf_file_bytes(f, data->offset, data->size),
			 elf_file_at(f, data->addr, data->size));
	ck_assert_ptr_null(elf_file_bytes(f, data->offset, UINT64_MAX));
	ck_assert_ptr_null(elf_file_bytes(f, UINT64_MAX, 2));
	ck_assert_ptr_null(elf_file_at(f, UINT64_MAX - 4, 8));
	facts_foreach(fact, &facts, "symbol") {
		if (strcmp(fact->fields[1], "global_array"))
			continue;
		ck_assert_ptr_nonnull(elf_file_at(f, fact_number(fact, 2), sizeof(value)));
		memcpy(&value, elf_file_at(f, fact_number(fact, 2), sizeof(value)), sizeof(value));
		ck_assert_int_eq(value, 1);
	}
	facts_release(&facts);
	elf_file_close(f);
}
END_TEST

START_TEST(build_id_as_the_linker_was_told)
{
	char hex[2 * BUILD_ID_MAX + 1];
	struct elf_file *f;

	scratch_compile(&dir, "-O0 -Wl,--build-id=0x00ff123456789abcdef0");
	f = open_in("sample");
	ck_assert_str_eq(build_id_text(elf_file_build_id(f), hex), "00ff123456789abcdef0");
	elf_file_close(f);
	scratch_compile(&dir, "-O0 -Wl,--build-id=none");
	f = open_in("sample");
	ck_assert_str_eq(build_id_text(elf_file_build_id(f), hex), "");
	ck_assert(!build_id_equal(elf_file_build_id(f), &(struct build_id){{1}, 1}));
	elf_file_close(f);
}
END_TEST

START_TEST(opens_a_descriptor)
{
	struct elf_file *f = NULL;
	int fd;

	scratch_compile(&dir, "-O0");
	fd = open(scratch_path(&dir, "sample"), O_RDONLY);
	ck_assert_int_eq(elf_file_open("/as/the/target/sees/it", fd, &f, &d), OK);
	ck_assert_str_eq(elf_file_path(f), "/as/the/target/sees/it");
	elf_file_close(f);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1); /* consumed */
	fd = open("/dev/null", O_RDONLY);
	ck_assert_int_eq(elf_file_open("x", fd, &f, &d), ERR_BAD_FILE);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}
END_TEST

static void refuses(const char *name, enum err code, const char *says)
{
	struct elf_file *f = NULL;

	ck_assert_int_eq(elf_file_open(scratch_path(&dir, name), -1, &f, &d), code);
	ck_assert_ptr_null(f);
	ck_assert_msg(strstr(diag_text(&d), says), "'%s' does not say '%s'", diag_text(&d), says);
	ck_assert_ptr_nonnull(strstr(diag_text(&d), name));
}

START_TEST(says_what_it_refuses)
{
	char *bytes;
	size_t n;

	refuses("missing", ERR_NO_FILE, "No such file");
	scratch_run(&dir,
		    "mkdir folder; mkfifo fifo; : >empty; echo hello world >text; ln -s loop loop");
	refuses("folder", ERR_BAD_FILE, "is a directory, not an ELF file");
	refuses("fifo", ERR_BAD_FILE, "is a FIFO");
	refuses("empty", ERR_BAD_FILE, "is empty");
	refuses("text", ERR_BAD_FILE, "is a text file");
	refuses("loop", ERR_NO_FILE, "symbolic links");
	scratch_compile(&dir, "-O0");
	bytes = scratch_read(&dir, "sample", &n);
	scratch_write(&dir, "short", bytes, 40);
	refuses("short", ERR_BAD_FILE, "cut off");
	scratch_write(&dir, "cut", bytes, n - 100);
	refuses("cut", ERR_BAD_FILE, "section headers are outside the file");
	bytes[EI_CLASS] = ELFCLASS32;
	scratch_write(&dir, "small", bytes, n);
	refuses("small", ERR_UNSUPPORTED, "32-bit");
	bytes[EI_CLASS] = ELFCLASS64;
	bytes[EI_DATA] = ELFDATA2MSB;
	scratch_write(&dir, "big", bytes, n);
	refuses("big", ERR_UNSUPPORTED, "big-endian");
	bytes[EI_DATA] = ELFDATA2LSB;
	bytes[offsetof(Elf64_Ehdr, e_machine)] = EM_S390;
	scratch_write(&dir, "other", bytes, n);
	refuses("other", ERR_UNSUPPORTED, "IBM Z");
	free(bytes);
}
END_TEST

/* Everything that is asked of a file, on one whose bytes are wrong somewhere. */
static void ask_everything(const char *name)
{
	static const char *const dirs[] = {"/nonexistent", NULL};
	struct elf_file *f = NULL;
	struct elf_symbol s[4];
	char tried[512];

	if (elf_file_open(scratch_path(&dir, name), -1, &f, &d))
		return;
	for (size_t i = 0; i < 0x6000; i += 64)
		elf_file_symbol_at(f, i, s);
	elf_file_symbols(f, "twin", s, 4);
	elf_file_symbol(f, "main", s);
	elf_file_at(f, 0x1000, 0x1000);
	elf_file_find_debug(f, &(struct debug_search){.dirs = dirs}, tried, sizeof(tried));
	elf_file_close(f);
}

START_TEST(survives_damage)
{
	unsigned int seed = 12345;
	char *bytes, *copy;
	uint64_t sections;
	size_t n;

	scratch_compile(&dir, "-O1 -Wl,--build-id");
	scratch_run(&dir, "objcopy --only-keep-debug sample sample.dbg; objcopy "
			  "--add-gnu-debuglink=sample.dbg sample");
	bytes = scratch_read(&dir, "sample", &n);
	copy = malloc(n);
	memcpy(&sections, bytes + offsetof(Elf64_Ehdr, e_shoff), sizeof(sections));
	for (int i = 0; i < 1500; i++) {
		memcpy(copy, bytes, n);
		/* headers, then section headers, then anywhere (symbols, strings, notes) */
		for (int k = 0; k < 1 + i % 3; k++) {
			size_t at = rand_r(&seed);

			at = i % 3 == 0	  ? at % 1024
			     : i % 3 == 1 ? sections + at % (n - sections)
					  : at % n;
			copy[at] = (char)(rand_r(&seed) % 4 ? rand_r(&seed) : 0xff);
		}
		scratch_write(&dir, "mutant", copy, n);
		ask_everything("mutant");
	}
	free(copy);
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("elf");
	TCase *t = tcase_create("elf");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, symbols_of_a_fixed_executable);
	tcase_add_test(t, symbols_of_a_pie);
	tcase_add_test(t, names_before_suffixes);
	tcase_add_test(t, stripped_keeps_dynamic_symbols);
	tcase_add_test(t, segments_sections_and_bytes);
	tcase_add_test(t, build_id_as_the_linker_was_told);
	tcase_add_test(t, opens_a_descriptor);
	tcase_add_test(t, says_what_it_refuses);
	tcase_add_test(t, survives_damage);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
