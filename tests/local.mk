# SPDX-License-Identifier: Apache-2.0
# Tests: unit/ (Check), scenes/ (the interpreter is the oracle), golden/, lint/, gdb/, fuzz/, bench/.
include tests/unit/local.mk
include tests/bench/local.mk
include tests/lint/local.mk
include tests/scenes/local.mk
include tests/golden/local.mk
include tests/gdb/local.mk
include tests/fuzz/local.mk
include tests/scenes/objects.mk
include corefiles/local.mk
