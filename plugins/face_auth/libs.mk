LIBS_face_auth := -lqrencode -ldeflate
