# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += corefiles/scenes corefiles/samples corefiles/golden corefiles/make_golden.py corefiles/small_dwarf.py
