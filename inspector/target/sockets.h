/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a socket of a live process is: /proc/PID/net, as of when it is asked for the first time. Addresses are those of the
 * process' network namespace. What cannot be read or is too much is not known.
 */
#ifndef TARGET_SOCKETS_H
#define TARGET_SOCKETS_H

#include "base/buf.h"
#include "target/target.h"

struct sockets;
/**
 * Adds "tcp 127.0.0.1:40000 -> 127.0.0.1:5432", "tcp 127.0.0.1:80 <- 127.0.0.1:40000" (it was accepted: the process, or another,
 * listens there), "tcp [::]:80, listening", "udp 0.0.0.0:53", "unix stream /run/x". `link` is what /proc/PID/fd says of it.
 * False: that is no socket, or nothing more is known of it, and nothing was added.
 */
bool target_socket(struct target *t, const char *link, struct buf *out);
void sockets_free(struct sockets *s);

#endif
