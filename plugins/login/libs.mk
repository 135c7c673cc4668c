LIBS_login := -lgd -largon2 -ljansson -lm
