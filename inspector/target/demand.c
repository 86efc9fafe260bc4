/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mman.h>
#include "target/demand.h"

#define BLOCK (1u << 20) /* single pages are cut from blocks: the kernel gives a process only so many mappings */

struct image_source {
	struct image *im;
	struct target *t;
	uint64_t bytes; /* read so far */
	uint8_t *block; /* where the next pages go */
	size_t left;
};

static uint8_t *own(struct image *im, size_t len)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	if (vec_push(&im->owned, ((struct image_block){at, len})))
		return at;
	munmap(at, len);
	return NULL;
}

/* Room for the pages. Those of a block that could not be read are used for the next ones. */
static uint8_t *room(struct image_source *s, size_t len)
{
	if (len > BLOCK / 4)
		return own(s->im, len);
	if (s->left < len) {
		s->block = own(s->im, BLOCK);
		s->left = s->block ? BLOCK : 0;
	}
	return s->block;
}

const uint8_t *image_fetch(struct image_source *s, addr_t a, size_t len)
{
	addr_t from = a & ~(addr_t)(IMAGE_PAGE - 1), end = a + max_of(len, 1);
	uint8_t *at;

	if (end < a || end >> 47 || end - from > DEMAND_MAX - s->bytes)
		return NULL;
	end = round_up(end, IMAGE_PAGE);
	at = room(s, end - from);
	if (!at || !target_read(s->t, from, at, end - from) || !image_replace(s->im, from, at, end - from))
		return NULL;
	s->bytes += end - from;
	if (at == s->block) {
		s->block += end - from;
		s->left -= end - from;
	}
	return at + (a - from);
}

struct image *image_on_demand(struct target *t)
{
	struct image *im = image_new();
	struct image_source *s = calloc(1, sizeof(*s));

	if (!im || !s) {
		image_close(im);
		free(s);
		return NULL;
	}
	*s = (struct image_source){.im = im, .t = t};
	im->source = s;
	return im;
}
