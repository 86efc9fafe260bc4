// SPDX-License-Identifier: Apache-2.0
// A C++ call chain with a template, a namespace and an inlined method. For stack_native.py.
#include <unistd.h>

static volatile int blocked;

namespace demo
{
template <class T> struct waiter {
	T fd;

	inline __attribute__((always_inline)) void wait()
	{
		char c;

		__atomic_add_fetch(&blocked, 1, __ATOMIC_SEQ_CST);
		while (read(fd, &c, 1) < 0)
			;
		__asm__ volatile("" ::: "memory");
	}
};

template <class T> __attribute__((noinline)) void outer(T fd)
{
	waiter<T> w = {fd};

	w.wait();
	__asm__ volatile("" ::: "memory");
}
}

extern "C" int how_many_blocked()
{
	return blocked;
}

extern "C" void block_in_cxx(int fd)
{
	demo::outer<int>(fd);
	__asm__ volatile("" ::: "memory");
}
