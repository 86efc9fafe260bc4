# A program per layer, linked with that layer and those below only.
unit_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)
