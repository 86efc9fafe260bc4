/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds the walk through the heap and the types layer against the interpreter's own word: every object of a scene's
 * truth (corefiles/scenes/truth.py) must be found, and its size, its type's name and what it owns must be the same.
 *
 *     check_objects PID|CORE TRUTH.json [-v]
 *
 * HEAPSCOPE_DEBUG_DIR names a folder with debug files, as --debug-dir does.
 * Prints the mismatches by kind, some of each, and a summary. Exit status 0: all agree; 1: not; 2: could not look.
 */
#include <ctype.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/map.h"
#include "heap/heap.h"
#include "types/family.h"

#define REFS_MAX (1u << 20)
#define SHOWN	 5 /* of a kind; all with -v */

struct truth {
	uint64_t id, size;
	char type[1024];
	uint64_t *refs;
	size_t n;
};

struct got { /* what the visitor was given */
	struct visitor v;
	addr_t to[REFS_MAX];
	uint8_t extra[REFS_MAX]; /* enum excuse: why it may be missing in the truth */
	const char *label[REFS_MAX];
	enum edge_kind kind[REFS_MAX];
	size_t n;
	const struct object *o;
};

struct kind {
	char text[1200];
	uint64_t count;
};
static struct { VEC(struct kind); } kinds;
enum { LOAD, TYPE_NAME, SIZE, REFS, EXTENT, PLAUSIBLE, STRAY, BLOCK, BUFFER, FOUND, N_CHECKS };
static const char *const what_wrong[N_CHECKS] = {"load",      "type",  "size",  "refs",  "extent",
						 "plausible", "stray", "block", "buffer", "found"};
static uint64_t n_objects, n_wrong[N_CHECKS];
static bool verbose;
static const char *const kinds_of_edge[] = {"field", "index", "key",  "value", "attribute", "slot",
					    "local", "stack", "cell", "weak",  "C field", "C array", "unsure"};

static void wrong(int what, const struct truth *t, const char *detail)
{
	char text[1200];

	n_wrong[what]++;
	snprintf(text, sizeof(text), "%s of %s", what_wrong[what], t->type);
	vec_foreach(k, &kinds)
		if (!strcmp(k->text, text)) {
			if (k->count++ < SHOWN || verbose)
				printf("%s: %#llx %s\n", text, (unsigned long long)t->id, detail);
			return;
		}
	if (vec_push(&kinds, ((struct kind){.count = 1})))
		strcpy(kinds.at[kinds.n - 1].text, text);
	printf("%s: %#llx %s\n", text, (unsigned long long)t->id, detail);
}

/* ---- the truth: one object a line, written by ourselves ---- */

static bool parse_name(const char **p, char *out, size_t size)
{
	size_t n = 0;

	if (*(*p)++ != '"')
		return false;
	while (**p && **p != '"' && n + 8 < size) {
		if (**p == '\\' && (*p)[1] == 'u') {
			struct buf b = {0};
			char hex[5] = {(*p)[2], (*p)[3], (*p)[4], (*p)[5], 0};

			buf_codepoint(&b, (uint32_t)strtoul(hex, NULL, 16));
			memcpy(out + n, b.at, b.n);
			n += b.n;
			buf_release(&b);
			*p += 6;
			continue;
		}
		if (**p == '\\')
			(*p)++;
		out[n++] = *(*p)++;
	}
	out[n] = 0;
	return *(*p)++ == '"';
}

static bool parse_line(const char *p, struct truth *t)
{
	if (*p++ != '[')
		return false;
	t->id = strtoull(p, (char **)&p, 10);
	if (strncmp(p, ", ", 2) || (p += 2, !parse_name(&p, t->type, sizeof(t->type))) || strncmp(p, ", ", 2))
		return false;
	t->size = strtoull(p + 2, (char **)&p, 10);
	p = strchr(p, '[');
	for (t->n = 0; p && *p != ']' && isdigit((unsigned char)p[1 + (*p == ',')]); ) {
		p += 1 + (*p == ',');
		t->refs[t->n++] = strtoull(p, (char **)&p, 10);
		if (t->n == REFS_MAX)
			return false;
	}
	return true;
}

/* ---- comparing ---- */

static const struct typectx *ctx;

static bool is_static_type(const struct object *o)
{
	return (o->type->py == &pytype_type || o->type->py == &pytype_ctype_type) &&
	       !(obj_u64(ctx, o, F_type_tp_flags) & ctx->L->c[C_TPFLAGS_HEAPTYPE]);
}

/*
 * Where references may differ from what gc.get_referents() says, and why: all that there is. The first four are on top
 * of what it says, the last one is missing here.
 */
enum excuse { TOLD, UNSURE, NO_TRAVERSE, BEYOND_TRAVERSE, HIDDEN_ITEMS, BEHIND_CODE, N_EXCUSES };
static const char *const excuses[N_EXCUSES] = {
    [UNSURE] = "weak references, and what scans and C structs without a row have: not all is owned, or visited",
    [NO_TRAVERSE] = "of types that the collector does not know: it says nothing of them",
    [BEYOND_TRAVERSE] = "owned, but not visited by tp_traverse: OWN rows, and what only some versions visit",
    [HIDDEN_ITEMS] = "items of struct sequences beyond their length, of arrays of objects",
    [BEHIND_CODE] = "module state, what a capsule guards, a ctypes pointer's type: only code of theirs knows",
};
static uint64_t excused[N_EXCUSES];

static bool is_beyond_traverse(const struct typeinfo *ti, enum edge_kind kind, uint64_t aux)
{
	static const char *const labels[] = {"__name__", "__qualname__", "__slots__", "ht_module", "__subclasses__",
					     "co_code", "buf", "__dict__", "gi_code", "isolation_level", "base", "dtype"};
	const char *label = (const char *)(uintptr_t)aux;

	if (ti->family == FAMILY_pickler || ti->family == FAMILY_unpickler)
		return true;
	if (kind != EDGE_FIELD)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		if (!strcmp(labels[i], label))
			return true;
	return family_beyond_traverse(ti->family, label);
}

/* Why a reference may be missing in the truth. */
static enum excuse may_be_untold(const struct object *o, enum edge_kind kind, uint64_t aux)
{
	const struct typeinfo *ti = o->type;

	if (kind == EDGE_UNSURE || kind == EDGE_WEAK || kind == EDGE_CFIELD || kind == EDGE_CARRAY)
		return UNSURE;
	if (!ti->gc || is_static_type(o))
		return NO_TRAVERSE;
	if (kind == EDGE_INDEX && (ti->py == &pytype_structseq || ti->py == &pytype_ndarray))
		return HIDDEN_ITEMS;
	return is_beyond_traverse(ti, kind, aux) ? BEYOND_TRAVERSE : TOLD;
}

static bool may_miss(const struct object *o)
{
	const struct typeinfo *ti = o->type;

	return ti->family == FAMILY_module || ti->family == FAMILY_capsule || !strcmp(ti->name, "_ctypes.PyCPointerType");
}

static void on_ref(struct visitor *v, addr_t to, enum edge_kind kind, uint64_t aux)
{
	struct got *g = (struct got *)v;

	if (g->n == REFS_MAX)
		return;
	g->extra[g->n] = may_be_untold(g->o, kind, aux);
	g->kind[g->n] = kind;
	g->to[g->n++] = to;
	g->label[g->n - 1] = kind == EDGE_FIELD ? (const char *)(uintptr_t)aux : kinds_of_edge[kind];
}

/* Attributes that lie in an instance which has a __dict__, too: from some 3.13 on it is the dict that visits them. */
static void leave_to_dict(struct got *g)
{
	bool has_dict = false;

	for (size_t i = 0; i < g->n; i++)
		has_dict |= g->kind[i] == EDGE_FIELD && !strcmp(g->label[i], "__dict__");
	for (size_t i = 0; has_dict && g->o->type->inline_values && i < g->n; i++)
		g->extra[i] |= g->kind[i] == EDGE_ATTR;
}

static const char *name_at(struct typetab *tt, addr_t at)
{
	struct object o;

	return object_load(tt, at, &o) ? o.type->name : "?";
}

static void compare_refs(struct typetab *tt, struct object *o, struct truth *t)
{
	static struct got g;
	struct map have = {0};
	char detail[512] = "", stray[256];
	struct object to;
	size_t missing = 0, extra = 0, used = 0;

	g.v.ref = on_ref;
	g.n = 0;
	g.o = o;
	object_refs(typetab_ctx(tt), o, &g.v);
	leave_to_dict(&g);
	for (size_t i = 0; i < t->n; i++) {
		uint64_t n = map_get(&have, t->refs[i]);

		if (!map_put(&have, t->refs[i], n == MAP_NONE ? 1 : n + 1))
			exit(2);
	}
	for (int pass = 0; pass < 2; pass++) /* those that must be there take theirs first */
		for (size_t i = 0; i < g.n; i++) {
			uint64_t n = map_get(&have, g.to[i]);

			if ((g.extra[i] != TOLD) != (pass == 1))
				continue;
			if (n != MAP_NONE && n) {
				if (!map_put(&have, g.to[i], n - 1))
					exit(2);
			} else if (g.extra[i] != TOLD) {
				excused[g.extra[i]]++;
			} else {
				extra++;
				if (used < sizeof(detail) - 100)
					used += snprintf(detail + used, sizeof(detail) - used, " +%#llx %.40s (%s)",
							 (unsigned long long)g.to[i], name_at(tt, g.to[i]), g.label[i]);
			}
		}
	for (size_t i = 0; i < t->n; i++) {
		uint64_t n = map_get(&have, t->refs[i]);

		if (!n)
			continue;
		if (!map_put(&have, t->refs[i], n - 1))
			exit(2);
		missing++;
		if (used < sizeof(detail) - 100)
			used += snprintf(detail + used, sizeof(detail) - used, " -%#llx %.40s",
					 (unsigned long long)t->refs[i], name_at(tt, t->refs[i]));
	}
	map_release(&have);
	for (size_t i = 0; i < g.n; i++)
		if (g.kind[i] != EDGE_UNSURE && g.kind[i] != EDGE_WEAK && g.kind[i] != EDGE_CARRAY && !object_load(tt, g.to[i], &to)) {
			snprintf(stray, sizeof(stray), "%s %#llx", g.label[i], (unsigned long long)g.to[i]);
			wrong(STRAY, t, stray);
		}
	excused[BEHIND_CODE] += may_miss(o) ? missing : 0;
	if (extra || (missing && !may_miss(o)))
		wrong(REFS, t, detail);
}

/* ---- pymalloc: does the object lie in its block as we say? ---- */
static const struct python *python;
static struct target *target;

/* The debug hooks have 16 bytes before every request, the first eight say how large it is, big-endian. */
static uint64_t hooks_before(void)
{
	return python->debug_hooks ? 16 : 0;
}

/* The block that holds addr: where what was asked for starts in it, and its size. False if it is in no pool. */
static bool block_of(const struct typectx *c, addr_t addr, addr_t *start, uint64_t *size)
{
	const struct layout *L = c->L;
	const uint8_t *pool;
	addr_t base;

	vec_foreach(a, &python->arenas) {
		if (addr < a->pool_first || addr >= a->pool_end)
			continue;
		base = a->pool_first + (addr - a->pool_first) / python->pool_size * python->pool_size;
		pool = image_at(c->im, base, L->size[S_pool_header]);
		if (!pool)
			return false;
		*size = (field_uint(L, pool, F_pool_header_szidx) + 1) * python->alignment;
		*start = base + 48 + (addr - base - 48) / *size * *size + hooks_before();
		if (hooks_before()) {
			const uint8_t *p = image_at(c->im, *start - hooks_before(), 8);

			*size = p ? round_up(__builtin_bswap64(load64(p)), 8) : 0;
		}
		return true;
	}
	return false;
}

static void compare_block(const struct typectx *c, const struct object *o, struct truth *t)
{
	uint64_t size, extent = object_extent(c, o);
	char detail[200];
	addr_t start;

	if (!block_of(c, o->addr, &start, &size))
		return;
	if (start + o->type->presize == o->addr && extent + o->type->presize <= size &&
	    (!o->type->exact_extent || o->type->itemsize || /* those may have been made smaller */
	     round_up(extent + o->type->presize, python->alignment) == round_up(size, python->alignment)))
		return;
	snprintf(detail, sizeof(detail), "at %llu in a block of %llu, presize %u, extent %llu (%s)",
		 (unsigned long long)(o->addr - start), (unsigned long long)size, o->type->presize,
		 (unsigned long long)extent, o->type->py->name);
	wrong(BLOCK, t, detail);
}

struct owned {
	struct buffers b;
	const struct typectx *c;
	struct truth *t;
};

static void on_buffer(struct buffers *b, addr_t start, uint64_t len)
{
	struct owned *w = (struct owned *)b;
	char detail[200];
	uint64_t size;
	addr_t block;

	snprintf(detail, sizeof(detail), "%#llx %llu", (unsigned long long)start, (unsigned long long)len);
	if (!image_at(w->c->im, start, 1)) {
		if (!target_module(target, start)) /* constant data is nobody's buffer, but it is there */
			wrong(BUFFER, w->t, detail);
	} else if (block_of(w->c, start, &block, &size) && (block != start || len > size))
		wrong(BUFFER, w->t, detail);
}

static void compare(struct typetab *tt, const struct heap *h, struct truth *t)
{
	const struct typectx *c = typetab_ctx(tt);
	struct owned owned = {{on_buffer}, c, t};
	struct object o;
	char detail[1200];
	uint64_t size;
	uint32_t id;

	n_objects++;
	if (!object_load(tt, t->id, &o)) {
		wrong(LOAD, t, "");
		return;
	}
	if (strcmp(o.type->name, t->type)) {
		snprintf(detail, sizeof(detail), "is called %.900s", o.type->name);
		wrong(TYPE_NAME, t, detail);
	}
	size = object_size(c, &o);
	if (size != t->size && !o.type->own_sizeof) {
		snprintf(detail, sizeof(detail), "%lld, should be %llu (%s)", (long long)size,
			 (unsigned long long)t->size, o.type->py->name);
		wrong(SIZE, t, detail);
	}
	size = object_extent(c, &o);
	/* pages that nobody touched are in no copy, but they are there */
	if (size == SIZE_BAD ||
	    (!image_at(c->im, o.addr, size) && !target_mapping(target, o.addr + size - 1))) {
		snprintf(detail, sizeof(detail), "%lld", (long long)size);
		wrong(EXTENT, t, detail);
	}
	if (!object_plausible(c, &o))
		wrong(PLAUSIBLE, t, "");
	if (!heap_id(h, t->id, &id) || heap_address(h, id) != t->id)
		wrong(FOUND, t, "");
	compare_block(c, &o, t);
	object_buffers(c, &o, &owned.b);
	compare_refs(tt, &o, t);
}

static bool compare_all(struct typetab *tt, const struct heap *h, const char *path)
{
	FILE *f = fopen(path, "r");
	struct truth t = {.refs = calloc(REFS_MAX, sizeof(uint64_t))};
	char *line = NULL;
	size_t cap = 0;

	if (!f || !t.refs)
		return false;
	while (getline(&line, &cap, f) > 0)
		if (*line == '[' && parse_line(line, &t))
			compare(tt, h, &t);
	free(line);
	free(t.refs);
	fclose(f);
	return n_objects > 0;
}

/* ---- */

static enum err open_target(const char *what, struct notes *notes, struct target **t, struct diag *d)
{
	static const char *dirs[2];
	struct target_options o = {0};

	*dirs = getenv("HEAPSCOPE_DEBUG_DIR");
	if (*dirs)
		o.debug_dirs = dirs;
	return strspn(what, "0123456789") == strlen(what) ? target_open_live(atoi(what), &o, notes, t, d)
							    : target_open_core(what, &o, notes, t, d);
}

int main(int argc, char **argv)
{
	struct notes notes = {0};
	struct diag d = {0};
	struct target *t = NULL;
	struct python *py = NULL;
	struct typetab *tt = NULL;
	struct heap *h = NULL;
	uint64_t bad = 0;

	if (argc < 3)
		return 64;
	verbose = argc > 3;
	if (open_target(argv[1], &notes, &t, &d) || python_open(t, &notes, false, &py, &d) ||
	    target_take_image(t, &d) || python_refresh(py, &d) || typetab_open(py, t, &notes, &tt, &d) ||
	    heap_open(py, tt, &notes, &h, &d) || !typetab_refine(tt)) {
		printf("%s\n", diag_text(&d));
		return 2;
	}
	python = py;
	target = t;
	ctx = typetab_ctx(tt);
	if (!compare_all(tt, h, argv[2]))
		return 2;
	vec_foreach(n, &notes)
		printf("note: %s\n", n->text);
	vec_foreach(k, &kinds)
		printf("%6llu  %s\n", (unsigned long long)k->count, k->text);
	printf("%s: %llu objects, %u types;", py->L.version, (unsigned long long)n_objects, typetab_count(tt));
	for (int i = 0; i < N_CHECKS; i++) {
		printf(" %s %llu", what_wrong[i], (unsigned long long)n_wrong[i]);
		bad += n_wrong[i];
	}
	printf("\n");
	for (int i = UNSURE; i < N_EXCUSES; i++)
		printf("%8llu references: %s\n", (unsigned long long)excused[i], excuses[i]);
	for (uint32_t i = 0; i < typetab_count(tt); i++) {
		const struct typeinfo *ti = typetab_at(tt, i);

		if (ti->own_sizeof || (ti->scan_end && !ti->python_class))
			printf("unknown: %s%s %s\n", ti->name, ti->own_sizeof ? " (own __sizeof__)" : "", ti->py->name);
	}
	heap_close(h);
	typetab_close(tt);
	python_close(py);
	target_close(t);
	notes_release(&notes);
	return bad ? 1 : 0;
}
