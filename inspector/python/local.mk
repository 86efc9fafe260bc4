noinst_LTLIBRARIES += libpython.la
libpython_la_SOURCES = \
	inspector/python/answers.c \
	inspector/python/areas.c \
	inspector/python/arenas.c \
	inspector/python/dict.c \
	inspector/python/find.c \
	inspector/python/gc.c \
	inspector/python/nolayout.c \
	inspector/python/open.c \
	inspector/python/pools.c \
	inspector/python/priv.h \
	inspector/python/proof.c \
	inspector/python/python.h \
	inspector/python/read.c \
	inspector/python/refresh.c \
	inspector/python/string.c \
	inspector/python/symbols.def \
	inspector/python/version.c
