/* SPDX-License-Identifier: Apache-2.0 */
/* Roots in words. */
#include "heap/labels.h"
#include "heap/roots_named.h"
#include "heap/values.h"
#include "heap/walk.h"

const char *root_kind_name(enum root_kind k)
{
	static const char *const names[ROOT_KINDS] = {
	    [ROOT_MODULE] = "module",	    [ROOT_LOCAL] = "local",
	    [ROOT_FRAME] = "frame",	    [ROOT_THREAD] = "thread",
	    [ROOT_INTERP] = "interpreter",  [ROOT_STATIC] = "static",
	    [ROOT_STACK] = "value stack",   [ROOT_GLOBAL] = "C",
	    [ROOT_NATIVE] = "native stack", [ROOT_INTERNED] = "interned",
	};

	return k < ROOT_KINDS ? names[k] : "?";
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "run() task.py:50, thread 4711" */
static void describe_frame(const struct rootset *rs, uint32_t i, struct buf *out)
{
	const struct root_frame *f = &rs->frames.at[i];
	struct code *code = &rs->codes.at[f->frame.code];
	int line = code_place(code, f->frame.at).line;
	const char *file = code->file ? base_name(code->file) : "?";

	buf_escaped(out, code->name ? code->name : "?", strlen(code->name ? code->name : "?"));
	buf_str(out, "() ");
	buf_escaped(out, file, strlen(file));
	buf_printf(out, ":%d, thread %d", line > 0 ? line : code->first_line, f->thread);
}

static void local_name(const struct rootset *rs, const struct root *r, struct buf *out)
{
	addr_t code = rs->codes.at[rs->frames.at[r->who].frame.code].addr;

	if (!code_local_name(rs->h, code, r->what, out))
		buf_printf(out, "%llu", (unsigned long long)r->what);
}

/* The field of a struct that covers an offset: the smallest one. */
static void describe_field(const struct layout *L, enum struct_id s, uint64_t off, struct buf *out)
{
	int best = -1;

	for (int f = 0; f < F_COUNT; f++) {
		uint64_t start = (uint64_t)L->f[f].offset;

		if (layout_has(L, f) && field_struct(f) == s && off >= start &&
		    off < start + L->f[f].size && (best < 0 || L->f[f].size < L->f[best].size))
			best = f;
	}
	if (best < 0) {
		buf_printf(out, "+0x%llx", (unsigned long long)off);
		return;
	}
	buf_str(out, strchr(field_name(best), '.') ? strchr(field_name(best), '.') + 1
						   : field_name(best));
	if (off != (uint64_t)L->f[best].offset)
		buf_printf(out, "+0x%llx", (unsigned long long)(off - (uint64_t)L->f[best].offset));
}

/* The end of .bss has no file behind it: it is behind the module's last mapping. */
static struct module *module_before(const struct target *t, addr_t a)
{
	const struct mapping *m = target_mapping(t, a);

	return m && !*m->path ? target_module(t, m->start - 1) : NULL;
}

static void describe_global(const struct rootset *rs, addr_t a, struct buf *out)
{
	struct module *m = target_module(rs->h->py->t, a);
	struct elf_symbol sym;

	if (!m)
		m = module_before(rs->h->py->t, a);

	if (!m) {
		buf_printf(out, "C: 0x%llx", (unsigned long long)a);
		return;
	}
	buf_str(out, "C: ");
	buf_escaped(out, base_name(m->path), strlen(base_name(m->path)));
	buf_printf(out, "+0x%llx", (unsigned long long)(a - m->start));
	if (!m->file || !elf_file_symbol_at(m->file, a - m->bias, &sym))
		return;
	buf_str(out, " (");
	buf_escaped(out, sym.name, strlen(sym.name));
	if (a - m->bias != sym.addr)
		buf_printf(out, "+0x%llx", (unsigned long long)(a - m->bias - sym.addr));
	buf_char(out, ')');
}

static void describe_native(const struct rootset *rs, const struct root *r, struct buf *out)
{
	const struct thread *th = &rs->h->py->t->threads.at[r->who];

	if (r->what < sizeof(th->regs))
		buf_printf(out, "C: register %llu of thread %d", (unsigned long long)r->what / 8,
			   th->tid);
	else
		buf_printf(out, "C: native stack of thread %d, sp+0x%llx", th->tid,
			   (unsigned long long)(r->what - (th->sp & ~(addr_t)7)));
}

static void describe_module(const struct rootset *rs, const struct root *r, struct buf *out)
{
	buf_str(out, "module ");
	if (!value_name(rs->h, r->what, out))
		value_brief(rs->h, r->what, out);
}

static void describe_static(const struct rootset *rs, const struct root *r, struct buf *out)
{
	const struct typeinfo *ti = typetab_get(rs->h->tt, r->what);

	if (ti)
		buf_printf(out, "static type %s", ti->name);
	else
		buf_str(out, "static object");
}

static void describe_state(const struct rootset *rs, const struct root *r, struct buf *out)
{
	const struct python *py = rs->h->py;

	if (r->kind == ROOT_INTERP) {
		buf_printf(out, "interpreter %lld: ", (long long)py->interps.at[r->who].id);
		describe_field(&py->L, S_interp, r->what - py->interps.at[r->who].addr, out);
	} else {
		buf_printf(out, "thread state %u: ", r->who + 1);
		describe_field(&py->L, S_tstate, r->what - py->threads.at[r->who].addr, out);
	}
}

void root_describe(const struct rootset *rs, const struct root *r, struct buf *out)
{
	switch ((enum root_kind)r->kind) {
	case ROOT_MODULE:
		describe_module(rs, r, out);
		break;
	case ROOT_LOCAL:
		buf_str(out, "local ");
		local_name(rs, r, out);
		buf_str(out, " in ");
		describe_frame(rs, r->who, out);
		break;
	case ROOT_FRAME:
	case ROOT_STACK:
		buf_str(out, r->kind == ROOT_FRAME ? "frame of " : "value stack of ");
		describe_frame(rs, r->who, out);
		break;
	case ROOT_THREAD:
	case ROOT_INTERP:
		describe_state(rs, r, out);
		break;
	case ROOT_STATIC:
		describe_static(rs, r, out);
		break;
	case ROOT_GLOBAL:
		describe_global(rs, r->what, out);
		break;
	case ROOT_INTERNED:
		buf_str(out, "interned strings");
		break;
	default:
		describe_native(rs, r, out);
	}
}

bool root_expression(const struct rootset *rs, const struct root *r, struct buf *out)
{
	if (r->kind == ROOT_MODULE)
		return value_name(rs->h, r->what, out);
	if (r->kind != ROOT_LOCAL)
		return false;
	local_name(rs, r, out);
	return true;
}
