# SPDX-License-Identifier: Apache-2.0
"""Threads of an inferior with the registers that GDB knows: nobody else can read those of a process that it holds."""
import struct

import gdb

# As the kernel writes them (struct user_regs_struct, user_pt_regs): names, and which are sp, pc and thread pointer.
# To add a machine, add a row, and one in inspector/target/regs.c.
MACHINES = {
    'i386:x86-64': ('r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base '
                    'gs_base ds es fs gs'.split(), 'rsp', 'rip', 'fs_base'),
    'aarch64': (['x%d' % i for i in range(31)] + ['sp', 'pc', 'cpsr'], 'sp', 'pc', 'tpidr'),
}


def tid(thread):
    """The system's id of a gdb.InferiorThread."""
    return thread.ptid[1] or thread.ptid[2] or thread.ptid[0]


def _registers(frame):
    """{name: value} of those that the machine has and GDB knows."""
    names, _, _, pointer = _machine(frame)
    values = {}
    for name in names + [pointer]:
        try:
            values[name] = int(frame.read_register(name)) & (1 << 64) - 1
        except (gdb.error, ValueError):
            pass
    return values


def _machine(frame):
    name = frame.architecture().name()
    for known in MACHINES:
        if name.startswith(known):
            return MACHINES[known]
    raise gdb.GdbError('heapscope: %s is not a machine that heapscope knows' % name)


def _described(thread):
    """(tid, name, sp, pc, fs_base, registers as bytes); what GDB cannot tell is 0 and None."""
    thread.switch()
    name = thread.name or ''
    try:
        frame = gdb.newest_frame()
    except gdb.error:
        return tid(thread), name, 0, 0, 0, None
    names, sp, pc, pointer = _machine(frame)
    values = _registers(frame)
    whole = all(n in values for n in names)
    packed = b''.join(struct.pack('<Q', values[n]) for n in names) if whole else None
    return tid(thread), name, values.get(sp, 0), values.get(pc, 0), values.get(pointer, 0), packed


class keep_selection:
    """What the user has selected is selected again afterwards."""

    def __enter__(self):
        self.thread = gdb.selected_thread()
        try:
            self.frame = gdb.selected_frame()
        except gdb.error:
            self.frame = None

    def __exit__(self, *_):
        if self.thread and self.thread.is_valid():
            self.thread.switch()
        if self.frame and self.frame.is_valid():
            self.frame.select()


def threads(inferior):
    """All of them, the main thread first."""
    with keep_selection():
        return [_described(t) for t in sorted(inferior.threads(), key=lambda t: (tid(t) != inferior.pid, t.num))]
