/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include "python/priv.h"

static const char *const known_symbols[K_COUNT] = {
#define KNOWN(id, symbols) symbols,
#include "python/symbols.def"
#undef KNOWN
};

/* The main program, if it is another module than the interpreter's. */
static struct module *main_program(const struct python *py)
{
	vec_foreach (m, &py->t->modules)
		if (m->file && m->exe)
			return m == py->module ? NULL : m;
	return NULL;
}

bool py_symbol(const struct python *py, const char *name, addr_t *addr, uint64_t *size)
{
	struct module *m = py->module, *program;
	struct elf_symbol s, own;

	if (!m->file || !elf_file_symbol(m->file, name, &s) || s.tls)
		return false;
	/*
	 * A program that names an exported variable of a library gets a copy of it, and everybody
	 * then uses the copy (R_X86_64_COPY): the definition in the library is dead.
	 */
	program = s.bind == STB_LOCAL || s.type != STT_OBJECT ? NULL : main_program(py);
	if (program && elf_file_symbol(program->file, name, &own) && own.bind != STB_LOCAL &&
	    own.type == STT_OBJECT) {
		m = program;
		s = own;
	}
	*addr = m->bias + s.addr;
	if (size)
		*size = s.size;
	return true;
}

bool py_symbol_of(const struct python *py, const char *names, addr_t *addr, uint64_t *size)
{
	char name[128];

	while (*names) {
		size_t n = strcspn(names, "|");

		if (n < sizeof(name)) {
			memcpy(name, names, n);
			name[n] = 0;
			if (py_symbol(py, name, addr, size))
				return true;
		}
		names += n + (names[n] == '|');
	}
	return false;
}

void python_known(struct python *py)
{
	for (size_t i = 0; i < K_COUNT; i++)
		if (!py_symbol_of(py, known_symbols[i], &py->known[i], NULL))
			py->known[i] = 0;
}

uint64_t python_known_size(const struct python *py, enum known_id k)
{
	addr_t addr;
	uint64_t size;

	return py_symbol_of(py, known_symbols[k], &addr, &size) ? size : 0;
}

size_t python_statics(const struct python *py, enum known_id k, struct static_symbol *out,
		      size_t max)
{
	struct elf_symbol s[32];
	size_t n, total = 0;
	const char *names = known_symbols[k];
	char name[128];

	while (py->module->file && *names && total < max) {
		size_t len = strcspn(names, "|");

		if (len < sizeof(name)) {
			memcpy(name, names, len);
			name[len] = 0;
			n = elf_file_symbols(py->module->file, name, s, ARRAY_SIZE(s));
			for (size_t i = 0; i < n && total < max; i++)
				if (!s[i].tls)
					out[total++] = (struct static_symbol){
					    py->module->bias + s[i].addr, s[i].size};
		}
		names += len + (names[len] == '|');
	}
	return total;
}

/*
 * Only a module that has the interpreter's code counts: a program may have a copy of one of its
 * variables. The variable is that of 3.7 and later, or that of the versions before.
 */
static bool has_interpreter(struct module *m)
{
	struct elf_symbol s;

	if (!m->file)
		return false;
	if (elf_file_section(m->file, ".PyRuntime"))
		return true;
	return (elf_file_symbol(m->file, "_PyRuntime", &s) ||
		elf_file_symbol(m->file, "_PyThreadState_Current", &s)) &&
	       elf_file_symbol(m->file, "PyEval_EvalFrameEx", &s);
}

/* The likely places first: a process may have hundreds of modules, and looking at one costs its
 * symbols. */
static bool likely_module(const struct module *m)
{
	const char *slash = strrchr(m->path, '/');

	return m->exe || strstr(slash ? slash : m->path, "python");
}

static size_t find_among(struct target *t, bool want_likely, struct module **out, size_t max,
			 size_t n)
{
	vec_foreach (m, &t->modules)
		if (n < max && likely_module(m) == want_likely && has_interpreter(m))
			out[n++] = m;
	return n;
}

size_t python_candidates(struct target *t, struct module **out, size_t max)
{
	size_t n = find_among(t, true, out, max, 0);

	return n ? n : find_among(t, false, out, max, n);
}

/* A module that may be the interpreter, but whose file is not at hand. */
static const struct module *missing_module(const struct target *t)
{
	const struct module *found = NULL;

	vec_foreach (m, &t->modules) {
		if (m->file || !likely_module(m))
			continue;
		/* a library with the interpreter in it tells more than the program that uses it */
		if (!found || strstr(m->path, "libpython"))
			found = m;
	}
	return found;
}

enum err python_not_found(const struct target *t, struct diag *d)
{
	const struct module *m = missing_module(t);
	const char *what = t->core ? t->core : t->exe;

	if (m)
		return diag_set(d,
				strstr(m->problem, "the process runs") ? ERR_BUILD_ID : ERR_NO_FILE,
				"no interpreter was found, but a file is missing: %s",
				*m->problem ? m->problem : m->path);
	if (!t->modules.n)
		return diag_set(d, ERR_NO_FILE,
				"no program or library of '%s' is known: there is no ELF "
				"header in the memory that is there",
				what);
	return diag_set(
	    d, ERR_NOT_PYTHON,
	    "'%s' is not a CPython process: none of its %zu modules defines _PyRuntime (3.7 and "
	    "later) or _PyThreadState_Current (2.7, 3.6)",
	    *t->exe ? t->exe : what, t->modules.n);
}
