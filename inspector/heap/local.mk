noinst_LTLIBRARIES += libheap.la
libheap_la_SOURCES = inspector/heap/arenas.c inspector/heap/chunks.c inspector/heap/claims.c inspector/heap/doubts.c inspector/heap/gclists.c inspector/heap/graph.c inspector/heap/graph.h \
	inspector/heap/heap.c inspector/heap/heap.h inspector/heap/index.c inspector/heap/roots.c inspector/heap/space.c \
	inspector/heap/space.h inspector/heap/walk.h inspector/heap/walker.c
