noinst_LTLIBRARIES += libtarget.la
libtarget_la_SOURCES = inspector/target/image.c inspector/target/image.h inspector/target/target.h 
