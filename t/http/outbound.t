# Outbound HTTP through the shipped internal server, on good days: what is
# sent, what comes back, which names exist, TLS, and what is counted.
#
# tiers: http asan

use lib 't/lib';
use Civic::Test;
use Civic::Fault qw(gauge settled);
use Civic::Outbound;
use Digest::SHA qw(sha256_hex);

my $dir = Civic::Process::folder();
my $up = upstream();
my $other = upstream();
my $tls = Civic::Process::port();

certificate($dir, $_) for qw(right.example wrong.example);
my $tls_server = sub {
    my ($name) = @_;

    return "server { listen 127.0.0.1:$tls ssl; server_name $name;\n"
        . "ssl_certificate $dir/$name.pem;\n"
        . "ssl_certificate_key $dir/$name.key;\n"
        . "location / { return 200 \"tls \$ssl_server_name\"; } }\n";
};
my $tls_location = sub {
    my ($name) = @_;

    # nginx frees a TLS session that it kept for later only with the process,
    # which would count as lost memory
    return "set \$civic_upstream_host $name; proxy_ssl_session_reuse off;\n"
        . 'proxy_pass https://civic-tls$civic_upstream_uri;';
};

my $http = internal({ bank => $up->{port}, other => $other->{port},
    right => $tls_location->('right.example'),
    misnamed => $tls_location->('another.example') },
    folder => $dir, ca => "$dir/ca.pem",
    more => "access_log $dir/rides.log rides;\n",
    groups => "log_format rides '\$connection_requests';\n"
        . "upstream civic-tls { server 127.0.0.1:$tls; }\n"
        . $tls_server->('right.example'));
my $civic = civic(plugins => [], fixtures => ['outbound'], http => $http);


# ---- from any nginx of the fleet ---------------------------------------------

subtest('two nginx' => sub {
    my $second = civic(plugins => [], fixtures => ['outbound'],
        redis => $civic->redis, http => internal({ bank => $up->{port} },
            folder => Civic::Process::folder()));

    for my $through ($civic, $second) {
        my $told = ask($through, upstream => 'bank', path => '/ok');

        is($told->{result}, OK, 'answered');
    }
    $second->nginx->stop;
});


# ---- what is sent ------------------------------------------------------------

subtest('a query' => sub {
    my $told = ask($civic, upstream => 'bank', path => '/ok?a=1', safe => \1,
        headers => { Authorization => 'Bearer stolen', Cookie => 'a=b',
            'X-Citizen' => 'personal', 'User-Agent' => 'a phone' });

    is($told->{result}, OK, 'answered');
    is($told->{status}, 200, 'status');
    is($told->{content_type}, 'text/plain', 'type');
    is($told->{headers}{'x-two'}, '2', 'its header');
    is($told->{headers}{'civic-upstream'}, undef, 'not the host\'s');
    is($told->{headers}{connection}, undef, 'nor the connection\'s');
    like($told->{body}, qr{^GET /ok\?a=1 HTTP/1.1\r\n}, 'as asked');
    like($told->{body}, qr{^Host: bank.example\r?$}m, 'host');
    like($told->{body}, qr{^X-Request-Id: [0-9a-f]{32}\r?$}m, 'request id');
    unlike($told->{body}, qr/^(authorization|cookie|x-citizen|user-agent):/mi,
        'nothing of the citizen\'s');
    unlike($told->{body}, qr/^civic-/mi, 'nothing between host and nginx');
});

subtest('methods and bodies' => sub {
    for my $safe (0, 1) {
        for my $method (qw(GET POST PUT PATCH DELETE)) {
            my $told = ask($civic, upstream => 'bank', path => '/ok',
                method => $method, body => "body of $method",
                header => 'X-Own_Header', value => 'kept as it is',
                safe => $safe ? \1 : \0);

            is($told->{result}, OK, "$method: answered");
            like($told->{body} // '', qr{^$method /ok HTTP/1.1\r\n},
                'method');
            like($told->{body} // '', qr/\n\nbody of $method$/, 'body');
            like($told->{body} // '', qr/^X-Own_Header: kept as it is\r?$/m,
                'header');
        }
    }
});

# A signature is over the path as it was given.
for my $path ('/a%2Fb', '/a//b', '/%e4%b8%ad?x=%20+&y', '/~a;b=c,d', '/?',
    '/a?b=/../c', '/"{}|^`<>', "/%41") {
    my $told = ask($civic, upstream => 'bank', path => $path, safe => \1);

    like($told->{body} // '', qr{^GET \Q$path\E HTTP}, "path $path");
}

my $large = ask($civic, upstream => 'bank', path => '/ok', method => 'POST',
    body => 'b' x 1_000_000, max_reply => 2_000_000);
cmp_ok($large->{length}, '>', 1_000_000, 'a megabyte there and back');

# Put together as it leaves: every byte in its place, however the socket takes
# them; an empty part is nothing.
my $text = join '', map { sprintf '%06d,', $_ } 0 .. 140_000;
for my $cut (1, 2, 17, 63) {
    for my $safe (0, 1) {
        my $before = requests($up);
        my $told = ask($civic, upstream => 'bank', path => '/digest',
            method => 'POST', body => $text, cut => $cut,
            safe => $safe ? \1 : \0);

        is($told->{result}, OK, "$cut parts");
        is($told->{body}, sha256_hex($text), 'arrive as one');
        is(requests($up), $before + 1, 'once');
    }
}
is(ask($civic, upstream => 'bank', path => '/digest', method => 'POST',
    body => '', cut => 2)->{body}, sha256_hex(''), 'parts of nothing');
is(ask($civic, upstream => 'bank', path => '/digest', method => 'POST',
    body => $text, cut => 64)->{result}, ERROR, 'too many are refused');

is(ask($civic, upstream => 'other', path => '/ok')->{result}, OK,
    'another name');
is(scalar requests($other), 1, 'is another server');


# ---- what cannot be sent -----------------------------------------------------

$civic->nginx->log_mark;
for my $case ([ path => '/a b' ], [ path => "/a\r\nHost: b" ],
    [ path => '/../other/ok' ], [ path => '/%2e%2E/other/ok' ],
    [ path => 'ok' ], [ header => 'Host', value => 'b' ],
    [ header => 'X-A', value => "a\r\nX-B: c" ],
    [ header => "X-A: b\r\nX-C", value => 'd' ],
    [ header => 'Authorization', value => 'x' x 16300 ],
    [ upstream => 'Bank' ], [ upstream => '../bank' ], [ upstream => '' ]) {
    my %arg = (upstream => 'bank', path => '/ok', @$case);
    my $before = requests($up);
    my $told = ask($civic, %arg);

    is($told->{result}, ERROR, "@$case[0, 1]" =~ s/\s/ /gr);
    is(scalar requests($up), $before, 'nothing went out');
}
$civic->nginx->log_has(qr/outbound request cannot be sent/);
unlike($civic->nginx->log_text =~ s/^.*request: .*$//mgr, qr/X-B: c/,
    'the log has no value');

my $told = ask($civic, upstream => 'nobody', path => '/ok', pass => \1);
is_problem($told->{answer}, 500, 'internal_error', 'a name without location');
ok($civic->nginx->log_has(
    qr/"nobody" failed after.*no upstream of that name/), 'and the log says');


# ---- answers -----------------------------------------------------------------

for my $case ([ '/status/404', 404, "status 404\n" ],
    [ '/status/500', 500, "status 500\n" ],
    [ '/status/502', 502, "status 502\n" ],
    [ '/status/504', 504, "status 504\n" ], [ '/status/204', 204, '' ],
    [ '/status/302', 302, "status 302\n" ],
    [ '/chunks', 200, 'hello again' ], [ '/no-length', 200, 'until the end' ],
    [ '/bytes/0', 200, '' ],
    [ '/lying-mark', 502, 'lie' ], [ '/accel', 200, 'not obeyed' ]) {
    my ($path, $status, $body) = @$case;
    my $told = ask($civic, upstream => 'bank', path => $path);

    is($told->{result}, OK, "$path: an answer");
    is($told->{status}, $status, 'status');
    is($told->{body}, $body, 'body');
}
is(scalar requests($other), 1, 'X-Accel-Redirect led nowhere');

is(ask($civic, upstream => 'bank', path => '/bytes/100',
    max_reply => 100)->{length}, 100, 'as much as it may be');
is(ask($civic, upstream => 'bank', path => '/bytes/101',
    max_reply => 100)->{result}, UNKNOWN, 'a byte more');
is(ask($civic, upstream => 'bank', path => '/bytes/65536')->{length}, 65536,
    'the default');
is(ask($civic, upstream => 'bank', path => '/bytes/65537')->{result}, UNKNOWN,
    'and a byte more');


# ---- TLS -----------------------------------------------------------------------

my $secure = ask($civic, upstream => 'right', path => '/x');
is($secure->{body}, 'tls right.example', 'certificate and SNI');
is(ask($civic, upstream => 'misnamed', path => '/x')->{result}, NOT_SENT,
    'a certificate of another name: nothing was sent');


# ---- seen from outside -----------------------------------------------------------

cmp_ok(gauge($civic, 'civic_outbound_answered_total'), '>=', 20, 'answered');
is(gauge($civic, 'civic_outbound_not_sent_total'), 1, 'not sent');
is(gauge($civic, 'civic_outbound_unknown_total'), 2, 'unknown');
is(gauge($civic, 'civic_outbound_wrong_total'), 14, 'wrong');
is(gauge($civic, 'civic_outbound_pending'), 0, 'none waits');
my $status = $civic->client->get('/civic/status')->{json};
is($status->{workers}[0]{outbound}{wrong}, 14, 'the status page too');

open my $file, '<', "$dir/civic-upstreams.log" or die $!;
my $log = do { local $/; <$file> };
like($log, qr/\] [0-9a-f]{32} bank GET 200 127.0.0.1:/, 'the log of requests');
unlike($log, qr{/ok|a%2Fb}, 'has no paths');
is(join(' ', glob "$dir/*/*/* " . $civic->nginx->folder . '/tmp/*/*'), '',
    'nothing was spooled');

# Queries ride on an idle connection; a change has its own.
my $ride = sub {
    my ($safe) = @_;
    my $before = -s "$dir/rides.log";

    ask($civic, upstream => 'bank', path => '/ok', safe => $safe);
    Civic::Process::wait_for('the log', 5,
        sub { -s "$dir/rides.log" > $before });
    open my $rides, '<', "$dir/rides.log" or die $!;
    return (<$rides>)[-1] + 0;
};
my $first = $ride->(\1);
is($ride->(\1), $first + 1, 'a query rides on an idle connection');
is($ride->(\0), 1, 'a change does not');
settled($civic, 'at the end');


$civic->nginx->allow(qr/civic_upstreams|invalid address|too long path/);


# ---- the directive -----------------------------------------------------------------

for my $case ([ 'civic_upstreams 127.0.0.1:80;', qr/it looks like/ ],
    [ 'civic_upstreams unix:/a; civic_upstreams unix:/b;', qr/duplicate/ ],
    [ 'civic_upstreams unix:/' . 'a' x 200 . ';', qr/too long/ ]) {
    $civic->nginx->write_conf(http => $case->[0]);
    my ($good, $said) = $civic->nginx->check;
    ok(!$good, 'nginx -t refuses');
    like($said, $case->[1], 'and says why');
}

# Without it the service is there, and says what is missing.
$civic->nginx->write_conf(http => '');
$civic->nginx->reload;
is(ask($civic, upstream => 'bank', path => '/ok')->{result}, ERROR,
    'no civic_upstreams');
ok($civic->nginx->log_has(qr/needs "civic_upstreams" in nginx.conf/),
    'the log names it');

finish();
