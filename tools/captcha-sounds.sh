#!/bin/sh
# Makes the spoken digits of the audio captcha, once, while building:
#   captcha-sounds.sh <dir>   ->  <dir>/{zh,en}/{0..9}.wav
# espeak-ng speaks them (22,050 Hz); perl brings them to 8,000 Hz, 16 bit.
# Does nothing when all are there.
set -eu

[ $# = 1 ] || { echo "usage: $0 <dir>" >&2; exit 2; }
dir=$1

all_there() {
    for language in zh en; do
        for digit in 0 1 2 3 4 5 6 7 8 9; do
            [ -s "$dir/$language/$digit.wav" ] || return 1
        done
    done
}

if all_there; then
    exit 0
fi

command -v espeak-ng >/dev/null || {
    echo "captcha-sounds: espeak-ng is missing" >&2
    exit 1
}

# A windowed sinc, cut off below half of the new rate.
resample() {
    perl -e '
        use strict;
        use warnings;
        binmode STDIN;
        binmode STDOUT;
        local $/;
        my $wav = <STDIN>;
        my ($from) = unpack "x24 V", $wav;
        my $at = index $wav, "data";
        die "no WAV\n" unless substr($wav, 0, 4) eq "RIFF" && $at > 0;
        my @in = unpack "s<*", substr $wav, $at + 8;
        my ($to, $reach, $pi) = (8000, 40, 4 * atan2 1, 1);
        my $cut = 0.92 * $to / $from;
        my @out;
        for my $n (0 .. int(@in * $to / $from) - 1) {
            my $centre = $n * $from / $to;
            my $sum = 0;
            for my $i (int($centre) - $reach .. int($centre) + $reach) {
                next if $i < 0 || $i > $#in;
                my $x = $i - $centre;
                my $sinc = abs($x) < 1e-9 ? $cut
                         : sin($pi * $cut * $x) / ($pi * $x);
                my $window = 0.5 + 0.5 * cos($pi * $x / ($reach + 1));
                $sum += $in[$i] * $sinc * $window;
            }
            $sum = $sum > 32767 ? 32767 : $sum < -32768 ? -32768 : $sum;
            push @out, int $sum;
        }
        my $data = pack "s<*", @out;
        print pack("A4 V A4 A4 V v v V V v v A4 V", "RIFF",
                   36 + length $data, "WAVE", "fmt ", 16, 1, 1, $to, $to * 2,
                   2, 16, "data", length $data), $data;
    '
}

speak() {
    # language, espeak voice, digit, word
    mkdir -p "$dir/$1"
    espeak-ng -v "$2" -s 150 -a 160 --stdout "$4" > "$dir/$1/.$3.raw"
    resample < "$dir/$1/.$3.raw" > "$dir/$1/.$3.tmp"
    rm "$dir/$1/.$3.raw"
    mv "$dir/$1/.$3.tmp" "$dir/$1/$3.wav"
}

digit=0
for word in 零 一 二 三 四 五 六 七 八 九; do
    speak zh cmn "$digit" "$word"
    digit=$((digit + 1))
done

digit=0
for word in zero one two three four five six seven eight nine; do
    speak en en "$digit" "$word"
    digit=$((digit + 1))
done
