noinst_LTLIBRARIES += libpython.la
libpython_la_SOURCES = 
