/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "python/priv.h"

#define STRING_MAX (1ull << 40) /* a longer one is damage */

/* Never made "ready": only a wchar_t buffer (before 3.12). */
static bool wchar_characters(const struct python *py, addr_t str, struct python_characters *out)
{
	return py_field(py, str, F_ascii_wstr, &out->at) && out->at &&
	       py_field(py, str, F_compact_wstr_length, &out->n) && (out->width = 4);
}

static bool str_characters(const struct python *py, addr_t str, struct python_characters *out)
{
	uint64_t kind, compact, ascii, ready = 1;

	if (!py_field(py, str, F_ascii_kind, &kind) ||
	    !py_field(py, str, F_ascii_compact, &compact) ||
	    !py_field(py, str, F_ascii_ascii, &ascii) ||
	    !py_field(py, str, F_ascii_length, &out->n))
		return false;
	if (layout_has(&py->L, F_ascii_ready) && !py_field(py, str, F_ascii_ready, &ready))
		return false;
	if (!ready || !kind)
		return wchar_characters(py, str, out);
	if (kind != 1 && kind != 2 && kind != 4)
		return false;
	out->width = (unsigned)kind;
	if (!compact)
		return py_field(py, str, F_unicode_data, &out->at) && out->at;
	out->at = str + py->L.size[ascii ? S_ascii : S_compact];
	return true;
}

static bool unicode27_characters(const struct python *py, addr_t str, struct python_characters *out)
{
	out->width = py->known[K_ucs2] ? 2 : 4;
	return py_field(py, str, F_unicode27_str, &out->at) && out->at &&
	       py_field(py, str, F_unicode27_length, &out->n);
}

bool python_characters(const struct python *py, addr_t str, struct python_characters *out)
{
	const uint64_t *c = py->L.c;
	uint64_t flags;

	*out = (struct python_characters){0};
	if (!py_flags_of(py, str, &flags))
		return false;
	if (layout_has(&py->L, F_string27_ob_sval) && flags & c[C_TPFLAGS_BYTES_SUBCLASS]) {
		*out = (struct python_characters){
		    .at = str + (uint32_t)py->L.f[F_string27_ob_sval].offset,
		    .width = 1,
		    .bytes = true};
		return py_field(py, str, F_varobject_ob_size, &out->n) && out->n < STRING_MAX;
	}
	if (!(flags & c[C_TPFLAGS_UNICODE_SUBCLASS]))
		return false;
	if (!(layout_has(&py->L, F_unicode27_str) ? unicode27_characters(py, str, out)
						  : str_characters(py, str, out)))
		return false;
	return out->n < STRING_MAX;
}

static uint32_t character(const uint8_t *p, unsigned width)
{
	return width == 1 ? load8(p) : width == 2 ? load16(p) : load32(p);
}

static void add_characters(const struct python_characters *ch, const uint8_t *bytes, size_t n,
			   struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t c = character(bytes + i * ch->width, ch->width);

		if (ch->bytes && c >= 0x80)
			buf_printf(out, "\\x%02x", c);
		else
			buf_codepoint(out, c);
	}
}

bool python_string(const struct python *py, addr_t str, size_t max, struct buf *out)
{
	struct python_characters ch;
	uint8_t bytes[1024];
	struct buf text = {0};
	uint64_t n;

	if (!python_characters(py, str, &ch))
		return false;
	n = min_of(ch.n, max);
	for (uint64_t done = 0, now; done < n; done += now) {
		now = min_of(n - done, sizeof(bytes) / ch.width);
		if (!target_read(py->t, ch.at + done * ch.width, bytes, now * ch.width)) {
			buf_release(&text);
			return false;
		}
		add_characters(&ch, bytes, now, &text);
	}
	buf_add(out, buf_text(&text), text.n);
	if (!buf_ok(&text))
		out->failed = true;
	buf_release(&text);
	return true;
}

bool py_string_is(const struct python *py, addr_t str, const char *text)
{
	struct python_characters ch;
	uint8_t bytes[4 * 128];
	size_t n = strlen(text);

	if (!python_characters(py, str, &ch) || ch.n != n || n > 128 ||
	    !target_read(py->t, ch.at, bytes, n * ch.width))
		return false;
	for (size_t i = 0; i < n; i++)
		if (character(bytes + i * ch.width, ch.width) != (uint8_t)text[i])
			return false;
	return true;
}
