# What operators and their machines ask: alive, ready, how it is, and the
# numbers; served where the configuration says so, and nowhere else.

use lib 't/lib';
use Civic::Test;

my $civic = civic(plugins => [ 'login', 'hello' ], fixtures => ['probe'],
    people => 1, workers => 2, allow => qr/the fixture never starts/,
    server => <<'CONF');
        location /ops/ { civic_console on; }
        location /shut/ { deny all; civic_console on; }
CONF
my $client = $civic->client;
my $nginx = $civic->nginx;


# ---- pages ----

for my $prefix ('/civic', '/ops') {
    is_deeply($client->get("$prefix/live")->{json},
        { live => JSON::PP::true() }, "$prefix/live");
    is_deeply($client->get("$prefix/ready")->{json},
        { ready => JSON::PP::true() }, "$prefix/ready");
}
is_deeply($client->get('/civic/')->{json},
    { pages => [qw(live ready status metrics)] }, 'the list of them');
is_problem($client->get('/shut/status'), 403, 'forbidden', 'deny is obeyed');
is_problem($client->get('/hello/status'), 404, 'not_found',
    'not below civic on');
is_problem($client->get('/status'), 404, 'not_found', 'nor elsewhere');
is($client->get('/civic/live?x=1')->{status}, 200, 'a query is no matter');

# One worker may answer before the other has begun.
eval { Civic::Process::wait_for('both workers', 5, sub {
    return @{ $client->get('/civic/status')->{json}{workers} } == 2;
}) };

my $status = $client->get('/civic/status');
is($status->{headers}{'content-type'}, 'application/json', 'the status');
$status = $status->{json};
is($status->{environment}, 'sandbox', 'where one is');
is_deeply([ map { [ @$_{qw(name started)} ] } @{ $status->{plugins} } ],
    [ map { [ $_, JSON::PP::true() ] } qw(login hello probe) ],
    'the plugins');
is_deeply([ sort map { $_->{pid} } @{ $status->{workers} } ],
    [ sort $nginx->workers ], 'the workers');
is_deeply([ map { $_->{name} } @{ $status->{workers}[0]{rules} } ],
    [qw(login hello probe)], 'their rules');
ok((grep { $_->{state} eq 'up' } @{ $status->{redis} }), 'Redis is up');
unlike($client->get('/civic/status')->{content},
    qr/a-password-of-the-tests|secret/, 'and no secret');


# ---- metrics, as Prometheus reads them ----

# { name{labels} => value }, { name => type }; dies where it is not so.
sub metrics {
    my $answer = $client->get('/civic/metrics');
    my (%value, %type, %help, $family);

    like($answer->{headers}{'content-type'}, qr{^text/plain; version=0\.0\.4},
        'the content type');
    like($answer->{content}, qr/\n\z/, 'the last line ends');
    for my $line (split /\n/, $answer->{content}) {
        if ($line =~ /^# HELP ([a-z_:][a-z0-9_:]*) (.+)$/) {
            die "HELP $1 twice" if $help{$1}++;
        } elsif ($line =~ /^# TYPE (\S+) (counter|gauge|histogram)$/) {
            die "TYPE $1 twice, or after its samples" if $type{$1};
            ($family, $type{$1}) = ($1, $2);
        } elsif ($line =~ /^([a-z_:][a-z0-9_:]*)
            (\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*\})?
            \x20([0-9.e+-]+|\+Inf|NaN)$/x)
        {
            my ($name, $labels, $number) = ($1, $2 // '', $3);
            my $base = $name;

            $base =~ s/_(?:bucket|sum|count)$//
                if ($type{ $name =~ s/_(?:bucket|sum|count)$//r } // '')
                    eq 'histogram';
            die "$line: not of the family $family" if $base ne $family;
            die "$line twice" if exists $value{"$name$labels"};
            $value{"$name$labels"} = $number;
        } else {
            die "no line of metrics: $line";
        }
    }
    return (\%value, \%type);
}

my ($before, $type) = eval { metrics() };
is($@, '', 'it parses') or $before = {};
is_deeply([ grep { $type->{$_} eq 'counter' && !/_total$/ } keys %$type ], [],
    'counters end in _total');

my $token = $client->login(@{ $civic->person }{qw(id_number password)});
$client->try_login($civic->person->{id_number}, 'wrong');
$client->get('/hello/greeting') for 1 .. 7;
$client->get('/login/profile') for 1 .. 3;
$client->get('/login/profile', token => 'x') for 1 .. 2;
$client->get('/login/profile', token => $token) for 1 .. 4;
$client->post('/hello/visits');
$client->get('/probe/offload');

my ($after) = metrics();
my $rose = sub {
    my ($name) = @_;
    return ($after->{$name} // -1) - ($before->{$name} // 0);
};

is($rose->('civic_requests_total{route="GET /hello/greeting"}'), 7,
    'requests of a route') or diag(join "\n", sort keys %$after);
is($rose->('civic_problems_total{route="GET /hello/greeting",class="4xx"}'),
    0, 'without a problem');
is($rose->('civic_hello_visits_total'), 1, 'a plugin\'s own');
is($rose->('civic_login_succeeded_total'), 1, 'a login');
is($rose->('civic_login_failed_total'), 1, 'and a wrong password');
is($rose->('civic_login_captchas_total'), 2, 'two captchas');
is($rose->('civic_problems_total{route="GET /login/profile",class="4xx"}'),
    5, 'problems, of requests without a session too');
is($rose->('civic_requests_total{route="GET /login/profile"}'), 9,
    'which are requests');
is($rose->('civic_problems_total{route="GET /login/profile",class="5xx"}'),
    0, 'of ours none');

for my $count (grep { /_count/ } keys %$after) {
    my $labels = $count =~ s/^[^{]*//r;
    my $name = $count =~ s/_count.*//r;
    my ($inside) = $labels =~ /^\{(.*)\}$/;
    my @buckets = map { my ($le) = /le="([^"]+)"/; [ $le, $after->{$_} ] }
        grep { /^\Q$name\E_bucket\{(.*)\}$/ && index($1, $inside // '') == 0 }
        keys %$after;
    my %limit = map { ($_->[0] => $_->[1]) } @buckets;
    my @sorted = map { $limit{$_} } sort { $a <=> $b }
        grep { $_ ne '+Inf' } keys %limit;
    my $falls = grep { $sorted[$_] < $sorted[ $_ - 1 ] } 1 .. $#sorted;

    ok(@sorted > 3 && !$falls && $limit{'+Inf'} == $after->{$count}
        && exists $after->{"${name}_sum$labels"}, "the histogram $count")
        or diag(explain(\%limit));
}


# ---- the state of each ----

sub fibers {
    my $status = $client->get('/civic/status')->{json};
    my $sum = 0;

    $sum += $_->{fibers} for @{ $status->{workers} };
    return $sum;
}

is(fibers(), 0, 'no request is left behind');
ok(eval { Civic::Process::wait_for('the workers to see Redis', 8, sub {
    my @workers = @{ $client->get('/civic/status')->{json}{workers} };
    return @workers == grep { $_->{redis}{up} } @workers;
}) }, 'each worker tells that Redis is up');

if ($civic->redis->form eq 'single') {
    $civic->redis->stop(0);
    ok(eval { Civic::Process::wait_for('not ready', 8, sub {
        $client->get('/civic/ready')->{status} == 503 }) },
        'not ready without Redis');
    is_problem($client->get('/civic/ready'), 503, 'store_unavailable',
        'and why');
    is($client->get('/civic/live')->{status}, 200, 'but alive');
    ok($client->get('/hello/visits')->{headers}{'retry-after'},
        'what needs it says when to come again');
    is($client->get('/hello/greeting')->{status}, 200,
        'what does not need it works');
    $civic->redis->run(0);
    ok(eval { Civic::Process::wait_for('ready', 10, sub {
        $client->get('/civic/ready')->{status} == 200 }) }, 'ready again');
}

my $fixture = Civic::Nginx::build() . '/t/plugin/fixtures/init_fails.so';
$nginx->write_conf(plugins => [ @{ $nginx->{plugins} }, $fixture ]);
$nginx->reload;
Civic::Process::wait_for('the new workers to see Redis', 8, sub {
    ($client->get('/civic/ready')->{json}{code} // '') ne 'store_unavailable';
});
is_problem($client->get('/civic/ready'), 503, 'plugin_unavailable',
    'not ready when a plugin did not start');
is_problem($client->get('/init-fails/x'), 503, 'plugin_unavailable',
    'its routes say so');
is($client->get('/hello/greeting')->{status}, 200, 'the others serve');
my ($failed) = grep { $_->{name} eq 'init_fails' }
    @{ $client->get('/civic/status')->{json}{plugins} };
is($failed->{started}, JSON::PP::false(), 'the status tells which');
ok($nginx->log_has(qr/the fixture never starts/), 'and the log why');

finish();
