/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of builtin types as JSON that has all of them, for programs (the Python package makes them its own values
 * again). What JSON has is itself: null, true, 12, 1.5, "text", [list]. What it has not is an object with one member:
 *   {"int": "-0x1f..."} of more than 63 bits, {"float": "nan"}, {"complex": [re, im]}, {"bytes": "68656c"} (2.7's str too),
 *   {"bytearray": "00ff"}, {"codepoints": [...]} a str that JSON would join, {"tuple": [...]}, {"set": [...]},
 *   {"frozenset": [...]}, {"dict": [[key, value]...]} in its order,
 *   {"object": address, "type": name} what is no such value, or stands in itself.
 * Only exact types: an instance of a derived class is not the same value.
 */
#ifndef CMD_PLAIN_H
#define CMD_PLAIN_H

#include "base/buf.h"
#include "heap/heap.h"
#include "types/types.h"

struct out;

#define PLAIN_MAX (1u << 20) /* bytes of JSON that one object may take */

enum plain { PLAIN_WHOLE, PLAIN_NONE, PLAIN_TOO_LARGE, PLAIN_UNREADABLE };
/** Appends the value if it is all there and not (much) more than max bytes of JSON; else *out is as it was. */
enum plain plain_value(const struct heap *h, addr_t addr, size_t max, struct buf *out);
/** The same, and {"object": ...} for what has no value. */
enum plain plain_any(const struct heap *h, addr_t addr, size_t max, struct buf *out);
/** For JSON: the fact "value", or "value_missing" with the reason. */
void plain_facts(struct out *o, enum plain n, const struct buf *value);

#endif
