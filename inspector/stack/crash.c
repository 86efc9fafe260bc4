/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include "stack/state.h"

/* Signals: those with a core go first. To add one, add a row. signal(7) */
static const struct {
	int number;
	const char *name;
	bool core, fault; /* ends with a core; si_addr is an address */
} signals[] = {
    {SIGSEGV, "SIGSEGV", true, true},	{SIGABRT, "SIGABRT", true, false},
    {SIGBUS, "SIGBUS", true, true},	{SIGFPE, "SIGFPE", true, true},
    {SIGILL, "SIGILL", true, true},	{SIGTRAP, "SIGTRAP", true, true},
    {SIGQUIT, "SIGQUIT", true, false},	{SIGSYS, "SIGSYS", true, false},
    {SIGXCPU, "SIGXCPU", true, false},	{SIGXFSZ, "SIGXFSZ", true, false},
    {SIGKILL, "SIGKILL", false, false}, {SIGTERM, "SIGTERM", false, false},
    {SIGINT, "SIGINT", false, false},	{SIGSTOP, "SIGSTOP", false, false},
    {SIGHUP, "SIGHUP", false, false},	{SIGUSR1, "SIGUSR1", false, false},
    {SIGUSR2, "SIGUSR2", false, false},
};

#define SENT_BY_PROCESS(code) ((code) <= 0) /* SI_USER, SI_TKILL, SI_QUEUE... */

static int row_of(int signal)
{
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (signals[i].number == signal)
			return (int)i;
	return -1;
}

/* siginfo_t: si_signo, si_errno, si_code, then a union at 16: si_addr, or si_pid and si_uid. */
static void decode(const uint8_t *info, int row, struct crash *c)
{
	c->code = (int)load32(info + 8);
	c->has_sender = SENT_BY_PROCESS(c->code);
	if (c->has_sender) {
		c->sender = (int)load32(info + 16);
		c->sender_uid = (int)load32(info + 20);
	} else if (signals[row].fault && c->code != SI_KERNEL) {
		c->has_address = true;
		c->address = load64(info + 16);
	}
}

void crash_read(const struct target *t, struct crash *out)
{
	struct crash c = {0};
	int row;

	if (t->kind == TARGET_CORE && t->threads.n) {
		c.signal = t->threads.at[0].signal;
		row = row_of(c.signal);
		c.crashed = row >= 0 && signals[row].core;
		if (c.crashed && t->has_siginfo && (int)load32(t->siginfo) == c.signal)
			decode(t->siginfo, row, &c);
	}
	*out = c;
}

void signal_text(int signal, struct buf *out)
{
	int row = row_of(signal);

	if (row >= 0)
		buf_str(out, signals[row].name);
	else
		buf_printf(out, "signal %d", signal);
}

void crash_text(const struct crash *c, struct buf *out)
{
	buf_str(out, "ended by ");
	signal_text(c->signal, out);
	if (c->has_address)
		buf_printf(out, " at address 0x%llx", (unsigned long long)c->address);
	if (c->has_sender)
		buf_printf(out, ", sent by process %d of user %d", c->sender, c->sender_uid);
}
