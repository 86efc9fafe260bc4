noinst_LTLIBRARIES += libout.la
libout_la_SOURCES = inspector/out/out.h
