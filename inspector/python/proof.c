/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For cores that were cut off: the interpreter's types come from its file, and the file may have
 * been taken by its name and place alone. What is left of the heap proves or disproves it: objects
 * name their types by address, and what calls itself a string has to read as one.
 */
#include "base/buf.h"
#include "python/priv.h"

#define PAGE	    4096
#define HITS_WANTED 256 /* looked at; then it is enough */
#define REFS_MAX    (1ull << 40)

struct proof {
	struct python *py;
	addr_t strings[2]; /* str; 2.7: unicode and str */
	addr_t others[8];
	size_t n_others;
	uint64_t good, bad, named; /* strings that read, that do not; objects of the other types */
};

static void look_at(struct proof *p, addr_t object, addr_t type)
{
	struct buf text = {0};
	addr_t last;

	for (size_t i = 0; i < p->n_others; i++)
		if (type == p->others[i])
			p->named++;
	if (type != p->strings[0] && type != p->strings[1])
		return;
	if (!target_read_u64(p->py->t, object + p->py->L.size[S_object] + 32, &last))
		return; /* cut off */
	if (python_string(p->py, object, 32, &text))
		p->good++;
	else
		p->bad++;
	buf_release(&text);
}

static void scan_page(struct proof *p, addr_t at, const uint8_t *page)
{
	int32_t type_at = p->py->L.f[F_object_ob_type].offset;

	for (size_t i = 0; i + (size_t)type_at + 8 <= PAGE; i += 8) {
		uint64_t refs = load64(page + i), type = load64(page + i + type_at);

		if (refs && refs < REFS_MAX && type && !(type & 7))
			look_at(p, at + i, type);
	}
}

static bool is_enough(const struct proof *p)
{
	return p->good + p->bad >= HITS_WANTED && p->named >= HITS_WANTED;
}

static void scan(struct proof *p)
{
	struct target *t = p->py->t;
	uint8_t page[PAGE];

	vec_foreach (m, &t->mappings) {
		if (!(m->prot & MAP_WRITE) || m->path[0] == '/' || m->module >= 0)
			continue;
		for (addr_t at = m->start; at < m->end && !is_enough(p); at += PAGE) {
			if (t->options.interrupted && *t->options.interrupted)
				return;
			if (target_read(t, at, page, sizeof(page)))
				scan_page(p, at, page);
		}
	}
}

static void choose_types(struct proof *p)
{
	static const enum known_id others[] = {K_dict, K_tuple, K_function,  K_code,
					       K_list, K_type,	K_cfunction, K_weakref};
	const addr_t *known = p->py->known;

	p->strings[0] = known[K_unicode];
	p->strings[1] = known[K_string27] ? known[K_string27] : known[K_unicode];
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (known[others[i]])
			p->others[p->n_others++] = known[others[i]];
}

enum err python_proof(struct python *py, struct diag *d)
{
	struct proof p = {.py = py};

	if (!py->cut)
		return OK;
	choose_types(&p);
	scan(&p);
	if (p.bad > p.good)
		return diag_set(
		    d, ERR_BUILD_ID,
		    "'%s' is not the file that ran: of %llu objects in memory that it would call "
		    "strings %llu are none; say where the right files are with --exe or --sysroot",
		    py->module->file_path ? py->module->file_path : py->module->path,
		    (unsigned long long)(p.good + p.bad), (unsigned long long)p.bad);
	if (!p.good && !p.named && !py->module->id.n)
		return diag_set(d, ERR_BUILD_ID,
				"no object in memory is of a type of '%s': none is left, or this "
				"is not the file that "
				"ran; say where the right one is with --exe or --sysroot",
				py->module->file_path ? py->module->file_path : py->module->path);
	if (!p.good && !p.named)
		return diag_set(d, ERR_UNREADABLE,
				"of the objects of CPython %s nothing is left in '%s'",
				py->L.version, py->t->core ? py->t->core : py->module->path);
	notes_add(py->notes, NOTE_PARTIAL,
		  "the interpreter's own data was cut off: %s; objects are found in pools and by "
		  "references, "
		  "and weighed without tables that are missing",
		  py->interps.n
		      ? "some of its lists are not known"
		      : "interpreters, threads and the garbage collector's lists are not known");
	return OK;
}
