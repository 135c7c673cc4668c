# The kit's OpenID Connect, for those that play a client of the sandbox; what
# reads a QR code, for those that play a phone's camera; what packs a bill.
LIBS_plugin += -Wl,--as-needed -lcjose -lpng -lzbar -lzip -ldeflate -Wl,--no-as-needed
