/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program with Python inside: embed LIBPYTHON main|thread SCRIPT [ARG...]. No Python headers are needed, so one
 * program serves for every version.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

struct job {
	void *lib;
	int argc;
	char **argv;
	int status;
};

static void *symbol(void *lib, const char *name)
{
	void *p = dlsym(lib, name);

	if (!p)
		fprintf(stderr, "embed: no %s\n", name);
	return p;
}

static void set_argv(struct job *j)
{
	static char code[8192];
	char *to = code + sprintf(code, "import sys; sys.argv = [");
	void (*run)(const char *) = symbol(j->lib, "PyRun_SimpleString");

	for (int i = 0; i < j->argc; i++)
		to += snprintf(to, 2000, "'%s', ", j->argv[i]);
	strcpy(to, "]; sys.path.insert(0, sys.argv[0].rpartition('/')[0])\n");
	run(code);
}

static void *interpret(void *arg)
{
	struct job *j = arg;
	void (*init)(int) = symbol(j->lib, "Py_InitializeEx");
	int (*run_file)(FILE *, const char *, int) = symbol(j->lib, "PyRun_SimpleFileEx");
	FILE *script = fopen(j->argv[0], "r");

	if (!init || !run_file || !script)
		return NULL;
	init(0);
	set_argv(j);
	j->status = run_file(script, j->argv[0], 1);
	return NULL;
}

int main(int argc, char **argv)
{
	struct job j = { .argc = argc - 3, .argv = argv + 3, .status = 1 };
	pthread_t thread;

	if (argc < 4) {
		fprintf(stderr, "usage: embed LIBPYTHON main|thread SCRIPT [ARG...]\n");
		return 64;
	}
	j.lib = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
	if (!j.lib) {
		fprintf(stderr, "embed: %s\n", dlerror());
		return 1;
	}
	if (!strcmp(argv[2], "thread")) {
		if (pthread_create(&thread, NULL, interpret, &j))
			return 1;
		pthread_join(thread, NULL);
	} else {
		interpret(&j);
	}
	return j.status;
}
