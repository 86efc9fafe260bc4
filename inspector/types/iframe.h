/* SPDX-License-Identifier: Apache-2.0 */
/* Inside types/ only: interpreter frames (3.11+), in a frame object or in a generator. */
#ifndef TYPES_IFRAME_H
#define TYPES_IFRAME_H

#include "types/family.h"

/** Bytes of the frame of a code object: locals, cells and stack included. 0 if the code is damaged.
 */
uint64_t iframe_bytes(const struct typectx *c, const uint8_t *iframe);
/** All that the frame at addr owns. */
void iframe_refs(const struct typectx *c, addr_t addr, struct visitor *v);
/** The code object of a frame at `at`. */
addr_t iframe_code(const struct typectx *c, const uint8_t *at);

#endif
