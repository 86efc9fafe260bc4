noinst_LTLIBRARIES += libbase.la
libbase_la_SOURCES = \
	inspector/base/base.h \
	inspector/base/buf.c inspector/base/buf.h \
	inspector/base/diag.c inspector/base/diag.h \
	inspector/base/errors.def \
	inspector/base/isolate.c inspector/base/isolate.h \
	inspector/base/map.c inspector/base/map.h \
	inspector/base/notes.c inspector/base/notes.h \
	inspector/base/utf8.c inspector/base/utf8.h \
	inspector/base/vec.c inspector/base/vec.h
