/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

/** The entry that libFuzzer and replay.c call: one file of fuzz_*.c has it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#endif
