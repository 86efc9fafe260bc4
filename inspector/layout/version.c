/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include "layout/rows.h"

static const struct const_row {
	enum const_id id;
	uint64_t value;
	uint32_t since, before;
} const_rows[] = {
#define CONST(id, value, since, before) {C_##id, (uint64_t)(value), since, before},
#define CONST_AGAIN			CONST
#include "layout/consts.def"
#undef CONST_AGAIN
#undef CONST
};

/* What is tested: 2.7, 3.6 to 3.13. What comes later may work by its DWARF; what came before is not
 * looked for. */
#define VERSION(major, minor) ((uint32_t)(major) << 24 | (uint32_t)(minor) << 16)

bool layout_version_tested(const struct layout *L)
{
	uint32_t v = L->hexversion & 0xffff0000;

	return v == VERSION(2, 7) || (v >= VERSION(3, 6) && v <= VERSION(3, 13));
}

static bool version_supported(uint32_t hex)
{
	return (hex >= VERSION(2, 7) && hex < VERSION(3, 0)) || hex >= VERSION(3, 6);
}

bool layout_version_sane(uint64_t hex)
{
	unsigned level = hex >> 4 & 15;

	return hex >> 32 == 0 && (hex >> 24 == 2 || hex >> 24 == 3) && (hex >> 16 & 255) < 40 &&
	       level >= 0xa && level <= 0xf && level != 0xd && level != 0xe;
}

static bool version_number(const char **s, unsigned max, unsigned *out)
{
	unsigned n = 0;

	if (!isdigit((unsigned char)**s))
		return false;
	while (isdigit((unsigned char)**s)) {
		n = n * 10 + (unsigned)(*(*s)++ - '0');
		if (n > max)
			return false;
	}
	*out = n;
	return true;
}

uint32_t layout_parse_version(const char *s)
{
	unsigned major, minor, micro, level = 0xf, serial = 0;

	if (!version_number(&s, 3, &major) || *s++ != '.' || !version_number(&s, 255, &minor) ||
	    *s++ != '.' || !version_number(&s, 255, &micro))
		return 0;
	if (*s == 'a' || *s == 'b') {
		level = *s++ == 'a' ? 0xa : 0xb;
	} else if (!strncmp(s, "rc", 2)) {
		level = 0xc;
		s += 2;
	}
	if (level != 0xf && !version_number(&s, 15, &serial))
		return 0;
	if (*s == '+')
		s++;
	if (*s && *s != ' ')
		return 0;
	return VERSION(major, minor) | micro << 8 | level << 4 | serial;
}

static void version_text(uint32_t hex, char *out, size_t size)
{
	static const char *const levels[16] = {[0xa] = "a", [0xb] = "b", [0xc] = "rc"};
	const char *level = levels[hex >> 4 & 15];

	if (level)
		snprintf(out, size, "%u.%u.%u%s%u", hex >> 24, hex >> 16 & 255, hex >> 8 & 255,
			 level, hex & 15);
	else
		snprintf(out, size, "%u.%u.%u", hex >> 24, hex >> 16 & 255, hex >> 8 & 255);
}

enum err layout_set_version(struct layout *L, uint32_t hex, const char *version, struct diag *d)
{
	char text[sizeof(L->version)];

	version_text(hex, text, sizeof(text));
	if (!version_supported(hex))
		return diag_set(d, ERR_UNSUPPORTED,
				"CPython %s is not supported: 2.7 and 3.6 to 3.13 are", text);
	L->hexversion = hex;
	snprintf(L->version, sizeof(L->version), "%s", version ? version : text);
	for (size_t i = 0; i < ARRAY_SIZE(const_rows); i++) {
		const struct const_row *c = &const_rows[i];

		if (hex >= c->since && (!c->before || hex < c->before))
			L->c[c->id] = c->value;
	}
	return OK;
}
