noinst_LTLIBRARIES += libpython.la
libpython_la_SOURCES = inspector/python/python.h inspector/python/symbols.def
