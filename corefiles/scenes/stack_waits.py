# SPDX-License-Identifier: Apache-2.0
"""Threads that wait, each for something else, and deadlocks. Each writes down what it waits for and who has that."""
import contextlib
import multiprocessing
import os
import sys
import threading
import time

try:
    import queue
except ImportError:
    import Queue as queue

import scene

WAITS = {}  # name of the thread -> what it waits for
OWNERS = {}  # id of an object -> name of the thread that has it
FOREVER = threading.Lock()
FOREVER.acquire()
A, B = threading.Lock(), threading.Lock()
R, S = threading.RLock(), threading.RLock()
X, Y, Z = threading.Lock(), threading.Lock(), threading.Lock()
HELD_BY_SLEEPER = threading.Lock()
TAKEN_BY_CALL = threading.Lock()
IN_CONTEXT, IN_HANDLER, PASSED = threading.Lock(), threading.Lock(), threading.Lock()
IN_EXIT_STACK, LEFT_BY_STACK = threading.Lock(), threading.Lock()
GUARDED = threading.Condition(threading.Lock())
CONDITION = threading.Condition()
PLAIN_CONDITION = threading.Condition(threading.Lock())
EVENT = threading.Event()
TIMED = threading.Event()
SEMAPHORE = threading.Semaphore(0)
QUEUE = queue.Queue()
FULL = queue.Queue(1)
FULL.put(1)
AGAIN = threading.Lock()
STARTED = []


class Keeper(object):
    """Its lock is an attribute."""

    def __init__(self):
        self._lock = threading.Lock()
        self._lock.acquire()

    def take(self):
        self._lock.acquire()


KEEPER = Keeper()


def waits(kind, obj, name=None, method=None, owner=None, timed=False):
    """The calling thread is about to wait for it."""
    WAITS[threading.current_thread().name] = {
        'type': kind, 'object': id(obj), 'name': name, 'method': method, 'owner': owner, 'timed': timed}


def name():
    return threading.current_thread().name


def sleeps():
    time.sleep(10000)


# ---- objects, one by one ----

def lock():
    waits('Lock', FOREVER, 'FOREVER')
    FOREVER.acquire()


def lock_in_with():
    waits('Lock', FOREVER, 'FOREVER')
    with FOREVER:
        pass


def bound_acquire():
    acquire = FOREVER.acquire
    waits('Lock', FOREVER, 'FOREVER')
    acquire()


def attribute_lock():
    waits('Lock', KEEPER._lock, 'self._lock')
    KEEPER.take()


def timed_lock():
    waits('Lock', FOREVER, 'FOREVER', timed=True)
    FOREVER.acquire(True, 5000)


def condition():
    with CONDITION:
        waits('Condition', CONDITION, 'CONDITION', 'wait')
        CONDITION.wait()


def plain_condition():
    with PLAIN_CONDITION:
        waits('Condition', PLAIN_CONDITION, 'PLAIN_CONDITION', 'wait')
        PLAIN_CONDITION.wait()


def event():
    waits('Event', EVENT, 'EVENT', 'wait')
    EVENT.wait()


def timed_event():
    waits('Event', TIMED, 'TIMED', 'wait', timed=True)
    TIMED.wait(5000)


def queue_get():
    waits('Queue', QUEUE, 'QUEUE', 'get')
    QUEUE.get()


def queue_put():
    waits('Queue', FULL, 'FULL', 'put')
    FULL.put(2)


def semaphore():
    waits('Semaphore', SEMAPHORE, 'SEMAPHORE', 'acquire')
    SEMAPHORE.acquire()


def semaphore_in_with():
    waits('Semaphore', SEMAPHORE, 'SEMAPHORE', 'acquire')
    with SEMAPHORE:
        pass


def barrier():
    local = threading.Barrier(2)
    waits('Barrier', local, 'local', 'wait')
    local.wait()


def simple_queue():
    local = queue.SimpleQueue()
    waits('SimpleQueue', local, 'local')
    local.get()


def join():
    sleeper = [t for t in STARTED if t.name == 'sleeps'][0]
    OWNERS[id(sleeper)] = 'sleeps'
    waits('Thread', sleeper, 'sleeper', 'join', 'sleeps')
    sleeper.join()


def processes_lock():
    local = multiprocessing.Lock()
    local.acquire()
    OWNERS[id(local._semlock)] = name()
    waits('lock between processes', local._semlock, None, None, name())
    local.acquire()


# ---- who has it ----

def rlock_held():
    with R:
        OWNERS[id(R)] = name()
        sleeps()


def rlock_waits():
    time.sleep(0.1)
    waits('RLock', R, 'R', owner='rlock_held')
    with R:
        pass


def with_held():
    with HELD_BY_SLEEPER:
        OWNERS[id(HELD_BY_SLEEPER)] = name()
        sleeps()


def with_waits():
    time.sleep(0.1)
    waits('Lock', HELD_BY_SLEEPER, 'HELD_BY_SLEEPER')
    with HELD_BY_SLEEPER:
        pass


def condition_held():
    """Nobody records who has a condition's plain lock; a thread that waits in its with block has let go of it."""
    with GUARDED:
        OWNERS[id(GUARDED._lock if hasattr(GUARDED, '_lock') else GUARDED._Condition__lock)] = name()
        try:
            for _ in range(3):
                with open(os.devnull):
                    sleeps()
        finally:
            pass


def condition_waits():
    time.sleep(0.1)
    inner = GUARDED._lock if hasattr(GUARDED, '_lock') else GUARDED._Condition__lock
    waits('Lock', inner)
    with GUARDED:
        pass


@contextlib.contextmanager
def locked(lock):
    with open(os.devnull):
        with lock:
            yield


def context_held():
    with locked(IN_CONTEXT):
        OWNERS[id(IN_CONTEXT)] = name()
        for _ in range(2):
            sleeps()


def context_waits():
    time.sleep(0.1)
    waits('Lock', IN_CONTEXT, 'IN_CONTEXT')
    IN_CONTEXT.acquire()


def exit_stack_held():
    with contextlib.ExitStack() as stack:
        stack.callback(name)
        for _ in range(70):  # more than one block of the deque
            stack.enter_context(open(os.devnull))
        stack.callback(name)
        stack.enter_context(IN_EXIT_STACK)
        OWNERS[id(IN_EXIT_STACK)] = name()
        sleeps()


def exit_stack_waits():
    time.sleep(0.1)
    waits('Lock', IN_EXIT_STACK, 'IN_EXIT_STACK')
    IN_EXIT_STACK.acquire()


def exit_stack_left():
    """It has left its stack: the lock is another one's."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(LEFT_BY_STACK)
        stack.pop_all().close()
        LEFT_BY_STACK.acquire()
        sleeps()


def exit_stack_left_waits():
    time.sleep(0.2)
    waits('Lock', LEFT_BY_STACK, 'LEFT_BY_STACK')
    LEFT_BY_STACK.acquire()


def handler_held():
    """In a handler inside of the block, after other blocks that are over, in a generator."""
    def generator():
        with PASSED:
            pass
        with IN_HANDLER:
            try:
                with PASSED:
                    raise ValueError()
            except ValueError:
                with open(os.devnull) as f, open(os.devnull):
                    OWNERS[id(IN_HANDLER)] = name()
                    sleeps()
            yield f
    list(generator())


def handler_waits():
    time.sleep(0.1)
    waits('Lock', IN_HANDLER, 'IN_HANDLER')
    IN_HANDLER.acquire()


def passed_held():
    """It took the lock in a with block before, and now otherwise: that is not to be seen."""
    time.sleep(0.1)
    with PASSED:
        pass
    PASSED.acquire()
    sleeps()


def passed_waits():
    time.sleep(0.2)
    waits('Lock', PASSED, 'PASSED')
    with PASSED:
        pass


def call_held():
    TAKEN_BY_CALL.acquire()
    sleeps()


def call_waits():
    time.sleep(0.1)
    waits('Lock', TAKEN_BY_CALL, 'TAKEN_BY_CALL')
    TAKEN_BY_CALL.acquire()


# ---- deadlocks ----

def cross(first, second, partner, kind='Lock'):
    with first:
        OWNERS[id(first)] = name()
        time.sleep(0.2)
        waits(kind, second, 'second', owner=partner if kind == 'RLock' else None)
        with second:
            pass


def dead_1():
    cross(A, B, 'dead_2')


def dead_2():
    cross(B, A, 'dead_1')


R1, R2 = threading.RLock(), threading.RLock()


def dead_rlock_1():
    cross(R1, R2, 'dead_rlock_2', 'RLock')


def dead_rlock_2():
    cross(R2, R1, 'dead_rlock_1', 'RLock')


def dead_three_1():
    cross(X, Y, 'dead_three_2')


def dead_three_2():
    cross(Y, Z, 'dead_three_3')


def dead_three_3():
    cross(Z, X, 'dead_three_1')


def dead_with_itself():
    with AGAIN:
        OWNERS[id(AGAIN)] = name()
        waits('Lock', AGAIN, 'AGAIN')
        with AGAIN:
            pass


def waits_for_dead():
    """Waits for a thread of a deadlock, but is no part of it."""
    time.sleep(0.3)
    waits('Lock', A, 'A')
    with A:
        pass


DEADLOCKS = [['dead_1', 'dead_2'], ['dead_rlock_1', 'dead_rlock_2'],
             ['dead_three_1', 'dead_three_2', 'dead_three_3'], ['dead_with_itself'], ['processes_lock']]
TARGETS = [sleeps, lock, lock_in_with, bound_acquire, attribute_lock, condition, plain_condition, event, timed_event,
           queue_get, queue_put, semaphore, semaphore_in_with, join, rlock_held, rlock_waits, with_held, with_waits,
           condition_held, condition_waits, context_held, context_waits,
           handler_held, handler_waits, passed_held, passed_waits, call_held, call_waits, dead_1, dead_2, dead_rlock_1, dead_rlock_2,
           dead_three_1, dead_three_2, dead_three_3, dead_with_itself, waits_for_dead, processes_lock]
if sys.version_info >= (3,):
    TARGETS += [barrier, timed_lock, exit_stack_held, exit_stack_waits, exit_stack_left, exit_stack_left_waits]
if hasattr(queue, 'SimpleQueue'):
    TARGETS += [simple_queue]


def main():
    for target in TARGETS:
        thread = threading.Thread(target=target, name=target.__name__)
        thread.daemon = True
        STARTED.append(thread)
        thread.start()
    try:  # a thread that runs C code from its first instruction on
        import _thread
    except ImportError:
        import thread as _thread
    bare = _thread.start_new_thread(FOREVER.acquire, ())
    time.sleep(1.0)
    scene.tell({
        'waits': WAITS, 'owners': {str(key): value for key, value in OWNERS.items()}, 'bare': bare,
        'forever': id(FOREVER), 'deadlocks': DEADLOCKS,
        'idents': {t.name: t.ident for t in threading.enumerate()}})
    scene.ready_and_block()
    scene.end()


main()
