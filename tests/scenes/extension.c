/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types that heapscope has no row for: test_extension.py compiles this against an interpreter's headers, with debug
 * information and without. For CPython 2.7 and 3.x.
 */
#include <Python.h>
#include <structmember.h>
#include <stdlib.h>

struct pair {
	PyObject *first, *second;
};

/* Fields that Python does not see, some in a struct, some in an array, some in memory of malloc. */
typedef struct {
	PyObject_HEAD
	long number;
	PyObject *left;
	struct pair pair;
	PyObject *slots[2];
	PyObject **items;
	Py_ssize_t n;
	PyTypeObject *kind; /* borrowed */
} NodeObject;

/* All that it has is a member. */
typedef struct {
	PyObject_HEAD
	PyObject *a, *b;
} ShownObject;

/* No traverse function, and one member of two fields. */
typedef struct {
	PyObject_HEAD
	PyObject *seen;
	PyObject *hidden;
} HalfObject;

/* On a base that is declared smaller than its own base, as mypyc declares traits. */
typedef struct {
	PyObject_HEAD
	PyObject *held;
} ConcreteObject;

static int node_traverse(PyObject *op, visitproc visit, void *arg)
{
	NodeObject *self = (NodeObject *)op;

	Py_VISIT(self->left);
	Py_VISIT(self->pair.first);
	Py_VISIT(self->pair.second);
	Py_VISIT(self->slots[0]);
	Py_VISIT(self->slots[1]);
	for (Py_ssize_t i = 0; i < self->n; i++)
		Py_VISIT(self->items[i]);
	return 0;
}

static void node_dealloc(PyObject *op)
{
	PyObject_GC_UnTrack(op);
	PyObject_GC_Del(op); /* scenes never come here */
}

/* Node(left, first, second, slot0, slot1, item...) */
static PyObject *node_new(PyTypeObject *type, PyObject *args, PyObject *kw)
{
	NodeObject *self = (NodeObject *)type->tp_alloc(type, 0);
	PyObject **to[] = {&self->left, &self->pair.first, &self->pair.second, &self->slots[0], &self->slots[1]};

	self->n = PyTuple_GET_SIZE(args) - 5;
	self->items = malloc(sizeof(PyObject *) * (size_t)self->n);
	self->kind = type;
	self->number = 42;
	for (Py_ssize_t i = 0; i < self->n + 5; i++) {
		PyObject *o = PyTuple_GET_ITEM(args, i);

		Py_INCREF(o);
		*(i < 5 ? to[i] : &self->items[i - 5]) = o;
	}
	return (PyObject *)self;
}

static void shown_dealloc(PyObject *op)
{
	ShownObject *self = (ShownObject *)op;

	Py_XDECREF(self->a);
	Py_XDECREF(self->b);
	Py_TYPE(op)->tp_free(op);
}

static void half_dealloc(PyObject *op)
{
	HalfObject *self = (HalfObject *)op;

	Py_XDECREF(self->seen);
	Py_XDECREF(self->hidden);
	Py_TYPE(op)->tp_free(op);
}

static PyObject *two_new(PyTypeObject *type, PyObject *args, PyObject *kw)
{
	ShownObject *self = (ShownObject *)type->tp_alloc(type, 0); /* as a HalfObject looks */

	self->a = PyTuple_GET_ITEM(args, 0);
	self->b = PyTuple_GET_ITEM(args, 1);
	Py_INCREF(self->a);
	Py_INCREF(self->b);
	return (PyObject *)self;
}

static int concrete_traverse(PyObject *op, visitproc visit, void *arg)
{
	ConcreteObject *self = (ConcreteObject *)op;

	Py_VISIT(self->held);
	return 0;
}

static PyObject *concrete_new(PyTypeObject *type, PyObject *args, PyObject *kw)
{
	ConcreteObject *self = (ConcreteObject *)type->tp_alloc(type, 0);

	self->held = PyTuple_GET_ITEM(args, 0);
	Py_INCREF(self->held);
	return (PyObject *)self;
}

static PyMemberDef shown_members[] = {
    {"a", T_OBJECT, offsetof(ShownObject, a), READONLY, NULL},
    {"b", T_OBJECT_EX, offsetof(ShownObject, b), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};
static PyMemberDef half_members[] = {
    {"seen", T_OBJECT_EX, offsetof(HalfObject, seen), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyTypeObject Node_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "unheard.Node",
				 .tp_basicsize = sizeof(NodeObject),
				 .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
				 .tp_traverse = node_traverse,
				 .tp_dealloc = node_dealloc,
				 .tp_new = node_new};
static PyTypeObject Shown_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "unheard.Shown",
				  .tp_basicsize = sizeof(ShownObject),
				  .tp_flags = Py_TPFLAGS_DEFAULT,
				  .tp_dealloc = shown_dealloc,
				  .tp_members = shown_members,
				  .tp_new = two_new};
static PyTypeObject Half_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "unheard.Half",
				 .tp_basicsize = sizeof(HalfObject),
				 .tp_flags = Py_TPFLAGS_DEFAULT,
				 .tp_dealloc = half_dealloc,
				 .tp_members = half_members,
				 .tp_new = two_new};
static PyTypeObject Trait_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "unheard.Trait",
				  .tp_basicsize = sizeof(PyObject),
				  .tp_base = &Node_Type,
				  .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
				  .tp_traverse = node_traverse,
				  .tp_dealloc = node_dealloc};
static PyTypeObject Concrete_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "unheard.Concrete",
				     .tp_basicsize = sizeof(ConcreteObject),
				     .tp_base = &Trait_Type,
				     .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
				     .tp_traverse = concrete_traverse,
				     .tp_dealloc = node_dealloc,
				     .tp_new = concrete_new};

static void add_types(PyObject *m)
{
	PyTypeObject *types[] = {&Node_Type, &Shown_Type, &Half_Type, &Trait_Type, &Concrete_Type};
	const char *names[] = {"Node", "Shown", "Half", "Trait", "Concrete"};

	for (int i = 0; i < 5; i++) {
		if (PyType_Ready(types[i]))
			abort();
		Py_INCREF(types[i]);
		PyModule_AddObject(m, names[i], (PyObject *)types[i]);
	}
}

#if PY_MAJOR_VERSION == 2
PyMODINIT_FUNC initunheard(void)
{
	add_types(Py_InitModule("unheard", NULL));
}
#else
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "unheard", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_unheard(void)
{
	PyObject *m = PyModule_Create(&def);

	add_types(m);
	return m;
}
#endif
