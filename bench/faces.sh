#!/bin/bash
# How well faces are found and people told apart, on photographs: the figures
# of docs/photo.md.  "faces.sh [folder]": where the repositories with the
# photographs are cloned into, or are already (build/faces-set).
#
#   congress   official portraits of members of the United States Congress, in
#              every version that the two repositories ever had: many people,
#              few of them twice
#   famous     a few people several times, from the examples of
#              face_recognition
#
# STEP=n takes one in n of the people of congress who are there once.  They are
# fetched to be measured, and are no part of this project: docs/photo.md says
# what is known of their licences.
set -eu
cd "$(dirname "$0")/.."

FOLDER=${1:-build/faces-set}
STEP=${STEP:-3}
MODELS=build/share/faces
SITE=https://github.com

SENATE=CivilServiceUSA/us-senate@9247c869e4d0af929096475cbb950d5f72666eba
HOUSE=CivilServiceUSA/us-house@abf6d4d9b5332603b35760462ba2cdaa25a6fb56
FAMOUS=ageitgey/face_recognition@2e2dccea9dd0ce730c8d464d0f67c6eebb40c9d1

# person | path
FAMOUS_PHOTOS='alex-lacamoire|examples/knn_examples/test/alex_lacamoire1.jpg
alex-lacamoire|examples/knn_examples/train/alex_lacamoire/img1.jpg
biden|examples/biden.jpg
biden|examples/knn_examples/train/biden/biden.jpg
biden|examples/knn_examples/train/biden/biden2.jpg
kit-harington|examples/knn_examples/test/johnsnow_test1.jpg
kit-harington|examples/knn_examples/train/kit_harington/john1.jpeg
kit-harington|examples/knn_examples/train/kit_harington/john2.jpeg
obama|examples/knn_examples/test/obama1.jpg
obama|examples/knn_examples/train/obama/obama.jpg
obama|examples/knn_examples/train/obama/obama2.jpg
obama|examples/obama.jpg
obama|examples/obama2.jpg
obama|examples/obama-240p.jpg
obama|examples/obama-720p.jpg
obama|tests/test_images/obama3.jpg
obama|tests/test_images/obama_partial_face.jpg
obama|tests/test_images/obama_partial_face2.jpg
rose-leslie|examples/knn_examples/train/rose_leslie/img1.jpg
rose-leslie|examples/knn_examples/train/rose_leslie/img2.jpg'

clone()   # owner/name@commit: the folder of its clone
{
    local name=${1%@*} commit=${1#*@} into

    into=$FOLDER/${name#*/}.git
    [ -d "$into" ] || git clone --quiet --bare "$SITE/$name.git" "$into"
    git -C "$into" cat-file -e "$commit^{commit}" \
        || { echo "faces: $into has no $commit" >&2; exit 1; }
    echo "$into"
}

# Every version of every portrait, as <folder>/<person>/<blob>.jpg.
extract_portraits()   # clone commit folder
{
    git -C "$1" -c core.quotepath=off log --format= --raw --no-abbrev \
        --no-renames "$2" -- source/headshots \
        | while IFS=$'\t' read -r meta path; do
        blob=$(cut -d' ' -f4 <<< "$meta")
        person=$(basename "${path%.*}" | tr 'A-Z ' 'a-z-')
        [ "${blob//0/}" ] || continue
        mkdir -p "$3/$person"
        git -C "$1" cat-file blob "$blob" > "$3/$person/${blob:0:12}.jpg"
    done
}

extract_famous()   # clone commit folder
{
    local person path

    while IFS='|' read -r person path; do
        mkdir -p "$3/$person"
        git -C "$1" show "$2:$path" > "$3/$person/$(tr / _ <<< "$path")"
    done <<< "$FAMOUS_PHOTOS"
}

# person, tab, file; of the people with one photo one in step
list()   # folder step
{
    find "$1" -type f | LC_ALL=C sort | awk -F/ -v step="$2" '
        { person[NR] = $(NF - 1); file[NR] = $0; count[$(NF - 1)]++ }
        END {
            for (i = 1; i <= NR; i++) {
                if (count[person[i]] > 1 || ++once % step == 0) {
                    print person[i] "\t" file[i]
                }
            }
        }'
}

measure()   # what step
{
    echo "== $1"
    list "$work/$1" "$2" > "$work/$1.list"
    build/bench/faces "$MODELS" < "$work/$1.list" | sed "s#$work/##g"
}

make --no-print-directory --silent build/bench/faces
tools/models.sh "$MODELS"
mkdir -p "$FOLDER"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for repository in "$SENATE" "$HOUSE"; do
    cloned=$(clone "$repository")
    extract_portraits "$cloned" "${repository#*@}" "$work/congress"
done
cloned=$(clone "$FAMOUS")
extract_famous "$cloned" "${FAMOUS#*@}" "$work/famous"

measure famous 1
measure congress "$STEP"
