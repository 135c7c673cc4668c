# What goes wrong is told alike, whoever tells it: a plugin, the host, nginx.
# In Chinese or English, with the number that stands in the log, and in an
# envelope for those who cannot read statuses.

use lib 't/lib';
use Civic::Test;

# The access log as it ships, beside one that is easier to take apart.
open my $conf, '<', 'conf/civic.conf' or die "conf/civic.conf: $!";
my ($shipped) = join('', <$conf>) =~ /^(map .*?^log_format .*?;\n)/ms;
close $conf;
$shipped =~ s/log_format civic /log_format shipped /;

my $civic = civic(plugins => [ 'login', 'hello' ], fixtures => ['probe'],
    people => 1, http => $shipped . <<'CONF', server => <<'MORE', start => 0);
    log_format civic '$request_id|$status|$civic_status|$civic_plugin'
                     '|$civic_route|$civic_problem|$civic_redis_time|$uri';
    limit_req_zone $binary_remote_addr zone=one:1m rate=1r/m;
CONF
        large_client_header_buffers 2 2k;
        access_log FOLDER/civic.log civic;
        access_log FOLDER/shipped.log shipped;
        location = /status/403 { return 403; }
        location = /status/418 { return 418; }
        location = /status/507 { return 507; }
        location = /denied { deny all; }
        location = /upstream { proxy_pass http://127.0.0.1:1; }
        location = /slow {
            proxy_pass http://127.0.0.1:SILENT;
            proxy_read_timeout 200ms;
        }
        location = /file { root /nonexistent; }
        location = /static { return 200 "plain\n"; }
        location = /limited { limit_req zone=one; limit_req_status 429;
            proxy_pass http://127.0.0.1:1; }
        location = /small { client_max_body_size 10; proxy_pass
            http://127.0.0.1:1; }
        location = /plain { error_page 404 =404 /none; return 404; }
MORE

# a peer that takes the connection and stays silent
my $silent = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5)
    or die "listen: $!";
my $server = $civic->nginx->{server};
$server =~ s/FOLDER/$civic->nginx->folder/eg;
$server =~ s/SILENT/$silent->sockport/e;
$civic->nginx->write_conf(server => $server);
$civic->nginx->start;

my $client = $civic->client;
my @checked;

sub problem {
    my ($answer, $status, $code, $name) = @_;

    push @checked, $answer->{json}{request_id};
    return is_problem($answer, $status, $code, $name);
}

sub raw {
    my ($bytes) = @_;

    return $client->raw_request($bytes);
}


# ---- the shape ----

my $answer = $client->get('/probe/problem');
problem($answer, 409, 'probe_full', 'of a plugin');
is_deeply($answer->{json}, {
    type => '/problems/probe_full', title => '已满', status => 409,
    detail => '已满。最多3个。', code => 'probe_full', most => 3,
    retry_after => 30,
    errors => [ { pointer => '/name', code => 'too_short',
        detail => $answer->{json}{errors}[0]{detail} } ],
    request_id => $answer->{json}{request_id},
}, 'all its members');
is($answer->{headers}{'retry-after'}, 30, 'Retry-After');
is($answer->{headers}{'cache-control'}, 'no-store', 'nobody stores it');

$answer = $client->get('/probe/rule?age=3');
problem($answer, 403, 'probe_too_young', 'that a rule decided');
is($answer->{json}{rule}{name}, 'probe.age', 'names the rule')
    or diag($answer->{content});
like($answer->{json}{rule}{revision}, qr/^[0-9a-f]+$/, 'and its revision');
is($answer->{json}{retry_after}, 60, 'and when');

$answer = $client->get('/login/profile');
problem($answer, 401, 'unauthorized', 'of the host');
is($answer->{headers}{'www-authenticate'}, 'Bearer', 'WWW-Authenticate');


# ---- languages ----

for my $case (
    [ undef, 'zh' ], [ '', 'zh' ], [ 'zh-CN', 'zh' ], [ 'en', 'en' ],
    [ 'en-US,en;q=0.9', 'en' ], [ 'zh-CN,zh;q=0.9,en;q=0.8', 'zh' ],
    [ 'en;q=0.8,zh;q=0.9', 'zh' ], [ 'zh;q=0.1,en;q=0.2', 'en' ],
    [ 'fr', 'zh' ], [ 'fr,en;q=0.3', 'en' ], [ 'zh;q=0,*', 'en' ],
    [ 'en;q=0', 'zh' ], [ '*', 'zh' ], [ 'EN-gb', 'en' ],
    [ 'zh-Hant-TW,en;q=0.5', 'zh' ], [ ';;q=,,=;en;q=2', 'zh' ],
    [ 'english', 'zh' ], [ 'x' x 1500, 'zh' ],
) {
    my ($header, $language) = @$case;
    my %headers = defined $header ? ('Accept-Language' => $header) : ();

    for my $path ('/probe/problem', '/none', '/status/403') {
        my $title = $client->get($path, headers => \%headers)->{json}{title};
        my $is = $title =~ /[\x{4e00}-\x{9fff}]/ ? 'zh' : 'en';

        is($is, $language, "$path for "
            . substr $header // 'no Accept-Language', 0, 40);
    }
}


# ---- nginx's own ----

problem($client->get('/status/403'), 403, 'forbidden', 'return 403');
problem($client->get('/denied'), 403, 'forbidden', 'deny');
problem($client->get('/file'), 404, 'not_found', 'no such file');
problem($client->request('TRACE', '/static'), 405, 'method_not_allowed',
    'TRACE');
problem($client->post('/small', body => 'x' x 100, type => 'text/plain'),
    413, 'body_too_large', 'client_max_body_size');
problem($client->get('/upstream'), 502, 'bad_gateway', 'no upstream');
problem($client->get('/slow'), 504, 'gateway_timeout', 'a silent upstream');
problem($client->get('/status/507'), 507, 'storage_full', 'return 507');
$client->get('/limited') for 1 .. 2;
problem($client->get('/limited'), 429, 'too_many_requests', 'limit_req');
problem(raw("nonsense\r\n\r\n"), 400, 'bad_request', 'no request line');
problem(raw("GET / HTTP/1.1\r\n\r\n"), 400, 'bad_request', 'no Host');
problem(raw("GET /" . 'x' x 3000 . " HTTP/1.1\r\nHost: a\r\n\r\n"), 414,
    'uri_too_long', 'a long request line');
problem(raw("GET / HTTP/1.1\r\nHost: a\r\nX: " . 'x' x 3000 . "\r\n\r\n"),
    431, 'headers_too_large', 'a long header');
problem(raw("GET / HTTP/9.9\r\nHost: a\r\n\r\n"), 505,
    'http_version_not_supported', 'a version to come');
problem(raw("POST /login/captchas HTTP/1.1\r\nHost: a\r\n"
    . "Transfer-Encoding: gzip\r\nConnection: close\r\n\r\n"), 501,
    'not_implemented', 'a transfer coding of nobody');
is($client->get('/static')->{content}, "plain\n", 'what is right stays');
is($client->get('/status/418')->{status}, 418, 'and what is not listed');

for my $answer (raw("nonsense\r\n\r\n"), $client->get('/status/403')) {
    is($answer->{headers}{'cache-control'}, 'no-store', 'no-store too');
    like($answer->{json}{title}, qr/\p{Han}/, 'in Chinese');
}


# ---- the envelope ----

my %envelope = (headers => { 'Civic-Envelope' => 1 });

sub enveloped {
    my ($answer, $status, $name) = @_;
    my $json = $answer->{json};

    is($answer->{status}, 200, "$name: 200 outside");
    is($json->{status}, $status, "$name: $status inside")
        or diag($answer->{content});
    is($answer->{headers}{'content-type'}, 'application/json',
        "$name: the type");
    is($json->{ok} ? 1 : 0, $status < 400 ? 1 : 0, "$name: ok or not");
    return $json->{ok} ? $json->{data} : $json->{problem};
}

is(enveloped($client->get('/hello/visits', %envelope), 200, 'a reply')
    ->{today}, 0, 'and its data');
is(enveloped($client->get('/probe/problem', %envelope), 409, 'a problem')
    ->{code}, 'probe_full', 'and its code');
is(enveloped($client->get('/none', %envelope), 404, 'of the host')->{code},
    'not_found', 'and its code');
is(enveloped($client->get('/status/403', %envelope), 403, 'of nginx')
    ->{code}, 'forbidden', 'and its code');
is(enveloped($client->get('/upstream', %envelope), 502, 'of an upstream')
    ->{code}, 'bad_gateway', 'and its code');
is(enveloped($client->post('/small', body => 'x' x 100,
    type => 'text/plain', %envelope), 413, 'too large')->{code},
    'body_too_large', 'and its code');
is(enveloped($client->get('/probe/rule?age=18', %envelope), 204, 'nothing'),
    undef, 'and its data is null');
is(enveloped($client->put('/hello/visits', %envelope), 405, 'a method')
    ->{status}, 405, 'and its status');
is($client->put('/hello/visits', %envelope)->{headers}{allow},
    'GET, HEAD, POST', 'with its Allow');
is($client->get('/probe/problem', %envelope)->{headers}{'retry-after'}, 30,
    'with its Retry-After');
is($client->get('/probe/bytes', %envelope)->{content}, 'plain text',
    'what is no JSON stays as it is');
is($client->get('/hello/none', headers => { 'Civic-Envelope' => 0 })
    ->{status}, 404, 'no envelope unless it is 1');
is($client->request('HEAD', '/none', %envelope)->{status}, 200,
    'HEAD in an envelope');


# ---- without an envelope ----

$answer = $client->get('/probe/rule?age=18');
is($answer->{status}, 204, 'nothing to say');
is($answer->{content} // '', '', 'has no body');
is($answer->{headers}{'content-length'}, undef, 'nor a length');

$answer = $client->get('/probe/bytes');
is($answer->{headers}{'content-type'}, 'text/plain', 'bytes of a type');
is($answer->{headers}{'x-probe'}, 'bytes', 'and a header');
my $tag = $answer->{headers}{etag};
ok($tag, 'and an ETag');
my %if = (headers => { 'If-None-Match' => $tag });
is($client->get('/probe/bytes', %if)->{status}, 304, 'known already');
is($client->get('/probe/bytes', headers => { 'If-None-Match' => '"x"' })
    ->{status}, 200, 'or not');


# ---- the log ----

my $token = $client->login(@{ $civic->person }{qw(id_number password)});
$client->get('/login/profile', token => $token);
$client->get('/probe/request/someone');
$client->get('/hello/visits', %envelope);
$client->get('/probe/problem', %envelope);

open my $file, '<', $civic->nginx->folder . '/civic.log' or die "log: $!";
my @lines = map { chomp; [ split /\|/ ] } <$file>;
my %by_id = map { ($_->[0] => $_) } @lines;

is(scalar(grep { !$by_id{$_} } @checked), 0,
    'each problem\'s number stands in the log');
is(scalar(grep { !/^[0-9a-f]{32}$/ } @checked), 0, 'and is 32 hex digits');
is($by_id{ $checked[0] }[5], 'probe_full', 'with the code');

sub logged {
    my ($uri) = @_;

    return (grep { $_->[7] eq $uri } @lines)[-1];
}

is_deeply([ @{ logged('/hello/visits') }[1 .. 5] ],
    [ 200, 200, 'hello', 'GET /hello/visits', '-' ], 'a reply');
is_deeply([ @{ logged('/probe/problem') }[1 .. 5] ],
    [ 200, 409, 'probe', 'GET /probe/problem', 'probe_full' ],
    'the true status of an enveloped problem');
is_deeply([ @{ logged('/probe/request/someone') }[1 .. 5] ],
    [ 200, 200, 'probe', 'GET /probe/request/{name}', '-' ],
    'the route and not the parameter');
like(logged('/login/profile')->[6], qr/^\d+\.\d{3}$/, 'the time at Redis');
is_deeply([ @{ logged('/static') }[1, 3 .. 6] ],
    [ 200, '-', '-', '-', '-' ], 'nothing of ours, nothing said');

# keys that stand in a path: whoever has the line has no key
my @keys = ('/civic/blobs/SeCrEt?x=1', '/ticket/links/SeCrEt/pdf',
    '/api/ticket/links/SeCrEt/preview');
$civic->client->get($_) for @keys;
my @kept;
Civic::Process::wait_for('their lines', 5, sub {    # written after the answer
    open my $kept, '<', $civic->nginx->folder . '/shipped.log' or die $!;
    @kept = <$kept>;
    close $kept;
    (grep { m{/\*\*\*} } @kept) >= @keys;
});
unlike(join('', @kept), qr/SeCrEt/, 'no key to a file or a ticket');
is(scalar(grep { m{ "GET /\S*/(?:links|blobs)/\*\*\*(?:\?x=1|/\w+)? HTTP} }
    @kept), scalar(@keys), 'and the rest of the line');
like($kept[0], qr/ "\w+ \S+ HTTP\/1\.[01]" \d{3} /, 'others as they are');

is(scalar(grep { join('|', @$_) =~ /$civic->{people}[0]{id_number}/ }
    @lines), 0, 'no identity number');

finish();
