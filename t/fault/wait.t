# Bad days of long polls: the subscriber's connection is cut, falls silent,
# Redis dies and comes back, a worker is killed.  A notification may get lost;
# a poller never waits longer for its state than until the connection is back,
# and never hangs.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use Time::HiRes qw(sleep time);

use constant TIMEOUT => 500;        # ms, civic_redis_timeout
use constant SOON    => 12;         # s, far under the polls' own time

my $civic = civic(plugins => ['hello'], fixtures => [ 'fault', 'poll' ],
    workers => 2, http => 'civic_redis_timeout ' . TIMEOUT . 'ms;',
    allow => qr/exited on signal 9/);
my $store = $civic->redis;
my $single = $store->form eq 'single';
my $round = 0;

sub poll {
    my ($topic, $seen) = @_;

    return [ 'GET', "/poll/state/$topic?seen=$seen&timeout=30000" ];
}

sub all_waiting {
    my ($count) = @_;

    return ok(eval {
        wait_for("$count waiters", 5,
            sub { sleep 0.02; gauge($civic, 'civic_waiters') == $count });
    }, "$count wait");
}

# Eight pollers who know the last state.
sub pollers {
    my $topic = 't' . ++$round;
    my @sent = send_all($civic, map { poll($topic, '') } 1 .. 8);

    all_waiting(8);
    return ($topic, @sent);
}

# What a lost notification looks like: another state, and no word of it.
sub change_silently {
    my ($topic, $value) = @_;

    return $store->command('SET', "civic:poll:$topic", $value);
}

sub told {
    my ($name, $value, @sent) = @_;
    my @answers = answers(40, @sent);
    my ($slowest) = sort { $b <=> $a } map { $_->{seconds} } @answers;
    my @other = grep { ($_->{json}{value} // '') ne $value } @answers;

    ok(!@other, "$name: all have the state") or diag(explain(@other));
    return cmp_ok($slowest, '<', SOON, "$name: soon, $slowest s");
}

# Another state, and word of it: once the worker that is asked has its
# connection back.
sub notify {
    my ($topic, $value) = @_;
    my $answer;

    return ok(eval {
        wait_for('a notification', 5, sub {
            ($answer) = ask_all($civic,
                [ 'PUT', "/poll/state/$topic", { value => $value } ]);
            sleep 0.05;
            return $answer->{status} == 204;
        });
    }, "$topic: notified") || diag($answer->{content});
}

# Notifications go from worker to worker as they should.
sub well {
    my ($name) = @_;
    my ($topic, @sent) = pollers();

    notify($topic, 'well');
    return told($name, 'well', @sent);
}

sub subscribers {
    my $count = 0;

    for my $node (0 .. $store->nodes - 1) {
        my $list = $store->command_on($node, 'CLIENT', 'LIST', 'TYPE',
            'pubsub');
        $count += () = $list =~ /^id=/mg;
    }
    return $count;
}

# Each worker knows by itself whether Redis is there.
sub workers_up {
    my ($count) = @_;

    return ok(eval {
        wait_for("$count workers to have Redis", 10, sub { sleep 0.02;
            gauge($civic, 'civic_redis_up') == $count });
    }, "Redis is there for $count workers");
}

sub cut {
    my $cut = 0;

    $cut += $store->command_on($_, 'CLIENT', 'KILL', 'TYPE', 'pubsub')
        for 0 .. $store->nodes - 1;
    return $cut;
}

ok(eval { wait_for('subscribers', 5, sub { sleep 0.02;
    subscribers() == 2 }) }, 'each worker has one subscription');
well('on a good day');
sleep 1.1;


# ---- the connection is cut ----

my ($topic, @sent) = pollers();
change_silently($topic, 'missed');
is(cut(), 2, 'the subscribers are cut off');
told('cut off', 'missed', @sent);
well('after it was cut');

# again and again: the back-off must not make anybody deaf for long
($topic, @sent) = pollers();
for (1 .. 5) {
    cut();
    sleep 0.1;
}
change_silently($topic, 'missed again');
cut();
told('cut off again and again', 'missed again', @sent);
well('after that');


# ---- silence ----

($topic, @sent) = pollers();
sleep 1.1;
change_silently($topic, 'in silence');
$store->pause($_) for 0 .. $store->nodes - 1;
sleep TIMEOUT / 1000 + 1.7;
$store->resume($_) for 0 .. $store->nodes - 1;
my $resumed = time;
my @answers = answers(40, @sent);
is((grep { ($_->{json}{value} // '') ne 'in silence' } @answers), 0,
    'a silent connection is made anew, and all look again')
    or diag(explain(@answers));
cmp_ok(time - $resumed, '<', SOON, 'soon after it spoke again');
ok($civic->nginx->log_has(qr/\(subscriber\) was lost: no answer within/),
    'the log says why');
healthy_soon($civic, 'after the silence');
well('after the silence');


# ---- Redis dies and comes back ----

if ($single) {
    ($topic, @sent) = pollers();
    change_silently($topic, 'before the end');
    $store->stop(0, 'KILL');
    workers_up(0);
    $store->run(0);
    told('Redis anew', 'before the end', @sent);
    healthy_soon($civic, 'after Redis came back');
    workers_up(2);
    well('after Redis came back');

    # nobody can notify or look while it is away; waiting goes on
    ($topic, @sent) = pollers();
    $store->stop(0, 'KILL');
    my ($answer) = ask_all($civic,
        [ 'POST', "/poll/hint/$topic" ]);
    is($answer->{json}{code}, 'store_unavailable', 'a hint cannot be sent');
    workers_up(0);
    $store->run(0);
    healthy_soon($civic, 'after Redis came back again');
    notify($topic, 'late');
    @answers = answers(40, @sent);
    is((grep { ($_->{json}{value} // '') ne 'late' } @answers), 0,
        'who waited all the while is told')
        or diag(explain(@answers));
    workers_up(2);
}


# ---- a worker dies ----

($topic, @sent) = pollers();
my @workers = $civic->nginx->workers;
kill 'KILL', $workers[0];
wait_for('the dead worker\'s place to be taken', 5,
    sub { sleep 0.02; !grep { $_ == $workers[0] } $civic->nginx->workers });
ok(eval { wait_for('its subscription', 5, sub { sleep 0.02;
    subscribers() == 2 }) }, 'the new worker subscribes');
notify($topic, 'alive');
@answers = answers(40, @sent);
is((grep { $_->{status} && ($_->{json}{value} // '') ne 'alive' } @answers),
    0, 'the other worker\'s pollers are told');
healthy_soon($civic, 'after a worker was killed');
workers_up(2);
well('after a worker was killed');

@sent = send_all($civic, map { poll("end$_", '') } 1 .. 4);
all_waiting(4);
close $_->{socket} for @sent;
all_waiting(0);
settled($civic, 'after it all');

finish();
