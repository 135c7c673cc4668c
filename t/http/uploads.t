# Files of people: sent as they are or in a form, in pieces of any size, over
# HTTP/1.1 and HTTP/2, to one machine and read from another; sealed on the
# disk from their first byte on; shown by URLs that are short-lived and tell
# nothing.

use lib 't/lib';
use Civic::Test;
use Civic::Process;
use Digest::SHA qw(sha256_hex);
use File::Copy qw(copy);
use MIME::Base64 ();
use Time::HiRes qw(sleep time);

use constant MOST => 3 * 1024 * 1024;   # of PUT /files/mine

my $h2_port = Civic::Process::port();
my $room = "client_max_body_size 8m; client_body_timeout 5s; "
    . "lingering_timeout 300ms;\n";
my $civic = civic(plugins => [ 'hello', 'civic' ], fixtures => ['files'],
    blobs => 'shared', server => $room, http => <<"CONF");
    server { listen 127.0.0.1:$h2_port http2; $room
        location / { civic on; } }
CONF

# Another machine: the same keys and folder, and a neighbour that has nginx
# read bodies before us.
my $twin = civic(plugins => [ 'hello', 'civic' ], fixtures => ['files'],
    blobs => 'shared', redis => $civic->redis, start => 0, server => "$room
        mirror /mirrored; client_body_buffer_size 16k;
        location = /mirrored { internal; return 204; }\n");
my $blobs = $civic->nginx->folder . '/blobs';
copy($civic->nginx->keyring, $twin->nginx->keyring) or die "keyring: $!";
$twin->nginx->write_conf(civic => $twin->nginx->civic_directives
    =~ s{civic_blobs \S+}{civic_blobs $blobs}r);
$twin->nginx->start;
$twin->wait_ready;

my $client = $civic->client;
my $name = 0;

sub session {
    my $answer = $client->post('/files/sessions',
        json => { name => 'somebody ' . ++$name });

    return $answer->{json}{token} || die $answer->{content};
}

# Bytes that no run of a parser or a cipher can take for others.
sub bytes {
    my ($count) = @_;
    my $unit = join '', map { pack 'n', $_ * 40503 & 0xffff } 0 .. 4095;

    return substr $unit x (1 + $count / length $unit), 0, $count;
}

sub access_log {
    open my $file, '<', $civic->nginx->folder . '/access.log'
        or die "access.log: $!";
    local $/;
    return <$file>;
}

sub form {
    my ($bytes, $type) = @_;

    return "--XX\r\nContent-Disposition: form-data; name=\"file\"; "
        . "filename=\"photo.jpg\"\r\nContent-Type: "
        . ($type // 'image/jpeg') . "\r\n\r\n$bytes\r\n--XX--\r\n";
}

my $form = 'multipart/form-data; boundary=XX';
my $token = session();

sub put {
    my ($body, $type, %arg) = @_;

    return $client->put('/files/mine', token => $token, body => $body,
        type => $type // 'image/jpeg', %arg);
}

sub is_kept {
    my ($answer, $bytes, $type, $label) = @_;

    return subtest($label => sub {
        is($answer->{status}, 200, 'taken') or diag($answer->{content});
        is($answer->{json}{size}, length $bytes, 'its size');
        is($answer->{json}{media_type}, $type, 'its type');
        is($answer->{json}{digest}, sha256_hex($bytes), 'its digest');
        is($answer->{json}{head}, unpack('H*', substr $bytes, 0, 512),
            'its first bytes');
        my $got = $client->get('/files/mine', token => $token);
        is($got->{status}, 200, 'given') or diag($got->{content});
        ok($got->{content} eq $bytes, 'the same bytes');
        is($got->{headers}{'content-type'}, $type, 'the same type');
        is($got->{headers}{'content-length'}, length $bytes, 'the length');
    });
}

# Files of people: not what is about to come, nor what workers prove.
sub files { return grep { -f } glob "$blobs/??/*" }
sub incoming { my @files = glob "$blobs/incoming/*"; return @files }

# A thread removes them, soon.
sub is_swept {
    my ($label) = @_;

    return ok(eval { Civic::Process::wait_for('an empty incoming/', 5,
        sub { !incoming() }) }, "nothing is left of $label");
}


# ---- sizes ----

for my $size (1, 2, 15, 65_535, 65_536, 65_537, 131_072, MOST - 1, MOST) {
    is_kept(put(bytes($size)), bytes($size), 'image/jpeg', "$size bytes");
    is_kept(put(form(bytes($size)), $form), bytes($size), 'image/jpeg',
        "$size bytes in a form");
}
is_problem(put(bytes(MOST + 1)), 413, 'body_too_large', 'one byte more');
is_problem(put(form(bytes(MOST + 1)), $form), 413, 'body_too_large',
    'one byte more in a form');
is_problem(put(''), 422, 'invalid_fields', 'no byte');
is_deeply(field_errors(put('')), { '' => 'required' }, 'is what is missing');
is_deeply(field_errors($client->put('/files/mine', token => $token)),
    { '' => 'required' }, 'no body at all');
is_deeply(field_errors(put(form(''), $form)), { '' => 'required' },
    'an empty file in a form');
is_deeply(field_errors($client->put('/files/mine?discard=9',
    token => $token)), { '' => 'required', '?discard' => 'wrong_type' },
    'together with errors of the query');
is(scalar(files()), 1, 'each took the place of the one before');


# ---- types ----

is_kept(put('hello', 'text/plain; charset=utf-8'), 'hello', 'text/plain',
    'a type with parameters');
is_kept(put('hello', 'Image/PNG'), 'hello', 'image/png', 'in capitals');
is_kept(put(form('hello', 'image/png; x=y'), $form), 'hello', 'image/png',
    'of a part');
for my $type ('image/gif', 'application/json', 'image', 'image/jpegx', '*/*',
    'multipart/mixed; boundary=XX', 'image/jpeg, image/png')
{
    is_problem(put('x', $type), 415, 'unsupported_media_type', $type);
}
is_problem(put(form('x', 'image/gif'), $form), 415, 'unsupported_media_type',
    'the type of a part');
is_problem($client->raw_request("PUT /files/mine HTTP/1.1\r\nHost: a\r\n"
    . "Authorization: Bearer $token\r\nConnection: close\r\n"
    . "Content-Length: 1\r\n\r\nx"), 415, 'unsupported_media_type', 'none');


# ---- forms that are none ----

my $field = "Content-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n";
for my $case (
    [ 'no boundary', 'multipart/form-data', form('x') ],
    [ 'a long boundary', 'multipart/form-data; boundary=' . 'X' x 71, 'x' ],
    [ 'another boundary', 'multipart/form-data; boundary=YY', form('x') ],
    [ 'cut off', $form, substr form('x'), 0, -6 ],
    [ 'a field', $form, "--XX\r\n$field--XX--\r\n" ],
    [ 'a field behind', $form, form('x') =~ s/--XX--/--XX\r\n$field--XX--/r ],
    [ 'no part', $form, "--XX--\r\n" ],
    [ 'no form', $form, 'x' ],
    [ 'endless headers', $form, form('x') =~ s/name=/'x' x 5000 . '='/er ],
    [ 'an endless end', $form, form('x') . 'x' x 5000 ],
) {
    my ($label, $type, $body) = @$case;

    is_problem(put($body, $type), 400, 'upload_malformed', $label);
}
ok($civic->nginx->log_has(qr{refused: it has a second part}),
    'the log says why');
is($client->get('/files/mine', token => $token)->{content}, 'hello',
    'the file is the one that was good');
is_swept('the others');


# ---- who ----

is_problem($client->put('/files/mine', body => 'x', type => 'image/jpeg'),
    401, 'unauthorized', 'nobody');
is_problem($client->raw_request("PUT /files/mine HTTP/1.1\r\nHost: a\r\n"
    . "Authorization: Bearer nonsense\r\nConnection: close\r\n"
    . "Content-Type: image/jpeg\r\nContent-Length: 100\r\n\r\n", 3), 401,
    'session_expired', 'a token that is none, before a byte is read');
is_problem($client->raw_request("PUT /files/mine HTTP/1.1\r\nHost: a\r\n"
    . "Authorization: Bearer $token\r\nConnection: close\r\n"
    . "Content-Type: image/jpeg\r\nContent-Length: 4000000\r\n\r\n", 3), 413,
    'body_too_large', 'what its length says is too large');
my $sipped = $client->raw_request([ "PUT /files/mine HTTP/1.1\r\nHost: a\r\n"
    . "Authorization: Bearer $token\r\nContent-Type: image/jpeg\r\n"
    . "Content-Length: 4000000\r\n\r\n", ('x' x 400_000) x 10 ], 8);
is_problem($sipped, 413, 'body_too_large', 'also who has sent it all');
is($sipped->{headers}{connection}, 'close', 'and the connection ends with it');
my $in_chunks = "Transfer-Encoding: chunked\r\nContent-Type: image/jpeg\r\n";
for my $length ("Content-Length: 100000\r\nContent-Type: image/jpeg\r\n",
    $in_chunks)
{
    my $answer = $client->raw_request("PUT /files/mine HTTP/1.1\r\nHost: a\r\n"
        . "Authorization: Bearer nonsense\r\n$length\r\n", 3);
    is_problem($answer, 401, 'session_expired', 'before a byte is there');
    is($answer->{headers}{connection}, 'close', 'it ends with it, too');
}
$sipped = $client->raw_request([ "PUT /files/mine HTTP/1.1\r\nHost: a\r\n"
    . "Authorization: Bearer nonsense\r\n$in_chunks\r\n",
    (map { chunk('x' x 400_000) } 1 .. 10), "0\r\n\r\n" ], 8);
is_problem($sipped, 401, 'session_expired', 'chunks that nobody reads');
is($sipped->{headers}{connection}, 'close', 'and the connection ends');


# ---- in pieces ----

sub raw_put {
    my ($head, @pieces) = @_;

    return $client->raw_request([ "PUT /files/mine HTTP/1.1\r\nHost: a\r\n"
        . "Authorization: Bearer $token\r\nConnection: close\r\n$head\r\n",
        @pieces ], 8);
}

sub chunk {
    my ($bytes) = @_;

    return sprintf "%x\r\n%s\r\n", length $bytes, $bytes;
}

my $chunked = "Transfer-Encoding: chunked\r\nContent-Type";
my $large = bytes(200_000);
is_kept(raw_put("$chunked: image/png\r\n", (map { chunk($_) }
    unpack '(a7001)*', $large), "0\r\n\r\n"), $large, 'image/png', 'chunks');
is_kept(raw_put("$chunked: $form\r\n", (map { chunk($_) }
    unpack '(a911)*', form($large)), "0\r\n\r\n"), $large, 'image/jpeg',
    'chunks of a form');
is_kept(raw_put('Content-Length: ' . length(form("a\r\n--X"))
    . "\r\nContent-Type: $form\r\n", map { ($_, \0.001) } split //,
    form("a\r\n--X")), "a\r\n--X", 'image/jpeg', 'a form in single bytes');
is_deeply(field_errors(raw_put("$chunked: image/png\r\n", "0\r\n\r\n")),
    { '' => 'required' }, 'no chunk');
is_problem(raw_put("$chunked: image/png\r\n", (map { chunk(bytes(65_536)) }
    1 .. 60), "0\r\n\r\n"), 413, 'body_too_large', 'too many chunks');
is(raw_put("Expect: 100-continue\r\nContent-Type: image/png\r\n"
    . "Content-Length: 5\r\n", 'hello')->{status}, 100,
    'who waits for leave to send, gets it');


# ---- HTTP/2 ----

sub curl {
    my (@words) = @_;
    my $out = $civic->nginx->folder . '/curl.out';
    my $pid = open my $pipe, '-|', 'curl', '-sS', '--http2-prior-knowledge',
        '--max-time', 15, '-o', $out, '-w', '%{http_code}', '-H',
        "Authorization: Bearer $token", @words,
        "http://127.0.0.1:$h2_port/files/mine";

    my $status = <$pipe>;
    close $pipe;
    open my $file, '<:raw', $out or return { status => $status };
    my $content = do { local $/; <$file> };
    close $file;
    unlink $out;
    return { status => $status, content => $content,
        json => scalar eval { JSON::PP->new->utf8->decode($content) } };
}

my $source = $civic->nginx->folder . '/source';
for my $size (1, 300_000, MOST, MOST + 1) {
    open my $file, '>:raw', $source or die "$source: $!";
    print {$file} bytes($size);
    close $file;
    for my $words ([ '-T', $source, '-H', 'Content-Type: image/jpeg' ],
        [ '-T', '-', '-H', 'Content-Type: image/jpeg' ],
        [ '-X', 'PUT', '-F', "file=\@$source;type=image/jpeg" ])
    {
        open STDIN, '<', $source or die "$source: $!";
        my $answer = curl(@$words);

        # a stream that is answered early is reset, which curl may tell only
        next if $size > MOST;
        is_kept($answer, bytes($size), 'image/jpeg',
            "$size bytes over HTTP/2 with @$words[0, 1]");
        ok(curl()->{content} eq bytes($size), 'and back');
    }
}
unlink $source;
is(() = access_log() =~ m{"PUT /files/mine HTTP/2.0" 413}g, 3,
    'one byte more over HTTP/2');


# ---- another machine ----

my $there = $twin->client;
for my $size (5, 70_000, MOST) {
    put(bytes($size));
    my $got = $there->get('/files/mine', token => $token);
    ok($got->{content} eq bytes($size), "$size bytes, read there");
    my $answer = $there->put('/files/mine', token => $token,
        type => 'image/png', body => scalar reverse bytes($size));
    is_kept($answer, scalar reverse(bytes($size)), 'image/png',
        "$size bytes, spooled by a neighbour, read here");
    is_kept($there->put('/files/mine', token => $token, type => $form,
        body => form(bytes($size))), bytes($size), 'image/jpeg',
        "$size bytes in a form, spooled, read here");
}
is_problem($there->put('/files/mine', token => $token, type => 'image/png',
    body => bytes(MOST + 1)), 413, 'body_too_large', 'spooled and too large');


# ---- how a blob is given ----

put('the picture', 'image/png');
my $answer = $client->get('/files/mine', token => $token,
    headers => { Range => 'bytes=4-6', 'If-None-Match' => '*',
        'Civic-Envelope' => 1 });
is($answer->{status}, 200, 'a range is not looked at, nor is the envelope');
is($answer->{content}, 'the picture', 'it is the whole');
is($answer->{headers}{'cache-control'}, 'private, no-store', 'never cached');
is($answer->{headers}{'content-disposition'}, 'inline', 'shown');
is($answer->{headers}{'x-content-type-options'}, 'nosniff', 'as what it is');
ok(!$answer->{headers}{$_}, "no $_") for qw(etag accept-ranges last-modified);
$answer = $client->request('HEAD', '/files/mine', token => $token);
is($answer->{status}, 200, 'HEAD');
is($answer->{headers}{'content-length'}, 11, 'has the length');
is($client->get('/files/mind', token => $token)->{json}{changed}, 'mind',
    'a handler that changes its mind gives something else');
is_problem($client->get('/files/mine', token => session()), 404, 'not_found',
    'another person has another file, or none');


# ---- URLs ----

sub ticket {
    my (%arg) = @_;
    my $query = join '&', map { "$_=$arg{$_}" } keys %arg;
    my $url = $client->get("/files/mine/url?$query", token => $token)
        ->{json}{url} // '';

    like($url, qr{^/civic/blobs/[\w-]+\z}, 'a URL');
    return $url =~ s{.*/}{}r;
}

my $ticket = ticket(lifetime => 300);
my $brief = ticket(lifetime => 3);
my $at = time;
is($client->get("/civic/blobs/$brief")->{status}, 200, 'a brief one');
$answer = $client->get("/civic/blobs/$ticket");
is($answer->{content}, 'the picture', 'without a session');
is($answer->{headers}{'content-type'}, 'image/png', 'of its type');
is($answer->{headers}{'cache-control'}, 'private, no-store', 'never cached');
is($client->get("/civic/blobs/$ticket", token => session())->{content},
    'the picture', 'whatever session there is');
is($there->get("/civic/blobs/$ticket")->{content}, 'the picture',
    'of another machine');
for my $place (0, 1, 10, 40, length($ticket) - 2) {
    my $other = $ticket;

    substr($other, $place, 1) =~ tr/A-Za-z0-9_-/B-ZAb-za1-90\-_/;
    is_problem($client->get("/civic/blobs/$other"), 404, 'not_found',
        "changed at $place");
}
is_problem($client->get("/civic/blobs/$_"), 404, 'not_found', "\"$_\"")
    for 'x', substr($ticket, 0, -1), "${ticket}A", 'A' x 1000;
sleep 4.1 - (time - $at) if time - $at < 4.1;
is_problem($client->get("/civic/blobs/$brief"), 404, 'not_found',
    'its time is over');
put('another picture');
is_problem($client->get("/civic/blobs/$ticket"), 404, 'not_found',
    'its blob is gone');

my ($pid) = map { m{/([\w-]+)\.[\w-]+\z} } files();
my $log = access_log();
like($log, qr{GET /civic/blobs/\S+ HTTP/1.1" 200}, 'the log has the URLs');
ok(index($log, $pid) < 0, 'and no pid');
ok(index($civic->nginx->log_text, $pid) < 0, 'nor has the error log');
for my $part ($ticket, $brief) {
    my $open = MIME::Base64::decode_base64($part =~ tr{_-}{/+}r);

    ok(index($open, $pid) < 0 && index($open, 'files') < 0,
        'a ticket is sealed');
}


# ---- replaced, deleted ----

my ($before) = files();
is(scalar(files()), 1, 'one file of one person');
put('yet another');
is(scalar(files()), 1, 'the new one');
ok(!-e $before, 'the old one is gone');
is($client->delete('/files/mine', token => $token)->{status}, 204, 'deleted');
is(scalar(files()), 0, 'no file');
is_problem($client->get('/files/mine', token => $token), 404, 'not_found',
    'no blob');
my $huge = bytes(2_900_000) . '0123456789abcdef';
$answer = $client->put('/files/mine?read=true', token => $token,
    body => $huge, type => 'image/jpeg');
is($answer->{json}{size}, length $huge, 'one that the handler only reads');
is($answer->{json}{tail}, unpack('H*', '0123456789abcdef'), 'to its end');
is_swept('it');
$answer = $client->put('/files/mine?discard=true', token => $token,
    body => bytes(100_000), type => 'image/jpeg');
is($answer->{json}{size}, 100_000, 'one that the handler does not keep');
is_swept('it');
is(scalar(files()), 0, 'for good');


# ---- once ----

sub copied {
    my ($key, $body, $type, %headers) = @_;

    return $client->post('/files/copies', token => $token, body => $body,
        type => $type, headers => { 'Idempotency-Key' => $key, %headers });
}

my $first = copied('k1', bytes(90_000), 'image/jpeg');
is($first->{status}, 201, 'a copy');
my $again = copied('k1', form(bytes(90_000), 'image/jpeg'), $form);
is($again->{status}, 201, 'again, in another form');
is($again->{content}, $first->{content}, 'the same answer');
is($again->{headers}{'idempotent-replay'}, 'true', 'which was kept');
is(scalar(files()), 1, 'one file');
is_problem(copied('k1', bytes(90_001), 'image/jpeg'), 409,
    'idempotency_key_reused', 'another file');
is_problem(copied('k1', bytes(90_000), 'text/plain'), 409,
    'idempotency_key_reused', 'another type');
is_problem(copied('k2', 'crash', 'image/png', 'Civic-Fault' => 1), 500,
    'internal_error', 'a failure after the write');
my $finished = copied('k2', 'crash', 'image/png');
is($finished->{status}, 201, 'is finished by a repeat');
is($finished->{json}{number}, 2, 'which does not write again');
is(scalar(files()), 2, 'and leaves no file of its own');
is_problem($client->post('/files/copies', token => $token, body => 'x',
    type => 'image/png'), 400, 'idempotency_key_required', 'without a key');
is_swept('them');

finish();
