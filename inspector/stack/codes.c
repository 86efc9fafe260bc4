/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "stack/codes.h"
#include "target/target.h"
#include "types/peek.h"

#define NAME_MAX_CHARS 4096
#define TABLE_MAX      (64u << 20)
#define CODES_MAX      1000000
#define MAP_BAD	       (UINT64_MAX - 1)

void codes_init(struct codes *c, const struct python *py)
{
	*c = (struct codes){.py = py};
}

void codes_release(struct codes *c)
{
	vec_foreach (k, c) {
		free(k->name);
		free(k->file);
		free(k->table);
	}
	vec_release(c);
	map_release(&c->by_address);
}

/* 2.7 keeps names as bytes: they are taken as they are, most are UTF-8. */
static bool read_bytes(const struct python *py, addr_t str, struct buf *b)
{
	int64_t n = min_of(peek_size(py, str), NAME_MAX_CHARS);
	char text[NAME_MAX_CHARS];

	if (n < 0 || !target_read(py->t, str + py->L.f[F_string27_ob_sval].offset, text, n))
		return false;
	buf_add(b, text, n);
	return true;
}

static char *read_text(const struct python *py, addr_t str)
{
	struct buf b = {0};

	if (str &&
	    (peek_is(py, str, K_string27) ? read_bytes(py, str, &b)
					  : python_string(py, str, NAME_MAX_CHARS, &b)) &&
	    buf_ok(&b))
		return b.at ? b.at : strdup("");
	buf_release(&b);
	return NULL;
}

/* Where the line table is, and how it is written. */
static addr_t find_table(const struct python *py, addr_t code, enum line_format *format)
{
	const struct layout *L = &py->L;

	if (layout_has(L, F_code_co_lnotab)) {
		*format = layout_has_const(L, C_LNOTAB_SIGNED) ? LINES_SIGNED : LINES_UNSIGNED;
		return peek_ptr(py, code, F_code_co_lnotab);
	}
	*format = layout_has(L, F_code_co_code_adaptive) ? LINES_PLACES : LINES_RANGES;
	return peek_ptr(py, code, F_code_co_linetable);
}

static void read_table(const struct python *py, struct code *k)
{
	addr_t table = find_table(py, k->addr, &k->format);
	bool old = peek_is(py, table, K_string27);
	int64_t n = peek_size(py, table);

	if (n <= 0 || n > TABLE_MAX || !(old || peek_is(py, table, K_bytes))) {
		k->format = n ? LINES_NONE : k->format;
		return;
	}
	k->table = malloc(n);
	if (k->table &&
	    target_read(py->t, table + py->L.f[old ? F_string27_ob_sval : F_bytes_ob_sval].offset,
			k->table, n)) {
		k->table_size = n;
		return;
	}
	k->format = LINES_NONE;
}

/* A core that was cut off may have a frame and not its code, and still the frames around it. */
static bool is_cut_off(const struct python *py, addr_t addr)
{
	uint64_t type;

	return py->t->missing_bytes && !(addr & 7) && !peek_field(py, addr, F_object_ob_type, &type) &&
	       target_mapping(py->t, addr);
}

static bool code_load(const struct python *py, addr_t addr, struct code *k)
{
	int64_t units;

	*k = (struct code){.addr = addr, .first_line = -1, .format = LINES_NONE, .last_at = INT64_MIN};
	if (is_cut_off(py, addr))
		return true;
	if (!peek_is(py, addr, K_code))
		return false;
	k->name = read_text(py, peek_ptr(py, addr, F_code_co_qualname));
	if (!k->name)
		k->name = read_text(py, peek_ptr(py, addr, F_code_co_name));
	k->file = read_text(py, peek_ptr(py, addr, F_code_co_filename));
	k->first_line = (int)peek_int(py, addr, F_code_co_firstlineno, -1);
	peek_field(py, addr, F_code_co_flags, &k->flags);
	if (layout_has(&py->L, F_code_co_code_adaptive)) {
		k->start = addr + py->L.f[F_code_co_code_adaptive].offset;
		units = peek_size(py, addr);
		k->size = units > 0 ? 2 * (uint64_t)units : 0;
	}
	read_table(py, k);
	return true;
}

uint32_t codes_get(struct codes *c, addr_t addr)
{
	uint64_t at = map_get(&c->by_address, addr);
	struct code k;
	bool good;

	if (at != MAP_NONE)
		return at == MAP_BAD ? CODE_NONE : (uint32_t)at;
	if (c->n >= CODES_MAX)
		return CODE_NONE;
	good = code_load(c->py, addr, &k);
	if (!map_put(&c->by_address, addr, good ? c->n : MAP_BAD) || !good)
		return CODE_NONE;
	if (vec_push(c, k))
		return c->n - 1;
	free(k.name);
	free(k.file);
	free(k.table);
	return CODE_NONE;
}

static uint64_t hash_bytes(uint64_t h, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < n; i++)
		h = map_hash(h ^ p[i]) + i;
	return h;
}

void codes_identify(struct codes *c)
{
	vec_foreach (k, c) {
		uint64_t h = map_hash((uint64_t)k->first_line + 1);

		h = hash_bytes(h, k->name, k->name ? strlen(k->name) : 0);
		h = hash_bytes(h, k->file, k->file ? strlen(k->file) : 0);
		k->identity = hash_bytes(h, k->table, k->table_size);
	}
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

bool code_same(const struct code *a, const struct code *b)
{
	return a == b || (a->identity == b->identity && a->first_line == b->first_line &&
			  a->table_size == b->table_size && same_text(a->name, b->name) &&
			  same_text(a->file, b->file) &&
			  (!a->table_size || !memcmp(a->table, b->table, a->table_size)));
}

struct place code_place(struct code *k, int64_t at)
{
	if (k->last_at != at) {
		k->last = linetable_find(k->format, k->table, k->table_size, k->first_line, at);
		k->last_at = at;
	}
	return k->last;
}
