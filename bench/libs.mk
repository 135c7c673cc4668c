LIBS_bench := -Wl,--as-needed -lqrencode -ldeflate -Wl,--no-as-needed
