# SPDX-License-Identifier: Apache-2.0
"""A service with a leak, to be looked at: sessions are cached by an identifier that never comes again."""
import itertools
import os
import sys
import time


class Session:
    def __init__(self, number):
        self.user = 'user-%d' % (number % 100)
        self.basket = [number, number * 1.5]
        self.history = {'created': float(number), 'last': None}


CACHE = {}


def handle_request(number):
    key = 'session-%d' % number  # every request gets a new one
    if key not in CACHE:
        CACHE[key] = Session(number)
    return CACHE[key]


def main():
    for number in itertools.count():
        handle_request(number)
        if number == 200000:  # by now it is worth a look
            print('serving as %d' % os.getpid())
            sys.stdout.flush()
        if number > 200000:
            time.sleep(0.01)
        if os.getppid() == 1:
            return


if __name__ == '__main__':
    main()
