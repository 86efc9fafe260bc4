noinst_LTLIBRARIES += libheap.la
libheap_la_SOURCES = 
