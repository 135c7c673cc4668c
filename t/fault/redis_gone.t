# Redis ends, is killed, is silent, comes back without its scripts, or does
# not know the password: every route says so by name and in time, and goes on
# by itself afterwards.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;

my $civic = civic(form => 'single', people => 1,
    plugins => ['login', 'hello'], fixtures => ['fault']);
my $client = $civic->client;
my $store = $civic->redis;
my $person = $civic->person;
my $token = $client->login($person->{id_number}, $person->{password});

healthy_soon($civic, 'at first');

# What needs no store goes on whatever becomes of it.
sub bad_day {
    my ($name) = @_;

    all_named("$name: every route", ask_all($civic,
        every_route($civic, $token)));
    is($client->get('/hello/greeting')->{status}, 200,
        "$name: a route without the store");
    is($client->get('/civic/live')->{status}, 200, "$name: live");
}

for my $signal (qw(TERM KILL)) {
    $store->stop(0, $signal);
    bad_day("redis got $signal");
    is_problem($client->get('/civic/ready'), 503, 'store_unavailable',
        "after $signal: not ready");
    $store->run(0);
    healthy_soon($civic, "after $signal");
}

# Requests in flight when it falls silent, and requests that come later.
$store->pause(0);
bad_day('redis is paused');
bad_day('redis is still paused');
$store->resume(0);
healthy_soon($civic, 'after the pause');

# In flight while it ends.
$store->pause(0);
my @sent = send_all($civic, every_route($civic, $token));
$store->stop(0, 'KILL');
all_named('killed with requests in flight', answers(10, @sent));
$store->run(0);
healthy_soon($civic, 'after the kill in flight');

# Scripts are forgotten: nobody notices.
$store->command('SCRIPT', 'FLUSH');
my @answers = ask_all($civic, map { [ 'POST', '/fault/pair',
    { name => "forgotten-$_", value => 'v' } ] } 1 .. 50);
is(scalar(grep { $_->{status} == 201 } @answers), 50,
    'scripts forgotten: every write is done');
$store->command('SCRIPT', 'FLUSH');
is($client->try_login($person->{id_number}, $person->{password})->{status},
    200, 'scripts forgotten: a login');

# Another password from now on; connections made before go on, so they go.
$store->command('ACL', 'SETUSER', 'civic', 'resetpass', '>another');
$store->command('CLIENT', 'KILL', 'USER', 'civic');
bad_day('wrong password');
ok($civic->nginx->log_has(qr/redis .*WRONGPASS/), 'the log says why');
unlike($civic->nginx->log_text, qr/\Q@{[ Civic::Redis::PASSWORD ]}\E/,
    'and not which');
$store->command('ACL', 'SETUSER', 'civic', 'resetpass',
    '>' . Civic::Redis::PASSWORD);
healthy_soon($civic, 'after the password');

is($client->get('/login/session', token => $token)->{status}, 200,
    'the session outlived it all');
whole_pairs($civic, 'after it all');
settled($civic, 'after it all');

finish();
