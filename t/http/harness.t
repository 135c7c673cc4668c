# The house stands: stock nginx with the module loaded serves what it served
# before; the console answers; nginx's own refusals are problems; and the
# store's user may do what the module does, and no more.

use lib 't/lib';
use Civic::Test;

my $civic = civic(people => 1, server => <<'CONF');
        location = /static { return 200 "plain\n"; }
        location = /gone { return 410; }
        location = /small { client_max_body_size 10; civic on; }
        location = /upstream { proxy_pass http://127.0.0.1:1; }
CONF
my $client = $civic->client;

is($client->get('/static')->{content}, "plain\n", 'a static answer');
is($client->get('/civic/live')->{status}, 200, 'live');
is($client->get('/civic/ready')->{status}, 200, 'ready');

is_problem($client->get('/gone'), 410, 'gone', 'nginx\'s own 410');
is_problem($client->get('/upstream'), 502, 'bad_gateway',
    'an upstream that is down');
is_problem($client->post('/small', body => 'x' x 100, type => 'text/plain'),
    413, 'body_too_large', 'nginx\'s own 413');
like($client->raw("nonsense\r\n\r\n"), qr{^HTTP/1\.\d 400 .*"bad_request"}s,
    'a request line that is none');
like($client->raw("GET / HTTP/1.1\r\nHost: a\r\nX: " . 'x' x 40000
    . "\r\n\r\n"), qr{^HTTP/1\.\d 4\d\d .*application/problem\+json}s,
    'headers too large');
is_problem($client->get('/nothing/here'), 404, 'not_found',
    'a route of nobody');
is_problem($client->get('/civic-error-page'), 404, 'not_found',
    'the error page itself is internal');

my $store = $civic->redis;
my $may = sub {
    my @answer = map { eval { $store->command_on(0, @$_) } // $@ }
        [ 'ACL', 'DRYRUN', 'civic', @_ ];
    return $answer[0] eq 'OK';
};

ok($may->('HGET', 'civic:{p:x}:sessions', 'f'), 'may read its own keys');
ok($may->('EVALSHA', 'abc', '1', 'civic:{p:x}:sessions'), 'may run scripts');
ok($may->('CLUSTER', 'SLOTS'), 'may ask for the slots');
ok(!$may->('GET', 'other'), 'may not read other keys');
ok(!$may->(@$_), "may not @$_") for ['FLUSHALL'], [ 'KEYS', '*' ],
    [ 'CONFIG', 'SET', 'save', '' ], ['SHUTDOWN'], [ 'SCRIPT', 'FLUSH' ],
    [ 'ACL', 'LIST' ], [ 'DEBUG', 'SLEEP', '1' ];

$civic->nginx->reload;
is($client->get('/static')->{status}, 200, 'after a reload');
ok($civic->redis->keys('civic:*') > 0, 'the store holds the citizen');

finish();
