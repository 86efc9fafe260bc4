noinst_LTLIBRARIES += libout.la
libout_la_SOURCES = \
	inspector/out/backend.h \
	inspector/out/out.c inspector/out/out.h \
	inspector/out/outjson.c \
	inspector/out/outtext.c
