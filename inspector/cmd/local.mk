noinst_LTLIBRARIES += libcmd.la
libcmd_la_SOURCES = inspector/cmd/cmd.h
