noinst_LTLIBRARIES += libtypes.la
libtypes_la_SOURCES = 
