# Plugins that misuse the contract, in a real nginx: each is answered as the
# contract says, the log says why, and the worker serves on.

use lib 't/lib';
use Civic::Test;

my $civic = civic(plugins => ['hello'], fixtures => [ 'misuse', 'careless' ]);
my $client = $civic->client;
my $nginx = $civic->nginx;
my @pids = $nginx->workers;

# Each a GET of misuse: what it is answered, and what the log must have.
my %misuse = (
    no_reply => [ 500, qr/without a reply/ ],
    reply_and_error => [500],
    'garbage_result?value=77' => [ 500, qr/unknown result 77/ ],
    'garbage_result?value=-77' => [ 500, qr/unknown result -77/ ],
    unknown_problem => [ 500, qr/no_such_problem/ ],
    field_error_as_problem => [ 500, qr/misuse_field/ ],
    write_by_redis => [ 500, qr/SET/ ],
    write_by_pipeline => [ 500, qr/DEL/ ],
    unknown_rule => [ 500, qr/no_such_rule/ ],
    'bad_rule?what=loops' => [ 500, qr/misbehave/ ],
    'bad_rule?what=loops_in_pcall' => [ 500, qr/misbehave/ ],
    'bad_rule?what=grows' => [ 500, qr/misbehave/ ],
    'bad_rule?what=breaks' => [ 500, qr/broken on purpose/ ],
    'bad_rule?what=answers_text' => [ 500, qr/misbehave/ ],
    'bad_rule?what=answers_function' => [ 500, qr/misbehave/ ],
    'bad_rule?what=nothing' => [204],
    unknown_script => [ 500, qr/no_such_script/ ],
    script_error => [ 500, qr/"misuse_write"/ ],
    unknown_purpose => [ 500, qr/no_such_purpose/ ],
    open_garbage => [500],
    unknown_call => [500],
    unknown_metric => [204],
    bad_header => [500],
    overclosed => [500],
    too_deep => [500],
    too_much_memory => [500],
    leaks_memory => [500],
);
my %careless = (
    script_slots => 500, script_keyless => 500, read_slots => 500,
    read_keyless => 500, status => 500, close => 500, header_name => 500,
    session => 500, threads => 500,
);

sub serves {
    my ($name) = @_;

    return is($client->get('/hello/greeting')->{status}, 200, $name);
}

for my $path (sort keys %misuse) {
    my ($status, $log) = @{ $misuse{$path} };

    $nginx->log_mark;
    my $answer = $client->get("/misuse/$path");
    if ($status == 500) {
        is_problem($answer, 500, 'internal_error', $path);
        unlike($answer->{content}, qr/half|written|Set-Cookie/,
            'and nothing of the reply leaves');
    } else {
        is($answer->{status}, $status, $path);
    }
    ok($nginx->log_has($log, 2), 'the log says why')
        || diag($nginx->log_text) if $log;
    serves('and it serves on');
}

for my $path (sort keys %careless) {
    my $answer = $client->post("/careless/$path");

    is_problem($answer, $careless{$path}, 'internal_error', $path);
    serves('and it serves on');
}

is($client->get('/misuse/replies_twice')->{json}{which}, 'second',
    'the second reply replaces the first');
is($client->get('/misuse/undeclared_option')->{json}{is_null},
    JSON::PP::true(), 'an option of nobody is NULL');
is_deeply($client->get('/misuse/unclosed')->{json}, { a => { b => [1] } },
    'what is left open is closed');
is($client->post('/careless/path')->{json}{len}, 0,
    'a parameter of nobody is empty');
is($client->get('/misuse/bad_header')->{headers}{'set-cookie'}, undef,
    'no header is smuggled in');
is_deeply([ $nginx->workers ], \@pids, 'the worker is the same');
is($client->get('/civic/status')->{json}{workers}[0]{fibers}, 0,
    'no fiber is left behind');
is($civic->redis->keys('misuse*') + $civic->redis->keys('{*'), 0,
    'and nothing was written');


# ---- a stack that runs over ends the worker, and only it ----

$client->get('/misuse/ignores_abort');
SKIP: {
    skip 'the sanitizer has a stack of its own', 4 if Civic::Nginx::asan();
    $nginx->allow(qr/exited on signal/);
    my $bytes = $client->raw("GET /misuse/stack_overflow HTTP/1.1\r\n"
        . "Host: a\r\nConnection: close\r\n\r\n", 10);
    unlike($bytes, qr/ 204 /, 'a stack that runs over is no answer');
    ok(eval { Civic::Process::wait_for('another worker', 10, sub {
        my @now = $nginx->workers;
        return @now == 1 && $now[0] != $pids[0];
    }) }, 'the worker is replaced');
    ok($nginx->log_has(qr/exited on signal/, 5), 'the log tells');
    ok(eval { Civic::Process::wait_for('it to serve', 10, sub {
        (eval { $civic->client->get('/hello/greeting')->{status} } || 0)
            == 200 }) }, 'and the next serves');
}

finish();
