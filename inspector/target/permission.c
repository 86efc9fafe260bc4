/* SPDX-License-Identifier: Apache-2.0 */
/* The checks are those of __ptrace_may_access() and of security/yama, in the order in which they
 * matter to a user. */
#include <stdio.h>
#include <sys/stat.h>
#include "target/permission.h"

#define INITIAL_USERNS	   "user:[4026531837]" /* PROC_USER_INIT_INO, include/linux/proc_ns.h */
#define CAP_SYS_PTRACE_BIT 19 /* include/uapi/linux/capability.h */

static int yama_scope(void)
{
	struct buf b = {0};
	int scope = -1;

	if (!proc_read("/proc/sys/kernel/yama/ptrace_scope", &b))
		scope = atoi(buf_text(&b));
	buf_release(&b);
	return scope;
}

static bool has_other_userns(int pid)
{
	char ours[64], theirs[64];

	return !proc_link(getpid(), "ns/user", ours, sizeof(ours)) &&
	       !proc_link(pid, "ns/user", theirs, sizeof(theirs)) && strcmp(ours, theirs);
}

/* A process outside of our user namespace does not let us see which one it is in. */
static bool in_own_userns(void)
{
	char ours[64];

	return !proc_link(getpid(), "ns/user", ours, sizeof(ours)) && strcmp(ours, INITIAL_USERNS);
}

void permission_facts_get(struct permission_facts *f, int pid, int sys)
{
	struct proc_status us = {0}, s = {0};
	struct stat st;
	char path[32];

	*f = (struct permission_facts){.pid = pid, .sys = sys, .owner = -1};
	memset(f->uid, 0xff, sizeof(f->uid));
	memset(f->gid, 0xff, sizeof(f->gid));
	f->our_uid = (int)geteuid();
	f->our_gid = (int)getegid();
	f->yama = yama_scope();
	f->other_userns = has_other_userns(pid);
	f->own_userns = in_own_userns();
	if (!proc_status_get(getpid(), &us))
		f->our_cap = us.cap_eff >> CAP_SYS_PTRACE_BIT & 1;
	if (!proc_status_get(pid, &s)) {
		memcpy(f->name, s.name, sizeof(f->name));
		memcpy(f->uid, s.uid, sizeof(f->uid));
		memcpy(f->gid, s.gid, sizeof(f->gid));
		f->nested = s.ns_depth > us.ns_depth;
	}
	/* not the directory itself: that keeps its owner (task_dump_owner() in fs/proc/base.c) */
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	if (!stat(path, &st))
		f->owner = (int)st.st_uid;
}

static bool same_ids(const struct permission_facts *f)
{
	for (int i = 0; i < 3; i++)
		if (f->uid[i] != f->our_uid || f->gid[i] != f->our_gid)
			return false;
	return true;
}

static const char *why_with_capability(const struct permission_facts *f)
{
	if (f->other_userns || f->nested)
		return "it is in a container (another user namespace) that our CAP_SYS_PTRACE does "
		       "not reach: "
		       "run heapscope as root on the host, or inside that container";
	if (f->own_userns)
		return "heapscope runs in a container (a user namespace of its own), and its CAP_SYS_PTRACE "
		       "ends there: run heapscope as root on the host";
	return "a security module (AppArmor, SELinux) or a seccomp filter forbids it: allow ptrace "
	       "in its profile, "
	       "or inspect a core dump";
}

static const char *why_same_user(const struct permission_facts *f)
{
	if (f->owner >= 0 && f->owner != f->our_uid)
		return "it is marked as not dumpable (a set-uid program, file capabilities, or "
		       "prctl(PR_SET_DUMPABLE)): run heapscope with sudo";
	if (f->yama == 1)
		return "kernel.yama.ptrace_scope is 1, so a process may look into its own children "
		       "only: run "
		       "heapscope with sudo, or set it to 0 with sudo sysctl "
		       "kernel.yama.ptrace_scope=0";
	if (f->yama == 2)
		return "kernel.yama.ptrace_scope is 2, so this takes CAP_SYS_PTRACE: run heapscope "
		       "with sudo";
	if (f->our_uid == 0)
		return "root has no CAP_SYS_PTRACE here: start the container with "
		       "--cap-add=SYS_PTRACE, or run "
		       "heapscope on the host";
	return why_with_capability(f);
}

enum err permission_explain(const struct permission_facts *f, struct diag *d)
{
	const char *why;
	char other[160];

	if (f->yama == 3) {
		why = "kernel.yama.ptrace_scope is 3, which forbids it to everybody until the next "
		      "boot: inspect a "
		      "core dump";
	} else if (f->our_cap) {
		why = why_with_capability(f);
	} else if (same_ids(f) || (f->our_uid == 0 && f->uid[0] < 0)) {
		why = why_same_user(f);
	} else if (f->uid[0] == f->our_uid && f->uid[1] == f->our_uid) {
		why = "its saved or group ids differ from ours (a set-id program): run heapscope "
		      "with sudo";
	} else if (f->our_uid == 0) {
		why = "root has no CAP_SYS_PTRACE here: start the container with "
		      "--cap-add=SYS_PTRACE, or run "
		      "heapscope on the host";
	} else {
		snprintf(
		    other, sizeof(other),
		    "it belongs to uid %d and heapscope runs as uid %d without CAP_SYS_PTRACE: run "
		    "heapscope as that user or with sudo",
		    f->uid[1], f->our_uid);
		why = other;
	}
	diag_set(d, ERR_PERMISSION, "process %d (%s) may not be inspected: %s", f->pid,
		 f->name[0] ? f->name : "?", why);
	d->sys = f->sys;
	return ERR_PERMISSION;
}
