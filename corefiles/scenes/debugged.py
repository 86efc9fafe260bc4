# SPDX-License-Identifier: Apache-2.0
"""A program to look at with a debugger: named frames with locals, a second thread, objects that hold each other."""
import collections
import threading

import scene


class Job(object):
    def __init__(self, number, before):
        self.number = number
        self.before = before
        self.queue = [number, 'job %d' % number, {'key': (1, 2.5)}]


def wait(event):
    event.wait()


def inner(job, label='inner'):
    words = collections.OrderedDict([('a', 1), ('b', [None, True])])
    scene.tell({'job': id(job), 'queue': id(job.queue), 'tuple': id(job.queue[2]['key']), 'words': id(words)})
    while scene.ready_and_block():
        job.queue.append(label)


def outer(jobs):
    last = jobs[-1]
    inner(last)


event = threading.Event()
other = threading.Thread(target=wait, args=(event,), name='other')
other.daemon = True
other.start()
jobs = []
for i in range(20):
    jobs.append(Job(i, jobs[-1] if jobs else None))
scene.quiet()
outer(jobs)
scene.end()
