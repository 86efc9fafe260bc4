/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include "stack/state.h"
#include "target/procinfo.h"
#include "target/regs.h"
#include "target/sockets.h"

#define NO_FD (-1)

static const struct call {
	long number;
	const char *name;
	int fd;
} rows[] = {
#define SYSCALL(name, fd) {SYS_##name, #name, fd},
#include "stack/syscalls.def"
#undef SYSCALL
};

#if defined(__x86_64__)
enum { REG_R10 = 7, REG_R9, REG_R8, REG_RAX, REG_RDX = 12, REG_RSI, REG_RDI, REG_ORIG_RAX };

/* What the kernel leaves as the result of a call that it will begin again (include/linux/errno.h),
 * and EINTR. */
static bool is_interrupted(int64_t result)
{
	return result == -512 || result == -513 || result == -514 || result == -516 ||
	       result == -EINTR;
}

/*
 * struct user_regs_struct: orig_rax is the call's number, or -1 outside of one. A futex whose time
 * is up goes back to sleep at once where it matters (the GIL is waited for in short steps), so that
 * counts as being in it.
 */
static bool from_registers(struct target *t, const struct thread *th, struct thread_doing *d)
{
	static const int args[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9};

	int64_t number = (int64_t)load64(th->regs + 8 * REG_ORIG_RAX);
	int64_t result = (int64_t)load64(th->regs + 8 * REG_RAX);

	if (number < 0 ||
	    !(is_interrupted(result) || (number == SYS_futex && result == -ETIMEDOUT)))
		return false;
	d->syscall = number;
	for (size_t i = 0; i < ARRAY_SIZE(args); i++)
		d->args[i] = load64(th->regs + 8 * args[i]);
	return true;
}
#elif defined(__aarch64__)
#define SVC_0 0xd4000001u /* the instruction of a call */

static bool is_call(struct target *t, addr_t at)
{
	uint32_t code;

	return target_read_u32(t, at, &code) && code == SVC_0;
}

/*
 * struct user_pt_regs: x8 is the call's number. Before a debugger or a core sees a thread the kernel has put its registers
 * back to where the call begins (arch/arm64/kernel/signal.c), so it stands at the instruction. A futex whose time is up
 * stands behind it.
 */
static bool from_registers(struct target *t, const struct thread *th, struct thread_doing *d)
{
	uint64_t number = load64(th->regs + 8 * 8);
	int64_t result = (int64_t)load64(th->regs);

	if (number > INT32_MAX || !(is_call(t, th->pc) || (number == SYS_futex && result == -ETIMEDOUT && is_call(t, th->pc - 4))))
		return false;
	d->syscall = (long)number;
	for (size_t i = 0; i < ARRAY_SIZE(d->args); i++)
		d->args[i] = load64(th->regs + 8 * i);
	return true;
}
#else
/* How this machine calls the kernel is not known here. */
static bool from_registers(struct target *t, const struct thread *th, struct thread_doing *d)
{
	return false;
}
#endif

/* Of a live process that was not stopped: proc_pid_syscall(5). */
static bool from_proc(const struct target *t, const struct thread *th, struct thread_doing *d)
{
	struct buf b = {0};
	unsigned long long a[6];
	char path[48];
	long number;
	bool ok;

	snprintf(path, sizeof(path), "task/%d/syscall", th->tid);
	ok = !proc_read_of(t->pid, path, &b) &&
	     sscanf(buf_text(&b), "%ld 0x%llx 0x%llx 0x%llx 0x%llx 0x%llx 0x%llx", &number, &a[0],
		    &a[1], &a[2], &a[3], &a[4], &a[5]) == 7 &&
	     number >= 0;
	buf_release(&b);
	if (!ok)
		return false;
	d->syscall = number;
	for (int i = 0; i < 6; i++)
		d->args[i] = a[i];
	return true;
}

/*
 * A call that goes on after a signal or a debugger has another number, and the same arguments. Which one it is stands
 * before the instruction of the call: mov $number, %eax; syscall.
 */
static long restarted(struct target *t, const struct thread *th)
{
#if defined(__x86_64__)
	uint8_t code[7];
	long number;

	if (th->has_regs && target_read(t, th->pc - sizeof(code), code, sizeof(code)) &&
	    code[0] == 0xb8 && code[5] == 0x0f && code[6] == 0x05) {
		number = (long)load32(code + 1);
		if (number == SYS_futex || number == SYS_poll || number == SYS_nanosleep ||
		    number == SYS_clock_nanosleep)
			return number;
	}
#endif
	return SYS_restart_syscall;
}

bool thread_syscall(struct target *t, const struct thread *th, struct thread_doing *out)
{
	if (th->regs_size && th->machine != our_machine())
		return false; /* its calls have other numbers */
	if (th->regs_size)
		out->in_syscall = from_registers(t, th, out);
	else if (t->kind == TARGET_LIVE)
		out->in_syscall = from_proc(t, th, out);
	if (out->in_syscall && out->syscall == SYS_restart_syscall)
		out->syscall = restarted(t, th);
	return out->in_syscall;
}

/* The row of the call, NULL if it has none. */
static const struct call *call_of(const struct thread_doing *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].number == d->syscall)
			return &rows[i];
	return NULL;
}

/* What the kernel says a descriptor is, of a process. */
static void fd_text(struct target *t, int fd, struct buf *out)
{
	char name[48], path[512];

	snprintf(name, sizeof(name), "fd/%d", fd);
	if (target_link(t, name, path, sizeof(path)) && !target_socket(t, path, out))
		buf_str(out, path);
}

int syscall_fd(struct target *t, const struct thread_doing *d, struct buf *out)
{
	const struct call *c = d->in_syscall ? call_of(d) : NULL;
	int fd = c && c->fd != NO_FD ? (int)d->args[c->fd] : -1;

	if (fd >= 0)
		fd_text(t, fd, out);
	return fd;
}

void syscall_text(struct target *t, const struct thread_doing *d, struct buf *out)
{
	const struct call *c = call_of(d);
	struct buf what = {0};

	if (!c) {
		buf_printf(out, "system call %ld", d->syscall);
		return;
	}
	buf_str(out, c->name);
	if (c->fd == NO_FD || d->any_fd)
		return;
	fd_text(t, (int)d->args[c->fd], &what);
	buf_printf(out, "(%d%s%s)", (int)d->args[c->fd], what.n ? " " : "", buf_text(&what));
	buf_release(&what);
}
