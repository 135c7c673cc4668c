LIBS_payment := -lqrencode -ldeflate -lzip
