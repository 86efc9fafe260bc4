# SPDX-License-Identifier: Apache-2.0
TESTS += tests/lint/test_lint.py
EXTRA_DIST += tests/lint/test_lint.py tests/lint/rules.py
