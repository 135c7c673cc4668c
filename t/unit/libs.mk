LIBS_unit += -Wl,--as-needed -lcjose -lqrencode -ldeflate -lpng -lzbar -ljpeg \
             -Wl,--no-as-needed
# The media engine's parts.
LIBS_unit += $(LIBS_media)
