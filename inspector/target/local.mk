noinst_LTLIBRARIES += libtarget.la
libtarget_la_SOURCES = \
	inspector/target/buffer.c \
	inspector/target/callback.c \
	inspector/target/filepages.c \
	inspector/target/freeze.c \
	inspector/target/freeze.h \
	inspector/target/image.c \
	inspector/target/image.h \
	inspector/target/internal.h \
	inspector/target/live.c \
	inspector/target/live.h \
	inspector/target/livecopy.c \
	inspector/target/livecopy.h \
	inspector/target/liveimage.c \
	inspector/target/mappings.c \
	inspector/target/modelf.c \
	inspector/target/modelf.h \
	inspector/target/modfile.c \
	inspector/target/modules.c \
	inspector/target/modules.h \
	inspector/target/obstacle.c \
	inspector/target/obstacle.h \
	inspector/target/pagemap.c \
	inspector/target/pagemap.h \
	inspector/target/permission.c \
	inspector/target/permission.h \
	inspector/target/procinfo.c \
	inspector/target/procinfo.h \
	inspector/target/procmaps.c \
	inspector/target/procmaps.h \
	inspector/target/read.c \
	inspector/target/regs.c \
	inspector/target/regs.h \
	inspector/target/symbols.c \
	inspector/target/target.c \
	inspector/target/target.h
