/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Relocated data: the dynamic linker is the oracle. A library is compiled and loaded; the table in
 * its data must be byte for byte what we make of the file.
 */
#include <check.h>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include "elf/elfreloc.h"
#include "elf_scratch.h"

static const char source[] = "#include <stdlib.h>\n"
			     "static int own[4] = {1, 2, 3, 4};\n"
			     "int exported[8] = {5};\n"
			     "static void f(void) {}\n"
			     "void g(void) { f(); }\n"
			     "extern int nowhere __attribute__((weak));\n"
			     "void *table[] = {own, own + 3, exported, exported + 5, (void *)f, "
			     "(void *)g, (void *)abort, (void *)exit,\n"
			     "                 &nowhere, (void *)42, 0, table};\n"
			     "char bss[100000];\n";

static struct scratch dir;
static struct diag d;

static void setup(void)
{
	scratch_init(&dir);
	scratch_write(&dir, "lib.c", source, sizeof(source) - 1);
}

static void teardown(void)
{
	scratch_release(&dir);
}

static addr_t by_loader(void *arg, const char *name, bool defined)
{
	(void)arg;
	return defined ? 0 : (addr_t)(uintptr_t)dlsym(RTLD_DEFAULT, name);
}

static struct elf_file *open_lib(const char *name)
{
	struct elf_file *f = NULL;

	ck_assert_msg(elf_file_open(scratch_path(&dir, name), -1, &f, &d) == OK, "%s",
		      diag_text(&d));
	return f;
}

static const struct elf_segment *segment_of(const struct elf_file *f, addr_t vaddr)
{
	size_t n;
	const struct elf_segment *s = elf_file_segments(f, &n);

	for (size_t i = 0; i < n; i++)
		if (vaddr >= s[i].vaddr && vaddr < s[i].vaddr + s[i].filesz)
			return &s[i];
	ck_abort_msg("no segment holds 0x%lx", (unsigned long)vaddr);
	return NULL;
}

static void check_built_with(const char *flags)
{
	const struct elf_segment *s;
	struct elf_symbol table;
	struct link_map *map;
	struct elf_file *f;
	void *handle, *memory;
	uint8_t *ours;

	scratch_run(&dir, "%s -shared -fPIC %s -o lib.so lib.c", TEST_CC, flags);
	handle = dlopen(scratch_path(&dir, "lib.so"), RTLD_NOW | RTLD_LOCAL);
	ck_assert_msg(handle, "%s", dlerror());
	ck_assert(!dlinfo(handle, RTLD_DI_LINKMAP, &map));
	memory = dlsym(handle, "table");
	f = open_lib("lib.so");
	ck_assert(elf_file_symbol(f, "table", &table));
	ck_assert_uint_eq(map->l_addr + table.addr, (uintptr_t)memory);
	s = segment_of(f, table.addr);
	ours = malloc(s->filesz);
	ck_assert(ours && elf_file_relocated(f, s, map->l_addr, by_loader, NULL, ours));
	ck_assert_uint_eq(table.size, 12 * sizeof(void *));
	ck_assert_mem_eq(ours + (table.addr - s->vaddr), memory, table.size);
	free(ours);
	elf_file_close(f);
	dlclose(handle);
}

START_TEST(data_as_the_loader_makes_it)
{
	check_built_with("");
	check_built_with("-Wl,-Bsymbolic");
	check_built_with("-Wl,-z,norelro -Wl,--hash-style=sysv");
}
END_TEST

START_TEST(packed_relocations)
{
	if (scratch_try(&dir,
			"%s -shared -fPIC -Wl,-z,pack-relative-relocs -o lib.so lib.c 2>&1 | "
			"grep -q . ; readelf -SW lib.so | grep -q RELR",
			TEST_CC))
		return; /* a linker without them */
	check_built_with("-Wl,-z,pack-relative-relocs");
}
END_TEST

static addr_t program_has_it(void *arg, const char *name, bool defined)
{
	(void)arg;
	return defined && !strcmp(name, "exported") ? 0x10000 : 0;
}

START_TEST(a_copy_in_the_program_wins)
{
	const struct elf_segment *s;
	struct elf_symbol table, own;
	struct elf_file *f;
	uint8_t *ours;

	scratch_run(&dir, "%s -shared -fPIC -o lib.so lib.c", TEST_CC);
	f = open_lib("lib.so");
	ck_assert(elf_file_symbol(f, "table", &table) && elf_file_symbol(f, "own", &own));
	s = segment_of(f, table.addr);
	ours = malloc(s->filesz);
	ck_assert(ours && elf_file_relocated(f, s, 0x7000000, program_has_it, NULL, ours));
	ck_assert_uint_eq(load64(ours + (table.addr - s->vaddr)), 0x7000000 + own.addr);
	ck_assert_uint_eq(load64(ours + (table.addr - s->vaddr) + 16), 0x10000);
	ck_assert_uint_eq(load64(ours + (table.addr - s->vaddr) + 24), 0x10000 + 20);
	/* nobody knows abort() */
	ck_assert_uint_eq(load64(ours + (table.addr - s->vaddr) + 48), 0);
	free(ours);
	elf_file_close(f);
}
END_TEST

START_TEST(names_what_it_needs)
{
	struct elf_file *f;

	scratch_run(&dir,
		    "%s -shared -fPIC -Wl,--no-as-needed -lm -Wl,-soname,lib.so.7 "
		    "-Wl,--enable-new-dtags,-rpath,/one:'$ORIGIN/two' -o lib.so lib.c",
		    TEST_CC);
	f = open_lib("lib.so");
	ck_assert_str_eq(elf_file_dynamic_text(f, DT_SONAME, 0), "lib.so.7");
	ck_assert_str_eq(elf_file_dynamic_text(f, DT_RUNPATH, 0), "/one:$ORIGIN/two");
	ck_assert_str_eq(elf_file_dynamic_text(f, DT_NEEDED, 0), "libm.so.6");
	ck_assert_str_eq(elf_file_dynamic_text(f, DT_NEEDED, 1), "libc.so.6");
	ck_assert_ptr_null(elf_file_dynamic_text(f, DT_NEEDED, 2));
	ck_assert_ptr_null(elf_file_dynamic_text(f, DT_RPATH, 0));
	elf_file_close(f);
}
END_TEST

/* Whatever is asked of it: no access outside of the file and the output. */
static void ask_all(const char *name)
{
	struct elf_file *f = NULL;
	const struct elf_segment *s;
	size_t n;

	if (elf_file_open(scratch_path(&dir, name), -1, &f, &d))
		return;
	s = elf_file_segments(f, &n);
	for (size_t i = 0; i < n; i++) {
		uint8_t *out;

		if (!elf_file_bytes(f, s[i].offset, s[i].filesz))
			continue;
		out = malloc(s[i].filesz + 1);
		ck_assert(out &&
			  elf_file_relocated(f, &s[i], 0x7f0000000000, by_loader, NULL, out));
		free(out);
	}
	for (size_t i = 0; i < 64; i++)
		(void)elf_file_dynamic_text(f, DT_NEEDED, i);
	elf_file_close(f);
}

START_TEST(survives_damage)
{
	unsigned seed = 1;
	size_t n;
	char *bytes, *copy;

	scratch_run(&dir, "%s -shared -fPIC -o lib.so lib.c", TEST_CC);
	bytes = scratch_read(&dir, "lib.so", &n);
	copy = malloc(n);
	ck_assert(bytes && copy);
	for (int i = 0; i < 1500; i++) {
		memcpy(copy, bytes, n);
		for (int k = 0; k < 1 + i % 5; k++) {
			/* headers, relocations and symbols are in front, section headers at the end
			 */
			size_t at = (size_t)rand_r(&seed);

			at = i % 2 ? at % 3000 : n - 1 - at % 2500;
			copy[at] = (char)(rand_r(&seed) % 3 ? rand_r(&seed) : 0xff);
		}
		scratch_write(&dir, "mutant", copy, n);
		ask_all("mutant");
	}
	free(copy);
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("elfreloc");
	TCase *t = tcase_create("elfreloc");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, data_as_the_loader_makes_it);
	tcase_add_test(t, packed_relocations);
	tcase_add_test(t, a_copy_in_the_program_wins);
	tcase_add_test(t, names_what_it_needs);
	tcase_add_test(t, survives_damage);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
