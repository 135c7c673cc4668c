# Bodies: how they arrive, how large, of what type, and what is in them;
# every error at once, each with its place.
#
# tiers: http asan

use lib 't/lib';
use Civic::Test;

my $civic = civic(plugins => [ 'login', 'hello' ], fixtures => ['probe'],
    server => 'client_body_timeout 1s; lingering_timeout 300ms;');
my $client = $civic->client;

use constant LARGEST => 128;    # of POST /probe/body

sub sent {
    my ($body, %arg) = @_;

    return $client->post('/probe/body', type => 'application/json',
        body => $body, %arg);
}

sub raw {
    my ($head, $body, @more) = @_;

    return $client->raw_request([ "POST /probe/body HTTP/1.1\r\nHost: a\r\n"
        . "Connection: close\r\nContent-Type: application/json\r\n$head\r\n",
        @{ ref $body ? $body : [$body] }, @more ], 8);
}

sub chunk {
    my ($bytes) = @_;

    return sprintf "%x\r\n%s\r\n", length $bytes, $bytes;
}

sub errors_are {
    my ($answer, $errors, $name) = @_;

    is($answer->{json}{code}, 'invalid_fields', "$name: the problem");
    is_deeply(field_errors($answer), $errors, "$name: the fields")
        or diag($answer->{content});
    return;
}


# ---- bytes, for handlers that read them themselves ----

sub bytes {
    my ($body, %arg) = @_;

    return $client->post('/probe/raw', body => $body,
        type => 'application/x-www-form-urlencoded', %arg);
}

is(bytes("a=1&b=\0\xff")->{json}{bytes}, unpack('H*', "a=1&b=\0\xff"),
    'bytes as they came');
is(bytes('a', type => 'application/x-www-form-urlencoded; charset=gbk')
    ->{status}, 200, 'a parameter of the type');
is(bytes('x' x 64)->{json}{bytes}, '78' x 64, 'as many as may');
is_problem(bytes('x' x 65), 413, 'body_too_large', 'one more');
is_problem(bytes('a', type => $_), 415, 'unsupported_media_type', $_)
    for 'application/json', 'text/plain', '';
is($client->post('/probe/raw')->{json}{bytes}, '', 'no body is an empty one');


# ---- content types ----

my $good = '{"name":"probe"}';

is(sent($good)->{status}, 201, 'JSON');
for my $type ('application/json; charset=utf-8', 'Application/JSON',
    'application/json ;charset=utf-8')
{
    is(sent($good, type => $type)->{status}, 201, $type);
}
for my $type ('text/plain', 'application/jsonp', 'application/json-patch+json',
    'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x')
{
    is_problem(sent($good, type => $type), 415, 'unsupported_media_type',
        $type);
}
is($client->raw_request("POST /probe/body HTTP/1.1\r\nHost: a\r\n"
    . "Connection: close\r\nContent-Length: 2\r\n\r\n{}")->{json}{code},
    'unsupported_media_type', 'no type at all');


# ---- size ----

my $fits = '{"name":"probe"' . ' ' x (LARGEST - 16) . '}';

is(length $fits, LARGEST, 'a body of the largest size');
is(sent($fits)->{status}, 201, 'is taken');
is_problem(sent("$fits "), 413, 'body_too_large', 'a byte more');
is(raw("Transfer-Encoding: chunked\r\n", chunk($fits) . "0\r\n\r\n")
    ->{status}, 201, 'the largest in a chunk');
is(raw("Transfer-Encoding: chunked\r\n", chunk("$fits ") . "0\r\n\r\n")
    ->{json}{code}, 'body_too_large', 'a chunk that is too large');
is(raw("Transfer-Encoding: chunked\r\n", [ map { (chunk(' ' x 50), \0.02) }
    1 .. 4 ], "0\r\n\r\n")->{json}{code}, 'body_too_large',
    'chunks that are too large together');
is(raw("Content-Length: 1000000\r\n", '{')->{json}{code}, 'body_too_large',
    'told at once by its Content-Length');
is_problem($client->post('/login/captchas', type => 'application/json',
    body => '{"audio":' . ' ' x 20000 . 'false}'), 413, 'body_too_large',
    'larger than a route takes by default');


# ---- in pieces ----

is(raw('Content-Length: ' . length($good) . "\r\n",
    [ map { ($_, \0.002) } split //, $good ])->{status}, 201,
    'a body in single bytes');
is(raw("Transfer-Encoding: chunked\r\n",
    [ map { (chunk($_), \0.002) } split //, $good ], "0\r\n\r\n")->{status},
    201, 'in chunks of a byte');
is(raw("Transfer-Encoding: chunked\r\n",
    [ map { ($_, \0.002) } split //, chunk($good) . "0\r\n\r\n" ])->{status},
    201, 'a chunk in single bytes');
is(raw("Transfer-Encoding: chunked\r\n",
    chunk($good) . "0\r\nX-Trailer: 1\r\n\r\n")->{status}, 201,
    'trailers behind it');
is(raw("Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n")->{status},
    400, 'a chunk without a size');
is(raw("Expect: 100-continue\r\nContent-Length: 16\r\n", $good)->{status},
    100, 'who waits for leave to send, gets it');

my $cut = raw("Content-Length: 16\r\n", '{"name":');
is($cut->{status}, 408, 'a body that stays away');
is($cut->{json}{code}, 'request_timeout', 'is a problem');


# ---- none ----

errors_are($client->post('/probe/body'), { '/name' => 'required' },
    'no body where one is expected');
errors_are(sent(''), { '/name' => 'required' }, 'an empty one');
is($client->post('/login/captchas')->{status}, 200,
    'no body where nothing in it is required');
is($client->post('/hello/visits')->{status}, 201, 'none where none is taken');
is($client->raw_request("POST /hello/visits HTTP/1.1\r\nHost: a\r\n"
    . "Connection: close\r\nContent-Length: 0\r\n\r\n")->{status}, 201,
    'nor one of no bytes');
is_problem($client->post('/hello/visits', json => {}), 400,
    'unexpected_body', 'a body where none is taken');
is_problem($client->request('GET', '/hello/greeting', json => {}), 400,
    'unexpected_body', 'a GET with a body');


# ---- malformed ----

for my $case (
    [ 'json_malformed', 'half', '{"name":' ],
    [ 'json_malformed', 'no JSON', 'name=probe' ],
    [ 'json_malformed', 'two values', '{} {}' ],
    [ 'json_malformed', 'a trailing comma', '{"name":"a",}' ],
    [ 'json_malformed', 'a comment', '{} // no' ],
    [ 'json_malformed', 'single quotes', q({'name':'ab'}) ],
    [ 'json_malformed', 'a byte order mark', "\xef\xbb\xbf{}" ],
    [ 'json_malformed', 'bad UTF-8', "{\"name\":\"a\xff\"}" ],
    [ 'json_malformed', 'overlong UTF-8', "{\"name\":\"a\xc0\xaf\"}" ],
    [ 'json_malformed', 'a surrogate in UTF-8', "{\"name\":\"\xed\xa0\x80\"}" ],
    [ 'json_malformed', 'half a pair', '{"name":"\\ud800"}' ],
    [ 'json_malformed', 'a NUL in a string', '{"name":"a\\u0000b"}' ],
    [ 'json_malformed', 'a NUL', "{\"name\":\"ab\"}\0" ],
    [ 'json_malformed', 'NaN', '{"name":NaN}' ],
    [ 'json_duplicate_key', 'a key twice', '{"name":"ab","name":"cd"}' ],
    [ 'json_duplicate_key', 'twice, once escaped',
        '{"name":"ab","n\\u0061me":"cd"}' ],
    [ 'json_duplicate_key', 'deeper', '{"x":[{"a":1,"a":2}]}' ],
    [ 'json_too_deep', 'arrays in arrays', '[' x 33 . ']' x 33 ],
    [ 'json_too_deep', 'objects in objects', '{"a":' x 20 . '[' x 20 ],
) {
    my ($code, $name, $body) = @$case;

    is_problem(sent($body), 400, $code, $name);
}
is(sent('[' x 32 . ']' x 32)->{status}, 422, 'just deep enough');
is_problem($client->post('/login/captchas', type => 'application/json',
    body => '[' . join(',', (0) x 2000) . ']'), 400, 'json_too_many_values',
    'too many values');


# ---- fields ----

errors_are(sent('{"name":1}'), { '/name' => 'wrong_type' }, 'a wrong type');
like(sent('{"name":1}')->{json}{errors}[0]{detail}, qr/\x{5e94}\x{4e3a}\x{6587}\x{672c}/,
    'told in Chinese');
errors_are(sent('{"name":null}'), { '/name' => 'wrong_type' }, 'null');
errors_are(sent('[]'), { '' => 'wrong_type' }, 'an array for an object');
errors_are(sent('"x"'), { '' => 'wrong_type' }, 'a string for an object');
errors_are(sent('{"name":"a"}'), { '/name' => 'too_short' }, 'too short');
errors_are(sent('{"name":"' . 'a' x 21 . '"}'), { '/name' => 'too_long' },
    'too long');
errors_are(sent('{"name":"ab","flag":"true"}'), { '/flag' => 'wrong_type' },
    'a boolean as text');
errors_are(sent('{"name":"ab","flag":1}'), { '/flag' => 'wrong_type' },
    'a boolean as a number');
errors_are(sent('{"name":"a","flag":3,"other":1,"a/b~c":2}'),
    { '/name' => 'too_short', '/flag' => 'wrong_type',
      '/other' => 'unknown_field', '/a~1b~0c' => 'unknown_field' },
    'all at once, with their pointers');
errors_are($client->post('/probe/body?age=x', json => { flag => 1 }),
    { '?age' => 'wrong_type', '/name' => 'required',
      '/flag' => 'wrong_type' }, 'of query and body together');
errors_are($client->post('/login/password', json => { extra => 1 }),
    { '/id_number' => 'required', '/password' => 'required',
      '/extra' => 'unknown_field' }, 'of a login');

# in code points: 20 characters of 4 bytes each are 80
is(sent('{"name":"' . "\xf0\xa0\xae\xb7" x 20 . '"}')->{json}{name},
    "\x{20bb7}" x 20, 'twenty characters outside the BMP');
is(sent('{"name":"' . "\xe6\xb5\x8b" x 20 . '"}')->{status}, 201,
    'twenty Chinese characters');
errors_are(sent('{"name":"' . "\xe6\xb5\x8b" x 21 . '"}'),
    { '/name' => 'too_long' }, 'twenty-one');
errors_are(sent('{"name":"' . "\xf0\xa0\xae\xb7" . '"}'),
    { '/name' => 'too_short' }, 'one character of four bytes');
is(sent('{"name":"\\ud842\\udfb7\\ud842\\udfb7"}')->{json}{name},
    "\x{20bb7}\x{20bb7}", 'a pair of surrogates is one character');

my $answer = sent('{"name":"' . 'a' x 21 . '"}',
    headers => { 'Accept-Language' => 'en' });
is($answer->{json}{errors}[0]{detail},
    'This item is too long. The greatest number of characters is 20.',
    'the error tells its bound');
is($answer->{content} =~ /aaaa/, '', 'and not what was sent');

is(scalar @{ $client->post('/login/captchas', type => 'application/json',
    body => '{' . join(',', map { "\"f$_\":1" } 1 .. 300) . '}')
    ->{json}{errors} } >= 20, 1, 'many errors are told, within bounds');

finish();
