LIBS_login := -lgd -lcjose -lqrencode -ldeflate -largon2 -ljansson -lm
