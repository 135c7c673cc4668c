LIBS_exam := -ldeflate
