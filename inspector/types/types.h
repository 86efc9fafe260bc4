/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects by type: how large one is, what it refers to, what raw memory it owns.
 *
 * A family of builtin types is one file here with a `struct pytype` and one or more rows in types.def. A type that
 * no row names gets the family of its nearest base that has one; at last `object`, which goes by tp_basicsize,
 * tp_itemsize, slots, __dict__ and members.
 *
 * Handlers run for every object of the heap, from several threads at once: no allocation, no I/O, no state.
 * They see only the image. Nothing that they read can be trusted: a size that cannot be is SIZE_BAD, a pointer that
 * leads nowhere is passed on to the visitor (which checks) or left out; loops are bounded by memory that is there.
 */
#ifndef TYPES_TYPES_H
#define TYPES_TYPES_H

#include "base/notes.h"
#include "layout/layout.h"
#include "target/image.h"
#include "target/target.h"

struct python;
struct pytype;

/** What handlers need. Read-only while objects are walked. */
struct typectx {
	const struct layout *L;
	const struct image *im;
	const struct python *py;
	struct typetab *types;
};

/* How the references of a type are known. */
enum refs_by {
	REFS_BY_ROW,     /* a row of types.def, a class statement, or there is nothing beyond the header */
	REFS_BY_MEMBERS, /* tp_members has all of the struct */
	REFS_BY_DWARF,   /* the struct that tp_traverse or tp_dealloc takes */
	REFS_BY_SCAN,    /* the instance's words; see typetab_refine() */
};

/** One type object of the target, resolved once. Owned by the typetab; never moves. */
struct typeinfo {
	addr_t addr;
	uint32_t id;             /* 0, 1, 2... in the order of discovery */
	const struct pytype *py; /* never NULL */
	const struct typeinfo *base; /* tp_base, NULL for `object` */
	const struct typeinfo *meta; /* type(type) */
	uint64_t flags;          /* tp_flags */
	uint32_t basicsize, itemsize;
	uint32_t least;          /* bytes that every instance has: basicsize, where the family does not allocate less */
	uint32_t presize;        /* bytes in the allocation before the object: GC head + pre-header (not debug hooks) */
	uint32_t getsizeof_pre;  /* what sys.getsizeof() adds to __sizeof__() */
	int64_t dictoffset, weaklistoffset; /* as tp_ has them; < 0: see cpython.md D */
	bool gc;                 /* has a GC head */
	bool heap;               /* a heap type */
	bool managed_dict, managed_weakref, inline_values; /* 3.11+, 3.12+, 3.13+ */
	bool python_class;       /* made by a class statement (its tp_dealloc is the interpreter's subtype_dealloc) */
	bool exact_extent;       /* the allocation is exactly as large as the extent: the family's, where the type allows */
	bool own_sizeof;         /* __sizeof__ or tp_is_gc is code that we do not know: size is by basicsize */
	uint16_t n_slots;        /* __slots__ of this class and its bases: offsets of PyObject* members */
	const struct type_slot { uint32_t offset; addr_t name; /* C string in the target */ } *slots;
	const char *name;        /* "collections.deque", "dict", "__main__.Foo.Bar": module.qualname, builtins bare */
	const char *module;      /* "" if builtins or unknown */
	uint64_t cached_keys;    /* ht_cached_keys, 0 if none */
	uint16_t family;         /* the row of types.def, enum family_id */
	uint16_t n_refs;         /* PyObject* fields of the C struct: the family's REF rows, as offsets */
	const struct type_ref { uint32_t offset; const char *label; bool python; } *refs; /* python: it is an attribute */
	uint32_t scan_from, scan_end; /* bytes of the C struct that no row knows: its words may be references */
	const char *items_label; /* its items are object pointers; NULL: they are not */
	enum refs_by refs_by; /* what tells the references of a C type that has no row */
	uint16_t n_members, n_arrays;
	const struct type_ref *members; /* of such a type: fields that it shows to Python, those that DWARF has */
	const struct type_array { uint32_t offset; const char *label; } *arrays; /* and pointers to memory full of object pointers */
	uint64_t extra;          /* for the family: what its `type_init` left */
};

/** An object in the image. */
struct object {
	addr_t addr;
	const uint8_t *at; /* its bytes; at least type->least of them are there, contiguous */
	const struct typeinfo *type;
};

/* What a reference is, for labels; aux says more. */
enum edge_kind {
	EDGE_FIELD,  /* a C field; aux = (uintptr_t)static string: "__class__", "__globals__" */
	EDGE_INDEX,  /* [aux] */
	EDGE_KEY,    /* a key of a dict, a member of a set */
	EDGE_VALUE,  /* a value of a dict; aux = address of the key */
	EDGE_ATTR,   /* an attribute kept without a dict; aux = address of the name object */
	EDGE_SLOT,   /* a __slots__ member; aux = address of the C string in the target */
	EDGE_LOCAL,  /* a local of a frame; aux = index in localsplus */
	EDGE_STACK,  /* on a frame's value stack; aux = index */
	EDGE_CELL,   /* closure cell; aux = index */
	EDGE_WEAK,   /* not owned: a weak reference's target, a type's subclass */
	EDGE_CFIELD, /* a field of a C struct that Python has no name for; aux = (uintptr_t)string, as long as the table */
	EDGE_CARRAY, /* in memory that a C field points to, perhaps left over; aux = the field's offset << 32 | index */
	EDGE_UNSURE, /* a word of an instance whose layout we do not know; aux = its offset */
};

/** Gets every reference. `to` is not checked: it may be NULL or no object at all. */
struct visitor {
	void (*ref)(struct visitor *v, addr_t to, enum edge_kind kind, uint64_t aux);
};
static inline void visit(struct visitor *v, addr_t to, enum edge_kind kind, uint64_t aux)
{
	if (to)
		v->ref(v, to, kind, aux);
}
/** Gets every piece of raw memory that an object owns outside itself (list items, key tables, buffers). */
struct buffers {
	void (*own)(struct buffers *b, addr_t start, uint64_t len);
};

#define SIZE_BAD UINT64_MAX /* the object is damaged, or its memory is not all there */

/**
 * A family. Any function may be NULL: then that of `object` (size, extent), or there is nothing to say beyond what
 * all objects have (refs: the REF rows; buffers; plausible).
 */
struct pytype {
	const char *name;
	/** Once a type, when it is resolved: may set ti->extra and other members. */
	void (*type_init)(const struct typectx *c, struct typeinfo *ti);
	/** What __sizeof__() returns, in bytes (without type->getsizeof_pre). */
	uint64_t (*size)(const struct typectx *c, const struct object *o);
	/** Bytes of the object's own allocation from the object's start: at most what the allocator was asked for. */
	uint64_t (*extent)(const struct typectx *c, const struct object *o);
	/** Could these bytes be a live object of the type? Beyond header and extent. For telling objects from raw memory. */
	bool (*plausible)(const struct typectx *c, const struct object *o);
	/** What the REF rows cannot say. Weak references as EDGE_WEAK. Not the type, slots or __dict__: object_refs(). */
	void (*refs)(const struct typectx *c, const struct object *o, struct visitor *v);
	void (*buffers)(const struct typectx *c, const struct object *o, struct buffers *b);
	bool exact_extent; /* the allocation is exactly extent() bytes (fixed size): strict check against the block */
};

/* ---- the table of types ---- */

struct typetab;

/**
 * Wants the image. Fails: ERR_NOMEM, ERR_UNREADABLE (no image), ERR_BAD_ANSWER (`type` is not its own type...).
 * Everything is borrowed and must outlive it.
 */
enum err typetab_open(const struct python *py, struct target *t, struct notes *notes, struct typetab **out,
		      struct diag *d) must_check;
/** The same on another image, which it borrows: one on demand (target/demand.h). */
enum err typetab_open_on(const struct python *py, struct target *t, const struct image *im, struct notes *notes,
			 struct typetab **out, struct diag *d) must_check;
void typetab_close(struct typetab *tt);
const struct typectx *typetab_ctx(const struct typetab *tt);

/**
 * The type at an address, or NULL if there is no type object. Resolved at first sight: checks that it is readable, that
 * type(type(..)) ends at `type` within a few steps, that the metatype has the type-subclass flag, that sizes and
 * flags (READY) make sense; the answer, good or bad, is remembered. Takes a lock at first sight only: safe from
 * several threads.
 */
const struct typeinfo *typetab_get(struct typetab *tt, addr_t type);
/** Types known so far; ids are 0 .. n-1. */
uint32_t typetab_count(const struct typetab *tt);
const struct typeinfo *typetab_at(const struct typetab *tt, uint32_t id);

/**
 * Looks closer at the C types that no row knows: their members (tp_members), then the struct in the debug information
 * of their module that tp_traverse or tp_dealloc takes. What neither tells stays the conservative scan. Once, when all
 * types have been seen; while nobody else uses the table. Returns false when memory is out.
 */
bool typetab_refine(struct typetab *tt) must_check;
const char *refs_by_name(enum refs_by by);
/** A function of the type's own (tp_dealloc...), for which module it is from; 0 if it has none. */
addr_t typetab_code(struct typetab *tt, const struct typeinfo *ti);

/* The fast way for known types: a direct-mapped table, read without a lock. */
#define TYPE_CACHE_BITS 14
struct type_cache_slot {
	addr_t type;
	const struct typeinfo *info;
};
/** A per-thread cache before typetab_get(), also of "no type". Zero it first. */
struct type_cache {
	struct type_cache_slot at[1 << TYPE_CACHE_BITS];
};
static inline const struct typeinfo *typetab_lookup(struct typetab *tt, struct type_cache *tc, addr_t type)
{
	struct type_cache_slot *s = &tc->at[(type >> 4 ^ type >> 16) & ((1 << TYPE_CACHE_BITS) - 1)];

	if (likely(s->type == type))
		return s->info;
	s->info = typetab_get(tt, type);
	s->type = type;
	return s->info;
}

/* ---- objects ---- */

/**
 * The object at addr, if its header and its type's least size are in the image and its reference count is one that
 * a live object can have. Does not check plausible().
 */
bool object_load(struct typetab *tt, addr_t addr, struct object *out);
/** Reference count as Python shows it; immortal objects give what the version stores. Free-listed: 0 */
uint64_t object_refcount(const struct typectx *c, const uint8_t *at);
/** What sys.getsizeof() returns, or SIZE_BAD. */
uint64_t object_size(const struct typectx *c, const struct object *o);
/** Bytes of the object's own allocation from its start (the family's extent(), or that of `object`), or SIZE_BAD. */
uint64_t object_extent(const struct typectx *c, const struct object *o);
/** The family's plausible(); true where it has none. */
bool object_plausible(const struct typectx *c, const struct object *o);
/** All references: the family's, the instance's attributes (slots, __dict__, managed, inline), a heap type's own type. */
void object_refs(const struct typectx *c, const struct object *o, struct visitor *v);
void object_buffers(const struct typectx *c, const struct object *o, struct buffers *b);

#endif
