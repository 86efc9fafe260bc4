# SPDX-License-Identifier: Apache-2.0
"""Threads that wait at sockets, one of each kind. Each writes down what it waits at, in the words that are expected.

Argument: `any`: only such as need no address of the machine's, for a network namespace of its own.
"""
import os
import socket
import threading
import time

import scene

WAITS = {}  # name of the thread -> [descriptor, what that is]
KEPT = []


def waits(name, sock, text, call):
    WAITS[name] = [sock.fileno(), text]
    thread = threading.Thread(target=call, name=name)
    thread.daemon = True
    thread.start()
    KEPT.append(sock)


def text(name):
    host, port = name[:2]
    return ('[%s]:%d' if ':' in host else '%s:%d') % (host, port)


def wildcard():
    listener = socket.socket()
    listener.bind(('', 0))
    listener.listen(1)
    waits('any tcp', listener, 'tcp %s, listening' % text(listener.getsockname()), listener.accept)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(('', 0))
    waits('any udp', udp, 'udp %s' % text(udp.getsockname()), lambda: udp.recv(1))


def connected(family, host, kind):
    listener = socket.socket(family)
    listener.bind((host, 0))
    listener.listen(1)
    KEPT.append(listener)
    client = socket.socket(family)
    client.connect(listener.getsockname())
    server = listener.accept()[0]
    here, there = text(server.getsockname()), text(client.getsockname())
    waits(kind + ' server', server, 'tcp %s <- %s' % (here, there), lambda: server.recv(1))
    waits(kind + ' client', client, 'tcp %s -> %s' % (there, here), lambda: client.recv(1))


def half_closed():
    listener = socket.socket()
    listener.bind(('127.0.0.1', 0))
    listener.listen(1)
    client = socket.create_connection(listener.getsockname())
    server = listener.accept()[0]
    client.shutdown(socket.SHUT_WR)
    KEPT.extend([listener, client])
    server.setblocking(False)
    for chunk in (b'x' * 65536, b'x') * 3:
        try:
            while True:
                server.send(chunk)
        except (OSError, socket.error):
            time.sleep(0.05)  # it is full
    server.setblocking(True)
    waits('half closed', server, 'tcp %s <- %s, closed by the other side' % (
        text(server.getsockname()), text(client.getsockname())), lambda: server.send(b'x'))


def udp(family, host, kind):
    one, two = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_DGRAM)
    one.bind((host, 0))
    two.bind((host, 0))
    waits(kind, one, 'udp %s' % text(one.getsockname()), lambda: one.recv(1))
    two.connect(one.getsockname())
    waits(kind + ' connected', two, 'udp %s -> %s' % (text(two.getsockname()), text(one.getsockname())),
          lambda: two.recv(1))


def unix(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(5)
    waits('unix listener', listener, 'unix stream %s, listening' % path, listener.accept)
    datagram = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    datagram.bind('\0heapscope scene %d' % os.getpid())
    waits('unix abstract', datagram, 'unix datagram @heapscope scene %d' % os.getpid(), lambda: datagram.recv(1))
    one, two = socket.socketpair()
    KEPT.append(two)
    waits('unix pair', one, 'unix stream', lambda: one.recv(1))


def main():
    wildcard()
    if scene.ARGS != ['any']:
        connected(socket.AF_INET, '127.0.0.1', 'tcp')
        half_closed()
        udp(socket.AF_INET, '127.0.0.1', 'udp')
        try:
            socket.socket(socket.AF_INET6).bind(('::1', 0))
        except (OSError, socket.error):
            pass  # the machine has no IPv6
        else:
            connected(socket.AF_INET6, '::1', 'tcp6')
            udp(socket.AF_INET6, '::1', 'udp6')
    unix(os.path.join(scene.DIR, 'socket'))
    time.sleep(0.5)
    scene.tell({'waits': WAITS})
    scene.ready_and_block()
    scene.end()


main()
