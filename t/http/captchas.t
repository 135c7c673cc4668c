# The captcha: a picture and a sound that are ones, an answer that works once
# and not for long.
#
# takes: long

use lib 't/lib';
use Civic::Test;

use Compress::Zlib qw(crc32 uncompress);
use MIME::Base64 qw(decode_base64);

my $civic = civic(people => 1);
my $client = $civic->client;
my ($number, $password) = @{ $civic->person }{qw(id_number password)};

# Twenty seconds is the least that a rule can say.
my $rules = $civic->nginx->rules . '/login.lua';
my $text = do { local (@ARGV, $/) = $rules; <> };
$text =~ s/(captcha_life = )180/${1}20/ or die 'no captcha_life';
$text =~ s/(length = 6, life = )180/${1}20/ or die 'no example';
open my $file, '>', $rules or die "$rules: $!";
print {$file} $text;
close $file;
Civic::Process::wait_for('the rule', 10, sub {
    return $civic->nginx->log_text =~ /login\.lua" revision \w+ are in use/;
});

sub attempt {
    my ($id, $answer, %arg) = @_;

    return $client->post('/login/password', json => {
        id_number => $number, password => $password, captcha_id => $id,
        captcha_answer => $answer, %arg });
}

sub other_than {
    my ($answer) = @_;

    return $answer =~ tr/0-9/1-90/r;
}

my ($expiring, $its_answer) = $client->captcha;
my $expires = time + 20;


# ---- the picture ----

my $captcha = $client->post('/login/captchas', json => { audio =>
    JSON::PP::true() })->{json};

is($captcha->{length}, 6, 'six digits');
like($captcha->{sandbox_answer}, qr/^\d{6}$/, 'told in a sandbox');
like($captcha->{expires_at}, qr/\+08:00$/, 'and until when');
unlike(decode_base64($captcha->{captcha_id} =~ tr{-_}{+/}r),
    qr/$captcha->{sandbox_answer}/, 'the id does not tell them');

my ($png) = $captcha->{image} =~ m{^data:image/png;base64,([A-Za-z0-9+/]+=*)$};
$png = decode_base64($png // '');
is(substr($png, 0, 8), "\x89PNG\r\n\x1a\n", 'a PNG');
my ($at, $data, %chunks) = (8, '');
my $sound_crcs = 1;
while ($at < length $png) {
    my ($size, $type) = unpack 'N a4', substr $png, $at, 8;
    my $bytes = substr $png, $at + 8, $size;

    $sound_crcs &&= unpack('N', substr $png, $at + 8 + $size, 4)
        == crc32($type . $bytes);
    $chunks{$type} //= $bytes;
    $data .= $bytes if $type eq 'IDAT';
    $at += 12 + $size;
}
is($at, length $png, 'whose chunks fill it');
ok($sound_crcs, 'with the right check sums');
ok(exists $chunks{IEND}, 'to its end');
my ($width, $height, $depth, $colour) = unpack 'N N C C', $chunks{IHDR};
ok($width >= 100 && $width <= 600 && $height >= 30 && $height <= 300,
    "of a fair size ($width x $height)");
my $samples = { 0 => 1, 2 => 3, 3 => 1, 4 => 2, 6 => 4 }->{$colour};
my $pixels = uncompress($data);
is(length $pixels, $height * (1 + int(($width * $depth * $samples + 7) / 8)),
    'and all its pixels');
my %bytes = map { $_ => 1 } split //, $pixels;
ok(keys %bytes > 2, 'which are not one colour');
isnt($client->post('/login/captchas', json => {})->{json}{image},
    $captcha->{image}, 'each is another');
is(exists $client->post('/login/captchas', json => {})->{json}{audio}, '',
    'no sound unless it is asked for');


# ---- the sound ----

sub sound {
    my ($language) = @_;
    my $json = $client->post('/login/captchas', json => { audio =>
        JSON::PP::true() }, headers => { 'Accept-Language' => $language })
        ->{json};
    my ($wav) = $json->{audio} =~ m{^data:audio/wav;base64,(.*)$};

    return decode_base64($wav // '');
}

for my $language ('zh-CN', 'en') {
    my $wav = sound($language);
    my ($riff, $size, $wave, $fmt, $fmt_size, $format, $channels, $rate,
        $byte_rate, $align, $bits) = unpack 'a4 V a4 a4 V v v V V v v', $wav;
    my ($tag, $data_size) = unpack 'a4 V', substr $wav, 20 + $fmt_size, 8;

    is("$riff$wave$fmt$tag", 'RIFFWAVEfmt data', "$language: a WAV");
    is($size, length($wav) - 8, 'whose size is right');
    is($data_size, length($wav) - 28 - $fmt_size, 'and that of its data');
    is($byte_rate, $rate * $align, 'and its rate');
    ok($data_size / $byte_rate > 1.5 && $data_size / $byte_rate < 30,
        'as long as six digits are said');
    my %loud = map { $_ => 1 } unpack 'C*', substr $wav, 28 + $fmt_size, 60000;
    ok(keys %loud > 50, 'and not silent');
}


# ---- the answer ----

my ($id, $answer) = @$captcha{qw(captcha_id sandbox_answer)};

is(attempt($id, $answer)->{status}, 200, 'the right answer');
is_problem(attempt($id, $answer), 422, 'captcha_expired', 'works once');

($id, $answer) = $client->captcha;
is_problem(attempt($id, other_than($answer)), 422, 'captcha_wrong', 'wrong');
is_problem(attempt($id, $answer), 422, 'captcha_expired',
    'a wrong answer uses it up');
is_deeply(field_errors(attempt($id, $answer)),
    { '/captcha_answer' => 'captcha_expired' }, 'told at its field');

($id, $answer) = $client->captcha;
my ($second, $second_answer) = $client->captcha;
isnt($answer, $second_answer, 'each has another answer');
is_problem(attempt($id, $second_answer), 422, 'captcha_wrong',
    'the answer of another');
is(attempt($second, $second_answer)->{status}, 200,
    'which still works for its own');

($id, $answer) = $client->captcha;
is(attempt($id, $answer =~ tr/0-9/\x{ff10}-\x{ff19}/r)->{status}, 200,
    'in full-width digits');
($id, $answer) = $client->captcha;
is(attempt($id, " $answer ")->{status}, 200, 'with spaces around it');
for my $wrong ('abcdef', '1', '1' x 64) {
    ($id) = $client->captcha;
    is(attempt($id, $wrong)->{json}{code}, 'captcha_wrong', "\"$wrong\"");
}

my %forged = (cut => substr($second, 0, -2), word => 'captcha',
    flipped => (substr($second, 0, 30)
        . (substr($second, 30, 1) eq 'A' ? 'B' : 'A') . substr($second, 31)),
    token => $client->login($number, $password), zeroes => 'A' x 90,
    long => 'A' x 256);
is_problem(attempt($forged{$_}, '123456'), 422, 'captcha_expired',
    "an id of nobody: $_") for sort keys %forged;
is_deeply(field_errors($client->post('/login/password', json => {
    id_number => $number, password => $password })),
    { '/captcha_id' => 'required', '/captcha_answer' => 'required' },
    'none at all');

# a mistyped number does not cost the picture
($id, $answer) = $client->captcha;
is(attempt($id, $answer, id_number => '123')->{json}{code}, 'invalid_fields',
    'a mistyped number');
is_deeply(field_errors(attempt('x', '1', id_number => '123')),
    { '/id_number' => 'id_number_length',
      '/captcha_answer' => 'captcha_expired' }, 'both are told at once');
is(attempt($id, $answer)->{status}, 200, 'the same picture serves again');


# ---- two at once ----

($id, $answer) = $client->captcha;
my $folder = $civic->nginx->folder;
my @pids = map {
    my $i = $_;

    Civic::Process::background("redeem $i", sub {
        my $said = $civic->client->post('/login/password', json => {
            id_number => $number, password => $password, captcha_id => $id,
            captcha_answer => $answer });
        open my $out, '>', "$folder/redeem-$i" or die "redeem: $!";
        print {$out} $said->{status};
        close $out;
    });
} 1 .. 6;
Civic::Process::wait_for('them', 30,
    sub { !grep { Civic::Process::alive($_) } @pids });
is((grep { open my $in, '<', "$folder/redeem-$_" or die; <$in> == 200 }
    1 .. 6), 1, 'of six with one captcha, one enters');


# ---- and not for long ----

sleep $expires + 1 - time if time <= $expires;
is_problem(attempt($expiring, $its_answer), 422, 'captcha_expired',
    'too late');

finish();
