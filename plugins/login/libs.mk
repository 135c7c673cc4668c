LIBS_login := -lgd -lcjose -largon2 -ljansson -lm
