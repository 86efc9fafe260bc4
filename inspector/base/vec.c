/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"

bool vec_grow_(void **at, size_t *cap, size_t need, size_t each)
{
	size_t want = *cap ? *cap * 2 : 16;
	void *p;

	if (want < need)
		want = need;
	if (each && want > SIZE_MAX / each)
		return false;
	p = realloc(*at, want * each);
	if (!p)
		return false;
	*at = p;
	*cap = want;
	return true;
}
