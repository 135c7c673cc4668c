LIBS_sandbox := -lcjose
