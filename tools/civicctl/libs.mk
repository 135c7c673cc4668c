# TLS to Redis (hiredis 0.14 has none of its own); passwords of people; packed
# positions of exams.
LIBS_civicctl := -lssl -largon2 -ldeflate
