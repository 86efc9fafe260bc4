/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives each file named, or each file of each directory named, to LLVMFuzzerTestOneInput(), where there is no
 * libFuzzer. Prints how many there were.
 */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include "base/base.h"
#include "fuzz.h"

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "r");
	struct stat st;
	uint8_t *bytes;
	size_t n;

	if (!f || fstat(fileno(f), &st) != 0 || !(bytes = malloc(st.st_size + 1))) {
		perror(path);
		exit(1);
	}
	n = fread(bytes, 1, st.st_size, f);
	fclose(f);
	/* Its own allocation of exactly n bytes: reading past it is seen by the sanitizer. */
	bytes = realloc(bytes, n ? n : 1);
	LLVMFuzzerTestOneInput(bytes, n);
	free(bytes);
	return 1;
}

static int replay_directory(DIR *d, const char *path)
{
	char name[4096];
	int n = 0;

	for (struct dirent *e; (e = readdir(d));)
		if (e->d_name[0] != '.') {
			snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
			n += replay_file(name);
		}
	closedir(d);
	return n;
}

int main(int argc, char **argv)
{
	int n = 0;

	for (int i = 1; i < argc; i++) {
		DIR *d = opendir(argv[i]);

		n += d ? replay_directory(d, argv[i]) : replay_file(argv[i]);
	}
	printf("%d inputs\n", n);
	return n == 0;
}
