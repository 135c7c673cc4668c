# TLS to Redis: hiredis 0.14 has none of its own.
LIBS_civicctl := -lssl
