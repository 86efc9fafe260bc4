# SPDX-License-Identifier: Apache-2.0
package_tests = tests/gdb/test_lib.py
TESTS += $(package_tests)
EXTRA_DIST += $(package_tests) tests/gdb/package.py
