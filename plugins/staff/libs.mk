LIBS_staff := -largon2
