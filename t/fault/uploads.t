# Uploads and blobs on bad days: senders that are slow or leave, more of them
# than a worker takes, a folder that cannot be written, files that are damaged
# or gone, readers that are slow, workers that are told to quit meanwhile.

use lib 't/lib';
use Civic::Test;
use Civic::Fault qw(send_all answers wait_for settled rss fds);
use Civic::Process;
use Time::HiRes qw(sleep time);

use constant MOST   => 3 * 1024 * 1024;
use constant PLACES => 32;              # uploads at once in a worker
use constant MARKER => 'a-word-that-no-disk-may-have';

my $h2_port = Civic::Process::port();
my $civic = civic(plugins => ['hello'], fixtures => ['files'],
    server => <<'CONF', http => <<"MORE");
        client_max_body_size 8m;
        client_body_timeout 3s;
        lingering_timeout 300ms;
        send_timeout 4s;
CONF
    server { listen 127.0.0.1:$h2_port http2; client_max_body_size 8m;
        location / { civic on; } }
MORE
my $nginx = $civic->nginx;
my $client = $civic->client;
my $blobs = $nginx->folder . '/blobs';
my $token = $client->post('/files/sessions', json => { name => 'somebody' })
    ->{json}{token};
my ($worker) = $nginx->workers;
my $open;                               # files of it, at first

sub head {
    my ($length, %arg) = @_;

    return 'PUT /files/mine' . ($arg{query} // '') . " HTTP/1.1\r\n"
        . "Host: a\r\nAuthorization: Bearer $token\r\nConnection: close\r\n"
        . 'Content-Type: ' . ($arg{type} // 'image/jpeg')
        . "\r\nContent-Length: $length\r\n\r\n";
}

sub put {
    my ($body) = @_;

    return $client->put('/files/mine', token => $token, body => $body,
        type => 'image/jpeg');
}

sub get { return $client->get('/files/mine', token => $token) }
sub files { return grep { -f } glob "$blobs/??/*" }
sub incoming { my @files = glob "$blobs/incoming/*"; return @files }

sub is_swept {
    my ($label) = @_;

    return ok(eval { wait_for('an empty incoming/', 5,
        sub { !incoming() }) }, "$label: nothing is left");
}

sub is_closed {
    return ok(eval { wait_for('files to be closed', 5,
        sub { fds($worker) <= $open + 2 }) }, 'no file is left open');
}

my $large = join '', map { pack 'N', $_ * 2654435761 & 0xffffffff }
    1 .. MOST / 4;

is(put('the first')->{status}, 200, 'an upload');
$open = fds($worker);


# ---- senders ----

my ($slow) = answers(20, send_all($civic, head(100) . 'x' x 50));
is($slow->{status}, 408, 'a sender that stops');
is($slow->{json}{code}, 'request_timeout', 'is told');
($slow) = answers(20, send_all($civic, head(200_000) . 'x' x 150_000));
is($slow->{status}, 408, 'one that stops in the middle');
is_swept('of it');

# one who sends slowly, but sends
$slow = $client->raw_request([ head(70_030) . 'x' x 70_000,
    map { ('x' x 6, \0.7) } 1 .. 5 ], 15);
is($slow->{status}, 200, 'a slow one is waited for');
is($slow->{json}{size}, 70_030, 'to its end');

for my $sent (0, 1, 65_536, 200_000, 1_000_000) {
    my @left = send_all($civic, map { head(2_000_000) . 'x' x $sent } 1 .. 3);

    close $_->{socket} for @left;
}
is_swept('clients that left');

# reset while a thread writes, from anywhere in a stream of chunks
for my $round (1 .. 30) {
    my $socket = $client->socket;

    print {$socket} head(MOST), substr $large, 0, 40_000 * $round;
    setsockopt $socket, Socket::SOL_SOCKET(), Socket::SO_LINGER(),
        pack 'II', 1, 0;
    close $socket;
}
is_swept('connections that were reset');
ok(get()->{content} eq 'x' x 70_030, 'the file is the one that was complete');
settled($civic, 'senders that left');


# ---- nothing in clear ----

my ($half) = send_all($civic, head(300_000)
    . substr(MARKER x 20_000, 0, 250_000));
ok(eval { wait_for('an incoming file', 3,
    sub { my @now = incoming(); @now && -s $now[0] > 60_000 }) },
    'half of an upload is on the disk');
my $found = system 'grep', '-rqF', MARKER, $blobs, $nginx->folder . '/tmp';
is($found >> 8, 1, 'and no word of it is to be read there');
syswrite $half->{socket}, 'x' x 50_000;
is((answers(15, $half))[0]{status}, 200, 'the other half');
$found = system 'grep', '-rqF', MARKER, $nginx->folder;
is($found >> 8, 1, 'nor is it now, in all of nginx\'s files');


# ---- more than it takes ----

$half = { bytes => '', at => time };
my @crowd = send_all($civic, map { head(20) . 'x' x 10 } 1 .. 40);
ok(eval { wait_for('refusals', 3, sub {
    my $told = 0;

    for my $one (@crowd) {
        $told++ if -1 != index $one->{bytes}, '"overloaded"';
        sysread $one->{socket}, $one->{bytes}, 4096, length $one->{bytes};
    }
    return $told >= 40 - PLACES;
}) }, 'of 40 uploads, 8 are told at once that it is full');
syswrite $_->{socket}, 'y' x 10 for grep { !$_->{bytes} } @crowd;
my @answers = answers(15, @crowd);
is((grep { $_->{status} == 200 } @answers), PLACES, 'the others are taken');
is((grep { $_->{status} == 503 } @answers), 40 - PLACES, 'and no more');
settled($civic, 'a crowd');
is(put('y')->{status}, 200, 'then there is room again');
is_closed();


# ---- a folder that cannot be written ----

rename "$blobs/incoming", "$blobs/away" or die "rename: $!";
is_problem(put('small'), 503, 'store_unavailable', 'no folder');
is_problem(put($large), 503, 'store_unavailable', 'a large one');
my ($raw) = answers(15, send_all($civic, head(MOST) . $large));
is($raw->{status}, 503, 'told in the middle of what it sends');
like($raw->{headers}{'retry-after'} // '', qr/^\d+$/, 'and when to come back');
($raw) = answers(15, send_all($civic, head(MOST) =~ s/Connection: close\r\n//r
    . substr $large, 0, 300_000));
is($raw->{headers}{connection}, 'close', 'on another connection');
ok($nginx->log_has(qr/\[error\].*upload cannot be begun: /),
    'the log says what failed');
rename "$blobs/away", "$blobs/incoming" or die "rename: $!";
is(put('back')->{status}, 200, 'the folder is back');
is(get()->{content}, 'back', 'and so are files');


# ---- files that are damaged, or gone ----

sub damage {
    my ($path, $at) = @_;

    open my $file, '+<:raw', $path or die "$path: $!";
    seek $file, $at, 0;
    read $file, my $byte, 1;
    seek $file, $at, 0;
    print {$file} chr(ord($byte) ^ 1);
    close $file;
    return;
}

is(put(substr $large, 0, 200_000)->{status}, 200, 'a file of four chunks');
my ($path) = files();
damage($path, 40_000);
is_problem(get(), 500, 'internal_error', 'a first chunk that is damaged');
damage($path, 40_000);
is(length get()->{content}, 200_000, 'it is whole again');
damage($path, 32 + 2 * (65_536 + 16) + 7);
$nginx->log_mark;
my $cut = $client->raw_request("GET /files/mine HTTP/1.1\r\nHost: a\r\n"
    . "Authorization: Bearer $token\r\n\r\n", 5);
is($cut->{status}, 200, 'a third chunk that is damaged');
is($cut->{headers}{'content-length'}, 200_000, 'the length was told');
is(length $cut->{content}, 2 * 65_536, 'the reply breaks off before it');
ok($nginx->log_has(qr/\[error\].*a blob breaks off: it is damaged/),
    'the log says so');
like($client->get('/civic/status')->{content}, qr/blob_damaged/, 'an alarm');
my $curl = `curl -sS -o /dev/null --http2-prior-knowledge --max-time 5 -H 'Authorization: Bearer $token' http://127.0.0.1:$h2_port/files/mine 2>&1`;
like($curl, qr/curl: \(\d+\)/, 'over HTTP/2 it is no reply either');
truncate $path, 100_000;
is_problem(get(), 500, 'internal_error', 'a file that is too short');
unlink $path;
is_problem(get(), 503, 'store_unavailable', 'a file that is not there');
settled($civic, 'damaged files');


# ---- readers ----

is(put($large)->{status}, 200, 'a large file');
ok(get()->{content} eq $large, 'is given whole');
my $get = "GET /files/mine HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    . "Authorization: Bearer $token\r\n\r\n";

# A reader that takes nothing until it is told to.
sub readers {
    my ($count) = @_;

    return map {
        my $socket = IO::Socket::INET->new(Proto => 'tcp') // die $!;
        setsockopt $socket, Socket::SOL_SOCKET(), Socket::SO_RCVBUF(),
            pack 'I', 4096;
        connect $socket, Socket::pack_sockaddr_in($nginx->port,
            Socket::inet_aton('127.0.0.1')) or die "connect: $!";
        syswrite $socket, $get;
        { socket => $socket, at => time, request => $get, bytes => '' };
    } 1 .. $count;
}

my $before = rss($worker);
my @readers = readers(24);
sleep 0.5;
my $grown = rss($worker) - $before;
note("24 slow readers of 3 MB: $grown KB");
cmp_ok($grown, '<', 24 * (Civic::Nginx::asan() ? 1000 : 600),
    'slow readers cost two pieces each');
$_->{socket}->blocking(0) for @readers;
my @got = answers(30, @readers[0 .. 7]);
is((grep { $_->{content} eq $large } @got), 8, 'those who read get it all');
sleep 4.5;
my @late = answers(10, @readers[8 .. 23]);
is((grep { $_->{content} eq $large } @late), 0, 'those who waited too long');
ok(!(grep { length $_->{content} >= MOST } @late), 'are cut off');
settled($civic, 'slow readers');

# who leaves while chunks are opened
for my $round (1 .. 40) {
    my $socket = $client->socket;

    syswrite $socket, $get;
    sysread $socket, my $some, 1 + 3000 * $round;
    setsockopt $socket, Socket::SOL_SOCKET(), Socket::SO_LINGER(),
        pack 'II', 1, 0 if $round % 2;
    close $socket;
}
settled($civic, 'readers that left');
is_closed();
`curl -sS -o /dev/null --limit-rate 200k --http2-prior-knowledge --max-time 1 -H 'Authorization: Bearer $token' http://127.0.0.1:$h2_port/files/mine 2>&1`
    for 1 .. 2;
`curl -sS -o /dev/null --http2-prior-knowledge --max-time 30 -H 'Authorization: Bearer $token' http://127.0.0.1:$h2_port/files/mine $_ 2>&1`
    for "-m 0.02", "-m 0.05", '';
is($?, 0, 'over HTTP/2 too, where streams are reset');


# ---- workers that are told to quit ----

@readers = readers(2);
($half) = send_all($civic, head(100_000) . 'q' x 80_000);
sleep 0.3;
$nginx->reload(gently => 1);
syswrite $half->{socket}, 'q' x 20_000;
is((answers(15, $half))[0]{status}, 200, 'an upload ends during a reload');
$_->{socket}->blocking(0) for @readers;
@got = answers(30, @readers);
is((grep { $_->{content} eq $large } @got), 2, 'and so do slow readers');
ok(eval { wait_for('the old worker to go', 8,
    sub { !grep { $_ == $worker } $nginx->workers }) }, 'then the worker goes');
is(get()->{content}, 'q' x 100_000, 'the upload is there');

# told to end at once
send_all($civic, map { head(300_000) . 'x' x 200_000 } 1 .. 5);
my @held = send_all($civic, map { head(300_000) . 'x' x 200_000 } 1 .. 5);
@readers = readers(3);
ok(eval { wait_for('uploads on their way', 3, sub { incoming() >= 5 }) },
    'uploads are on their way');
is($nginx->stop('TERM'), 0, 'nginx is told to end at once');
is(scalar(incoming()), 0, 'nothing is left of them');

finish();
