# HTTP/2: many requests on one connection, in any order; streams that are
# reset while their requests wait; nothing of them stays behind.
#
# tiers: http asan

use lib 't/lib';
use Civic::Test;

use constant { DATA => 0, HEADERS => 1, RST_STREAM => 3, SETTINGS => 4,
    GOAWAY => 7 };
use constant { END_STREAM => 1, END_HEADERS => 4, ACK => 1, CANCEL => 8 };

Civic::Process::within_a_day(60);       # visits of today are counted

my $civic = civic(plugins => [ 'login', 'hello' ], fixtures => ['probe'],
    people => 1, listen => 'http2', http => <<'CONF', server => <<'MORE');
    http2_max_concurrent_streams 300;
    civic_origin https://exam.example.gov.cn;
CONF
        location = /small { client_max_body_size 10; proxy_pass
            http://127.0.0.1:1; }
MORE
my $nginx = $civic->nginx;
my $folder = $nginx->folder;
my $url = $nginx->url;

# curl with words; { status, content, json, version }.
sub curl {
    my ($path, @words) = @_;
    my $out = "$folder/curl.out";
    my @command = ('curl', '-sS', '--http2-prior-knowledge', '--max-time', 15,
        '-o', $out, '-w', '%{http_code} %{http_version}', @words,
        "$url$path");

    utf8::encode($_) for grep { utf8::is_utf8($_) } @command;
    unlink $out;
    open my $pipe, '-|', @command or die "curl: $!";
    my ($status, $version) = split ' ', <$pipe> // '';
    close $pipe;
    my $content = do { local (@ARGV, $/) = -e $out ? $out : '/dev/null'; <> };

    return { status => $status, version => $version, content => $content,
        json => scalar eval { JSON::PP->new->utf8->decode($content // '') } };
}

sub posted {
    my ($path, $json, @words) = @_;

    return curl($path, '-H', 'Content-Type: application/json', '-d',
        JSON::PP->new->utf8->encode($json), @words);
}


# ---- as over HTTP/1.1 ----

my $answer = curl('/hello/greeting');
is($answer->{status}, 200, 'a reply');
is($answer->{version}, 2, 'over HTTP/2');
is(curl('/none')->{json}{code}, 'not_found', 'a problem');
is(curl('/hello/greeting', '-X', 'DELETE')->{json}{code},
    'method_not_allowed', 'another');
is(curl('/hello/greeting', '-I')->{status}, 200, 'HEAD');
is(curl('/probe/request/a%2Fb')->{json}{name}, 'a/b', 'a parameter');
is(curl('/none', '-H', 'Civic-Envelope: 1')->{json}{status}, 404,
    'in an envelope');

my $captcha = posted('/login/captchas', {})->{json};
my $login = posted('/login/password', { %{ $civic->person }{qw(id_number
    password)}, captcha_id => $captcha->{captcha_id},
    captcha_answer => $captcha->{sandbox_answer} });
is($login->{status}, 200, 'a login') or diag($login->{content});
my $token = $login->{json}{token};
is(curl('/login/profile', '-H', "Authorization: Bearer $token")->{status},
    200, 'and the profile');
my @crumbs = ('-H', 'Cookie: a=b', '-H',
    "Cookie: __Host-civic_session=$token", '-H', 'Cookie: c=d');
is(curl('/login/profile', @crumbs)->{status}, 200,
    'cookies on lines of their own');


# ---- many at once ----

my $said = `h2load -n 2000 -c 4 -m 100 -H 'Authorization: Bearer $token' $url/login/profile $url/hello/greeting $url/hello/visits 2>&1`;
like($said, qr/2000 succeeded, 0 failed, 0 errored/, '2000 of 400 at a time')
    or diag($said);
like($said, qr/status codes: 2000 2xx/, 'each a reply') or diag($said);
$said = `h2load -n 300 -c 2 -m 150 -H ':method: POST' $url/hello/visits 2>&1`;
like($said, qr/status codes: 300 2xx/, '300 writes') or diag($said);
is(curl('/hello/visits')->{json}{today}, 300, 'each once');


# ---- by hand ----

sub frame {
    my ($type, $flags, $stream, $bytes) = @_;

    return substr(pack('N', length $bytes), 1) . pack('C C N', $type, $flags,
        $stream) . $bytes;
}

# Header fields, literal and never indexed.
sub fields {
    my $block = '';

    while (my ($name, $value) = splice @_, 0, 2) {
        die 'too long' if length $name > 126 || length $value > 126 + 128;
        $block .= "\x10" . chr(length $name) . $name . (length $value < 127
            ? chr length $value : "\x7f" . chr(length($value) - 127))
            . $value;
    }
    return $block;
}

sub head {
    my ($stream, $flags, $method, $path, @more) = @_;

    return frame(HEADERS, END_HEADERS | $flags, $stream,
        fields(':method' => $method, ':scheme' => 'http', ':path' => $path,
            ':authority' => 'a', @more));
}

sub begin {
    my $socket = $civic->client->socket;

    print {$socket} "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(SETTINGS, 0, 0,
        '');
    $socket->flush;
    return $socket;
}

# Frames until one is wanted: { type, flags, stream, bytes }.
sub until_frame {
    my ($socket, $wanted) = @_;
    my @frames;

    local $SIG{ALRM} = sub { die "no such frame\n" };
    alarm 10;
    while (read($socket, my $head, 9) == 9) {
        my ($high, $low, $type, $flags, $stream) = unpack 'C n C C N', $head;
        my $frame = { type => $type, flags => $flags, stream => $stream };

        read $socket, $frame->{bytes}, $high * 65536 + $low;
        push @frames, $frame;
        print {$socket} frame(SETTINGS, ACK, 0, '')
            if $type == SETTINGS && !($flags & ACK);
        $socket->flush;
        last if $wanted->($frame);
    }
    alarm 0;
    return @frames;
}

sub ended {
    my ($stream) = @_;

    return sub { $_[0]{stream} == $stream
        && ($_[0]{flags} & END_STREAM || $_[0]{type} == RST_STREAM) };
}

sub content {
    my ($stream, @frames) = @_;

    return join '', map { $_->{bytes} } grep { $_->{stream} == $stream
        && $_->{type} == DATA } @frames;
}

# A body in frames of a byte.
my $socket = begin();
my $body = '{"name":"probe"}';
print {$socket} head(1, 0, POST => '/probe/body',
    'content-type' => 'application/json');
for my $i (0 .. length($body) - 1) {
    print {$socket} frame(DATA, $i == length($body) - 1 ? END_STREAM : 0, 1,
        substr $body, $i, 1);
    $socket->flush;
}
like(content(1, until_frame($socket, ended(1))), qr/"name":"probe"/,
    'a body in frames of a byte');

# Two bodies, interleaved.
print {$socket} map { head($_, 0, POST => '/probe/body',
    'content-type' => 'application/json') } 3, 5;
for my $i (0 .. length($body) - 1) {
    print {$socket} map { frame(DATA, $i == length($body) - 1 ? END_STREAM
        : 0, $_, substr $_ == 3 ? $body : $body =~ s/probe/other/r, $i, 1) }
        3, 5;
}
$socket->flush;
my %left = (3 => 1, 5 => 1);
my @frames = until_frame($socket, sub { delete $left{ $_[0]{stream} }
    if $_[0]{flags} & END_STREAM; return !%left });
like(content(3, @frames), qr/"name":"probe"/, 'of two bodies at once, one');
like(content(5, @frames), qr/"name":"other"/, 'and the other');

# Answered before they were read.
my $id = 7;
for my $path ('/small', '/probe/body') {
    print {$socket} head($id, 0, POST => $path,
        'content-type' => 'application/json', 'content-length' => 50000);
    $socket->flush;
    like(content($id, until_frame($socket, ended($id))),
        qr/"code":"body_too_large"/, "$path is told what is too large");
    $id += 2;
}
close $socket;


# ---- reset ----

sub fibers {
    my $status = curl('/civic/status')->{json};

    return $status->{workers}[0]{fibers};
}

# Streams of each kind, reset at once, or after a while.
for my $pause (0, 0.005, 0.05) {
    my $socket = begin();
    my $id = 1;
    my @streams;

    for my $path (map { ('/hello/visits', '/probe/offload',
        '/hello/greeting', '/login/profile') } 1 .. 40)
    {
        print {$socket} head($id, END_STREAM, GET => $path,
            'authorization' => "Bearer $token");
        push @streams, $id;
        $id += 2;
    }
    for (1 .. 20) {
        print {$socket} head($id, END_STREAM, POST => '/hello/visits');
        push @streams, $id;
        $id += 2;
    }
    for (1 .. 20) {
        print {$socket} head($id, 0, POST => '/probe/body',
            'content-type' => 'application/json'), frame(DATA, 0, $id, '{');
        push @streams, $id;
        $id += 2;
    }
    $socket->flush;
    select undef, undef, undef, $pause if $pause;
    print {$socket} map { frame(RST_STREAM, 0, $_, pack 'N', CANCEL) }
        @streams;
    print {$socket} head($id, END_STREAM, GET => '/hello/greeting');
    $socket->flush;
    my @frames = until_frame($socket, ended($id));
    like(content($id, @frames), qr/"greeting"/,
        "200 streams reset after $pause s: the next is answered");
    is((grep { $_->{type} == GOAWAY } @frames), 0, 'on the same connection');
    close $socket;
}

# A connection that goes with all its streams.
$socket = begin();
print {$socket} map { head(2 * $_ + 1, END_STREAM, GET => '/probe/offload') }
    0 .. 99;
$socket->flush;
close $socket;

ok(eval { Civic::Process::wait_for('the fibers to end', 10,
    sub { fibers() == 0 }) }, 'no request is left behind') or diag(fibers());
is(curl('/civic/ready')->{status}, 200, 'and the service is well');

$nginx->reload;
is(curl('/login/profile', '-H', "Authorization: Bearer $token")->{status},
    200, 'after a reload too');

finish();
