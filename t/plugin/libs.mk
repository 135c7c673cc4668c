# The kit's OpenID Connect, for those that play a client of the sandbox.
LIBS_plugin += -Wl,--as-needed -lcjose -Wl,--no-as-needed
