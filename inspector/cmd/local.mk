noinst_LTLIBRARIES += libcmd.la
libcmd_la_SOURCES = \
	inspector/cmd/args.c inspector/cmd/args.h \
	inspector/cmd/cmd.h inspector/cmd/commands.def \
	inspector/cmd/describe.c inspector/cmd/describe.h \
	inspector/cmd/doctor.c \
	inspector/cmd/group.c \
	inspector/cmd/help.c inspector/cmd/help.h \
	inspector/cmd/info.c \
	inspector/cmd/man.c \
	inspector/cmd/memory.c \
	inspector/cmd/objects.c \
	inspector/cmd/owner.c inspector/cmd/owner.h \
	inspector/cmd/path.c \
	inspector/cmd/pathtree.c inspector/cmd/pathtree.h \
	inspector/cmd/pick.c inspector/cmd/pick.h \
	inspector/cmd/process.h inspector/cmd/processargs.c \
	inspector/cmd/refs.c \
	inspector/cmd/run.c \
	inspector/cmd/session.c \
	inspector/cmd/show.c \
	inspector/cmd/sink.c inspector/cmd/sink.h \
	inspector/cmd/snapshot.c \
	inspector/cmd/stack.c \
	inspector/cmd/stacknative.c inspector/cmd/stackrows.c \
	inspector/cmd/stackshow.h inspector/cmd/stacktext.c \
	inspector/cmd/table.c \
	inspector/cmd/text.c inspector/cmd/text.h \
	inspector/cmd/textmap.c inspector/cmd/textmap.h \
	inspector/cmd/typerows.c inspector/cmd/typerows.h \
	inspector/cmd/types.c
