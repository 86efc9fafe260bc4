/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <elf.h>
#include <stdio.h>
#include "python/priv.h"

/* 3.11 and later: the constant Py_Version, a C long. */
static uint32_t version_constant(const struct python *py)
{
	uint64_t v;

	if (!py->known[K_py_version] || !target_read_u64(py->t, py->known[K_py_version], &v) ||
	    !layout_version_sane(v))
		return 0;
	return (uint32_t)v;
}

/* 3.13 and later: the table at the start of _PyRuntime. */
static uint32_t version_of_table(struct python *py)
{
	uint8_t table[24];
	bool free_threaded = false;
	uint32_t v;

	if (!py->runtime || !target_read(py->t, py->runtime, table, sizeof(table)))
		return 0;
	v = debug_offsets_version(table, sizeof(table), &free_threaded);
	if (v)
		py->L.free_threaded = free_threaded;
	return v;
}

/* " \n" before the compiler's name becomes " ". */
static void one_line(char *text)
{
	char *to = text;

	for (const char *p = text; *p; p++)
		if (*p != '\n')
			*to++ = *p;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	*to = 0;
}

/* Py_GetVersion()'s buffer, filled when the interpreter started: "3.8.18 (default, ...) [GCC ...]".
 */
static uint32_t version_buffer(struct python *py)
{
	struct static_symbol at[16];
	size_t n = python_statics(py, K_version_string, at, ARRAY_SIZE(at));
	char text[sizeof(py->full_version)];
	uint32_t v;

	for (size_t i = 0; i < n; i++) {
		if (at[i].size < 64 || !target_read_string(py->t, at[i].addr, text, sizeof(text)) ||
		    !strstr(text, " ("))
			continue;
		v = layout_parse_version(text);
		if (!v)
			continue;
		one_line(text);
		snprintf(py->full_version, sizeof(py->full_version), "%s", text);
		return v;
	}
	return 0;
}

/* "3.8" as it stands in the module's own path, if it does. */
static bool path_agrees(const struct python *py, const char *version)
{
	const char *python = strstr(py->module->path, "python");
	size_t n;

	while (python && !isdigit((unsigned char)python[6]))
		python = strstr(python + 6, "python");
	if (!python)
		return true;
	n = strspn(python + 6, "0123456789.");
	while (n && python[6 + n - 1] == '.')
		n--;
	return !strncmp(version, python + 6, n) && !isdigit((unsigned char)version[n]);
}

/*
 * The string X.Y.Z of .rodata. A linker may have put it at the end of a longer one, such as the
 * path of the prefix: then what comes before is `before` (NUL = it stands alone).
 */
static uint32_t version_literal(const struct python *py, char before)
{
	const struct elf_section *s = elf_file_section(py->module->file, ".rodata");
	const char *p = s && s->type != SHT_NOBITS
			    ? elf_file_bytes(py->module->file, s->offset, s->size)
			    : NULL;
	uint32_t found = 0;

	for (uint64_t i = 1; p && i + 8 < s->size; i++) {
		char text[16] = "";
		uint32_t v;

		if (p[i - 1] != before || p[i + 1] != '.' || (p[i] != '2' && p[i] != '3'))
			continue;
		memcpy(text, p + i, min_of(sizeof(text) - 1, s->size - i));
		v = layout_parse_version(text);
		if (!v || strchr(text, ' ') || !path_agrees(py, text))
			continue;
		if (found && found != v)
			return 0; /* two of them: neither can be trusted */
		found = v;
	}
	return found;
}

static uint32_t version_of_file(const struct python *py)
{
	uint32_t v = version_literal(py, 0);

	return v ? v : version_literal(py, '/');
}

enum err python_version(struct python *py, struct diag *d)
{
	uint32_t table = version_of_table(py), constant = version_constant(py),
		 buffer = version_buffer(py), v;
	const char *from = "";

	v = constant ? (from = "Py_Version", constant)
	    : table  ? (from = "its debug offsets", table)
	    : buffer ? (from = "its version string", buffer)
		     : (from = "a string in .rodata", version_of_file(py));
	if (!v)
		return diag_set(d, ERR_NO_LAYOUT,
				"the version of the CPython in '%s' is not to be found: no "
				"Py_Version, no version "
				"string, and no such string in its .rodata",
				py->module->path);
	if ((table && table != v) || (buffer && (buffer ^ v) & 0xffffff00))
		notes_add(py->notes, NOTE_INFO, "'%s' gives two versions: 0x%08x and 0x%08x",
			  py->module->path, v, table && table != v ? table : buffer);
	if (py->L.free_threaded)
		return diag_set(d, ERR_UNSUPPORTED,
				"'%s' is a free-threaded CPython (--disable-gil): "
				"its heap is not supported",
				py->module->path);
	snprintf(py->how + strlen(py->how), sizeof(py->how) - strlen(py->how), "; version from %s",
		 from);
	return layout_set_version(&py->L, v, NULL, d);
}
