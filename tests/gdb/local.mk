# SPDX-License-Identifier: Apache-2.0
package_tests = tests/gdb/test_lib.py tests/gdb/test_package.py tests/gdb/test_evaluate.py tests/gdb/test_examples.py
gdb_tests = tests/gdb/test_current.py tests/gdb/test_same.py tests/gdb/test_session.py tests/gdb/test_remote.py tests/gdb/test_values.py \
	tests/gdb/test_damage.py tests/gdb/test_files.py
TESTS += $(package_tests)
# Not with sanitizers: their runtime would have to be loaded into GDB before everything else, and GDB hangs with it.
if !SANITIZERS
TESTS += $(gdb_tests)
endif
EXTRA_DIST += $(package_tests) $(gdb_tests) tests/gdb/package.py tests/gdb/debugger.py tests/gdb/ingdb.py \
	tests/gdb/fuzz_in_gdb.py tests/gdb/stepper.c
