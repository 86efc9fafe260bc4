noinst_LTLIBRARIES += liblayout.la
liblayout_la_SOURCES = 
