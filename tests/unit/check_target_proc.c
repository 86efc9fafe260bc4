/* SPDX-License-Identifier: Apache-2.0 */
/* target/ without a process: what /proc says, why it may refuse, registers. */
#include <errno.h>
#include "check_target_fixture.h"
#include "target/permission.h"
#include "target/procinfo.h"
#include "target/procmaps.h"
#include "target/regs.h"

START_TEST(maps_lines)
{
	static const char text[] =
	    "55e0c0000000-55e0c0021000 rw-p 00000000 00:00 0                          [heap]\n"
	    "7f0000000000-7f0000001000 r-xp 00002000 fe:0a 4711                       /a b/c\\012d "
	    "(deleted)\n"
	    "nonsense\n"
	    "7f0000001000-7f0000000000 r-xp 00002000 fe:0a 4711                       /backwards\n"
	    "7f0000001001-7f0000002000 r-xp 00002000 fe:0a 4711                       /unaligned\n"
	    "7f0000002000-7f0000003000 rw-s 00000000 00:01 12                         /dev/zero "
	    "(deleted)\n"
	    "7f0000003000-7f0000004000 ---p 00000000 00:00 0\n"
	    "7f0000003000-7f0000005000 -w-p 00000000 00:00 0 \n"
	    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n"
	    "7f0000006000-7f0000007000 rw-p 00000000 00:00 0                          /cut";
	struct notes notes = {0};
	struct mapping_list l = {0};
	struct target *t;
	struct diag d = {0};

	ck_assert_int_eq(target_open_buffer(NULL, 0, &notes, &t, &d), OK);
	ck_assert(procmaps_parse(t, text, sizeof(text) - 1, &l));
	ck_assert_uint_eq(l.n, 5);
	ck_assert_str_eq(l.at[0].path, "[heap]");
	ck_assert_uint_eq(l.at[0].prot, MAP_READ | MAP_WRITE);
	ck_assert_str_eq(l.at[1].path, "/a b/c\nd");
	ck_assert(l.at[1].deleted);
	ck_assert_uint_eq(l.at[1].offset, 0x2000);
	ck_assert_uint_eq(l.at[1].dev, 0xfeull << 32 | 0x0a);
	ck_assert_uint_eq(l.at[1].inode, 4711);
	ck_assert_uint_eq(l.at[1].prot, MAP_READ | MAP_EXEC);
	ck_assert_int_eq(l.at[1].module, -1);
	ck_assert_str_eq(l.at[2].path, "/dev/zero");
	ck_assert_uint_eq(l.at[2].prot, MAP_READ | MAP_WRITE | MAP_SHARED_);
	/* the longer of two that begin alike, then nothing of the other is left */
	ck_assert_uint_eq(l.at[3].start, 0x7f0000003000);
	ck_assert_uint_eq(l.at[3].end, 0x7f0000005000);
	ck_assert_str_eq(l.at[3].path, "");
	ck_assert_str_eq(l.at[4].path, "[vsyscall]");
	ck_assert(!mapping_is_private_data(&l.at[1]));
	ck_assert(!mapping_is_private_data(&l.at[2]));
	ck_assert(mapping_is_private_data(&l.at[0]));
	vec_release(&l);
	target_close(t);
}
END_TEST

START_TEST(private_data)
{
	static const struct {
		const char *path;
		uint32_t prot;
		bool is;
	} cases[] = {
	    {"", MAP_READ | MAP_WRITE, true},
	    {"", MAP_READ, false},
	    {"", MAP_READ | MAP_WRITE | MAP_SHARED_, false},
	    {"[stack]", MAP_READ | MAP_WRITE, true},
	    {"[heap]", MAP_READ | MAP_WRITE, true},
	    {"[anon:python]", MAP_READ | MAP_WRITE, true},
	    {"[vvar]", MAP_READ | MAP_WRITE, false},
	    {"[vvar_vclock]", MAP_READ | MAP_WRITE, false},
	    {"[vsyscall]", MAP_READ | MAP_WRITE, false},
	    {"/usr/lib/x.so", MAP_READ | MAP_WRITE, true},
	    {"/dev/dri/card0", MAP_READ | MAP_WRITE, false},
	    {"/dev/zero", MAP_READ | MAP_WRITE, true},
	    {"/dev/shm/x", MAP_READ | MAP_WRITE, true},
	    {"/device", MAP_READ | MAP_WRITE, true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mapping m = {.path = cases[i].path, .prot = cases[i].prot};

		ck_assert_msg(mapping_is_private_data(&m) == cases[i].is, "'%s'", cases[i].path);
	}
}
END_TEST

START_TEST(stat_lines)
{
	struct proc_stat s;

	ck_assert(proc_stat_parse("12 (a) R (b) S 7 1 2 3 4 2097152 5 6 7 8 9 10 11 12 13 14 15 16 "
				  "987654 18 19\n",
				  &s));
	ck_assert_int_eq(s.state, 'S');
	ck_assert_int_eq(s.ppid, 7);
	ck_assert_uint_eq(s.flags, PROC_FLAG_KTHREAD);
	ck_assert_uint_eq(s.start_ticks, 987654);
	ck_assert(!proc_stat_parse("", &s));
	ck_assert(!proc_stat_parse("12 (a", &s));
	ck_assert(!proc_stat_parse("12 (a) S 7 1", &s));
}
END_TEST

START_TEST(status_lines)
{
	struct proc_status s;

	proc_status_parse("Name:\tmy prog\nState:\tt (tracing stop)\nTgid:\t40\nPid:\t41\n"
			  "TracerPid:\t99\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\n"
			  "NSpid:\t41\t12\t3\nCapEff:\t0000000000080000\n",
			  &s);
	ck_assert_str_eq(s.name, "my prog");
	ck_assert_int_eq(s.state, 't');
	ck_assert_int_eq(s.tgid, 40);
	ck_assert_int_eq(s.tracer, 99);
	ck_assert_int_eq(s.uid[2], 3);
	ck_assert_int_eq(s.gid[1], 6);
	ck_assert_int_eq(s.ns_pid, 3);
	ck_assert_int_eq(s.ns_depth, 3);
	ck_assert_uint_eq(s.cap_eff, 1 << 19);
	proc_status_parse("NSpid:\t41\nCapEff:\t0\n", &s);
	ck_assert_int_eq(s.ns_pid, 41);
	ck_assert_int_eq(s.ns_depth, 1);
	proc_status_parse("", &s);
	ck_assert_int_eq(s.state, '?');
	proc_status_parse("NSpid:", &s);
}
END_TEST

/* Every reason has its own line, and every line says what to do. */
START_TEST(permissions)
{
	static const struct permission_facts me = {.pid = 5,
						   .name = "py",
						   .sys = EACCES,
						   .our_uid = 10,
						   .our_gid = 10,
						   .uid = {10, 10, 10},
						   .gid = {10, 10, 10},
						   .owner = 10,
						   .yama = -1};
	struct permission_facts f;
	struct diag d = {0};

#define SAYS(part)                                                                                 \
	do {                                                                                       \
		ck_assert_int_eq(permission_explain(&f, &d), ERR_PERMISSION);                      \
		ck_assert_msg(strstr(d.text, part), "%s", d.text);                                 \
		ck_assert_int_eq(d.sys, EACCES);                                                   \
	} while (0)
	f = me, f.uid[0] = f.uid[1] = f.uid[2] = 0;
	SAYS("belongs to uid 0 and heapscope runs as uid 10");
	f = me, f.owner = 0;
	SAYS("not dumpable");
	f = me, f.yama = 1;
	SAYS("ptrace_scope is 1");
	f = me, f.yama = 2;
	SAYS("ptrace_scope is 2");
	f = me, f.yama = 3, f.our_cap = true;
	SAYS("ptrace_scope is 3");
	f = me, f.uid[2] = 0;
	SAYS("saved or group ids");
	f = me, f.our_uid = 0, f.our_cap = false;
	SAYS("no CAP_SYS_PTRACE here");
	f = me, f.our_cap = true, f.nested = true;
	SAYS("in a container");
	f = me, f.our_cap = true, f.other_userns = true;
	SAYS("in a container");
	f = me, f.our_cap = true, f.own_userns = true;
	SAYS("heapscope runs in a container");
	f = me;
	SAYS("security module");
#undef SAYS
}
END_TEST

START_TEST(registers)
{
	struct thread t = {0};
	uint64_t x86[27] = {[16] = 0x1111, [19] = 0x2222, [21] = 0x3333};
	uint64_t arm[34] = {[31] = 0x4444, [32] = 0x5555};

	thread_set_regs(&t, 62, x86, sizeof(x86) - 1);
	ck_assert(!t.has_regs);
	thread_set_regs(&t, 62, x86, sizeof(x86));
	ck_assert(t.has_regs && t.pc == 0x1111 && t.sp == 0x2222 && t.fs_base == 0x3333);
	ck_assert_uint_eq(t.regs_size, sizeof(x86));
	t = (struct thread){0};
	thread_set_regs(&t, 183, arm, sizeof(arm));
	ck_assert(t.has_regs && t.sp == 0x4444 && t.pc == 0x5555 && !t.fs_base);
	t = (struct thread){0};
	thread_set_regs(&t, 8, arm, sizeof(arm));
	ck_assert(!t.has_regs);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("proc");

	tcase_add_test(c, maps_lines);
	tcase_add_test(c, private_data);
	tcase_add_test(c, stat_lines);
	tcase_add_test(c, status_lines);
	tcase_add_test(c, permissions);
	tcase_add_test(c, registers);
	return run_tests("target-proc", c);
}
