# Photos, with the media engine: a good one, each fault alone and all at once,
# what is no photo, odd forms, the photo tool, many at once, uploads that stop,
# and engines that are down, slow, or talk nonsense.
#
# takes: long

use lib 't/lib';
use Civic::Test;
use Civic::Media;
use Civic::Outbound qw(internal);
use Civic::Process;

use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(sleep time);

my $has_faces = Civic::Media::has_models();
my $media = Civic::Media->start(workers => 2, faces => $has_faces);
my @with = (plugins => [ 'login', 'civic', 'photo_check' ],
    blobs => 'shared', server => "client_max_body_size 8m;\n");
my $civic = civic(@with, people => 8, start => 0,
    http => internal({ media => $media->location }));
my $rules = $civic->nginx->rules . '/photo_check.lua';

# Short lines and short patience, as a test has.
is(system('sed', '-i', '-e', 's/line = 64/line = 10/',
    '-e', 's/timeout_ms = 10000/timeout_ms = 5000/',
    '-e', 's/timeout = 10000/timeout = 5000/', $rules), 0, 'other rules');
$civic->nginx->start;
$civic->wait_ready;

my $client = $civic->client;
my $key = 0;

sub come_in {
    my ($n) = @_;
    my $person = $civic->person($n);

    return $client->login($person->{id_number}, $person->{password});
}

my $token = come_in(0);

sub send_to {
    my ($path, $bytes, %arg) = @_;

    return ($arg{client} || $client)->post("/photo-check/$path",
        token => $arg{token} // $token, body => $bytes,
        type => $arg{type} // 'image/jpeg', headers => {
            'Idempotency-Key' => $arg{key} // 'p' . $key++,
            %{ $arg{headers} || {} } });
}

# { name => result } of a report.
sub results {
    my ($answer) = @_;

    return { map { $_->{name} => $_->{result} }
        @{ $answer->{json}{report}{criteria} || [] } };
}

# What is not as it should be, but what only people or a comparison tell.
sub faults {
    my ($answer) = @_;
    my $of = results($answer);

    return join ' ', map { "$_:$of->{$_}" } grep { $of->{$_} ne 'pass' }
        grep { !/^(identity|recent|bareheaded)$/ } sort keys %$of;
}

sub show {
    my ($path, $who) = @_;

    return $client->get("/photo-check/photos/$path", token => $who // $token);
}

my @face_faults = $has_faces ? ()
    : map { "$_:unmeasured" } qw(face_position face_size faces roll);


# ---- a good photo ------------------------------------------------------------

my $answer = send_to('photos', photo('good.jpg'));
is($answer->{status}, 201, 'a photo is uploaded') or diag($answer->{content});
is($answer->{json}{state}, $has_faces ? 'comparing' : 'review',
    'and goes on');
is(faults($answer), join(' ', @face_faults), 'nothing is wrong with it');
is($answer->{json}{report}{verdict}, $has_faces ? 'passed' : 'unmeasured',
    'says the verdict');

my $id = $answer->{json}{photo_id};
my $picture = show("$id/picture");

is($picture->{headers}{'content-type'}, 'image/jpeg', 'its picture');
like($picture->{content}, qr/^\xff\xd8\xff/, 'is a JPEG');
isnt($picture->{content}, photo('good.jpg'), 'that the engine made');
is($client->get($answer->{json}{picture_url})->{content},
    $picture->{content}, 'a phone loads it by its URL');
is(show('current')->{json}{photo_id}, $id, 'it is the one that counts');
unlike(show("$id/picture")->{content}, qr/Exif|Adobe/, 'without metadata');

# Once, whatever the network does.
$answer = send_to('photos', photo('good_red.jpg'), key => 'twice');
is(send_to('photos', photo('good_red.jpg'), key => 'twice')->{json}{photo_id},
    $answer->{json}{photo_id}, 'a repeat is the same photo');
is_problem(send_to('photos', photo('good.jpg'), key => 'twice'), 409,
    'idempotency_key_reused', 'and no other one');
is(show($id)->{status}, 404, 'the one before is gone');
is(scalar(glob_files()), 1, 'with its file');

sub glob_files {
    return grep { !m{/(workers|incoming)/} } split /\n/,
        qx{find @{[ $civic->nginx->folder ]}/blobs -type f};
}


# ---- each fault alone, and all at once ---------------------------------------

$token = come_in(1);
for my $name (qw(good_white good_light_blue good_progressive good_exif_16k
    good_polyglot good_smallest))
{
    is(faults(send_to('preview', photo("$name.jpg"))),
        join(' ', @face_faults), "$name passes");
}

my %refuses = map { $_ => 1 } qw(format bytes width height background colour
    faces);
my @alone = qw(background brightness brightness_bright bytes colour height
    ratio sharpness uniformity width);

push @alone, qw(face_position face_size faces_two roll) if $has_faces;
for my $name (@alone) {
    my $criterion = $name =~ s/_(bright|two)$//r;
    my $result = $refuses{$criterion} ? 'refuse' : 'advise';

    $answer = send_to('preview', photo("fails_$name.jpg"));
    is(faults($answer), join(' ', sort "$criterion:$result", @face_faults),
        "fails_$name fails that alone");
    is($answer->{json}{report}{verdict}, $result eq 'refuse' ? 'refused'
        : $has_faces ? 'passed' : 'unmeasured', 'the verdict');
}

SKIP: {
    skip 'no models of faces', 1 if !$has_faces;
    is(results(send_to('preview', photo('fails_faces.jpg')))->{faces},
        'refuse', 'nobody is on it');
}

is(results(send_to('preview', photo('drawing.jpg')))->{colour}, 'refuse',
    'a drawing is no photo');
$answer = send_to('preview', photo('bad_all.jpg'));
my $of = results($answer);
is_deeply([ grep { $of->{$_} eq 'refuse' } sort keys %$of ],
    [ qw(background bytes), ($has_faces ? 'faces' : ()), qw(height width) ],
    'a bad one: all that refuses, at once');
is($of->{ratio}, 'advise', 'and what is advised');
ok(!(grep { $_->{result} eq 'refuse' && !length $_->{advice} }
    @{ $answer->{json}{report}{criteria} }), 'with what to do about each');


# ---- what is no photo --------------------------------------------------------

my $began = time;
for my $file (glob Civic::Nginx::build() . '/photos/hostile_*.jpg') {
    my ($name) = $file =~ m{([^/]+)$};

    $answer = send_to('preview', photo($name));
    is(results($answer)->{format}, 'refuse', "$name is refused")
        or diag($answer->{content});
}
cmp_ok(time - $began, '<', 20, 'all of them in no time');

$token = come_in(2);
$answer = send_to('photos', "\x89PNG\r\n\x1a\n" . 'x' x 30_000,
    type => 'image/png');
is($answer->{json}{state}, 'refused', 'a PNG is refused by a report');
is(results($answer)->{format}, 'refuse', 'for its format');
is(results($answer)->{bytes}, 'pass', 'and the rest is told');
is($answer->{json}{text}, '根据失败原因重新上传照片', 'in the notice\'s words');
is($answer->{json}{button_pc}, '重新认证', 'also for a PC');
is(show('current')->{json}{state}, 'refused', 'and is shown again');
is_problem(send_to('photos', 'x' x 6_000_000), 413, 'body_too_large',
    'more than anybody takes');
$answer = send_to('photos', photo('good.jpg') . 'x' x 5_300_000);
is(results($answer)->{bytes}, 'refuse', 'more than the rule allows');
is_deeply(field_errors(send_to('photos?profile=dance', photo('good.jpg'))),
    { '?profile' => 'photo_profile' }, 'an exam that is not there');


# ---- forms as mini-programs send them ----------------------------------------

sub form {
    my ($bytes, $head, $type) = @_;

    return "--XX\r\nContent-Disposition: form-data; name=\"photo\"; $head\r\n"
        . ($type ? "Content-Type: $type\r\n" : '') . "\r\n$bytes\r\n--XX--\r\n";
}

for my $odd ([ 'filename="IMG 1.JPG"', 'image/jpeg' ],
    [ 'filename="照片.png"', 'image/png' ], [ 'filename=""', undef ],
    [ 'filename="a.jpg"', 'application/octet-stream' ])
{
    my ($head, $type) = @$odd;

    utf8::encode($head);
    $answer = send_to('preview', form(photo('good.jpg'), $head, $type),
        type => 'multipart/form-data; boundary=XX');
    is(faults($answer), join(' ', @face_faults),
        'a form' . ($type ? " that says $type" : '')) or diag($answer->{content});
}


# ---- the photo tool ----------------------------------------------------------

SKIP: {
    skip 'no models of faces', 1 if !$has_faces;
    subtest('a snapshot becomes a photo', sub {
        my $made = send_to('process', photo('snapshot.jpg'));

        is($made->{status}, 201, 'it is processed') or diag($made->{content});
        is($made->{json}{state}, 'processed', 'and waits');
        is(faults($made), '', 'nothing is wrong with it any more');
        ok((grep { $_->{name} eq 'cropped' && $_->{text} =~ /裁剪/ }
            @{ $made->{json}{changes} }), 'what was changed is said');
        is($client->get($made->{json}{picture_url})->{status}, 200,
            'it can be looked at');

        my $taken = $client->post("/photo-check/photos/"
            . "$made->{json}{photo_id}/submit", token => $token);
        is($taken->{json}{state}, 'comparing', 'it is submitted');
        is(show('current')->{json}{photo_id}, $made->{json}{photo_id},
            'and counts');

        $made = send_to('process?turn=180', photo('snapshot.jpg'));
        is(results($made)->{faces}, 'refuse', 'upside down nobody is there');
        is_problem($client->post("/photo-check/photos/"
            . "$made->{json}{photo_id}/submit", token => $token), 409,
            'photo_report_refused', 'so it is not taken');
    });
}
is_problem(send_to('process', "\x89PNG\r\n\x1a\n" . 'x' x 30_000), 422,
    'photo_unusable', 'what is no JPEG cannot be processed');


# ---- others ------------------------------------------------------------------

my $stranger = come_in(3);
$id = show('current')->{json}{photo_id};
is(show($id, $stranger)->{status}, 404, 'nobody sees another\'s photo');
is(show("$id/picture", $stranger)->{status}, 404, 'nor the picture');
is(show('current', $stranger)->{status}, 404, 'and has none');
is(send_to('photos', photo('good.jpg'), token => 'none')->{status}, 401,
    'without a session nothing is taken');


# ---- an upload that stops midway ---------------------------------------------

for my $stop (100, 30_000) {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $civic->nginx->port) or die $!;

    print {$socket} "POST /photo-check/photos HTTP/1.1\r\nHost: a\r\n"
        . "Authorization: Bearer $stranger\r\nIdempotency-Key: stop$stop\r\n"
        . "Content-Type: image/jpeg\r\nContent-Length: 60000\r\n\r\n"
        . substr photo('good.jpg'), 0, $stop;
    $socket->flush;
    close $socket;
}
Civic::Process::wait_for('uploads that stopped to be swept', 10,
    sub { !glob $civic->nginx->folder . '/blobs/incoming/*' });
is(show('current', $stranger)->{status}, 404, 'what stopped midway is nothing');


# ---- fifty at once -----------------------------------------------------------

sub peak {
    my ($pid) = $civic->nginx->workers;

    return Civic::Media::status_of($pid, 'VmHWM') =~ /^(\d+)/ ? $1 / 1024 : 0;
}

# Each 1 MB: what stands behind a JPEG's end is not of it.
my $large = photo('good.jpg');
$large .= 'x' x (1_048_576 - length $large);

sub at_once {
    my ($count, $who) = @_;
    my $select = IO::Select->new;
    my %left;

    for my $n (1 .. $count) {
        my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $civic->nginx->port, Blocking => 0) or die $!;

        $left{$socket} = { socket => $socket, got => '', bytes =>
            "POST /photo-check/preview HTTP/1.1\r\nHost: a\r\n"
            . "Connection: close\r\nAuthorization: Bearer $who\r\n"
            . "Content-Type: image/jpeg\r\nContent-Length: "
            . length($large) . "\r\n\r\n$large" };
        $select->add($socket);
    }

    my @said;
    my $until = time + 60;
    while ($select->count && time < $until) {
        my @sending = grep { length $_->{bytes} } values %left;
        my ($can_read, $can_write) = IO::Select->select($select,
            IO::Select->new(map { $_->{socket} } @sending), undef, 1);

        for my $socket (@{ $can_write || [] }) {
            my $one = $left{$socket};
            my $n = syswrite $socket, $one->{bytes}, 262_144;

            substr $one->{bytes}, 0, $n, '' if $n;
            $one->{bytes} = '' if !defined $n && !$!{EAGAIN};
        }
        for my $socket (@{ $can_read || [] }) {
            my $n = sysread $socket, $left{$socket}{got}, 65_536,
                length $left{$socket}{got};

            next if $n || $!{EAGAIN};
            push @said, delete($left{$socket})->{got};
            $select->remove($socket);
        }
    }
    return @said;
}

my $before = peak();
my @said = map { Civic::Client::parsed($_) } at_once(50, come_in(4));
my @served = grep { $_->{status} == 200 } @said;
# All fifty are one person's, whose looks are counted: a conflict, too.
my @turned = grep { "$_->{status} $_->{json}{code}" =~
    /^(?:503 overloaded|409 conflict)$/ } grep { $_->{status} != 200 } @said;

note(@served . ' reports, ' . @turned . ' turned away, peak '
    . int($before) . ' -> ' . int(peak()) . ' MB');
is(@served + @turned, 50, 'fifty at once: a report, or a clear refusal')
    or diag(join "\n", map { "$_->{status} $_->{content}" }
        grep { $_->{status} != 200 && $_->{status} != 503 } @said);
cmp_ok(scalar @served, '>=', 12, 'as many as there is room for are served');
cmp_ok(scalar @turned, '>', 0, 'the others are told so');
ok((grep { $_->{json}{retry_after} } @turned), 'and when to come again');
# AddressSanitizer keeps what was freed for a while.
cmp_ok(peak() - $before, '<', Civic::Nginx::asan() ? 480 : 48,
    'memory stays within bounds');
is(send_to('preview', photo('good.jpg'), token => $stranger)->{status}, 200,
    'then it goes on');


# ---- bad engines -------------------------------------------------------------

sub waits {
    my ($who, $what, %arg) = @_;
    my $begun = time;
    my $said = send_to('photos', photo('good.jpg'), token => $who, %arg);

    is($said->{status}, 201, "$what: the upload is taken")
        or diag($said->{content});
    is($said->{json}{state}, 'checking', 'and waits');
    like($said->{json}{text}, qr/请勿重复\s*上传/, 'which is told');
    like($said->{json}{next_at} // '', qr/^\d{4}-/, 'with the next try');
    ok(!exists $said->{json}{picture_url}, 'nobody is shown it');
    is_problem(send_to('preview', photo('good.jpg'), token => $who, %arg),
        503, 'photo_engine_unavailable', 'a preview is no use then');
    cmp_ok(time - $begun, '<', 25, 'in good time');
    return $said->{json};
}

my $waiting = come_in(5);
my @engines = $media->workers;
kill 'STOP', @engines;
waits($waiting, 'an engine that hangs');
kill 'CONT', @engines;

is($media->stop, 0, 'the engine ends');
my $first = waits($waiting, 'an engine that is gone');
is(show('current', $waiting)->{json}{photo_id}, $first->{photo_id},
    'what waits is the photo');
is(scalar($civic->redis->keys('civic:outbox:photo_check.work:*')) > 0, 1,
    'and somebody goes on with it');

my $port = Civic::Process::port();
my $liar = civic(@with, start => 0, redis => $civic->redis,
    allow => qr/the engine "media" answers/,
    http => internal({ media => $port }) . "server {
        listen 127.0.0.1:$port; client_max_body_size 8m;
        location / { default_type application/json;
            return 200 '{\"faces\":[{}],\"width\":\"wide\"}'; } }\n");
system 'cp', '-p', $civic->nginx->keyring, $liar->nginx->keyring;
$liar->nginx->start;
$liar->wait_ready;
waits(come_in(6), 'an engine that talks nonsense', client => $liar->client);

is(join("\n", $media->alarms), '', 'nothing alarming in the engine\'s log');
finish();
