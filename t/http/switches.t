# A plugin is switched off, or to read-only, while two nginx serve from one
# Redis: every worker of both has it when civicctl says so, nobody is exempt,
# and a Redis that is away changes nothing.
#
# takes: long

use lib 't/lib';
use Civic::Test;

my $gates = Civic::Process::folder();
my $one = civic(plugins => [ 'login', 'hello' ], fixtures => [ 'probe', 'caller', "jobs dir=$gates" ],
    people => 1, workers => 2);
my $store = $one->redis;
my $two = civic(redis => $store, plugins => [ 'login', 'hello' ],
    workers => 2, environment => 'production', start => 0);
my $client = $one->client;

# One fleet has one keyring.
system('cp', $one->nginx->keyring, $two->nginx->keyring);
$two->nginx->start;
ok($two->wait_ready, 'two nginx on one Redis');

my @fleet = ($one, $two);
my $token = $client->login(@{ $one->person }{qw(id_number password)});

sub switch {
    my @argv = @_;

    return $one->nginx->civicctl('switch', @argv);
}

# Each on a connection of its own: so all workers are asked.
sub all_answer {
    my ($method, $path, $expected, $name) = @_;
    my %seen;

    for my $civic (@fleet) {
        for (1 .. 8) {
            my $answer = $civic->client->request($method, $path);
            my $code = $answer->{json}{code} // '';

            $seen{"$answer->{status} $code"}++;
        }
    }
    return is_deeply(\%seen, { $expected => 16 }, $name)
        || diag(explain(\%seen));
}

# { plugin => switch } as the status of one worker has it.
sub status {
    my ($civic) = @_;
    my $status = $civic->client->get('/civic/status')->{json};

    return { map { $_->{name} => $_->{switch} } @{ $status->{plugins} } };
}


# civicctl asks those who have told that they are there.
Civic::Process::wait_for('four workers', 15,
    sub { (eval { $store->command('HLEN', 'civic:workers') } || 0) >= 4 });


# ---- at first ----

my ($status, $said) = switch();
is($status, 0, 'civicctl switch') or diag($said);
like($said, qr/^hello: on/m, 'shows what is on');
is_deeply(status($one), { login => 'on', hello => 'on', probe => 'on',
        caller => 'on', jobs => 'on' },
    'and so does the status');
all_answer('GET', '/hello/visits', '200 ', 'reads are served');


# ---- off ----

($status, $said) = switch('hello', 'off', '--reason', '排查故障 #7');
is($status, 0, 'switched off') or diag($said);
like($said, qr/4 workers, all of them, have/, 'all four workers have it');
all_answer('GET', '/hello/greeting', '503 plugin_unavailable',
    'from this moment on every worker refuses');
all_answer('POST', '/hello/visits', '503 plugin_unavailable', 'writes too');
my $answer = $client->get('/hello/visits');
is_problem($answer, 503, 'plugin_unavailable', 'it is a problem');
cmp_ok($answer->{headers}{'retry-after'} // 0, '>=', 10,
    'that says when to come again');
like($answer->{json}{detail}, qr/暂停使用/, 'in words');
is($client->get('/login/profile', token => $token)->{status}, 200,
    'other plugins serve');
is_deeply(status($_), { %{ status($_) }, hello => 'off' }, 'the status')
    for @fleet;
is($client->get('/civic/ready')->{status}, 200, 'the nginx stays ready');
($status, $said) = switch();
utf8::decode($said);
like($said, qr/^hello: off since 20\S+: 排查故障 #7 \(workers: 4 of 4\)/m,
    'shown with its reason');
is($client->get('/hello/nothing')->{status}, 404,
    'what is not there stays not there');


is($client->get('/hello/greeting', token => $token)->{status}, 503,
    'whoever asks');


# ---- read-only ----

($status, $said) = switch('hello', 'read-only');
is($status, 0, 'read-only') or diag($said);
all_answer('GET', '/hello/visits', '200 ', 'reads are served again');
all_answer('POST', '/hello/visits', '403 read_only', 'writes are not');
like($client->post('/hello/visits')->{json}{detail}, qr/只能查询/,
    'in words');
is(status($two)->{hello}, 'read_only', 'the status');
($status, $said) = switch();
like($said, qr/^hello: read-only since [^:]+:[^:]+:[^:]+:\d\d \(workers/m,
    'the old reason is gone');


# ---- what starts meanwhile ----

$one->nginx->reload(gently => 1);
is($client->post('/hello/visits')->{status}, 403, 'after a reload, at once');
my ($worker) = $two->nginx->workers;
$two->nginx->allow(qr/exited on signal 9/);
kill 'KILL', $worker;
Civic::Process::wait_for('another worker', 5,
    sub { 2 == grep { $_ != $worker } $two->nginx->workers });
all_answer('POST', '/hello/visits', '403 read_only', 'after a crash too');


# ---- neighbours ----

# { read, write } of a plugin that calls another one.
sub neighbour {
    my ($expected, $name) = @_;
    my @answers = map { $client->$_('/caller/double') } qw(get post);

    return is(join(', ', map { join ' ', $_->{status},
        $_->{json}{code} // 'done' } @answers), $expected, $name);
}

neighbour('200 done, 200 done', 'a plugin calls another');
switch('probe', 'read-only');
neighbour('200 done, 403 read_only', 'which is read-only');
switch('probe', 'off');
neighbour('503 plugin_unavailable, 503 plugin_unavailable', 'which is off');
switch('probe', 'on');
neighbour('200 done, 200 done', 'which is on again');


# ---- jobs ----

# How often a shard has run.
sub runs {
    my %counted = @{ Civic::Process::wait_for('a slot that moves', 5, sub {
        eval { $store->command('HGETALL', 'civic:jobs:{tick:0}') } }) };

    return $counted{done} // 0;
}

ok(eval { Civic::Process::wait_for('a run', 20, sub { runs() > 0 }) },
    'jobs run');
switch('jobs', 'read-only');
sleep 2;
my $runs = runs();
sleep 5;
is(runs(), $runs, 'not while their plugin may only be read');
switch('jobs', 'on');
ok(eval { Civic::Process::wait_for('a run', 20, sub { runs() > $runs }) },
    'but afterwards');


# ---- nonsense ----

for my $argv ([ 'hello', 'away' ], [ 'hello', 'off', '--reason' ],
    [ 'hello' ], [ 'hello', 'off', 'now' ],
    [ 'hello', 'off', '--reason', "two\nlines" ],
    [ 'hello', 'off', '--reason', 'x' x 300 ])
{
    is((switch(@$argv))[0], 2, 'wrongly called: ' . join ' ', map {
        substr $_, 0, 10 } @$argv);
}
($status, $said) = switch('nobody', 'off');
is($status, 1, 'an unknown plugin') or diag($said);
is((switch('hello.reason', 'off'))[0], 1, 'a field of ours is no plugin');
is($store->command('HEXISTS', 'civic:switches', 'nobody'), 0,
    'nothing is written');

$store->command('HSET', 'civic:switches', 'hello', 'maybe');
sleep 2;
is($client->post('/hello/visits')->{status}, 403,
    'a state that is none changes nothing');
like((switch())[1], qr/hello: Redis has "maybe"/, 'and is told');


# ---- without Redis ----

if ($store->form eq 'single') {
    switch('hello', 'off');
    $store->pause(0);
    sleep 3;
    all_answer('GET', '/hello/greeting', '503 plugin_unavailable',
        'workers without Redis keep what they know');
    $store->resume(0);
}


# ---- on again ----

Civic::Process::wait_for('on', 40, sub {
    ($status, $said) = switch('hello', 'on');
    return $status == 0;
});
like($said, qr/^hello: on\./, 'on again');
all_answer('POST', '/hello/visits', '201 ', 'writes are served');
is_deeply([ grep { /^hello/ } @{ $store->command('HKEYS',
    'civic:switches') } ], [], 'nothing is left in Redis');

# A worker that does not answer is named, and does not keep anybody for ever.
($worker) = $two->nginx->workers;
kill 'STOP', $worker;
my $began = time;
($status, $said) = switch('hello', 'off');
cmp_ok(time - $began, '<', 60, 'a frozen worker is not waited for for ever');
ok($status == 0 ? $said =~ /3 workers, all/ : $said =~ m{worker \S+/$worker },
    'and is told') or diag($said);
kill 'CONT', $worker;
Civic::Process::wait_for('the frozen one', 8, sub {
    my %answers = map { $two->client->get('/hello/greeting')->{status} => 1 }
        1 .. 8;
    return join(' ', keys %answers) eq '503';
});
pass('woken, it takes what it missed');

finish();
