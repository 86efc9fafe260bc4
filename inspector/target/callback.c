/* SPDX-License-Identifier: Apache-2.0 */
/* A process that somebody else reads for us: a GDB remote target. */
#include <sys/mman.h>
#include "target/internal.h"
#include "target/modules.h"
#include "target/procmaps.h"

#define CHUNK (1u << 20)

struct callback {
	struct target_callbacks cb;
	uint64_t lost; /* bytes that could not be read */
};

static size_t callback_read(struct target *t, addr_t addr, void *out, size_t len)
{
	const struct callback *c = t->state;

	return min_of(c->cb.read(c->cb.arg, addr, out, len), len);
}

static void callback_close(struct target *t)
{
	free(t->state);
}

/* One chunk; pages that cannot be read are left out. */
static bool copy_chunk(struct target *t, struct image *im, addr_t start, uint8_t *to, size_t len)
{
	struct callback *c = t->state;

	for (size_t at = 0; at < len;) {
		size_t n =
		    target_read_raw(t, start + at, to + at, len - at) & ~(size_t)(IMAGE_PAGE - 1);

		if (n && !image_add(im, start + at, to + at, n, true))
			return false;
		t->copied_bytes += n;
		at += n;
		if (at < len) {
			c->lost += IMAGE_PAGE;
			at += IMAGE_PAGE;
		}
	}
	return true;
}

static enum err copy_range(struct target *t, struct image *im, addr_t start, addr_t end,
			   struct diag *d)
{
	size_t len = end - start;
	uint8_t *to = mmap(NULL, len, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (to == MAP_FAILED)
		return diag_set(d, ERR_NOMEM, "no memory for a copy of %zu bytes", len);
	if (!vec_push(&im->owned, ((struct image_block){to, len}))) {
		munmap(to, len);
		return diag_set(d, ERR_NOMEM, "out of memory");
	}
	for (size_t at = 0; at < len; at += CHUNK) {
		if (target_interrupted(t))
			return target_says_interrupted(d);
		if (!copy_chunk(t, im, start + at, to + at, min_of(len - at, CHUNK)))
			return diag_set(d, ERR_NOMEM, "out of memory");
	}
	return OK;
}

/*
 * Mappings that touch are copied into one piece: an object may lie across their border, as a type does that begins in
 * .data and ends in .bss. @return the index behind the last of them.
 */
static size_t end_of_range(const struct target *t, size_t i)
{
	const struct mapping *m = t->mappings.at;
	size_t next = i + 1;

	while (mapping_is_private_data(&m[i]) && next < t->mappings.n && m[next].start == m[next - 1].end &&
	       mapping_is_private_data(&m[next]))
		next++;
	return next;
}

static enum err callback_take_image(struct target *t, struct image *im, struct diag *d)
{
	struct callback *c = t->state;
	enum err e = OK;

	t->copied_bytes = c->lost = 0;
	for (size_t i = 0, next; !e && i < t->mappings.n; i = next) {
		next = end_of_range(t, i);
		if (mapping_is_private_data(&t->mappings.at[i]))
			e = copy_range(t, im, t->mappings.at[i].start, t->mappings.at[next - 1].end, d);
	}
	if (!e && c->lost)
		notes_add(t->notes, NOTE_PARTIAL,
			  "%llu bytes of the process' writable memory could not be read",
			  (unsigned long long)c->lost);
	return e;
}

static bool callback_link(struct target *t, const char *name, char *out, size_t size)
{
	const struct callback *c = t->state;
	size_t n = c->cb.link ? c->cb.link(c->cb.arg, name, out, size) : 0;

	if (!n || n >= size)
		return false;
	out[n] = 0;
	return true;
}

static const struct target_ops callback_ops = {
    .name = "callback",
    .read = callback_read,
    .take_image = callback_take_image,
    .link = callback_link,
    .close = callback_close,
};

/* Where the program itself begins, by its name. */
static addr_t exe_start(struct target *t)
{
	vec_foreach (m, &t->mappings)
		if (t->exe[0] && !strcmp(m->path, t->exe)) {
			t->own->knows_exe = true;
			return m->start;
		}
	return 0;
}

static bool take_over(struct target *t, const struct target_callbacks *cb)
{
	for (size_t i = 0; i < cb->n_mappings; i++) {
		struct mapping m = cb->mappings[i];
		const char *path = m.path ? m.path : "";

		m.module = -1;
		m.path = target_string(t, path, strlen(path));
		m.start &= ~(addr_t)(IMAGE_PAGE - 1);
		m.end = m.end > UINT64_MAX - IMAGE_PAGE ? 0 : round_up(m.end, IMAGE_PAGE);
		if (!m.path || !vec_push(&t->mappings, m))
			return false;
	}
	mapping_list_order(&t->mappings);
	for (size_t i = 0; i < cb->n_threads; i++)
		if (!vec_push(&t->threads, cb->threads[i]))
			return false;
	t->pid = cb->pid;
	t->start_time = cb->start_time;
	if (cb->exe)
		t->exe = target_string(t, cb->exe, strlen(cb->exe));
	t->pause = PAUSE_REFUSED; /* whoever reads it holds it, and not we */
	return t->exe && modules_find(t, exe_start(t), module_open_core);
}

enum err target_open_callback(const struct target_callbacks *cb, const struct target_options *o,
			      struct notes *notes, struct target **out, struct diag *d)
{
	struct target *t = target_new(TARGET_CALLBACK, &callback_ops, o, notes);

	if (t)
		t->state = calloc(1, sizeof(struct callback));
	if (t && t->state) {
		((struct callback *)t->state)->cb = *cb;
		if (take_over(t, cb)) {
			*out = t;
			return OK;
		}
	}
	target_close(t);
	return diag_set(d, ERR_NOMEM, "out of memory");
}
