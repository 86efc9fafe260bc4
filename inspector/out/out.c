/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include "out/backend.h"

static const struct out_ops *const formats[] = {
    [OUT_TEXT] = &out_text_ops,
    [OUT_JSON] = &out_json_ops,
};

enum err out_open(enum out_format format, FILE *to, bool colour, const char *command,
		  struct out **out, struct diag *d)
{
	struct out *o = calloc(1, sizeof(*o));

	if (!o)
		return diag_set(d, ERR_NOMEM, "out of memory");
	*o = (struct out){.ops = formats[format], .to = to, .colour = colour};
	if (!o->ops->open(o, command)) {
		free(o);
		return diag_set(d, ERR_NOMEM, "out of memory");
	}
	*out = o;
	return OK;
}

void out_close(struct out *o)
{
	if (!o)
		return;
	o->ops->close(o);
	buf_release(&o->line);
	free(o);
}

bool out_finish(struct out *o, const struct notes *notes)
{
	o->ops->end(o);
	o->ops->finish(o, notes);
	errno = 0;
	if (!o->failed && fflush(o->to))
		o->failed = errno ? errno : EIO;
	errno = o->failed;
	return !o->failed;
}

bool out_failed(const struct out *o)
{
	return o->failed;
}

void out_write(struct out *o, const void *bytes, size_t n)
{
	if (o->failed || !n)
		return;
	errno = 0;
	if (fwrite(bytes, 1, n, o->to) != n)
		o->failed = errno ? errno : EIO;
}

void out_write_line(struct out *o)
{
	if (!buf_ok(&o->line) && !o->failed)
		o->failed = ENOMEM;
	out_write(o, buf_text(&o->line), o->line.n);
	buf_clear(&o->line);
}

bool out_is_null(enum out_type type, union out_value v)
{
	switch (type) {
	case COL_STRING:
	case COL_JSON:
		return !v.s;
	case COL_SIGNED:
		return v.i == INT64_MIN;
	case COL_PERCENT:
	case COL_SECONDS:
		return !isfinite(v.d);
	case COL_VALUE:
	case COL_NUMERIC:
		return !v.any;
	default:
		return v.u == OUT_NULL;
	}
}

void out_seconds_text(struct buf *b, double seconds, int decimals)
{
	uint64_t scale = decimals == 3 ? 1000 : 1000000;
	double most = 9e12;
	uint64_t n = (uint64_t)(min_of(fabs(seconds), most) * (double)scale + 0.5);

	buf_printf(b, "%s%llu.%0*llu", seconds < 0 && n ? "-" : "", (unsigned long long)(n / scale),
		   decimals, (unsigned long long)(n % scale));
}

void out_real_text(struct buf *b, double v)
{
	char text[40];

	if (!isfinite(v)) {
		buf_str(b, isnan(v) ? "nan" : v < 0 ? "-inf" : "inf");
		return;
	}
	for (int precision = 1; precision <= 17; precision++) {
		snprintf(text, sizeof(text), "%.*g", precision, v);
		if (strtod(text, NULL) == v)
			break;
	}
	for (char *p = text; *p; p++)
		if (*p == ',')
			*p = '.';
	buf_str(b, text);
	if (!strpbrk(text, ".e"))
		buf_str(b, ".0");
}

void out_target_str(struct out *o, const char *key, const char *value)
{
	if (value)
		o->ops->target(o, key, COL_STRING, (union out_value){.s = value});
}

void out_target_u64(struct out *o, const char *key, uint64_t value)
{
	o->ops->target(o, key, COL_COUNT, (union out_value){.u = value});
}

void out_target_seconds(struct out *o, const char *key, double value)
{
	o->ops->target(o, key, COL_SECONDS, (union out_value){.d = value});
}

void out_text(struct out *o, const char *fmt, ...)
{
	struct buf raw = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&raw, fmt, ap);
	va_end(ap);
	if (!buf_ok(&raw) && !o->failed)
		o->failed = ENOMEM;
	o->ops->text(o, buf_text(&raw), raw.n);
	buf_release(&raw);
}

void out_table(struct out *o, const char *name, const struct out_column *columns, size_t n)
{
	o->ops->end(o);
	o->columns = columns;
	o->n_columns = n;
	o->ops->table(o, name);
}

void out_row(struct out *o, const union out_value *values)
{
	o->ops->row(o, values);
}

void out_facts(struct out *o, const char *name)
{
	o->ops->end(o);
	o->ops->facts(o, name);
}

void out_fact(struct out *o, const char *key, const char *title, enum out_type type,
	      union out_value v)
{
	o->ops->fact(o, key, title, type, v);
}

void out_total_u64(struct out *o, const char *key, uint64_t value)
{
	o->ops->total(o, key, COL_COUNT, (union out_value){.u = value});
}

void out_total_seconds(struct out *o, const char *key, double value)
{
	o->ops->total(o, key, COL_SECONDS, (union out_value){.d = value});
}

void out_total_str(struct out *o, const char *key, const char *value)
{
	o->ops->total(o, key, COL_STRING, (union out_value){.s = value});
}

void out_error(struct out *o, const struct diag *d)
{
	o->ops->error(o, d);
}

char *out_size_text(uint64_t bytes, const char *between, char out[32])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	uint64_t tenths = 0;
	double x = (double)bytes;
	unsigned u;

	if (bytes < 1024) {
		snprintf(out, 32, "%u%.8s%s", (unsigned)bytes, between, units[0]);
		return out;
	}
	for (u = 0; u < ARRAY_SIZE(units) - 1 && (!u || tenths >= 10240); u++) {
		x /= 1024;
		tenths = (uint64_t)(x * 10 + 0.5);
	}
	snprintf(out, 32, "%u.%u%.8s%s", (unsigned)(tenths / 10), (unsigned)(tenths % 10), between,
		 units[u]);
	return out;
}
