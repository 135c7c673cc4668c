LIBS_sandbox := -lcjose -lzip
