# HTTP, the list of system calls, the decoder, JSON; faces, and the algebra
# that dlib's headers call, of whatever package the distribution has chosen.
LIBS_media := -Wl,--as-needed -lmicrohttpd -lseccomp -ljpeg -ljansson -ldlib \
              -l:liblapack.so.3 -l:libblas.so.3 -lstdc++ -lm \
              -Wl,--no-as-needed
