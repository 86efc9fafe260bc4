/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <sys/wait.h>
#include "elf_scratch.h"

void scratch_init(struct scratch *s)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(s->dir, sizeof(s->dir), "%s/hs-elf-XXXXXX",
		 tmp && strlen(tmp) < 40 ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(s->dir));
}

void scratch_release(struct scratch *s)
{
	ck_assert_int_eq(scratch_try(s, "rm -rf '%s'", s->dir), 0);
}

static int run_in(const struct scratch *s, const char *fmt, va_list ap)
{
	char *command, *whole;
	int status;

	ck_assert_int_ge(vasprintf(&command, fmt, ap), 0);
	ck_assert_int_ge(asprintf(&whole, "cd '%s' && { %s\n}", s->dir, command), 0);
	status = system(whole);
	free(command);
	free(whole);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

int scratch_try(const struct scratch *s, const char *fmt, ...)
{
	va_list ap;
	int status;

	va_start(ap, fmt);
	status = run_in(s, fmt, ap);
	va_end(ap);
	return status;
}

void scratch_run(const struct scratch *s, const char *fmt, ...)
{
	va_list ap;
	int status;

	va_start(ap, fmt);
	status = run_in(s, fmt, ap);
	va_end(ap);
	ck_assert_msg(status == 0, "command failed (%d): %s", status, fmt);
}

const char *scratch_path(const struct scratch *s, const char *name)
{
	static char paths[8][256];
	static unsigned int next;
	char *p = paths[next++ % 8];

	snprintf(p, sizeof(paths[0]), "%s/%s", s->dir, name);
	return p;
}

char *scratch_read(const struct scratch *s, const char *name, size_t *n)
{
	FILE *f = fopen(scratch_path(s, name), "rb");
	char *text;
	long size;

	ck_assert_ptr_nonnull(f);
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	text = malloc((size_t)size + 1);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_eq(fread(text, 1, (size_t)size, f), (size_t)size);
	text[size] = 0;
	fclose(f);
	if (n)
		*n = (size_t)size;
	return text;
}

void scratch_write(const struct scratch *s, const char *name, const void *bytes, size_t n)
{
	FILE *f = fopen(scratch_path(s, name), "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
}

void scratch_compile(const struct scratch *s, const char *flags)
{
	/* each unit by itself, so that the flags that matter (-flto, -g) see two units */
	scratch_run(s,
		    "for i in elf_sample elf_sample_other; do " TEST_CC
		    " %s -c -o $i.o '" TEST_SRCDIR "'/$i.c || exit 1; done && " TEST_CC
		    " %s -o sample elf_sample.o elf_sample_other.o",
		    flags, flags);
}

void facts_read(struct facts *f, const struct scratch *s)
{
	char *line_end, *field_end;

	*f = (struct facts){0};
	f->text = scratch_read(s, "facts", NULL);
	for (char *line = strtok_r(f->text, "\n", &line_end); line;
	     line = strtok_r(NULL, "\n", &line_end)) {
		struct fact *one = &f->at[f->n++];

		ck_assert_uint_le(f->n, ARRAY_SIZE(f->at));
		for (char *field = strtok_r(line, "\t", &field_end); field && one->n < 8;
		     field = strtok_r(NULL, "\t", &field_end))
			one->fields[one->n++] = field;
	}
}

void facts_init(struct facts *f, const struct scratch *s)
{
	scratch_run(s, "./sample >facts");
	facts_read(f, s);
	ck_assert_uint_gt(f->n, 50);
}

void facts_release(struct facts *f)
{
	free(f->text);
}

unsigned long fact_number(const struct fact *f, int i)
{
	ck_assert_int_lt(i, f->n);
	return strtoul(f->fields[i], NULL, 10);
}
