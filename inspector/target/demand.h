/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image whose pages come when they are asked for, by point reads: what works on an image works on a few objects
 * too, and nothing else of the target is copied. For one thread. While a live target runs on, pages are of different
 * moments: hold it (target_freeze()).
 */
#ifndef TARGET_DEMAND_H
#define TARGET_DEMAND_H

#include "target/image.h"
#include "target/target.h"

#define DEMAND_MAX (1ull << 30) /* bytes that may be read so; what lies beyond is not there */

/** NULL: no memory. Borrows the target; end it with image_close(). */
struct image *image_on_demand(struct target *t);

#endif
