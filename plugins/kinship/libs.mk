# The kit's QR codes.
LIBS_kinship := -lqrencode -ldeflate
