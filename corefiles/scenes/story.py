# SPDX-License-Identifier: Apache-2.0
"""An agent that leaks: threads run checks, and one kind of check keeps an empty dict for every run under an attribute.

Part 1: it has just started. Part 2: 6,621 dicts later. Part 3: each is a Tracer with the stack that made it, from
three places. truth.json: {"dicts": n, "tracers": {text of the place: n}}.
"""
import sys
import threading
import types

import scene

CHECKS = '''
class AgentCheck(object):
    def __init__(self, name):
        self.name = name
        self.instances = {}

    def run(self):
        return len(self.name)


class HTTPCheck(AgentCheck):
    def __init__(self, name):
        AgentCheck.__init__(self, name)
        self._instance_metadata = []

    def run(self):
        self._instance_metadata.append({})
        return AgentCheck.run(self)


class DiskCheck(AgentCheck):
    pass


REGISTRY = {'http': HTTPCheck('http'), 'disk': DiskCheck('disk')}
'''
TRACER = '''
class Tracer(dict):
    """A dict that remembers who made it."""

    def __init__(self, trace_info):
        dict.__init__(self)
        self.trace_info = trace_info
'''
LEAKED = 6621
PLACES = [('checks.py', 40, 'run', 'self.service_check()', 3000), ('aggregator.py', 12, 'submit', 'meta = {}', 2621),
          ('checks.py', 77, 'stop', 'self.last = {}', 1000)]


def module(name, source):
    made = types.ModuleType(name)
    sys.modules[name] = made
    exec(compile(source, name.replace('.', '/') + '.py', 'exec'), made.__dict__)
    return made


agent = module('agent', '')
agent.checks = module('agent.checks', CHECKS)
agent.tracing = module('agent.tracing', TRACER)
WORK = threading.Semaphore(0)
DONE = threading.Semaphore(0)
JOBS = []


def collector(check):
    while True:
        WORK.acquire()
        JOBS.pop()(check)
        DONE.release()


def work(job):
    JOBS.append(job)
    WORK.release()
    DONE.acquire()


def leak(check):
    for _ in range(LEAKED):
        check.run()


def trace(check):
    del check._instance_metadata[:]
    for file, line, function, text, count in PLACES:
        for _ in range(count):
            check._instance_metadata.append(agent.tracing.Tracer(
                [(file, line, function, text), ('agent.py', 7, 'main', 'collector(check)')]))


for _ in range(3):
    thread = threading.Thread(target=collector, args=(agent.checks.REGISTRY['http'],))
    thread.daemon = True
    thread.start()
work(lambda check: check.name)
scene.quiet()
scene.tell({})
if scene.ready_and_block():
    work(leak)
    scene.tell({'dicts': LEAKED})
    if scene.ready_and_block():
        work(trace)
        scene.tell({'tracers': dict((p[3], p[4]) for p in PLACES)})
        scene.ready_and_block()
scene.end()
