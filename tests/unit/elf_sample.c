/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that is compiled when the tests run, in several ways, and says itself what the elf
 * layer must find in it: where its symbols lie, how large its types are and where their members
 * are. Lines of fields, separated by tabs.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
	long refcnt;
	void *type;
} Head; /* the typedef of an anonymous struct */
typedef const volatile Head FixedHead;

struct plain {
	char a;
	int b;
	double c;
	struct plain *next;
	const char *const text;
	_Atomic long count;
	volatile const short level;
};
struct bits {
	Head head;
	unsigned int interned : 2;
	unsigned int kind : 3;
	unsigned int compact : 1;
	unsigned int ascii : 1;
	unsigned int ready : 1;
	unsigned int : 0;
	uint64_t wide : 40;
	uint64_t rest : 24;
	signed char sign : 3;
	_Bool flag : 1;
	int across : 19;
};
struct looked_through {
	Head head;
	union {
		long as_long;
		struct {
			int low;
			union {
				int high;
				unsigned char byte[4];
			};
		};
		double as_double;
	};
	int after;
};
struct nested {
	struct {
		struct plain items[3];
		int grid[2][5];
		struct {
			struct bits deep[4];
		} more;
	} in;
	struct looked_through list[4];
	Head heads[2][3];
	char tail[];
};
union either {
	int i;
	Head head;
};
typedef struct tagged {
	long first;
	struct tagged *other;
} Tagged;
struct split; /* complete in the other unit only */
typedef struct split Split;
struct nowhere;
struct same_name { /* the other unit has another one */
	char pad[24];
	int here;
};
enum color { RED = 1, GREEN = 200, BLUE = -3, HUGE_COLOR = 0x7fffffffffff };
enum { UNNAMED_ENUMERATOR = 77777 };
typedef struct _object {
	long ob_refcnt;
	void *ob_type;
} PyObject;
struct object {
	PyObject ob_base;
	long size;
	long items[6];
};
struct peer { /* begins like an object by its members, as in CPython 2.7 */
	long ob_refcnt;
	void *ob_type;
	struct peer *next;
};

struct plain global_plain = {.b = 1};
static struct looked_through local_looked = {.after = 1};
int global_array[7] = {1};
Split *split_pointer;
struct nowhere *nowhere_pointer;
static __thread long thread_local_one = 3;
FixedHead fixed_head;
enum color some_color;
struct same_name same_one;

int base_function(int a) __asm__("sliced");
int part_function(int a) __asm__("sliced.part.0");
int only_clone(int a) __asm__("cloned.constprop.3.isra.0");
int first_private(int a) __asm__("twin.lto_priv.0");
int second_private(int a) __asm__("twin.lto_priv.1");
int not_a_suffix(int a) __asm__("other.partial");
#define NOINLINE __attribute__((noinline, noclone, used))
NOINLINE int base_function(int a)
{
	return a + global_array[a];
}
NOINLINE int part_function(int a)
{
	return a + 2 + global_array[a];
}
NOINLINE int only_clone(int a)
{
	return a + 3 + global_array[a];
}
NOINLINE int first_private(int a)
{
	return a + 4 + global_array[a];
}
NOINLINE int second_private(int a)
{
	return a + 5 + global_array[a];
}
NOINLINE int not_a_suffix(int a)
{
	return a + 6 + global_array[a];
}

/* Ways in which a deallocator names its object; and one that does not say. */
NOINLINE void cast_dealloc(PyObject *op)
{
	struct object *self = (struct object *)op;
	struct peer *other = (struct peer *)self->items[0];

	self->size = self->items[2] + other->ob_refcnt;
	other->ob_refcnt++;
}
NOINLINE void lone_dealloc(PyObject *op)
{
	struct object *self = (struct object *)op;
	struct plain *other = (struct plain *)self->items[1];

	self->size = self->items[2] + other->b;
}
NOINLINE void typed_dealloc(struct peer *self)
{
	self->ob_refcnt = 2;
}
NOINLINE void silent_dealloc(PyObject *op)
{
	op->ob_refcnt++;
}

extern void sample_report_other(void);
extern const char __ehdr_start[];

static unsigned long file_address(const volatile void *p)
{
	/* an executable at a fixed address has its own addresses, others count from their start */
#ifdef __PIE__
	return (unsigned long)((const volatile char *)p - __ehdr_start);
#else
	return (unsigned long)p;
#endif
}

/*
 * The bits that change when a bit-field changes, as the first and the number; fields are set
 * through a copy.
 */
static void report_bits(const char *type, const char *path, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	size_t first = 0, count = 0;

	for (size_t i = 0; i < 8 * n; i++) {
		if (!(p[i / 8] >> i % 8 & 1))
			continue;
		if (!count)
			first = i;
		count++;
	}
	printf("bits\t%s\t%s\t%zu\t%zu\t%zu\n", type, path, first / 8, first % 8, count);
}

#define SYMBOL(name) printf("symbol\t%s\t%lu\t%zu\n", #name, file_address(&name), sizeof(name))
#define FUNCTION(name, symbol) printf("function\t%s\t%lu\n", symbol, file_address((void *)&name))
#define SIZE(type) printf("size\t%s\t%zu\n", #type, sizeof(type))
#define MEMBER(type, path)                                                                         \
	printf("member\t%s\t%s\t%zu\t%zu\n", #type, #path, offsetof(type, path),                   \
	       sizeof(((type *)0)->path))
#define EACH(type, path) sizeof(((type *)0)->path[0])
#define ARRAY(type, path)                                                                          \
	printf("array\t%s\t%s\t%zu\t%zu\t%zu\t%zu\n", #type, #path, offsetof(type, path),          \
	       sizeof(((type *)0)->path), sizeof(((type *)0)->path) / EACH(type, path),            \
	       EACH(type, path))
#define BITS(type, path)                                                                           \
	do {                                                                                       \
		static type v;                                                                     \
		v.path = -1;                                                                       \
		report_bits(#type, #path, &v, sizeof(v));                                          \
	} while (0)
#define ENUMERATOR(name) printf("enumerator\t%s\t%lld\n", #name, (long long)name)

static void report_members(void)
{
	MEMBER(Head, refcnt);
	MEMBER(Head, type);
	MEMBER(FixedHead, type);
	MEMBER(struct plain, a);
	MEMBER(struct plain, b);
	MEMBER(struct plain, c);
	MEMBER(struct plain, next);
	MEMBER(struct plain, text);
	MEMBER(struct plain, count);
	MEMBER(struct plain, level);
	MEMBER(struct looked_through, as_long);
	MEMBER(struct looked_through, low);
	MEMBER(struct looked_through, high);
	MEMBER(struct looked_through, byte[2]);
	MEMBER(struct looked_through, as_double);
	MEMBER(struct looked_through, after);
	MEMBER(struct looked_through, head.type);
	MEMBER(struct nested, in.items[2].c);
	MEMBER(struct nested, in.grid[1][3]);
	MEMBER(struct nested, list[3].high);
	MEMBER(struct nested, heads[1][2].type);
	MEMBER(union either, head.type);
	MEMBER(Tagged, other);
	MEMBER(struct tagged, first);
	MEMBER(struct object, items[5]);
	ARRAY(struct nested, in.items);
	ARRAY(struct nested, in.grid);
	ARRAY(struct nested, in.grid[1]);
	ARRAY(struct nested, in.more.deep);
	ARRAY(struct nested, heads);
	ARRAY(struct object, items);
}

static void report_bit_fields(void)
{
	BITS(struct bits, interned);
	BITS(struct bits, kind);
	BITS(struct bits, compact);
	BITS(struct bits, ascii);
	BITS(struct bits, ready);
	BITS(struct bits, wide);
	BITS(struct bits, rest);
	BITS(struct bits, sign);
	BITS(struct bits, flag);
	BITS(struct bits, across);
	BITS(struct nested, in.more.deep[3].across);
}

static void report_sizes(void)
{
	SIZE(Head);
	SIZE(FixedHead);
	SIZE(struct plain);
	SIZE(struct bits);
	SIZE(struct looked_through);
	SIZE(struct nested);
	SIZE(union either);
	SIZE(Tagged);
	SIZE(struct tagged);
	SIZE(enum color);
	SIZE(struct object);
	ENUMERATOR(RED);
	ENUMERATOR(GREEN);
	ENUMERATOR(BLUE);
	ENUMERATOR(HUGE_COLOR);
	ENUMERATOR(UNNAMED_ENUMERATOR);
}

static void report_symbols(void)
{
	SYMBOL(global_plain);
	SYMBOL(local_looked);
	SYMBOL(global_array);
	SYMBOL(split_pointer);
	SYMBOL(fixed_head);
	FUNCTION(base_function, "sliced");
	FUNCTION(part_function, "sliced.part.0");
	FUNCTION(only_clone, "cloned");
	FUNCTION(first_private, "twin.lto_priv.0");
	FUNCTION(second_private, "twin.lto_priv.1");
	FUNCTION(not_a_suffix, "other.partial");
	FUNCTION(cast_dealloc, "cast_dealloc");
	FUNCTION(lone_dealloc, "lone_dealloc");
	FUNCTION(typed_dealloc, "typed_dealloc");
	FUNCTION(silent_dealloc, "silent_dealloc");
}

int main(int argc, char **argv)
{
	struct object o = {{1, 0}, 0, {0}};

	if (argc > 5) { /* never: keeps everything alive in optimised builds */
		cast_dealloc((PyObject *)&o);
		lone_dealloc((PyObject *)&o);
		typed_dealloc((struct peer *)&o);
		silent_dealloc((PyObject *)&o);
		thread_local_one += base_function(argc) + part_function(argc) + only_clone(argc) +
				    first_private(argc) + second_private(argc) +
				    not_a_suffix(argc) + (long)nowhere_pointer + some_color +
				    same_one.here;
		printf("%ld %d\n", thread_local_one, local_looked.after);
	}
	report_symbols();
	report_sizes();
	report_members();
	report_bit_fields();
	sample_report_other();
	return 0;
}
