# Bad days of an upstream: slow, dead, lying, endless, garbage, gone in the
# middle; the client leaves; nginx reloads or stops while a request is under
# way; two instances; and the internal server itself is missing.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use Civic::Outbound;
use Time::HiRes qw(sleep time);

my $up = upstream();
my $dead = Civic::Process::port();          # nobody listens there
my $names = { bank => $up->{port}, dead => $dead,
    mixed => [ $dead, $up->{port} ], gone => [ $dead, $dead ] };
my $civic = civic(plugins => [], fixtures => ['outbound', 'fault'],
    http => internal($names), workers => 1);
my $worker = ($civic->nginx->workers)[0];
my $descriptors;

# How often a path was asked for, and what was told of it.
sub outcome {
    my ($name, $result, $times, %arg) = @_;
    my $began = time;
    my $told;

    forget_requests($up);
    $told = ask($civic, upstream => 'bank', %arg);
    is($told->{result}, $result, "$name: result")
        or diag($told->{answer}{content});
    is(scalar requests($up, $arg{path}), $times, "$name: sent so often");
    return time - $began;
}

outcome('at first', OK, 1, path => '/ok');
serves($civic, 'at first');
$descriptors = fds($worker);


# ---- what cannot be an answer --------------------------------------------------

for my $path (qw(/close /half-head /garbage /big-head /interim)) {
    outcome("$path, once", UNKNOWN, 1, path => $path, method => 'POST');
    outcome("$path, may be repeated", UNKNOWN, 2, path => $path,
        safe => \1);
}
for my $path (qw(/half /half-chunks)) {
    outcome("$path, once", UNKNOWN, 1, path => $path, method => 'PUT');
    outcome("$path, may be repeated", UNKNOWN, 2, path => $path,
        safe => \1);
}

# A query that fails once succeeds; a change is not sent again.
outcome('/second-1', OK, 2, path => '/second-1', safe => \1,
    method => 'POST');
outcome('/second-2', UNKNOWN, 1, path => '/second-2', method => 'GET');
outcome('/second-3', UNKNOWN, 1, path => '/second-3', method => 'PUT');


# ---- slow, endless, lying ------------------------------------------------------

for my $case ([ '/slow/5', 0 ], [ '/lies', 0 ], [ '/drips', 0 ]) {
    my ($path) = @$case;
    my $seconds = outcome("$path", UNKNOWN, 1, path => $path,
        timeout => 300, method => 'POST');

    cmp_ok($seconds, '<', 4, "$path: in time");
    ok(wait_for("$path to be given up", 5, sub {
        closed_early($up, $path) }), "$path: given up towards the upstream");
}
cmp_ok(outcome('/endless', UNKNOWN, 1, path => '/endless', safe => \1), '<',
    4, '/endless: bounded in bytes');
ok(wait_for('/endless to be given up', 5,
    sub { closed_early($up, '/endless') }), 'and given up');
cmp_ok(rss($worker), '<', 120_000 * ($ENV{CIVIC_ASAN} ? 10 : 1),
    'memory is bounded');
is(ask($civic, upstream => 'bank', path => '/slow/0.2',
    timeout => 8000)->{result}, OK, 'slow, but in time');

# The host answers for what a plugin passes on.
for my $case ([ bank => '/close', 'outcome_unknown' ],
    [ dead => '/ok', 'store_unavailable' ]) {
    my ($name, $path, $code) = @$case;

    is_problem(ask($civic, upstream => $name, path => $path,
        pass => \1)->{answer}, 503, $code, "passed on: $code");
}

# The route's own deadline: a change that is under way may have been done.
is_problem(ask($civic, route => 'hurried', upstream => 'bank',
    path => '/slow/3')->{answer}, 503, 'outcome_unknown', 'route deadline');
is_problem(ask($civic, route => 'hurried', upstream => 'bank',
    path => '/slow/3', safe => \1)->{answer}, 504, 'gateway_timeout',
    'route deadline of a query');


# ---- nobody there ----------------------------------------------------------------

for my $name (qw(dead gone)) {
    is(ask($civic, upstream => $name, path => '/ok',
        method => 'POST')->{result}, NOT_SENT, "$name: nothing was sent");
    is(ask($civic, upstream => $name, path => '/ok',
        safe => \1)->{result}, NOT_SENT, "$name: nor a query");
}

# One of two servers is dead: nginx goes on to the other, also with a change,
# for it was not sent.
for my $safe (\0, \1) {
    forget_requests($up);
    is(ask($civic, upstream => 'mixed', path => '/ok', method => 'POST',
        safe => $safe, body => 'x')->{result}, OK, 'fail-over') for 1 .. 4;
    is(scalar requests($up), 4, 'each was sent once');
}


# ---- many at once -----------------------------------------------------------------

# More at once than the pool keeps.
subtest('idle connections' => sub {
    my @many = map { [ 'POST', '/outbound/requests', { upstream => 'bank',
        path => '/ok', safe => \1 } ] } 1 .. 40;

    for (1 .. 3) {
        my @answers = ask_all($civic, @many);
        is(scalar(grep { ($_->{json}{result} // 1) == OK } @answers), 40,
            '40 at once');
    }
});


# ---- the client leaves --------------------------------------------------------------

subtest('the client leaves' => sub {
    forget_requests($up);
    $civic->nginx->log_mark;
    for my $case ([ '/slow/2?safe', \1 ], [ '/slow/2?once', \0 ]) {
        my ($path, $safe) = @$case;
        my ($sent) = send_all($civic, [ 'POST', '/outbound/requests', {
            upstream => 'bank', path => $path, safe => $safe } ]);

        wait_for($path, 5, sub { requests($up, $path) });
        close $sent->{socket};
    }
    ok(wait_for('the query to be given up', 1.5,
        sub { closed_early($up, '/slow/2?safe') }), 'a query is given up');
    ok($civic->nginx->log_has(qr/came back with -1/), 'its handler unwound');
    ok($civic->nginx->log_has(qr/came back with 0/, 5),
        'a change runs to its end');
    ok(!closed_early($up, '/slow/2?once'), 'and was not given up');
});
is(gauge($civic, 'civic_outbound_aborted_total'), 3,
    'one client that left, two deadlines of routes');
settled($civic, 'after clients that left');
is(gauge($civic, 'civic_outbound_pending'), 0, 'none waits');


# ---- reloads ------------------------------------------------------------------------

subtest('reload while requests are under way' => sub {
    my @asked = map { [ 'POST', '/outbound/requests', { upstream => 'bank',
        path => "/slow/1.5?$_", safe => $_ % 2 ? \1 : \0 } ] } 1 .. 6;
    my @sent = send_all($civic, @asked);

    wait_for('all six', 5, sub { requests($up) >= 6 });
    $civic->nginx->reload(gently => 1);
    is(ask($civic, upstream => 'bank', path => '/ok')->{result}, OK,
        'the new worker serves');
    my @answers = answers(30, @sent);
    is(join(' ', map { $_->{json}{result} // $_->{status} } @answers),
        '0 0 0 0 0 0', 'all were answered');
    is(scalar requests($up, "/slow/1.5?$_"), 1, "$_: sent once") for 1 .. 6;
});

# Idle connections lead to workers that go: no query and no change notices.
subtest('reload after reload under load' => sub {
    my %results;

    for (1 .. 4) {
        $civic->nginx->reload(gently => 1);
        for my $safe (\1, \0, \1, \0, \1) {
            $results{ ask($civic, upstream => 'bank', path => '/ok',
                safe => $safe)->{result} // 'none' }++;
        }
    }
    is_deeply(\%results, { 0 => 20 }, 'all were answered');
});
wait_for('one worker', 20, sub { $civic->nginx->workers == 1 });
$worker = ($civic->nginx->workers)[0];
ask($civic, upstream => 'bank', path => '/ok') for 1 .. 3;
cmp_ok(fds($worker), '<=', $descriptors + 40, 'no descriptor is lost');


# ---- another instance -----------------------------------------------------------------

subtest('two instances' => sub {
    my $two = civic(redis => $civic->redis, plugins => [],
        fixtures => ['outbound'], http => internal($names));

    is(ask($_, upstream => 'bank', path => '/ok')->{result}, OK, 'answers')
        for $civic, $two;
    my ($sent) = send_all($two, [ 'POST', '/outbound/requests',
        { upstream => 'bank', path => '/slow/1?two' } ]);
    wait_for('the request', 5, sub { requests($up, '/slow/1?two') });
    kill 'STOP', $civic->nginx->workers;
    my ($answer) = answers(30, $sent);
    is($answer->{json}{result}, OK, 'one does not wait for the other');
    kill 'CONT', $civic->nginx->workers;
});


# ---- the internal server ----------------------------------------------------------------

subtest('no internal server' => sub {
    my $dir = Civic::Process::folder();

    $civic->nginx->allow(qr/connect\(\) to unix:/);
    $civic->nginx->write_conf(http => "civic_upstreams unix:$dir/none;");
    $civic->nginx->reload;
    is(ask($civic, upstream => 'bank', path => '/ok')->{result}, NOT_SENT,
        'a socket that is not there');

    # a server that does not mark its answers: who knows what it did
    $civic->nginx->write_conf(http => "civic_upstreams unix:$dir/other;\n"
        . "server { listen unix:$dir/other; return 200 hello; }");
    $civic->nginx->reload;
    is(ask($civic, upstream => 'bank', path => '/ok')->{result}, UNKNOWN,
        'another server');
    ok($civic->nginx->log_has(qr/does not mark its answers/),
        'the log says so');
});

# Worst of all: a request on its way when everything stops.
subtest('the worker is told to stop' => sub {
    $civic->nginx->write_conf(http => internal($names),
        main => 'worker_shutdown_timeout 1s;');
    $civic->nginx->reload;
    $civic->nginx->log_mark;
    my ($sent) = send_all($civic, [ 'POST', '/outbound/requests',
        { upstream => 'bank', path => '/slow/30?stop', timeout => 40000 } ]);

    wait_for('the request', 5, sub { requests($up, '/slow/30?stop') });
    my $began = time;
    $civic->nginx->reload(seconds => 20);
    cmp_ok(time - $began, '<', 20, 'worker_shutdown_timeout is kept');
    answers(2, $sent);
});

serves($civic, 'after it all');
outcome('after it all', OK, 1, path => '/ok', safe => \1);
settled($civic, 'after it all');

finish();
