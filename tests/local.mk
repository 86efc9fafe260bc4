# Tests: unit/ (Check), scenes/ (the interpreter is the oracle), golden/, lint/, fuzz/, bench/.
include tests/unit/local.mk
include tests/bench/local.mk
