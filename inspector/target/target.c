/* SPDX-License-Identifier: Apache-2.0 */
#include "target/internal.h"
#include "target/sockets.h"

#define STRING_BLOCK 65536

struct target *target_new(enum target_kind kind, const struct target_ops *ops,
			  const struct target_options *o, struct notes *notes)
{
	struct target *t = calloc(1, sizeof(*t));

	if (t)
		t->own = calloc(1, sizeof(*t->own));
	if (t && !t->own) {
		free(t);
		return NULL;
	}
	if (!t)
		return NULL;
	t->kind = kind;
	t->ops = ops;
	if (o)
		t->options = *o;
	t->notes = notes;
	t->exe = "";
	t->page_size = IMAGE_PAGE;
	return t;
}

void target_rest(struct target *t)
{
	vec_foreach (m, &t->modules) {
		elf_file_close(m->file);
		m->file = NULL;
	}
	for (size_t i = 0; i < CACHE_PAGES; i++) {
		free(t->own->cache[i].at);
		t->own->cache[i] = (struct cache_page){0};
	}
}

void target_close(struct target *t)
{
	if (!t)
		return;
	image_close(t->image);
	target_rest(t);
	if (t->ops->close)
		t->ops->close(t);
	initial_release(t);
	vec_release(&t->modules);
	vec_release(&t->mappings);
	vec_release(&t->threads);
	for (struct string_block *b = t->own->strings, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	sockets_free(t->own->sockets);
	free(t->own);
	free(t);
}

const char *target_string(struct target *t, const char *s, size_t n)
{
	struct string_block *b = t->own->strings;
	char *out;

	if (!b || b->size - b->used <= n) {
		size_t size = max_of(n + 1, (size_t)STRING_BLOCK);

		b = malloc(sizeof(*b) + size);
		if (!b)
			return NULL;
		b->next = t->own->strings;
		b->used = 0;
		b->size = size;
		t->own->strings = b;
	}
	out = b->at + b->used;
	memcpy(out, s, n);
	out[n] = 0;
	b->used += n + 1;
	return out;
}

enum err target_says_interrupted(struct diag *d)
{
	return diag_set(d, ERR_INTERRUPTED, "interrupted; the target runs on as it did");
}

enum err target_take_image(struct target *t, struct diag *d)
{
	struct image *im;
	enum err e;

	if (t->image)
		return OK;
	im = image_new();
	if (!im)
		return diag_set(d, ERR_NOMEM, "out of memory for the page table of the image");
	e = t->ops->take_image(t, im, d);
	if (!e &&
	    (!image_add_file_pages(im, t) || !image_add_relro(im, t) || !image_add_initial(im, t)))
		e = diag_set(d, ERR_NOMEM, "out of memory for the page table of the image");
	if (e) {
		image_close(im);
		return e;
	}
	image_finish(im);
	t->image = im;
	t->own->image_scope = t->notes->scope == NOTE_OF_COMMAND ? 0 : t->notes->scope;
	target_forget_pages(t);
	return OK;
}

enum err target_freeze(struct target *t, struct diag *d)
{
	if (t->image) /* how that was taken holds for what is read now */
		t->notes->reach = max_of(t->notes->reach, t->own->image_scope);
	if (t->image || !t->ops->freeze)
		return OK;
	target_forget_pages(t);
	return t->ops->freeze(t, d);
}

void target_thaw(struct target *t)
{
	if (t->ops->thaw)
		t->ops->thaw(t);
}

bool target_list_threads(struct target *t)
{
	return !t->ops->list_threads || t->ops->list_threads(t);
}

bool target_link(struct target *t, const char *name, char *out, size_t size)
{
	return t->ops->link && t->ops->link(t, name, out, size);
}

bool target_moves(const struct target *t)
{
	return !t->image && t->ops->freeze && !t->held;
}

void target_forget(struct target *t)
{
	target_forget_pages(t);
}
