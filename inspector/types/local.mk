noinst_LTLIBRARIES += libtypes.la
libtypes_la_SOURCES = inspector/types/types.h
