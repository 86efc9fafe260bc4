/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second unit of elf_sample.c: completes what is only declared there, and repeats a name with
 * another layout.
 */
#include <stddef.h>
#include <stdio.h>

struct split {
	int one;
	long two;
	short three[5];
};
struct same_name {
	long pad;
	int here;
};
struct split whole_split;
struct same_name same_other;
static int local_looked = 5; /* collides with a file-local one of the other unit */
void sample_report_other(void);

#define MEMBER(type, path)                                                                         \
	printf("member\t%s\t%s\t%zu\t%zu\n", #type, #path, offsetof(type, path),                   \
	       sizeof(((type *)0)->path))

void sample_report_other(void)
{
	*(volatile int *)&local_looked = 6;
	printf("size\tstruct split\t%zu\n", sizeof(struct split));
	MEMBER(struct split, two);
	MEMBER(struct split, three[4]);
	printf("other_here\t%zu\n", offsetof(struct same_name, here));
}
