/* SPDX-License-Identifier: Apache-2.0 */
/* count(), sum(), total() and avg() as SQLite has them, but for the weight of a condensed row (condense.h). */
#include "cmd/sql/condense.h"

struct sum {
	int64_t n;	/* values that are not NULL, or rows */
	int64_t integer;
	double real;
	int64_t reals;	/* of the values, how many were no integers */
	bool overflow;
};

static struct sum *sum_of(sqlite3_context *c)
{
	return sqlite3_aggregate_context(c, sizeof(struct sum));
}

static void add(struct sum *s, sqlite3_value *v, int64_t weight)
{
	int64_t product, i;

	s->n += weight;
	if (sqlite3_value_numeric_type(v) != SQLITE_INTEGER) {
		s->reals += weight;
		s->real += sqlite3_value_double(v) * (double)weight;
		return;
	}
	i = sqlite3_value_int64(v);
	s->real += (double)i * (double)weight;
	s->overflow |= __builtin_mul_overflow(i, weight, &product) ||
		       __builtin_add_overflow(s->integer, product, &s->integer);
}

static void change(sqlite3_context *c, int argc, sqlite3_value **argv, int sign)
{
	const struct sqldb *q = sqlite3_user_data(c);
	int64_t weight = (int64_t)q->weight * sign;
	struct sum *s = sum_of(c);

	if (!s)
		return;
	if (!argc)
		s->n += weight;
	else if (sqlite3_value_type(argv[0]) != SQLITE_NULL)
		add(s, argv[0], weight);
}

static void count_change(sqlite3_context *c, int argc, sqlite3_value **argv, int sign)
{
	const struct sqldb *q = sqlite3_user_data(c);
	struct sum *s = sum_of(c);

	if (s && (!argc || sqlite3_value_type(argv[0]) != SQLITE_NULL))
		s->n += (int64_t)q->weight * sign;
}

static void step(sqlite3_context *c, int argc, sqlite3_value **argv)
{
	change(c, argc, argv, 1);
}

static void unstep(sqlite3_context *c, int argc, sqlite3_value **argv)
{
	change(c, argc, argv, -1);
}

static void count_step(sqlite3_context *c, int argc, sqlite3_value **argv)
{
	count_change(c, argc, argv, 1);
}

static void count_unstep(sqlite3_context *c, int argc, sqlite3_value **argv)
{
	count_change(c, argc, argv, -1);
}

static void count_value(sqlite3_context *c)
{
	const struct sum *s = sum_of(c);

	sqlite3_result_int64(c, s ? s->n : 0);
}

static void sum_value(sqlite3_context *c)
{
	const struct sum *s = sum_of(c);

	if (!s || !s->n)
		return;
	if (s->reals)
		sqlite3_result_double(c, s->real);
	else if (s->overflow)
		sqlite3_result_error(c, "integer overflow", -1);
	else
		sqlite3_result_int64(c, s->integer);
}

static void total_value(sqlite3_context *c)
{
	const struct sum *s = sum_of(c);

	sqlite3_result_double(c, s ? s->real : 0);
}

static void avg_value(sqlite3_context *c)
{
	const struct sum *s = sum_of(c);

	if (s && s->n)
		sqlite3_result_double(c, s->real / (double)s->n);
}

int sql_register_sums(struct sqldb *q)
{
	static const struct {
		const char *name;
		int argc;
		void (*step)(sqlite3_context *, int, sqlite3_value **);
		void (*unstep)(sqlite3_context *, int, sqlite3_value **);
		void (*value)(sqlite3_context *);
	} sums[] = {
		{"count", 0, count_step, count_unstep, count_value}, {"count", 1, count_step, count_unstep, count_value},
		{"sum", 1, step, unstep, sum_value},		     {"total", 1, step, unstep, total_value},
		{"avg", 1, step, unstep, avg_value},
	};
	int r = SQLITE_OK;

	for (size_t i = 0; i < ARRAY_SIZE(sums) && !r; i++)
		r = sqlite3_create_window_function(q->db, sums[i].name, sums[i].argc,
						   SQLITE_UTF8 | SQLITE_DETERMINISTIC, q, sums[i].step, sums[i].value,
						   sums[i].value, sums[i].unstep, NULL);
	return r;
}
