# SPDX-License-Identifier: Apache-2.0
"""In an uninterruptible sleep (state D), as the parent of a child by vfork() is until the child ends or runs a program.
The child waits for the end of the standard input."""
import ctypes
import mmap
import time

import scene

# vfork(); child: read(0, stack, 1), _exit(0). The parent returns from vfork() when the child has ended.
CODE = bytes(bytearray([
    0x5f,                                            # pop rdi: the return address, which the child would overwrite
    0xb8, 58, 0, 0, 0, 0x0f, 0x05,                   # vfork
    0x57,                                            # push rdi
    0x85, 0xc0, 0x74, 0x01, 0xc3,                    # parent: return
    0x48, 0x83, 0xec, 0x40,                          # child: room for what it reads
    0x31, 0xc0, 0x31, 0xff, 0x48, 0x89, 0xe6, 0xba, 1, 0, 0, 0, 0x0f, 0x05,
    0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05]))     # _exit(0)


class Kept(object):
    def __init__(self, i):
        self.ident = i


kept = [Kept(i) for i in range(123)]
memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
memory.write(CODE)
sleep = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))
scene.tell({'types': {'__main__.Kept': scene.sizes(kept)}})
scene.ready()
sleep()
time.sleep(600)
