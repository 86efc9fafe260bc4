/* SPDX-License-Identifier: Apache-2.0 */
/* A C extension to stop in: stepper.grow(list) appends 1, 2 and 3, and calls grown() after each. */
#include <Python.h>

#if PY_MAJOR_VERSION == 2
#define PyLong_FromLong PyInt_FromLong
#endif

__attribute__((noinline)) void grown(long n)
{
	__asm__ volatile("" ::"r"(n) : "memory");
}

static PyObject *grow(PyObject *self, PyObject *list)
{
	for (long n = 1; n <= 3; n++) {
		PyObject *number = PyLong_FromLong(n);

		if (!number || PyList_Append(list, number))
			return NULL;
		Py_DECREF(number);
		grown(n);
	}
	Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"grow", grow, METH_O, NULL}, {NULL, NULL, 0, NULL}};

#if PY_MAJOR_VERSION == 2
PyMODINIT_FUNC initstepper(void)
{
	Py_InitModule("stepper", methods);
}
#else
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "stepper", NULL, -1, methods};

PyMODINIT_FUNC PyInit_stepper(void)
{
	return PyModule_Create(&module);
}
#endif
