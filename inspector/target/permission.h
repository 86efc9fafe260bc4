/* SPDX-License-Identifier: Apache-2.0 */
/* Why the kernel does not let us look into a process, and what to do about it. */
#ifndef TARGET_PERMISSION_H
#define TARGET_PERMISSION_H

#include "base/diag.h"
#include "target/procinfo.h"

struct permission_facts {
	int pid;
	char name[17];
	int sys;             /* errno of the attempt */
	int our_uid;         /* effective */
	bool our_cap;        /* CAP_SYS_PTRACE, in our own user namespace */
	int uid[3], gid[3];  /* the process': real, effective, saved; -1 unknown */
	int our_gid;
	int owner;           /* of the files in /proc/PID: root if the process is not dumpable; -1 unknown */
	int yama;            /* kernel.yama.ptrace_scope, -1 if there is none */
	bool other_userns;   /* known to be in another user namespace */
	bool own_userns;     /* we are not in the first user namespace */
	bool nested;         /* in a PID namespace below ours: a container */
};

void permission_facts_get(struct permission_facts *f, int pid, int sys);
/** One line: what, why, what to do. @return ERR_PERMISSION */
enum err permission_explain(const struct permission_facts *f, struct diag *d);

#endif
