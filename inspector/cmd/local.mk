noinst_LTLIBRARIES += libcmd.la
libcmd_la_SOURCES = \
	inspector/cmd/args.c inspector/cmd/args.h \
	inspector/cmd/between.c inspector/cmd/between.h \
	inspector/cmd/beside.c inspector/cmd/beside.h \
	inspector/cmd/cmd.h inspector/cmd/commands.def \
	inspector/cmd/describe.c inspector/cmd/describe.h \
	inspector/cmd/diff.c inspector/cmd/diff.h inspector/cmd/diffnew.c \
	inspector/cmd/doctor.c \
	inspector/cmd/expr.c inspector/cmd/expr.h \
	inspector/cmd/group.c \
	inspector/cmd/help.c inspector/cmd/help.h \
	inspector/cmd/identity.c inspector/cmd/identity.h \
	inspector/cmd/info.c \
	inspector/cmd/jsonscan.c inspector/cmd/jsonscan.h \
	inspector/cmd/largest.c inspector/cmd/largest.h \
	inspector/cmd/man.c \
	inspector/cmd/members.c inspector/cmd/members.h \
	inspector/cmd/memory.c \
	inspector/cmd/objects.c \
	inspector/cmd/plain.c inspector/cmd/plain.h \
	inspector/cmd/owner.c inspector/cmd/owner.h \
	inspector/cmd/path.c \
	inspector/cmd/pathtree.c inspector/cmd/pathtree.h \
	inspector/cmd/pick.c inspector/cmd/pick.h \
	inspector/cmd/print.c \
	inspector/cmd/process.h inspector/cmd/processargs.c \
	inspector/cmd/refs.c \
	inspector/cmd/run.c \
	inspector/cmd/session.c \
	inspector/cmd/show.c \
	inspector/cmd/side.c inspector/cmd/side.h inspector/cmd/siderows.c \
	inspector/cmd/sink.c inspector/cmd/sink.h \
	inspector/cmd/snapshot.c \
	inspector/cmd/source.c inspector/cmd/source.h \
	inspector/cmd/sql.c \
	inspector/cmd/stack.c inspector/cmd/stackdoing.c inspector/cmd/stackexc.c \
	inspector/cmd/stackgroups.c inspector/cmd/stackgroups.h \
	inspector/cmd/stacklocks.c inspector/cmd/stacknative.c inspector/cmd/stackrows.c \
	inspector/cmd/stackset.c \
	inspector/cmd/stackshow.h inspector/cmd/stacktext.c \
	inspector/cmd/table.c \
	inspector/cmd/text.c inspector/cmd/text.h \
	inspector/cmd/textmap.c inspector/cmd/textmap.h \
	inspector/cmd/typerows.c inspector/cmd/typerows.h \
	inspector/cmd/types.c \
	inspector/cmd/view.c inspector/cmd/view.h
if HAVE_SQLITE
libcmd_la_SOURCES += \
	inspector/cmd/sql/attributes.c \
	inspector/cmd/sql/copy.c inspector/cmd/sql/copy.h \
	inspector/cmd/sql/condense.c inspector/cmd/sql/condense.h \
	inspector/cmd/sql/db.c inspector/cmd/sql/db.h inspector/cmd/sql/tables.def \
	inspector/cmd/sql/edges.c inspector/cmd/sql/edges.h \
	inspector/cmd/sql/frames.c \
	inspector/cmd/sql/items.c \
	inspector/cmd/sql/module.c \
	inspector/cmd/sql/names.c inspector/cmd/sql/names.h \
	inspector/cmd/sql/objects.c \
	inspector/cmd/sql/parts.c inspector/cmd/sql/parts.h \
	inspector/cmd/sql/refs.c \
	inspector/cmd/sql/strings.c \
	inspector/cmd/sql/sums.c \
	inspector/cmd/sql/threads.c \
	inspector/cmd/sql/types.c
endif
