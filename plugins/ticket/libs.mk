# The kit's QR codes.
LIBS_ticket := -lqrencode -ldeflate
