noinst_LTLIBRARIES += libheap.la
libheap_la_SOURCES = inspector/heap/heap.h
