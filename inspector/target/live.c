/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/uio.h>
#include "target/live.h"
#include "target/modules.h"
#include "target/permission.h"
#include "target/procinfo.h"
#include "target/procmaps.h"

static size_t live_read(struct target *t, addr_t addr, void *out, size_t len)
{
	const struct live *l = t->state;
	size_t got = 0;

	if (addr > INT64_MAX)
		return 0;
	while (got < len) {
		ssize_t n = pread(l->mem, (uint8_t *)out + got, len - got, (off_t)(addr + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		got += n;
	}
	return got;
}

#define WORDS_AT_ONCE 512 /* the kernel takes up to 1024 pieces */

/* One call of the kernel for many: a few microseconds. Not every process or kernel lets it through. */
static bool live_read_words(struct target *t, const addr_t *at, size_t n, uint64_t *out)
{
	const struct live *l = t->state;
	struct iovec remote[WORDS_AT_ONCE];

	for (size_t done = 0; done < n;) {
		size_t some = min_of(n - done, WORDS_AT_ONCE);
		struct iovec local = {out + done, some * sizeof(*out)};

		for (size_t i = 0; i < some; i++)
			remote[i] = (struct iovec){(void *)(uintptr_t)at[done + i], sizeof(*out)};
		if (process_vm_readv(l->proc, &local, 1, remote, some, 0) != (ssize_t)local.iov_len)
			return false;
		done += some;
	}
	return true;
}

static void live_close(struct target *t)
{
	struct live *l = t->state;

	if (!l)
		return;
	live_let_go(t);
	if (l->mem >= 0)
		close(l->mem);
	buf_release(&l->auxv);
	free(l);
}

static bool live_link(struct target *t, const char *name, char *out, size_t size)
{
	return !proc_link(t->pid, name, out, size);
}

static const struct target_ops live_ops = {
    .name = "live",
    .read = live_read,
    .take_image = live_take_image,
    .freeze = live_hold,
    .thaw = live_let_go,
    .list_threads = live_list_threads,
    .read_words = live_read_words,
    .link = live_link,
    .close = live_close,
};

static enum err no_process(struct diag *d, int pid)
{
	/* with hidepid=2 on /proc a process of others is there, but not to be seen */
	if (pid > 0 && (!kill(pid, 0) || errno == EPERM))
		return diag_set(
		    d, ERR_PERMISSION,
		    "process %d is hidden (/proc is mounted with hidepid): run heapscope with sudo",
		    pid);
	return diag_set(d, ERR_NO_PROCESS, "there is no process %d", pid);
}

/* The main thread may have ended while others run on: then one of those stands for the process. */
static int living_thread(int pid)
{
	struct thread_list l = {0};
	int found = 0;

	if (proc_threads(pid, &l))
		vec_foreach (t, &l)
			if (!found && t->state != 'Z' && t->state != 'X' && t->state != '?')
				found = t->tid;
	vec_release(&l);
	return found;
}

static enum err check_kind(struct live *l, struct diag *d)
{
	struct proc_stat s;

	if (proc_stat_get(l->pid, &s))
		return no_process(d, l->pid);
	if (s.flags & PROC_FLAG_KTHREAD)
		return diag_set(d, ERR_NO_PROCESS,
				"process %d is a kernel thread: it has no memory of its own",
				l->pid);
	l->proc = l->pid;
	if (s.state != 'Z' && s.state != 'X')
		return OK;
	l->proc = living_thread(l->pid);
	if (!l->proc)
		return diag_set(d, ERR_NO_PROCESS,
				"process %d is a zombie: it has ended, its memory is gone, and its "
				"parent %d has not "
				"yet asked for its status",
				l->pid, s.ppid);
	return OK;
}

/* A thread's id is taken for its process'. */
static enum err find_process(struct live *l, int pid, struct notes *notes, struct diag *d)
{
	struct proc_status s;

	if (pid <= 0)
		return diag_set(d, ERR_NO_PROCESS, "%d is not the id of a process", pid);
	if (proc_status_get(pid, &s))
		return no_process(d, pid);
	l->pid = s.tgid > 0 ? s.tgid : pid;
	if (l->pid != pid)
		notes_add(notes, NOTE_INFO, "%d is a thread of process %d", pid, l->pid);
	if (l->pid == getpid())
		return diag_set(d, ERR_UNSUPPORTED,
				"process %d is this one: it cannot inspect itself", l->pid);
	return check_kind(l, d);
}

static enum err open_failed(struct live *l, int sys, struct diag *d)
{
	struct permission_facts f;

	if (sys == ENOENT || sys == ESRCH)
		return diag_set(d, ERR_NO_PROCESS, "process %d has ended", l->pid);
	if (sys != EACCES && sys != EPERM)
		return diag_sys(d, ERR_UNREADABLE, sys, "process %d cannot be opened", l->pid);
	permission_facts_get(&f, l->pid, sys);
	return permission_explain(&f, d);
}

static enum err open_memory(struct live *l, struct diag *d)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", l->proc);
	l->mem = open(path, O_RDONLY | O_CLOEXEC);
	if (l->mem < 0)
		return open_failed(l, errno, d);
	return OK;
}

static enum err read_mappings(struct target *t, struct diag *d)
{
	struct live *l = t->state;
	struct buf maps = {0};
	int sys = proc_read_of(l->proc, "maps", &maps);
	enum err e = OK;

	if (sys)
		e = open_failed(l, sys, d);
	else if (!procmaps_parse(t, buf_text(&maps), maps.n, &t->mappings))
		e = diag_set(d, ERR_NOMEM, "out of memory");
	else if (!t->mappings.n)
		e = diag_set(d, ERR_NO_PROCESS, "process %d has ended: it has no memory any more",
			     l->pid);
	buf_release(&maps);
	return e;
}

static void read_auxv(struct live *l)
{
	if (proc_read_of(l->proc, "auxv", &l->auxv))
		buf_clear(&l->auxv);
	for (size_t i = 0; i + 16 <= l->auxv.n; i += 16)
		if (load64(l->auxv.at + i) == AT_PHDR)
			l->at_phdr = load64(l->auxv.at + i + 8);
}

static bool read_exe(struct target *t)
{
	static const char deleted[] = " (deleted)";
	char path[4096 + sizeof(deleted)];
	size_t n;

	if (proc_link(t->own->proc, "exe", path, sizeof(path)))
		return true;
	n = strlen(path);
	if (n > sizeof(deleted) - 1 && !strcmp(path + n - (sizeof(deleted) - 1), deleted))
		n -= sizeof(deleted) - 1;
	t->exe = target_string(t, path, n);
	return t->exe;
}

/* A 32-bit program's first bytes tell; nothing of it could be read as what it is. */
static enum err check_class(struct target *t, struct diag *d)
{
	uint8_t ident[EI_NIDENT];

	vec_foreach (m, &t->mappings)
		if (mapping_is_file(m) && !m->offset && !strcmp(m->path, t->exe) &&
		    target_read(t, m->start, ident, sizeof(ident)) &&
		    !memcmp(ident, ELFMAG, SELFMAG) && ident[EI_CLASS] == ELFCLASS32)
			return diag_set(d, ERR_UNSUPPORTED, "process %d is a 32-bit program",
					t->pid);
	return OK;
}

static enum err describe(struct target *t, struct diag *d)
{
	struct live *l = t->state;
	struct proc_stat s;
	enum err e = read_mappings(t, d);

	if (e)
		return e;
	read_auxv(l);
	if (!proc_stat_get(l->pid, &s))
		t->start_time = proc_time(s.start_ticks);
	if (!read_exe(t) || !proc_threads(l->pid, &t->threads))
		return diag_set(d, ERR_NOMEM, "out of memory");
	live_give_registers(t, &t->threads);
	e = check_class(t, d);
	if (!e && !modules_find(t, l->at_phdr, module_open_live))
		e = diag_set(d, ERR_NOMEM, "out of memory");
	return e;
}

enum err target_open_live(int pid, const struct target_options *o, struct notes *notes,
			  struct target **out, struct diag *d)
{
	struct target *t = target_new(TARGET_LIVE, &live_ops, o, notes);
	struct live *l = calloc(1, sizeof(*l));
	enum err e;

	if (!t || !l) {
		free(l);
		target_close(t);
		return diag_set(d, ERR_NOMEM, "out of memory");
	}
	t->state = l;
	l->mem = -1;
	e = find_process(l, pid, notes, d);
	if (!e)
		e = open_memory(l, d);
	t->pid = l->pid;
	t->own->proc = l->proc;
	t->page_size = sysconf(_SC_PAGESIZE);
	if (!e)
		e = describe(t, d);
	if (e) {
		target_close(t);
		return e;
	}
	*out = t;
	return OK;
}
