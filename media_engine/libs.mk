# HTTP, the list of system calls, the decoder, JSON; faces: dlib, of which only
# what is called is taken along, and the algebra that it calls.  That comes in
# several builds, some of which make threads while they are loaded: the one
# that makes none stands in a folder of its own.
OPENBLAS   := /usr/lib/$(shell $(CC) -print-multiarch)/openblas-serial

# Documents: pango and cairo, and fontconfig and libpng, which they bring.
PANGO      := pangocairo pangoft2 fontconfig
PANGO_LIBS := $(shell pkg-config --libs $(PANGO) 2>/dev/null)
SEE_MEDIA  += $(subst -I,-isystem ,$(shell pkg-config --cflags-only-I \
                $(PANGO) 2>/dev/null))

LIBS_media := -Wl,--as-needed -lmicrohttpd -lseccomp -ljpeg -ljansson \
              -l:libdlib.a -L$(OPENBLAS) -l:libopenblas.so.0 \
              -Wl,-rpath,$(OPENBLAS) -lstdc++ -lm $(PANGO_LIBS) -lpng \
              -Wl,--no-as-needed
