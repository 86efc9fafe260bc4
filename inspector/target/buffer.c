/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of bytes as a process: for tests. */
#include "target/internal.h"

struct buffer {
	struct {
		VEC(struct buffer_range);
	} ranges; /* the bytes are ours */
};

static size_t buffer_read(struct target *t, addr_t addr, void *out, size_t len)
{
	const struct buffer *b = t->state;
	size_t got = 0;

	/* ranges may touch each other: go on until none has the next byte */
	for (bool more = true; more && got < len;) {
		more = false;
		vec_foreach (r, &b->ranges) {
			addr_t offset = addr + got - r->start;
			size_t n;

			if (addr + got < r->start || offset >= r->len)
				continue;
			n = min_of(len - got, r->len - offset);
			memcpy((uint8_t *)out + got, (const uint8_t *)r->bytes + offset, n);
			got += n;
			more = true;
			break;
		}
	}
	return got;
}

static enum err buffer_take_image(struct target *t, struct image *im, struct diag *d)
{
	const struct buffer *b = t->state;

	vec_foreach (r, &b->ranges) {
		size_t whole = r->len & ~(size_t)(IMAGE_PAGE - 1);

		if (whole && !image_add(im, r->start, r->bytes, whole, r->prot & MAP_WRITE))
			return diag_set(d, ERR_NOMEM, "out of memory");
		t->copied_bytes += whole;
	}
	return OK;
}

static void buffer_close(struct target *t)
{
	struct buffer *b = t->state;

	if (!b)
		return;
	vec_foreach (r, &b->ranges)
		free((void *)r->bytes);
	vec_release(&b->ranges);
	free(b);
}

static const struct target_ops buffer_ops = {
    .name = "buffer",
    .read = buffer_read,
    .take_image = buffer_take_image,
    .close = buffer_close,
};

static bool add(struct target *t, const struct buffer_range *from)
{
	struct buffer *b = t->state;
	const char *path = from->path ? from->path : "";
	struct buffer_range r = *from;
	struct mapping m = {.start = r.start,
			    .end = r.start + round_up(r.len, IMAGE_PAGE),
			    .prot = r.prot,
			    .module = -1};
	uint8_t *bytes = malloc(r.len + !r.len);

	r.bytes = bytes;
	m.path = target_string(t, path, strlen(path));
	if (!bytes || !m.path || !vec_push(&b->ranges, r)) {
		free(bytes);
		return false;
	}
	if (r.len)
		memcpy(bytes, from->bytes, r.len);
	return !r.len || vec_push(&t->mappings, m);
}

enum err target_open_buffer(const struct buffer_range *ranges, size_t n, struct notes *notes,
			    struct target **out, struct diag *d)
{
	struct target *t = target_new(TARGET_BUFFER, &buffer_ops, NULL, notes);
	bool ok = t && (t->state = calloc(1, sizeof(struct buffer)));

	for (size_t i = 0; ok && i < n; i++)
		ok = add(t, &ranges[i]);
	if (!ok) {
		target_close(t);
		return diag_set(d, ERR_NOMEM, "out of memory");
	}
	mapping_list_order(&t->mappings);
	*out = t;
	return OK;
}
