/* SPDX-License-Identifier: Apache-2.0 */
/* Cores that somebody has damaged, and cores made by hand. */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "check_target_corefix.h"

#define P IMAGE_PAGE

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

	start_for_core(&c, NULL);
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

	ck_assert_int_eq(target_open_core(own_program(), NULL, &notes, &t, &d), ERR_NOT_A_CORE);
	ck_assert_int_eq(target_open_core("/nonexistent", NULL, &notes, &t, &d), ERR_NO_FILE);
	ck_assert_ptr_null(t);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("damage");

	tcase_add_checked_fixture(c, scratch_setup, scratch_teardown);
	tcase_add_loop_test(c, damaged, 0, 2);
	tcase_add_loop_test(c, last_page, 0, 5);
	tcase_add_test(c, segments_share_bytes);
	tcase_add_test(c, no_core);
	return run_tests("target-damage", c);
}
