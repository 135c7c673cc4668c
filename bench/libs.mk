LIBS_bench := -Wl,--as-needed -lqrencode -ldeflate -Wl,--no-as-needed
# The media engine's parts.
LIBS_bench += $(LIBS_media)
