/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compressed cores: the file without a name that they are decompressed into, how far a core goes by its headers, and
 * what comes out of files that real programs have compressed. Without libarchive: one line for each.
 */
#include "config.h"

#include <check.h>
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "elf/corepriv.h"
#include "elf/spool.h"
#include "elf/unpack.h"
#include "elf_scratch.h"

#define PAGE	4096
#define HEADERS (sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr))

static struct scratch dir;
static struct diag d;

static void setup(void)
{
	scratch_init(&dir);
	setenv("TMPDIR", dir.dir, 1);
	d = (struct diag){0};
}

static void teardown(void)
{
	scratch_release(&dir);
}

/* Only the files that the test itself made. */
static void nothing_left(void)
{
	ck_assert_int_eq(scratch_try(&dir, "ls -A | grep heapscope"), 1);
}

/* Pieces of all sizes around a page's, zeros or not, at any place: what is read back is what was added. */
START_TEST(spool_keeps_all)
{
	static const size_t sizes[] = {1, 2, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE, 100, 8 * PAGE + 7};
	static uint8_t expected[40 * 9 * PAGE], got[sizeof(expected)];
	struct spool s;
	unsigned seed = 5;
	size_t n = 0;

	ck_assert_int_eq(spool_open(&s), 0);
	ck_assert_str_eq(s.dir, dir.dir);
	nothing_left();
	for (int i = 0; i < 40; i++) {
		size_t size = sizes[rand_r(&seed) % ARRAY_SIZE(sizes)];

		for (size_t k = 0; k < size; k++)
			expected[n + k] = rand_r(&seed) % 3 && (k / PAGE + (size_t)i) % 2 ? (uint8_t)rand_r(&seed) : 0;
		ck_assert_int_eq(spool_add(&s, expected + n, size, 0), 0);
		n += size;
		ck_assert_int_eq(spool_settle(&s), 0);
		ck_assert_int_eq(pread(s.fd, got, sizeof(got), 0), (ssize_t)n);
		ck_assert_mem_eq(got, expected, n);
	}
	ck_assert_uint_eq(s.size, n);
	ck_assert_uint_lt(s.written, n);
	spool_close(&s);
	nothing_left();
}
END_TEST

START_TEST(spool_has_holes)
{
	static uint8_t zeros[1 << 20];
	struct spool s;
	struct stat st;

	ck_assert_int_eq(spool_open(&s), 0);
	ck_assert_int_eq(spool_add(&s, "x", 1, 0), 0);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(spool_add(&s, zeros, sizeof(zeros), 0), 0);
	ck_assert_int_eq(spool_settle(&s), 0);
	ck_assert_int_eq(fstat(s.fd, &st), 0);
	ck_assert_uint_eq(st.st_size, 1000 * sizeof(zeros) + 1);
	ck_assert_uint_le(st.st_blocks * 512, 1 << 20);
	ck_assert_uint_le(s.written, PAGE);
	spool_close(&s);
}
END_TEST

START_TEST(spool_that_cannot_be)
{
	struct rlimit small = {100000, 100000};
	static uint8_t ones[200000];
	struct spool s;

	setenv("TMPDIR", "/nonexistent", 1);
	ck_assert_int_eq(spool_open(&s), ENOENT);
	ck_assert_str_eq(s.dir, "/nonexistent");
	setenv("TMPDIR", "/proc/self", 1);
	ck_assert_int_ne(spool_open(&s), 0);
	setenv("TMPDIR", "", 1);
	ck_assert_int_eq(spool_open(&s), 0);
	ck_assert_str_eq(s.dir, "/var/tmp");
	spool_close(&s);
	setenv("TMPDIR", dir.dir, 1);
	memset(ones, 1, sizeof(ones));
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	ck_assert_int_eq(spool_open(&s), 0);
	ck_assert_int_eq(spool_add(&s, ones, sizeof(ones), 0), EFBIG);
	spool_close(&s);
	nothing_left();
}
END_TEST

/* A core by hand: headers, and a segment of `filesz` bytes at `offset`. */
static void write_core(const char *name, uint64_t offset, uint64_t filesz, size_t size)
{
	struct {
		Elf64_Ehdr eh;
		Elf64_Phdr ph;
	} head = {
		.eh = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		       .e_type = ET_CORE,
		       .e_machine = EM_X86_64,
		       .e_version = EV_CURRENT,
		       .e_phoff = sizeof(Elf64_Ehdr),
		       .e_phentsize = sizeof(Elf64_Phdr),
		       .e_phnum = 1,
		       .e_ehsize = sizeof(Elf64_Ehdr)},
		.ph = {.p_type = PT_LOAD,
		       .p_offset = offset,
		       .p_filesz = filesz,
		       .p_memsz = filesz,
		       .p_vaddr = 0x10000},
	};
	uint8_t *bytes = calloc(1, size);
	uint32_t random = 1;

	for (size_t i = 0; i < size; i++) {
		random = random * 1664525 + 1013904223;
		bytes[i] = i / PAGE % 4 ? random >> 24 & 63 : 0;
	}
	memcpy(bytes, &head, min_of(sizeof(head), size));
	scratch_write(&dir, name, bytes, size);
	free(bytes);
}

START_TEST(extent_of_a_core)
{
	static const struct {
		size_t there;
		uint64_t offset, filesz;
		enum core_extent says;
		uint64_t bytes;
	} rows[] = {
		{sizeof(Elf64_Ehdr) - 1, PAGE, PAGE, CORE_MORE, sizeof(Elf64_Ehdr)},
		{sizeof(Elf64_Ehdr), PAGE, PAGE, CORE_MORE, HEADERS},
		{HEADERS - 1, PAGE, PAGE, CORE_MORE, HEADERS},
		{HEADERS, PAGE, PAGE, CORE_KNOWN, 2 * PAGE},
		{PAGE, PAGE, 7 * PAGE, CORE_KNOWN, 8 * PAGE},
		{PAGE, UINT64_MAX - 5, 7 * PAGE, CORE_KNOWN, UINT64_MAX},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t bytes = 0;
		struct file_map m = {.size = rows[i].there};

		write_core("core", rows[i].offset, rows[i].filesz, rows[i].there);
		m.at = (uint8_t *)scratch_read(&dir, "core", &(size_t){0});
		ck_assert_int_eq(core_extent(&m, &bytes), rows[i].says);
		ck_assert_uint_eq(bytes, rows[i].bytes);
		((uint8_t *)m.at)[16] = ET_DYN;
		ck_assert_int_eq(core_extent(&m, &bytes), m.size < sizeof(Elf64_Ehdr) ? CORE_MORE : CORE_NOT);
		free((void *)m.at);
	}
}
END_TEST

static const struct {
	const char *name, *command, *decompress;
} packers[] = {
	{"zstd", "zstd -qc", "zstd -d"},   {"lz4", "lz4 -c", "lz4 -d"},	  {"xz", "xz -c", "xz -dk"},
	{"gzip", "gzip -c", "gzip -dk"},   {"bzip2", "bzip2 -c", "bzip2 -dk"},
};

static enum err unpack(const char *name, struct unpacked *u)
{
	static const struct file_want want = {"a core file", ERR_NOT_A_CORE};
	struct file_map m;
	enum err e;

	ck_assert_int_eq(file_map_open(scratch_path(&dir, name), -1, &want, &m, &d), OK);
	e = unpack_core(scratch_path(&dir, name), &m, NULL, u, &d);
	file_map_close(&m);
	ck_assert_ptr_null(strchr(diag_text(&d), '\n'));
	nothing_left();
	return e;
}

#ifdef LIBARCHIVE_LIBRARY
/* As many bytes of `whole` as there should be, and no others. */
static void came_out(struct unpacked *u, const char *whole, size_t at_least, size_t at_most)
{
	size_t n;
	char *bytes = scratch_read(&dir, whole, &n);

	ck_assert_uint_ge(u->map.size, at_least);
	ck_assert_uint_le(u->map.size, at_most);
	ck_assert_mem_eq(u->map.at, bytes, min_of(n, u->map.size));
	free(bytes);
	file_map_close(&u->map);
}

START_TEST(unpacks)
{
	struct unpacked u;
	size_t size = 6000000;

	write_core("core", PAGE, size - PAGE, size);
	ck_assert_int_eq(unpack("core", &u), OK);
	ck_assert_ptr_null(u.packing);

	scratch_run(&dir, "%s core >packed", packers[_i].command);
	ck_assert_int_eq(unpack("packed", &u), OK);
	ck_assert_str_eq(u.packing, packers[_i].name);
	ck_assert_str_eq(u.damage, "");
	came_out(&u, "core", size, size);

	/* two in one file: the second is beyond the end of the core */
	scratch_run(&dir, "cat packed packed >both; cat core core >twice");
	ck_assert_int_eq(unpack("both", &u), OK);
	ck_assert_str_eq(u.damage, "it goes on where the core ends by its own headers");
	came_out(&u, "twice", size, size + (6 << 20));
}
END_TEST

/* What came out before the damaged place is right, as far as that can be known: a checksum comes behind its data. */
START_TEST(unpacks_what_is_there)
{
	struct unpacked u;
	size_t size = 12000000, n;
	char *bytes;

	write_core("core", PAGE, size - PAGE, size);
	scratch_run(&dir, "%s core >packed; head -c $(($(stat -c %%s packed) * 3 / 4)) packed >cut",
		    packers[_i].command);
	ck_assert_int_eq(unpack("cut", &u), OK);
	ck_assert_str_ne(u.damage, "");
	came_out(&u, "core", size / 4, size * 7 / 8);

	bytes = scratch_read(&dir, "packed", &n);
	bytes[n * 3 / 4] ^= 0x10;
	scratch_write(&dir, "damaged", bytes, n);
	ck_assert_int_eq(unpack("damaged", &u), OK);
	ck_assert_str_ne(u.damage, "");
	file_map_close(&u.map);
	bytes[n * 3 / 4] ^= 0x10;

	scratch_write(&dir, "begun", bytes, 8);
	ck_assert_int_eq(unpack("begun", &u), ERR_BAD_FILE);
	ck_assert_ptr_nonnull(strstr(diag_text(&d), "nothing came out of it"));
	free(bytes);
}
END_TEST

/* Of what is no core only the beginning is looked at, so that its kind can be said. */
START_TEST(unpacks_no_core)
{
	struct unpacked u;

	scratch_run(&dir, "seq 1000000 >text; %s text >packed", packers[_i].command);
	ck_assert_int_eq(unpack("packed", &u), OK);
	came_out(&u, "text", 1000, 6000000);
}
END_TEST

/* The headers promise little, and very much comes: it ends there. */
START_TEST(a_bomb_ends)
{
	struct unpacked u;
	struct stat st;

	write_core("core", PAGE, PAGE, 2 * PAGE);
	scratch_run(&dir, "(cat core; head -c 64M /dev/zero) | %s >packed", packers[_i].command);
	ck_assert_int_eq(unpack("packed", &u), OK);
	ck_assert_str_eq(u.damage, "it goes on where the core ends by its own headers");
	ck_assert_uint_lt(u.map.size, 16 << 20);
	ck_assert_int_eq(fstat(u.map.fd, &st), 0);
	ck_assert_uint_lt(st.st_blocks * 512, 100000);
	file_map_close(&u.map);
}
END_TEST

START_TEST(says_where_there_is_no_room)
{
	struct rlimit small = {1000000, 1000000};
	struct unpacked u;

	write_core("core", PAGE, 6000000 - PAGE, 6000000);
	scratch_run(&dir, "%s core >packed", packers[_i].command);
	setrlimit(RLIMIT_FSIZE, &small);
	ck_assert_int_eq(unpack("packed", &u), ERR_IO);
	ck_assert_ptr_nonnull(strstr(diag_text(&d), "File too large after"));
	ck_assert_msg(strstr(diag_text(&d), "of at most 5.7 MiB in '"), "%s", diag_text(&d));
	ck_assert_ptr_nonnull(strstr(diag_text(&d), "TMPDIR=DIR names another place"));
	setenv("TMPDIR", "/nonexistent", 1);
	ck_assert_int_eq(unpack("packed", &u), ERR_IO);
	ck_assert_ptr_nonnull(strstr(diag_text(&d), "'/nonexistent' (TMPDIR names another folder)"));
}
END_TEST
#else
START_TEST(says_how_to_decompress)
{
	struct unpacked u;

	scratch_run(&dir, "head -c 100000 /dev/urandom | %s >packed", packers[_i].command);
	ck_assert_int_eq(unpack("packed", &u), ERR_NOT_A_CORE);
	ck_assert_ptr_nonnull(strstr(diag_text(&d), "not a core file; decompress it first: "));
	ck_assert_ptr_nonnull(strstr(diag_text(&d), packers[_i].decompress));
	ck_assert_ptr_nonnull(strstr(diag_text(&d), "built with libarchive reads it as it is"));
}
END_TEST
#endif

int main(void)
{
	Suite *s = suite_create("elfpacked");
	TCase *t = tcase_create("elfpacked");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, spool_keeps_all);
	tcase_add_test(t, spool_has_holes);
	tcase_add_test(t, spool_that_cannot_be);
	tcase_add_test(t, extent_of_a_core);
#ifdef LIBARCHIVE_LIBRARY
	tcase_add_loop_test(t, unpacks, 0, ARRAY_SIZE(packers));
	tcase_add_loop_test(t, unpacks_what_is_there, 0, ARRAY_SIZE(packers));
	tcase_add_loop_test(t, unpacks_no_core, 0, ARRAY_SIZE(packers));
	tcase_add_loop_test(t, a_bomb_ends, 0, ARRAY_SIZE(packers));
	tcase_add_loop_test(t, says_where_there_is_no_room, 0, ARRAY_SIZE(packers));
#else
	tcase_add_loop_test(t, says_how_to_decompress, 0, ARRAY_SIZE(packers));
#endif
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
