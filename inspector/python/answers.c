/* SPDX-License-Identifier: Apache-2.0 */
/* What must be so in every interpreter. Asked before anything is printed: a layout that is wrong
 * fails here. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include "base/buf.h"
#include "python/priv.h"

#define TRIES 20 /* a millisecond apart */

/*
 * What an answer is about: things that cannot change, or a part of the heap, which may be damaged
 * by the very program that is looked into.
 */
enum subject { STATICS, MODULES, SYS, GC_LISTS, SUBJECTS };

struct asking {
	struct python *py;
	enum subject subject;	/* of the answers that are asked now */
	size_t wrong[SUBJECTS]; /* 1 + the number of the first wrong one, 0 = none */
	bool failed;
};

enum verdict { IS_SO, IS_NOT, IS_UNREAD };

static void answer(struct asking *a, const char *what, enum verdict v, const char *fmt, ...)
    printf_like(4, 5);
static void answer(struct asking *a, const char *what, enum verdict v, const char *fmt, ...)
{
	struct known_answer k = {.what = what, .ok = v == IS_SO, .unread = v == IS_UNREAD};
	va_list ap;

	/* what the program has done to its types since it started was cut off */
	if (a->py->cut && a->subject == STATICS && v == IS_NOT) {
		k.unread = true;
		v = IS_UNREAD;
	}
	va_start(ap, fmt);
	vsnprintf(k.got, sizeof(k.got), fmt, ap);
	va_end(ap);
	k.got[strcspn(k.got, "\n")] = 0;
	a->failed |= !vec_push(&a->py->answers, k);
	if (v == IS_NOT && !a->wrong[a->subject])
		a->wrong[a->subject] = a->py->answers.n;
}

static bool present(const struct python *py, addr_t at)
{
	uint64_t word;

	return at && target_read_u64(py->t, at, &word) && target_read_u64(py->t, at + 8, &word);
}

static void ask_type(struct asking *a)
{
	addr_t type = a->py->known[K_type], of;

	if (!py_type_of(a->py, type, &of))
		answer(a, "type(type) is type", IS_UNREAD, "PyType_Type at 0x%" PRIx64, type);
	else
		answer(a, "type(type) is type", of == type ? IS_SO : IS_NOT, "0x%" PRIx64, of);
}

/* Is the name where a name can be, in memory that is not at hand? A core leaves constants out. */
static bool name_is_missing(const struct python *py, addr_t type)
{
	addr_t name;
	char first;

	if (!present(py, type) || !py_field(py, type, F_type_tp_name, &name))
		return true;
	return target_module(py->t, name) && !target_read(py->t, name, &first, 1);
}

static void ask_type_name(struct asking *a, const char *what, addr_t type, const char *name)
{
	char got[64];

	if (!type)
		return;
	if (!py_type_name(a->py, type, got, sizeof(got)))
		answer(a, what, name_is_missing(a->py, type) ? IS_UNREAD : IS_NOT,
		       "no name at 0x%" PRIx64, type);
	else
		answer(a, what, !strcmp(got, name) ? IS_SO : IS_NOT, "%.60s", got);
}

/* Exactly one of the bits that tell the great builtin types apart, or none. */
static void ask_flags(struct asking *a, const char *what, enum known_id k, enum const_id bit)
{
	static const enum const_id bits[] = {
	    C_TPFLAGS_LONG_SUBCLASS,	 C_TPFLAGS_LIST_SUBCLASS,    C_TPFLAGS_TUPLE_SUBCLASS,
	    C_TPFLAGS_BYTES_SUBCLASS,	 C_TPFLAGS_UNICODE_SUBCLASS, C_TPFLAGS_DICT_SUBCLASS,
	    C_TPFLAGS_BASE_EXC_SUBCLASS, C_TPFLAGS_TYPE_SUBCLASS,
	};
	uint64_t flags, mask = 0, ready = a->py->L.c[C_TPFLAGS_READY];

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		mask |= a->py->L.c[bits[i]];
	if (!a->py->known[k])
		return;
	if (!py_field(a->py, a->py->known[k], F_type_tp_flags, &flags))
		answer(a, what, IS_UNREAD, "0x%" PRIx64, a->py->known[k]);
	else
		answer(a, what,
		       (flags & mask) == a->py->L.c[bit] && flags & ready && flags >> 32 == 0
			   ? IS_SO
			   : IS_NOT,
		       "flags 0x%" PRIx64, flags);
}

/* tp_name lies in .rodata, which a core leaves out: without the file it is not there. */
static void ask_object(struct asking *a, const char *what, enum known_id k, const char *name)
{
	addr_t at = a->py->known[k], type;

	if (!at)
		return;
	if (!py_type_of(a->py, at, &type))
		answer(a, what, IS_UNREAD, "0x%" PRIx64, at);
	else if (!py_is_type(a->py, type))
		answer(a, what, present(a->py, type) ? IS_NOT : IS_UNREAD, "type 0x%" PRIx64, type);
	else
		ask_type_name(a, what, type, name);
}

static void ask_int(struct asking *a, const char *what, addr_t at, int64_t value)
{
	int64_t got;

	if (!py_small_int(a->py, at, &got))
		answer(a, what, present(a->py, at) ? IS_NOT : IS_UNREAD, "0x%" PRIx64 " is no int",
		       at);
	else
		answer(a, what, got == value ? IS_SO : IS_NOT, "%" PRId64, got);
}

/* Where the small int number i (0 = -5) is: an array of objects or of pointers. */
static bool small_int(const struct python *py, unsigned i, addr_t *out)
{
	uint64_t n = py->L.c[C_SMALL_INT_COUNT];
	addr_t interp = py->interps.n ? py->interps.at[py->interps.n - 1].addr : 0;

	vec_foreach (area, &py->static_areas)
		if (!strcmp(area->what, "small_ints") && area->stride) {
			*out = area->start + (uint64_t)i * area->stride;
			return *out < area->end;
		}
	if (interp && py->L.f[F_interp_small_ints].size == 8 * n)
		return target_read_u64(
		    py->t, interp + (uint32_t)py->L.f[F_interp_small_ints].offset + 8 * i, out);
	if (py->known[K_small_ints] && python_known_size(py, K_small_ints) == 8 * n)
		return target_read_u64(py->t, py->known[K_small_ints] + 8 * i, out);
	return false;
}

static void ask_small_ints(struct asking *a)
{
	static const struct {
		int value;
		const char *what;
	} rows[] = {
	    {-5, "small int -5"},
	    {0, "small int 0"},
	    {1, "small int 1"},
	    {256, "small int 256"},
	};

	if (!layout_has_const(&a->py->L, C_SMALL_INT_COUNT))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		addr_t at;

		if (small_int(a->py, (unsigned)(rows[i].value + 5), &at) && at)
			ask_int(a, rows[i].what, at, rows[i].value);
	}
}

static const struct interp *main_interp(const struct python *py)
{
	vec_foreach (in, &py->interps)
		if (in->main)
			return in;
	return NULL;
}

static enum verdict verdict_of(enum py_found f)
{
	return f == PY_FOUND ? IS_SO : f == PY_UNREAD ? IS_UNREAD : IS_NOT;
}

static void ask_module(struct asking *a, addr_t modules)
{
	addr_t sys = 0, type;
	enum py_found f = py_dict_find(a->py, modules, "sys", &sys);

	answer(a, "sys is in sys.modules", verdict_of(f), "0x%" PRIx64, sys);
	if (f == PY_FOUND && py_type_of(a->py, sys, &type))
		ask_type_name(a, "sys is a module", type, "module");
}

/* The process may be running and setting one of them at this moment. */
static void ask_count(struct asking *a, addr_t sysdict)
{
	static const char what[] = "the dict of sys has as many keys as it says";
	uint64_t counted, said;

	if (!py_dict_count(a->py, sysdict, &counted, &said))
		answer(a, what, IS_UNREAD, "0x%" PRIx64, sysdict);
	else
		answer(a, what, counted + 2 >= said && said + 2 >= counted ? IS_SO : IS_NOT,
		       "%" PRIu64 " of %" PRIu64, counted, said);
}

static void ask_hexversion(struct asking *a, addr_t sysdict)
{
	static const char what[] = "sys.hexversion is the version";
	addr_t version = 0;
	enum py_found f = py_dict_find(a->py, sysdict, "hexversion", &version);

	if (f == PY_FOUND)
		ask_int(a, what, version, a->py->L.hexversion);
	else
		answer(a, what, verdict_of(f), "it is not in the dict of sys");
}

static void ask_version(struct asking *a, addr_t sysdict)
{
	static const char what[] = "sys.version reads as itself";
	struct python *py = a->py;
	struct buf got = {0};
	addr_t version = 0;
	enum py_found f = py_dict_find(py, sysdict, "version", &version);

	if (f != PY_FOUND)
		answer(a, what, verdict_of(f), "it is not in the dict of sys");
	else if (!python_string(py, version, 90, &got))
		answer(a, what, present(py, version) ? IS_NOT : IS_UNREAD, "0x%" PRIx64, version);
	else
		answer(a, what,
		       !strncmp(buf_text(&got), py->L.version, strlen(py->L.version)) ? IS_SO
										      : IS_NOT,
		       "%.90s", buf_text(&got));
	buf_release(&got);
}

static void ask_sys(struct asking *a)
{
	struct python *py = a->py;
	const struct interp *in = main_interp(py);
	addr_t modules = 0, sysdict = 0;
	uint64_t initialized;

	if (!in || py->finalizing || !py_field(py, in->addr, F_interp_modules, &modules) ||
	    !py_field(py, in->addr, F_interp_sysdict, &sysdict))
		return;
	/* both are empty while an interpreter starts or ends */
	if (!modules && !sysdict)
		return;
	if (py_field(py, py->runtime, F_runtime_initialized, &initialized) && !initialized)
		return;
	a->subject = MODULES;
	ask_module(a, modules);
	a->subject = SYS;
	ask_count(a, sysdict);
	ask_hexversion(a, sysdict);
	ask_version(a, sysdict);
}

/* A damaged heap may break some. */
static void ask_gc(struct asking *a)
{
	struct gc_nodes n = python_gc_nodes(a->py);

	/* a broken link or type is damage, but when most are broken they are not where we look */
	a->subject = n.bad > 1 && n.bad > n.good ? STATICS : GC_LISTS;
	answer(a, "the GC lists hold objects",
	       n.bad > n.good	     ? IS_NOT
	       : n.good || !n.unread ? IS_SO
				     : IS_UNREAD,
	       "%u of %u first nodes", n.good, n.good + n.bad + n.unread);
}

static void ask_all(struct asking *a)
{
	struct python *py = a->py;
	bool two = layout_has(&py->L, F_int27_ob_ival);

	ask_type(a);
	ask_type_name(a, "the type 'type' names itself", py->known[K_type], "type");
	ask_type_name(a, "PyLong_Type names itself", py->known[K_long], two ? "long" : "int");
	ask_type_name(a, "PyDict_Type names itself", py->known[K_dict], "dict");
	ask_type_name(a, "PyUnicode_Type names itself", py->known[K_unicode],
		      two ? "unicode" : "str");
	ask_flags(a, "the flags of 'type' say so", K_type, C_TPFLAGS_TYPE_SUBCLASS);
	ask_flags(a, "the flags of 'dict' say so", K_dict, C_TPFLAGS_DICT_SUBCLASS);
	ask_flags(a, "the flags of 'tuple' say so", K_tuple, C_TPFLAGS_TUPLE_SUBCLASS);
	ask_object(a, "None is a NoneType", K_none, "NoneType");
	ask_object(a, "True is a bool", K_true, "bool");
	ask_object(a, "False is a bool", K_false, "bool");
	if (py->known[K_true])
		ask_int(a, "True is 1", py->known[K_true], 1);
	if (py->known[K_false])
		ask_int(a, "False is 0", py->known[K_false], 0);
	ask_small_ints(a);
	ask_sys(a);
	ask_gc(a);
}

static enum err wrong(struct python *py, const struct known_answer *k, struct diag *d)
{
	return diag_set(
	    d, ERR_BAD_ANSWER,
	    "CPython %s in '%s' is not read rightly: \"%s\" is not so (found: %s); the debug "
	    "information may be another build's",
	    py->L.version, py->module->path, k->what, k->got);
}

/*
 * One wrong answer about what cannot change is enough. Of those about the heap one subject may be
 * wrong: a program that writes where it should not has hit it, and that is what is looked for.
 */
static enum err judge(struct asking *a, struct diag *d)
{
	struct python *py = a->py;
	const struct known_answer *damaged = NULL;

	for (enum subject s = STATICS; s < SUBJECTS; s++) {
		const struct known_answer *k;

		if (!a->wrong[s])
			continue;
		k = &py->answers.at[a->wrong[s] - 1];
		if (s == STATICS || damaged)
			return wrong(py, k, d);
		damaged = k;
	}
	if (damaged)
		notes_add(py->notes, NOTE_PARTIAL,
			  "the heap is damaged: \"%s\" is not so (found: %s)", damaged->what,
			  damaged->got);
	return OK;
}

/* The debug file alone says where everything is, but types' names are constants of the program. */
static enum err file_is_needed(const struct python *py, struct diag *d)
{
	const struct module *m = py->module;
	bool other = !access(m->path, R_OK);
	char id[2 * BUILD_ID_MAX + 1];

	return diag_set(
	    d, other ? ERR_BUILD_ID : ERR_NO_FILE,
	    "'%s' %s (build-id %s), and its debug file has no constants in it: say where "
	    "the right file is with %s",
	    m->path, other ? "is not the file that ran" : "is gone", build_id_text(&m->id, id),
	    m->exe ? "--exe FILE" : "--sysroot DIR");
}

static bool all_right(const struct python *py)
{
	vec_foreach (k, &py->answers)
		if (!k->ok)
			return false;
	return true;
}

static void look_again(struct python *py)
{
	struct gc_facts facts;

	target_forget(py->t);
	py->collecting = false;
	vec_foreach (in, &py->interps)
		py->collecting |= python_gc_facts(py, in, &facts) && facts.collecting;
}

/*
 * A process that runs on moves things while it is asked: an object that was the first of its list a moment ago is
 * gone. Such an answer is asked for again; what is wrong stays wrong.
 */
static struct asking ask_until_right(struct python *py)
{
	struct asking a = {.py = py};
	struct timespec pause = {.tv_nsec = 1000000};

	py->answers.n = 0;
	ask_all(&a);
	for (int i = 0; i < TRIES && !all_right(py) && !a.failed && target_moves(py->t); i++) {
		nanosleep(&pause, NULL);
		look_again(py);
		a = (struct asking){.py = py};
		py->answers.n = 0;
		ask_all(&a);
	}
	return a;
}

enum err python_answers(struct python *py, struct diag *d)
{
	struct asking a;
	size_t unread = 0;
	enum err e;

	e = python_proof(py, d);
	if (e)
		return e;
	a = ask_until_right(py);
	if (a.failed)
		return diag_set(d, ERR_NOMEM, "out of memory");
	e = judge(&a, d);
	if (e)
		return e;
	vec_foreach (k, &py->answers)
		unread += k->unread;
	if (py->module->no_bytes && name_is_missing(py, py->known[K_type]))
		return file_is_needed(py, d);
	if (unread == py->answers.n)
		return diag_set(d, ERR_UNREADABLE,
				"nothing that is known of CPython %s can be read from '%s'",
				py->L.version, py->t->core ? py->t->core : py->module->path);
	if (unread)
		notes_add(py->notes, NOTE_PARTIAL,
			  "%zu of %zu known answers could not be read: their memory is not there",
			  unread, py->answers.n);
	return OK;
}
