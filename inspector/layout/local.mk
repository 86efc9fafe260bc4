noinst_LTLIBRARIES += liblayout.la
liblayout_la_SOURCES = inspector/layout/consts.def inspector/layout/fields.def inspector/layout/layout.h
