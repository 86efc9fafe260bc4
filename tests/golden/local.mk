# SPDX-License-Identifier: Apache-2.0
TESTS += tests/golden/test_golden.py
EXTRA_DIST += tests/golden
