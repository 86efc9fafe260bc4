/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NumPy's arrays as numpy/ndarraytypes.h has them, and types whose sizes are code of their own. The numbers of
 * test_sizes are what sys.getsizeof() says with NumPy 1.24 and 2.4.
 */
#include "types_fixture.h"

enum { ARRAY = AREA, DESCR = AREA + 0x100, DESCR_TYPE = AREA + 0x200, DTYPE = AREA + 0x400, SHAPE = AREA + 0x800,
       DATA = AREA + 0x1000 };

static void put32(uint64_t at, uint32_t v)
{
	memcpy(memory + at, &v, 4);
}

/* An array of elements of `each` bytes, of the release of NumPy whose numpy.dtype is that large. */
static void an_array(uint32_t dtype_size, uint64_t each, char kind, uint32_t flags, uint32_t nd, const uint64_t *shape)
{
	one_object(ARRAY, "numpy.ndarray", 96, 0, 0);
	put(ARRAY + 16, BASE + DATA);
	put32(ARRAY + 24, nd);
	put(ARRAY + 32, nd ? BASE + SHAPE : 0);
	put(ARRAY + 40, nd ? BASE + SHAPE + nd * 8 : 0);
	put(ARRAY + 56, BASE + DESCR);
	put32(ARRAY + 64, flags);
	for (uint32_t i = 0; i < nd; i++)
		put(SHAPE + i * 8, shape[i]);
	put_type(DTYPE, TYPE, OBJECT, "numpy.dtype", dtype_size, 0, 0);
	put_type(DESCR_TYPE, TYPE, DTYPE, "numpy.dtypes.SomeDType", 120, 0, 0);
	put(DESCR, 1);
	put(DESCR + 8, BASE + DESCR_TYPE);
	memory[DESCR + 24] = (uint8_t)kind;
	if (dtype_size == 96)
		put32(DESCR + 32, (uint32_t)each);
	else
		put(DESCR + 40, each);
}

static uint64_t size_of_array(void)
{
	struct object o = load(ARRAY);

	return object_size(c, &o);
}

#define OWNS 0x505
#define VIEW 0x501

static const struct {
	uint64_t each;
	uint32_t flags, nd;
	uint64_t shape[3], size;
} sizes[] = {
	{8, OWNS, 1, {1000}, 8112},	  /* numpy.zeros(1000) */
	{8, OWNS, 2, {3, 4}, 224},	  /* numpy.zeros((3, 4)) */
	{8, VIEW, 1, {3}, 112},		  /* numpy.zeros(5)[::2] */
	{8, OWNS, 0, {0}, 104},		  /* numpy.array(5) */
	{8, OWNS, 2, {3, 0}, 128},	  /* numpy.zeros((3, 0)) */
	{7, OWNS, 1, {3}, 133},		  /* numpy.zeros(3, 'S7') */
};

START_TEST(test_sizes)
{
	an_array(_i % 2 ? 88 : 96, sizes[_i / 2].each, 'f', sizes[_i / 2].flags, sizes[_i / 2].nd, sizes[_i / 2].shape);
	open_all();
	ck_assert_uint_eq(size_of_array(), sizes[_i / 2].size);
	ck_assert(!typetab_get(tt, BASE + OTHER)->own_sizeof);
}
END_TEST

static const struct {
	uint32_t nd;
	uint64_t each, shape[3];
} impossible[] = {
	{2, 8, {1ull << 40, 1ull << 40}},
	{1, 1ull << 62, {8}},
	{1, 8, {UINT64_MAX}},
	{3, 8, {1ull << 45, 1ull << 45, 1ull << 45}},
};

START_TEST(test_impossible_shapes)
{
	struct object o;

	an_array(88, impossible[_i].each, 'f', OWNS, impossible[_i].nd, impossible[_i].shape);
	open_all();
	o = load(ARRAY);
	ck_assert_uint_eq(object_size(c, &o), SIZE_BAD);
	ck_assert(!object_plausible(c, &o));
	look(&o);
}
END_TEST

START_TEST(test_too_many_dimensions)
{
	uint64_t none = 0;
	struct object o;

	an_array(88, 8, 'f', OWNS, 0, &none);
	put32(ARRAY + 24, 65);
	open_all();
	o = load(ARRAY);
	ck_assert(!object_plausible(c, &o));
	look(&o);
}
END_TEST

/* The data of an array of objects are references; a view's are its base's. */
START_TEST(test_references)
{
	uint64_t shape = 4;
	struct object o;
	struct seen s;

	an_array(88, 8, 'O', _i ? VIEW : OWNS, 1, &shape);
	for (int i = 0; i < 4; i++)
		put(DATA + i * 8, BASE + OBJECT);
	put(ARRAY + 48, _i ? BASE + OTHER : 0);
	open_all();
	o = load(ARRAY);
	s = look(&o);
	ck_assert_uint_eq(s.n, _i ? 2 : 1 + 4); /* base and dtype; dtype and the elements */
	ck_assert_uint_eq(s.bytes, _i ? 16 : 16 + 32);
	ck_assert_uint_eq(s.unowned, 0);
}
END_TEST

/* NumPy's scalars: what sys.getsizeof() says with NumPy 1.16, 1.24 and 2.5. */
static const struct {
	const char *name;
	uint64_t basicsize, itemsize, n, size;
} scalars[] = {
	{"numpy.float64", 24, 0, 0, 32},
	{"numpy.bool_", 24, 0, 0, 25},
	{"numpy.bool", 24, 0, 0, 25},
	{"numpy.longdouble", 32, 0, 0, 48},
	{"numpy.complex256", 48, 0, 0, 80},
	{"numpy.datetime64", 32, 0, 0, 40},
	{"numpy.bytes_", 40, 1, 3, 46}, /* numpy.bytes_(b'abc') */
	{"other.float64", 24, 0, 0, 24},
	{"numpy.float6", 24, 0, 0, 24},
};

START_TEST(test_scalars)
{
	bool is_bytes = scalars[_i].itemsize;
	struct object o;

	one_object(AREA, scalars[_i].name, scalars[_i].basicsize, scalars[_i].itemsize, 0);
	if (is_bytes) {
		field(F_bytes_ob_sval, 32, 0);
		put_type(DTYPE, TYPE, OBJECT, "bytes", 33, 1, 0);
		put_type(OTHER, TYPE, DTYPE, scalars[_i].name, scalars[_i].basicsize, 1, 0);
	}
	put(AREA + 16, scalars[_i].n);
	open_all();
	o = load(AREA);
	ck_assert_uint_eq(object_size(c, &o), scalars[_i].size);
	ck_assert(!o.type->own_sizeof);
	look(&o);
}
END_TEST

/* numpy.void(b'12345'): the size of the element is in its descriptor. */
START_TEST(test_void)
{
	uint64_t none = 0;
	struct object o;

	an_array(88, 5, 'V', OWNS, 0, &none);
	one_object(ARRAY, "numpy.void", 64, 0, 0);
	put(ARRAY + 32, _i ? BASE + DESCR : 0x41);
	open_all();
	o = load(ARRAY);
	ck_assert_uint_eq(object_size(c, &o), _i ? 69 : SIZE_BAD);
	ck_assert_int_eq(object_plausible(c, &o), _i);
}
END_TEST

/* An array of a class of one's own, (3,) of 8 bytes: before 1.20 the class' own fields were not counted. */
START_TEST(test_subclasses)
{
	uint64_t shape = 3;
	struct object o;

	an_array(96, 8, 'f', VIEW, 1, &shape);
	put_type(OTHER, TYPE, OBJECT, "numpy.ndarray", _i ? 80 : 88, 0, 0);
	put_type(AREA + 0x1800, TYPE, OTHER, "some.Array", _i ? 88 : 96, 0, 0);
	put(ARRAY + 8, BASE + AREA + 0x1800);
	open_all();
	o = load(ARRAY);
	ck_assert_uint_eq(object_size(c, &o), _i ? 96 : 112);
}
END_TEST

/* A tp_is_gc that is not that of `type` is code: whether there is a GC head, only it knows. */
START_TEST(test_own_is_gc)
{
	field(F_type_tp_is_gc, 320, 8);
	put(TYPE + 320, 0x1111);
	one_object(AREA, "some.type", 32, 0, 1u << 14);
	put(OTHER + 320, _i ? 0x2222 : 0x1111);
	open_all();
	ck_assert_int_eq(typetab_get(tt, BASE + OTHER)->own_sizeof, _i);
	ck_assert(!typetab_get(tt, BASE + TYPE)->own_sizeof);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("types: numpy");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_sizes, 0, 2 * ARRAY_SIZE(sizes));
	tcase_add_loop_test(t, test_impossible_shapes, 0, ARRAY_SIZE(impossible));
	tcase_add_test(t, test_too_many_dimensions);
	tcase_add_loop_test(t, test_references, 0, 2);
	tcase_add_loop_test(t, test_scalars, 0, ARRAY_SIZE(scalars));
	tcase_add_loop_test(t, test_void, 0, 2);
	tcase_add_loop_test(t, test_subclasses, 0, 2);
	tcase_add_loop_test(t, test_own_is_gc, 0, 2);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
