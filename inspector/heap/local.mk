noinst_LTLIBRARIES += libheap.la
libheap_la_SOURCES = inspector/heap/arenas.c inspector/heap/chunks.c inspector/heap/claims.c inspector/heap/codenames.c inspector/heap/doubts.c inspector/heap/gclists.c inspector/heap/attrparse.c inspector/heap/attrs.c inspector/heap/attrs.h inspector/heap/literals.c inspector/heap/literals.h inspector/heap/find.c inspector/heap/find.h \
	inspector/heap/graph.c inspector/heap/graph.h inspector/heap/labels.c inspector/heap/labels.h \
	inspector/heap/paths.c inspector/heap/paths.h inspector/heap/roots_named.c inspector/heap/roots_named.h \
	inspector/heap/roots_text.c inspector/heap/rootscan.c inspector/heap/rootscan.h \
	inspector/heap/values.c inspector/heap/values.h \
	inspector/heap/heap.c inspector/heap/heap.h inspector/heap/index.c inspector/heap/roots.c inspector/heap/space.c \
	inspector/heap/space.h inspector/heap/walk.h inspector/heap/walker.c inspector/heap/witness.c
