# From a request line to a route: parameters as the client wrote them,
# methods, prefixes that are cut off, URIs that nginx rewrote.
#
# tiers: http asan

use lib 't/lib';
use Civic::Test;

my $civic = civic(plugins => ['hello'], fixtures => ['probe'],
    server => <<'CONF');
        location /api/ { civic on; }
        location /v1 { civic on; }
        location /outer/ { civic on; location /outer/inner/ { civic on; } }
        location /off/ { civic off; }
        location = /exact { civic on; }
        location ~ ^/pattern/ { rewrite ^/pattern(/.*)$ $1 break; civic on; }
        location /old/ { rewrite ^/old/(.*)$ /probe/request/$1 last; }
        location /tried/ {
            rewrite ^/tried(/.*)$ $1 break;
            try_files /no-such-file @civic;
        }
        location @civic { civic on; }
CONF
my $client = $civic->client;

sub name_is {
    my ($path, $name, $why) = @_;
    my $answer = $client->get($path);

    is($answer->{status}, 200, "$why: status of $path");
    is($answer->{json}{name}, $name, $why);
    return;
}

sub not_found {
    my ($path, $why) = @_;

    return is_problem($client->get($path), 404, 'not_found', $why);
}


# ---- parameters ----

name_is('/probe/request/abc', 'abc', 'a plain parameter');
name_is('/probe/request/%E6%B5%8B', "\x{6d4b}", 'UTF-8, percent-encoded');
name_is('/probe/request/a%2Fb', 'a/b', 'an encoded slash stays inside');
name_is('/probe/request/a%2fb%2Fc', 'a/b/c', 'in either case');
name_is('/probe/request/%2525', '%25', 'decoded once, not twice');
name_is('/probe/request/a+b%20c', 'a+b c', 'plus is itself, %20 a space');
name_is('/probe/request/%3Fage=3', '?age=3', 'an encoded question mark');
name_is('/probe/request/a.b', 'a.b', 'a dot among letters');
name_is('/probe/request/...', '...', 'three dots are a name');
name_is('/probe/request/' . 'n' x 2000, 'n' x 2000, 'a long one');

not_found('/probe/request/', 'an empty parameter');
not_found('/probe/request/a/b', 'a segment more');
not_found('/probe/request/%2e%2e', 'encoded dots lead nowhere');
not_found('/probe/request/.', 'nor does a dot');
for my $name ('%ff', '%C0%AF', 'a%E6%B5', "%ED%A0%80") {
    is_problem($client->get("/probe/request/$name"), 400, 'bad_request',
        "$name is no text");
}
is($client->raw_request("GET /probe/request/%zz HTTP/1.1\r\nHost: a\r\n"
    . "Connection: close\r\n\r\n")->{json}{code}, 'bad_request',
    'a broken escape');
is($client->raw_request("GET /probe/request/a%00b HTTP/1.1\r\nHost: a\r\n"
    . "Connection: close\r\n\r\n")->{json}{code}, 'bad_request', 'a NUL');


# ---- no such route ----

not_found('/', 'the root');
not_found('/hello', 'a plugin without a path');
not_found('/nobody/greeting', 'a plugin of nobody');
not_found('/hello/greeting/', 'a trailing slash is another path');
not_found('/Hello/greeting', 'case matters');
not_found('/hello//greeting', 'an empty segment');
not_found('/hello/greeting/more', 'a path that goes on');
not_found('/civic/nothing', 'no console page');
not_found('/civic/live/', 'nor one with a slash');
not_found('/civic/nothing', 'nor this one');
is($client->get('/off/hello/greeting')->{status}, 404, 'civic off');


# ---- methods ----

for my $case (
    [ DELETE => '/hello/greeting', 'GET, HEAD' ],
    [ PUT => '/hello/visits', 'GET, HEAD, POST' ],
    [ OPTIONS => '/hello/visits', 'GET, HEAD, POST' ],
    [ BREW => '/probe/session', 'GET, HEAD, POST, DELETE' ],
    [ PATCH => '/probe/request/x', 'GET, HEAD' ],
    [ POST => '/civic/live', 'GET, HEAD' ],
) {
    my ($method, $path, $allow) = @$case;
    my $answer = $client->request($method, $path);

    is_problem($answer, 405, 'method_not_allowed', "$method $path");
    is($answer->{headers}{allow}, $allow, "Allow after $method $path");
}

my $get = $client->get('/hello/greeting');
my $head = $client->request('HEAD', '/hello/greeting');
is($head->{status}, 200, 'HEAD is GET');
is($head->{content} // '', '', 'without a body');
is($head->{headers}{'content-length'}, length $get->{content},
    'with its length');
is($head->{headers}{'content-type'}, $get->{headers}{'content-type'},
    'and its type');
$head = $client->request('HEAD', '/hello/nothing');
is($head->{status}, 404, 'HEAD of nothing');
is($head->{content} // '', '', 'has no body either');
is($client->request('HEAD', '/civic/live')->{status}, 200,
    'HEAD of a console page');
is($client->get('/hello/greeting')->{status}, 200,
    'the connection is still in step');


# ---- prefixes and rewritten URIs ----

name_is('/api/probe/request/a%2Fb', 'a/b', 'a prefix with a slash');
name_is('/v1/probe/request/x', 'x', 'a prefix without one');
name_is('/outer/probe/request/x', 'x', 'an outer location');
name_is('/outer/inner/probe/request/x', 'x', 'an inner one');
not_found('/api/', 'nothing below the prefix');
not_found('/v1', 'the prefix alone');
not_found('/v1x/probe/request/x', 'a prefix is whole segments');
not_found('/%61pi/probe/request/x',
    'a prefix that is written in another way');
not_found('/exact', 'an exact location has nothing below it');
name_is('/pattern/probe/request/x', 'x', 'a pattern, rewritten');
name_is('/old/x', 'x', 'rewritten to another location');
name_is('/old/%E6%B5%8B', "\x{6d4b}", 'rewritten, with a parameter in UTF-8');
name_is('/old/50%25', '50%', 'rewritten, with a percent sign');
name_is('/old/a%3Fb', 'a?b', 'rewritten, with a question mark');
name_is('/tried/probe/request/x', 'x', 'a named location');
is($client->get('/old/x?age=7')->{json}{query}{age}, 7,
    'a rewrite keeps the query');

like($client->raw("GET http://other/probe/request/x HTTP/1.1\r\nHost: a\r\n"
    . "Connection: close\r\n\r\n"), qr/"name":"x"/, 'an absolute URI');
is($client->raw_request([ map { ($_, \0.002) } split //,
    "GET /probe/request/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    ])->{json}{name}, 'x', 'a head byte by byte');

finish();
