LIBS_unit += -Wl,--as-needed -lcjose -lqrencode -ldeflate -lpng -lzbar \
             -Wl,--no-as-needed
