LIBS_unit += -Wl,--as-needed -lcjose -lqrencode -ldeflate -lpng -lzbar -ljpeg \
             -Wl,--no-as-needed
