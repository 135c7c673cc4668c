# How late the loop comes to a timer is measured while there is something to be
# late for, whoever of this nginx serves it; who has nothing to do sleeps.

use lib 't/lib';
use Civic::Test;
use Civic::Process;
use Civic::Turns;

use Time::HiRes qw(sleep time);

my $turns = Civic::Turns->new;
my $civic = civic($turns->with, workers => 1, fixtures => ['holder'],
    plugins => ['login'],
    server => "location /theirs { return 204; }\n");
my $client = $civic->client;

# Measurements until now, and the sum of what they found, s.
sub lag {
    my $text = $client->get('/civic/metrics')->{content};

    return map { $text =~ /^civic_loop_lag_seconds_$_\{worker="0"\} (\S+)/m }
        qw(count sum);
}

sub wait_for { return Civic::Process::wait_for(@_) }


# ---- nothing to do ----

# A worker's second has a beat and what Redis answers to it; with a timer that
# runs all the time it had over a hundred turns.
sleep 3;
my ($began, $before) = (time, $turns->count);
sleep 4;
cmp_ok(($turns->count - $before) / (time - $began), '<', 60,
    'who has nothing to do sleeps');
my ($count) = lag();
ok(eval { wait_for('more of them', 9, sub {
    sleep 1; (lag())[0] > $count }) }, 'but is measured now and then');


# ---- something to do ----

# One at a time: each begins a measurement, if none is under way.
for my $path ('/theirs', '/civic/live', '/login/nothing') {
    ($count) = lag();
    for (1 .. 20) {
        $client->get($path);
        sleep 0.02;
    }
    cmp_ok((lag())[0] - $count, '>', 5, "requests of $path are measured");
}


# ---- held up ----

(undef, my $sum) = lag();
is($client->get('/holder/loop?ms=200')->{status}, 204, 'it is held');
sleep 0.1;
cmp_ok((lag())[1] - $sum, '>', 0.18, 'and that is seen');

finish();
