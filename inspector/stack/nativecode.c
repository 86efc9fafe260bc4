/* SPDX-License-Identifier: Apache-2.0 */
/* What an address of code is called: module, symbol, lines. In the child. */
#include <sys/mman.h>
#include "stack/nativewalk.h"

#define MEMORY_FILE_MAX ((size_t)1 << 20) /* the kernel's vdso has 8 KB */
#define PAGE_OF(a)	((a) & ~(addr_t)4095)

/* The evaluation loop: one function of each name, in the module that has the interpreter. Newest first. */
static const char *const loops[] = {"_PyEval_EvalFrameDefault", "PyEval_EvalFrameEx"};

void codes_of_natives_init(struct native_codes *c, const struct python *py, struct native_reader *r, int out)
{
	struct elf_symbol s;

	*c = (struct native_codes){.py = py, .reader = r, .out = out, .last_page = UINT64_MAX};
	for (size_t i = 0; !c->eval && py->module->file && i < ARRAY_SIZE(loops); i++)
		if (elf_file_symbol(py->module->file, loops[i], &s))
			c->eval = loops[i];
}

void codes_of_natives_release(struct native_codes *c)
{
	vec_foreach (f, &c->memory_files)
		elf_file_close(f->file);
	vec_release(&c->memory_files);
	map_release(&c->by_address);
}

bool code_is_there(const struct native_codes *c, addr_t pc)
{
	const struct mapping *m = target_mapping(c->py->t, pc);

	return m && (m->prot & MAP_EXEC);
}

/* A file in memory becomes one that can be opened. */
static struct elf_file *file_of_memory(struct native_codes *c, const struct mapping *m)
{
	size_t size = m->end - m->start;
	cleanup_free uint8_t *bytes = size <= MEMORY_FILE_MAX ? malloc(size) : NULL;
	bool late = c->reader->late, read;
	struct elf_file *f = NULL;
	struct diag d = {0};
	int fd;

	read = bytes && native_read(c->reader, m->start, bytes, size);
	if (!(m->prot & MAP_WRITE)) /* what nobody writes does not tear */
		c->reader->late = late;
	if (!read || memcmp(bytes, "\177ELF", 4))
		return NULL;
	fd = memfd_create("code", MFD_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (write(fd, bytes, size) != (ssize_t)size) {
		close(fd);
		return NULL;
	}
	return elf_file_open("code in memory", fd, &f, &d) ? NULL : f;
}

static struct memory_file *memory_file(struct native_codes *c, const struct mapping *m)
{
	struct memory_file new = {.start = m->start};
	const struct elf_segment *s;
	size_t n;

	vec_foreach (f, &c->memory_files)
		if (f->start == m->start)
			return f;
	new.file = file_of_memory(c, m);
	if (new.file) {
		s = elf_file_segments(new.file, &n);
		new.bias = n ? m->start + s->offset - s->vaddr : m->start;
	}
	return vec_push(&c->memory_files, new) ? &c->memory_files.at[c->memory_files.n - 1] : NULL;
}

static struct code_file find_file(struct native_codes *c, addr_t pc)
{
	struct target *t = c->py->t;
	struct module *mod = target_module(t, pc);
	const struct mapping *m = target_mapping(t, pc);
	struct code_file out = {.module = -1};
	struct memory_file *f;

	if (mod) {
		module_debug(t, mod);
		return (struct code_file){mod->file, mod->bias, (int)(mod - t->modules.at), NULL};
	}
	if (!m || !(m->prot & MAP_EXEC))
		return out;
	if (m->path[0])
		out.name = m->path;
	f = memory_file(c, m);
	if (f && f->file) {
		out.file = f->file;
		out.bias = f->bias;
		out.name = m->path[0] ? m->path : "[vdso]";
	}
	return out;
}

struct code_file code_file_at(struct native_codes *c, addr_t pc)
{
	if (c->last_page != PAGE_OF(pc)) {
		c->last = find_file(c, pc);
		c->last_page = PAGE_OF(pc);
	}
	return c->last;
}

/* "name" or "name.part.0", "name.cold" of the loop. */
static bool is_loop(const struct native_codes *c, const struct code_file *in, const char *symbol)
{
	size_t n = c->eval ? strlen(c->eval) : 0;

	return n && in->file == c->py->module->file && !strncmp(symbol, c->eval, n) &&
	       (!symbol[n] || symbol[n] == '.' || symbol[n] == '@');
}

static void describe(const struct native_codes *c, const struct code_file *in, addr_t at,
		     struct native_message_place *out)
{
	struct native_place *p = &out->place;
	struct code_line lines[CODE_LINES_MAX];
	struct elf_symbol s;

	out->lines[0] = (struct native_line){0};
	p->n = 1;
	p->offset = p->pc - in->bias;
	if (!in->file)
		return;
	if (elf_file_symbol_at(in->file, at - in->bias, &s)) {
		p->symbol = out->lines[0].function = s.name;
		p->offset = p->pc - in->bias - s.addr;
		p->eval = is_loop(c, in, s.name);
		p->part = p->eval && strstr(s.name, ".part.");
	}
	if (p->eval) /* Python's frames stand in for it: nobody sees its lines, and there are many */
		return;
	p->n = (uint32_t)code_lines_at(in->file, at - in->bias, lines);
	for (uint32_t i = 0; i < p->n; i++)
		out->lines[i] = (struct native_line){lines[i].function, lines[i].file, lines[i].line,
						     lines[i].inlined};
	if (!p->n)
		p->n = 1;
	else if (!out->lines[p->n - 1].function)
		out->lines[p->n - 1].function = p->symbol;
}

static bool give(struct native_codes *c, struct native_message_place *m)
{
	char *mangled[CODE_LINES_MAX];
	bool ok;

	for (uint32_t i = 0; i < m->place.n; i++) {
		mangled[i] = m->lines[i].function ? demangle(m->lines[i].function) : NULL;
		if (mangled[i])
			m->lines[i].function = mangled[i];
	}
	ok = native_give_place(c->out, m);
	for (uint32_t i = 0; i < m->place.n; i++)
		free(mangled[i]);
	return ok;
}

bool code_place_number(struct native_codes *c, const struct unwind_regs *regs, bool signal, uint32_t *out)
{
	uint64_t key = regs->pc * 4 + regs->after_call * 2 + signal, known = map_get(&c->by_address, key);
	struct native_message_place m = {.place = {.pc = regs->pc, .signal = signal}};
	addr_t at = regs->pc - regs->after_call;
	struct code_file in;

	if (known == MAP_NONE) {
		in = code_file_at(c, at);
		m.place.module = in.module;
		m.place.name = in.name;
		describe(c, &in, at, &m);
		known = c->n_places++;
		if (!map_put(&c->by_address, key, known) || !give(c, &m))
			return false;
	}
	*out = (uint32_t)known;
	return true;
}
