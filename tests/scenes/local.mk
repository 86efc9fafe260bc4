# SPDX-License-Identifier: Apache-2.0
scenes = tests/scenes/test_kinds.py tests/scenes/test_counts.py tests/scenes/test_modes.py tests/scenes/test_safety.py \
	tests/scenes/test_damage.py tests/scenes/test_bad.py \
	tests/scenes/test_graph.py tests/scenes/test_snapshot.py tests/scenes/test_story.py tests/scenes/test_values.py tests/scenes/test_stack.py \
	tests/scenes/test_cut.py tests/scenes/test_install.py tests/scenes/test_native.py tests/scenes/test_nativeends.py tests/scenes/test_stacks.py
scenes += tests/scenes/test_sql.py tests/scenes/test_sqlite.py tests/scenes/test_diff.py
scenes += tests/scenes/test_extension.py tests/scenes/test_large.py
scenes += tests/scenes/test_stackwaits.py tests/scenes/test_stackexceptions.py
EXTRA_DIST += tests/scenes/csteps.c
scenes += tests/scenes/test_stacklarge.py tests/scenes/test_peers.py tests/scenes/test_places.py tests/scenes/test_torn.py tests/scenes/test_stack_cut.py
scenes += tests/scenes/test_compressed.py
scenes += tests/scenes/test_forked.py
scenes += tests/scenes/test_brief.py
scenes += tests/scenes/test_greenlets.py
scenes += tests/scenes/test_sockets.py
scenes += tests/scenes/test_stackoptions.py
TESTS += $(scenes)
EXTRA_DIST += $(scenes) tests/scenes/extension.c tests/scenes/harness.py tests/scenes/cores.py

# A program with Python inside, of whatever version.
check_PROGRAMS += embed
embed_SOURCES = tests/scenes/embed.c
# It is looked at, also in cores: without sanitizers, whose shadow memory alone is terabytes.
embed_CFLAGS = -std=gnu11 -Wall -Wextra -pthread -O1 -g
embed_LDADD = -ldl -lpthread

# Is every object of a truth found?
check_PROGRAMS += check_found
check_found_SOURCES = tests/scenes/check_found.c
check_found_LDADD = $(heapscope_layers) $(ELFUTILS_LIBS) -lpthread

# Is what a core that was cut off shows part of what the whole one shows?
check_PROGRAMS += check_cut
check_cut_SOURCES = tests/scenes/check_cut.c
check_cut_LDADD = $(heapscope_layers) $(ELFUTILS_LIBS) -lpthread
