# The media engine over its socket: what it answers, what it refuses, and that
# neither hostile pictures nor hostile clients do more than lose their own
# request.
#
# tiers: http asan

use lib 't/lib';
use Civic::Test;
use Civic::Media;
use Civic::Process;
use Time::HiRes qw(sleep time);

my $good = photo('good.jpg');
my $sanitized = Civic::Nginx::asan();

sub refused {
    my ($answer, $status, $code, $reason, $name) = @_;
    my $problem = $answer->{json} || {};

    is("$answer->{status} " . ($problem->{code} // '-')
        . (defined $reason ? " $problem->{reason}" : ''),
        "$status $code" . (defined $reason ? " $reason" : ''), $name)
        or diag($answer->{content});
    is($answer->{headers}{'content-type'}, 'application/problem+json',
        "$name: a problem");
    return;
}

# The engine is whole: it answers, and its parent is the one that it was.
sub serves {
    my ($media, $name) = @_;
    my $answer = $media->post('/v1/photos/measure', $good);

    is($answer->{status}, 200, $name) or diag($media->log_text);
    ok(Civic::Process::alive($media->pid), "$name: the parent lives");
    return;
}

sub ends {
    my ($media, $name) = @_;

    is($media->stop, 0, "$name: ends with status 0");
    ok(!-e $media->path, "$name: its socket is gone");
    is(join("\n", $media->alarms), '', "$name: nothing alarming");
    return;
}

# ---- the interface -----------------------------------------------------------

my $media = Civic::Media->start(workers => 2);
my $answer = $media->get('/v1/health');
is($answer->{status}, 200, 'health');
is_deeply($answer->{json}, { version => 1, faces => JSON::PP::false(),
    documents => JSON::PP::true() },
    'what it says');
is($answer->{headers}{connection}, 'close', 'one request a connection');

$answer = $media->post('/v1/photos/measure', $good);
is($answer->{status}, 200, 'measures') or diag($answer->{content});
my $measures = $answer->{json};
is($measures->{bytes}, length $good, 'bytes');
ok($measures->{width} > 100 && $measures->{height} > $measures->{width},
    'an upright photo');
is($measures->{background}{colour}, 'blue', 'its background');
is(join(' ', map { $_->{name} } @{ $measures->{background}{regions} }),
    'top_left top_right left right', 'in four regions');
is(join(' ', sort keys %$measures), 'background brightness bytes components '
    . 'grey height orientation progressive sharpness stored_height '
    . 'stored_width width', 'all that is documented');
is_deeply($media->post('/v1/photos/measure', $good)->{json}, $measures,
    'the same again');

for my $quality (60, 95) {
    $answer = $media->post("/v1/photos/normalise?quality=$quality",
        photo('good_exif_16k.jpg'));
    is($answer->{status}, 200, "normalised at $quality");
    is($answer->{headers}{'content-type'}, 'image/jpeg', 'a picture');
    is(substr($answer->{content}, 0, 3), "\xff\xd8\xff", 'indeed');
    unlike($answer->{content}, qr/Exif/, 'without Exif');
    is($answer->{media}{bytes}, length $answer->{content}, 'its measures');
}

$answer = $media->post('/v1/photos/process?turn=90&ratio=5:7&max_width=100'
    . '&max_bytes=20000&face=100,100,80,80&face_height=0.35',
    photo('snapshot.jpg'));
is($answer->{status}, 200, 'processed') or diag($answer->{content});
is(join(' ', map { $_->{name} } @{ $answer->{media}{changes} }),
    'turned cropped scaled encoded', 'each change is told');
ok($answer->{media}{measures}{width} <= 100, 'no wider than asked');
ok(length $answer->{content} <= 20000, 'no larger than asked');
refused($media->post('/v1/photos/process?min_bytes=5000000', $good), 422,
    'cannot_fit', undef, 'what no quality gives');

refused($media->get('/v1/nothing'), 404, 'not_found', undef, 'no such path');
$answer = $media->get('/v1/photos/measure');
refused($answer, 405, 'method_not_allowed', undef, 'the wrong method');
is($answer->{headers}{allow}, 'POST', 'and the right one');
refused($media->request('DELETE', '/v1/health'), 405, 'method_not_allowed',
    undef, 'another one');
refused($media->post("/v1/faces/$_", $good), 501, 'no_face_models', undef,
    "$_ without models") for qw(find compare);

# ---- what is asked wrongly ---------------------------------------------------

for my $case (
    [ 'normalise?quality=0', 'quality' ], [ 'normalise?quality=', 'quality' ],
    [ 'normalise?quality=9x', 'quality' ],
    [ 'normalise?quality=90&quality=90', 'quality' ],
    [ 'normalise?size=1', 'query' ], [ 'measure?quality=90', 'query' ],
    [ 'process?turn=45', 'turn' ], [ 'process?ratio=5', 'ratio' ],
    [ 'process?ratio=0:7', 'ratio' ], [ 'process?face=1,2,3', 'face' ],
    [ 'process?face=1,2,3,4,5', 'face' ], [ 'process?face=1,2,0,4', 'face' ],
    [ 'process?face_height=1', 'face_height' ],
    [ 'process?face_height=.', 'face_height' ],
    [ 'process?max_width=99999999999', 'max_width' ],
    [ 'process?max_bytes=-1', 'max_bytes' ],
    [ 'process?' . join('&', map { "turn=$_" } 1 .. 40), 'query' ],
) {
    my ($path, $word) = @$case;

    refused($media->post("/v1/photos/$path", $good), 400, 'bad_request',
        $word, substr $path, 0, 40);
}
refused($media->post('/v1/photos/measure', ''), 400, 'bad_request', 'body',
    'no picture');
refused($media->post('/v1/photos/measure', $good,
    'Content-Type' => 'image/png'), 415, 'not_a_jpeg', 'content type',
    'another type');

# ---- hostile pictures --------------------------------------------------------

refused($media->post('/v1/photos/measure', "\x89PNG\r\n\x1a\n" . 'x' x 5000),
    415, 'not_a_jpeg', 'magic', 'a PNG that calls itself a JPEG');
refused($media->post('/v1/photos/measure', photo("hostile_$_->[0].jpg")),
    @$_[1 .. 3], $_->[0])
    for [ 'flood', 413, 'too_large', 'width' ],
        [ 'scans', 413, 'too_large', 'scans' ],
        [ 'cmyk', 422, 'unsupported', 'cmyk' ],
        [ 'ycck', 422, 'unsupported', 'cmyk' ],
        [ 'damaged', 422, 'damaged', undef ],
        [ '12_bits', 422, 'unsupported', '12 bits' ],
        map { [ "cut_$_", 422, 'damaged', undef ] } 1 .. 7;
refused($media->post('/v1/photos/measure', $good . "\0" x (6 * 1024 * 1024)),
    413, 'too_large', 'bytes', 'a body of more than 6 MB');
serves($media, 'after all those');

# ---- the sandbox -------------------------------------------------------------

my @workers = $media->workers;
is(scalar @workers, 2, 'as many workers as asked for');
for my $pid (@workers) {
    my %is = map { $_ => Civic::Media::status_of($pid, $_) }
        qw(Seccomp NoNewPrivs CapEff CapPrm CapBnd CapAmb Uid Groups);

    is($is{Seccomp}, 2, 'a list of system calls');
    is($is{NoNewPrivs}, 1, 'no new privileges');
    like("@is{qw(CapEff CapPrm CapAmb)}", qr/^[0 ]+$/, 'no capability');
    SKIP: {
        skip 'a parent that is not root cannot give up more', 3 if $> != 0;
        my $nobody = getpwnam 'nobody';
        is($is{Uid}, join("\t", ($nobody) x 4), 'another user');
        is($is{Groups} // '', '', 'no other groups');
        like($is{CapBnd}, qr/^0+$/, 'and no way back');
        isnt(readlink "/proc/$pid/ns/net", readlink '/proc/self/ns/net',
            'a network of its own');
    }
    open my $file, '<', "/proc/$pid/limits" or die $!;
    my $limits = join '', <$file>;
    like($limits, qr/Max core file size\s+0\s+0/, 'no core');
    like($limits, qr/Max open files\s+16\s+16/, 'few files');
    like($limits, qr/Max address space\s+\d+\s+\d+/, 'bounded memory')
        if !$sanitized;
    my @files = map { readlink($_) // () } glob "/proc/$pid/fd/*";
    ok(!(grep { m{^/} && $_ ne '/dev/null' && $_ ne $media->{log} } @files),
        'no file open but the log') or diag("@files");
}

# ---- hostile clients ---------------------------------------------------------

# A connection that is in a worker's hands: half of a request was sent.
sub half {
    my ($engine, $bytes) = @_;
    my $socket = $engine->connect;
    my $whole = Civic::Media::message('POST', '/v1/photos/measure',
        $bytes // $good);

    Civic::Media::put($socket, substr $whole, 0, 2000);
    sleep 0.2;
    return ($socket, substr $whole, 2000);
}

my ($socket, $rest) = half($media);
close $socket;
serves($media, 'after an upload that stopped midway');
ok($media->log_has(qr{POST /v1/photos/measure - \d+ bytes}),
    'of which the log tells that there was no answer');

for my $bytes ("\0" x 100, "GET /\r\n\r\n", 'x' x 300_000,
    "POST /v1/photos/measure HTTP/1.1\r\nHost: x\r\n"
    . "Content-Length: 99999999999\r\n\r\nx")
{
    my $odd = $media->connect;
    Civic::Media::put($odd, $bytes);
    close $odd;
}
serves($media, 'after bytes that are no HTTP');

# 50 at once, each of 5 MB; and the memory of it.
my $large = $good . "\0" x (5_000_000 - length $good);
my $memory = sub {
    my $sum = 0;
    $sum += (Civic::Media::status_of($_, 'VmHWM') // 0) =~ s/ kB//r
        for @_;
    return int($sum / 1024);
};
my $begin = time;
my @children = map {
    Civic::Process::background("client $_", sub {
        my $told = $media->post('/v1/photos/measure', $large);
        die "$told->{status} $told->{content}" if $told->{status} != 200;
    })
} 1 .. 50;
Civic::Process::wait_for('50 clients', 60,
    sub { !grep { Civic::Process::alive($_) } @children });
is(scalar(() = $media->log_text =~ /measure 200 5000000 bytes/g), 50,
    '50 at once are all answered');
my $resident = $memory->($media->workers, $media->pid);
note(sprintf '50 bodies of 5 MB: %.1f s, all processes %d MB at most',
    time - $begin, $resident);
cmp_ok($resident, '<', 250, 'and in bounded memory') if !$sanitized;

# ---- workers that die --------------------------------------------------------

kill 'KILL', $media->workers;
ok($media->log_has(qr/worker \d+ has ended: killed/), 'a death is told');
serves($media, 'after all workers were killed');

my %old = map { $_ => 1 } $media->workers;
kill 'HUP', $media->pid;
Civic::Process::wait_for('fresh workers', 20, sub {
    my @now = $media->workers;
    return @now == 2 && !grep { $old{$_} } @now;
});
serves($media, 'with fresh workers');

my $same = Civic::Media->new_like($media);
Civic::Process::wait_for('its end', 20,
    sub { !Civic::Process::alive($same->{pid}) });
like($same->log_text, qr/cannot listen: somebody listens on/,
    'a second one on the same socket is refused');
serves($media, 'and the first one stays');

($socket, $rest) = half($media);
kill 'TERM', $media->pid;
sleep 0.2;
Civic::Media::put($socket, $rest);
is(Civic::Media::read_answer($socket)->{status}, 200,
    'a request that was begun is answered before the end');
ends($media, 'the engine');
like($media->log_text, qr{^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ civic-media\[\d+\]: POST /v1/photos/measure 200 \d+ bytes \d+ ms$}m,
    'a line a request');
unlike($media->log_text, qr/quality|turn|JFIF/, 'of which nothing is told');

# ---- limits ------------------------------------------------------------------

$media = Civic::Media->start(workers => 1, options => [ '--time', 300,
    '--client-time', 700, '--memory', 64, '--requests', 3, '--max-scans',
    100000, '--max-side', 65535, '--max-pixels', 5000 ]);

($socket, $rest) = half($media);
$begin = time;
is(Civic::Media::read_answer($socket, 10)->{status}, 0,
    'a slow client is not waited for');
cmp_ok(time - $begin, '<', 8, 'for long');
ok($media->log_has(qr/a client was too slow/), 'which is told');
serves($media, 'after a slow client');

# It sends a byte now and then: the time is that of the whole.
$socket = $media->connect;
$begin = time;
while (time - $begin < 10) {
    last if !Civic::Media::put($socket, 'x');
    sleep 0.05;
}
cmp_ok(time - $begin, '<', 8, 'nor one that sends drop by drop');

is($media->post('/v1/photos/process?min_bytes=1500000&max_bytes=1500001',
    photo('snapshot.jpg'))->{status}, 0, 'what takes too long gets no answer');
ok($media->log_has(qr/its request took more than 300 ms/), 'which is told');
serves($media, 'after the time limit');

# A sanitized one has no bound of memory, and would try.
if (!$sanitized) {
    refused($media->post('/v1/photos/normalise', photo('hostile_flood.jpg')),
        413, 'too_large', 'memory', 'what takes too much memory');
    ok($media->log_has(qr/its request needed more than 64 MB/),
        'which is told');
    serves($media, 'after the memory limit');
}

my ($pid) = $media->workers;
serves($media, "request $_ of a worker") for 1 .. 4;
isnt(join(' ', $media->workers), $pid, 'then a fresh one takes its place');

($socket, $rest) = half($media);
kill 'KILL', $media->workers;
is(Civic::Media::read_answer($socket)->{status}, 0,
    'a worker that dies takes its request along');
serves($media, 'and no other one');

# One that cannot end gently leaves its socket, and no worker.
my @orphans = $media->workers;
Civic::Process::stop($media->pid, 'KILL');
Civic::Process::wait_for('workers to end with their parent', 10,
    sub { !grep { -e "/proc/$_" && (Civic::Media::status_of($_, 'State') // 'Z')
        !~ /^Z/ } @orphans });
pass('workers end with their parent');
ok(-S $media->path, 'a socket that nobody listens on');
$media = Civic::Media->start(folder => $media->{folder}, workers => 1);
serves($media, 'is replaced');
ends($media, 'the last');

# ---- faces -------------------------------------------------------------------

SKIP: {
    skip 'no models: tools/models.sh build/share/faces', 1
        if !Civic::Media::has_models();

    $media = Civic::Media->start(workers => 2, faces => 1,
        options => [ '--time', 60000 ]);
    is($media->get('/v1/health')->{json}{faces}, JSON::PP::true(), 'faces');

    my $found = $media->post('/v1/faces/find', $good);
    is($found->{status}, 200, 'are looked for') or diag($found->{content});
    is(scalar @{ $found->{json}{faces} }, 1, 'one is found');
    my $face = $found->{json}{faces}[0];
    ok($face->{left_eye}[0] < $face->{nose}[0]
        && $face->{nose}[0] < $face->{right_eye}[0], 'with eyes and a nose');
    is_deeply($media->post('/v1/faces/find', photo('fails_faces.jpg'))->{json},
        { faces => [] }, 'none where there is none');

    $answer = $media->compare(photo => $good, reference => $good);
    is($answer->{status}, 200, 'compared') or diag($answer->{content});
    cmp_ok($answer->{json}{similarity}, '>', 0.99, 'with itself');
    $answer = $media->compare(reference => photo('fails_faces.jpg'),
        photo => $good);
    is_deeply($answer->{json}, { photo_faces => 1, reference_faces => 0,
        method => 'dlib-resnet-1' }, 'with nobody');

    $answer = $media->compare(photo => $good, reference => 'x' x 100);
    refused($answer, 415, 'not_a_jpeg', 'magic', 'a part that is no picture');
    is($answer->{json}{part}, 'reference', 'and which');
    refused($media->compare(@$_), 400, 'bad_request', 'body', 'other parts')
        for [ photo => $good ], [ photo => $good, photo => $good ],
            [ photo => $good, reference => $good, more => 'x' ], [];
    refused($media->post('/v1/faces/compare', $good), 415, 'not_a_jpeg',
        'content type', 'one picture alone');
    for my $body ('', '--between', "--other--\r\n",
        Civic::Media::form(photo => $good, reference => $good) . 'more',
        substr(Civic::Media::form(photo => $good, reference => $good), 0, -5))
    {
        refused($media->post('/v1/faces/compare', $body, 'Content-Type'
            => 'multipart/form-data; boundary=between'), 400, 'bad_request',
            'body', 'a form that is none');
    }
    ends($media, 'the engine with faces');
}

# ---- how it is called --------------------------------------------------------

my $engine = Civic::Nginx::build() . '/civic-media';
for my $case (
    [ '', qr/--socket says where to listen/ ],
    [ '--socket x', qr/--socket is a whole path/ ],
    [ '--socket /tmp/s --workers 0', qr/--workers is a number from 1 to 256/ ],
    [ '--socket /tmp/s --user no-such-user', qr/no user "no-such-user"/ ],
    [ '--socket /tmp/s --user root', qr/workers are not to be root/ ],
    [ '--socket /tmp/s --group no-such-group', qr/no group "no-such-group"/ ],
    [ '--socket /tmp/s --nonsense', qr/"--nonsense" is no option/ ],
    [ '--socket /tmp/s more', qr/"more" is no option/ ],
    ($> == 0 ? [ '--socket /tmp/s', qr/--user must say whom/ ] : ()),
) {
    my ($words, $says) = @$case;
    my $said = `'$engine' $words 2>&1`;

    is($? >> 8, 2, "civic-media $words");
    like($said, qr/^civic-media: .*$says.*\n\z/, 'says why in one line');
}
like(`'$engine' --help`, qr/--socket PATH/, 'help');

done_testing();
