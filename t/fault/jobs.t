# Jobs on bad days: a holder that is frozen past its lease and woken, a
# worker killed in the middle of a run, Redis down when a lease is taken and
# when a result is reported, a reload under way.
#
# takes: long

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use Civic::Process;
use Time::HiRes qw(sleep time);

my $gates = Civic::Process::folder();
my @with = (form => 'single', plugins => ['hello'],
    fixtures => [ 'fault', "jobs dir=$gates" ]);
my $one = civic(@with);
my $redis = $one->redis;
my $two = civic(@with, redis => $redis);
my @civics = ($one, $two);

sub gate {
    my ($name) = @_;

    open my $file, '>', "$gates/$name" or die "$gates/$name: $!";
    return;
}

sub counted { return { @{ $redis->command('HGETALL',
    "civic:jobs:{$_[0]:" . ($_[1] // 0) . '}') } } }
sub lease   { return { @{ $redis->command('HGETALL',
    "civic:{job:jobs.$_[0]:" . ($_[1] // 0) . '}') } } }

# Closes the gate and waits for a run that stands before it: its lease, the
# pid of its worker, and whose nginx that is.
sub caught {
    my ($job) = @_;
    my $ran = counted($job)->{fence} // 0;

    gate($job);
    my $lease = wait_for("a run of $job", 20, sub {
        my $now = lease($job);

        $now->{holder} && counted($job)->{"started:$now->{fence}"}
            && !counted($job)->{"done:$now->{fence}"} && $now;
    });
    my ($pid) = $lease->{holder} =~ m{/(\d+)/};
    my ($civic) = grep { grep { $_ == $pid } $_->nginx->workers } @civics;

    cmp_ok($lease->{fence}, '>', $ran, "$job: a run, under a new fence");
    ok($civic, "$job: its holder is a worker");
    return ($lease, $pid, $civic);
}

sub other { return (grep { $_ != $_[0] } @civics)[0] }

# Every run of the job was whole, but those of the fences that are named.
sub whole {
    my ($name, $job, @but) = @_;
    my %but = map { $_ => 1 } @but;
    my $seen = counted($job);
    my @twice = grep { /^times:/ && $seen->{$_} != 1 } keys %$seen;
    my @half = grep { /^started:(\d+)/ && !$but{$1} && $1 < $seen->{fence}
        && !$seen->{"done:$1"} } keys %$seen;

    is("@twice", '', "$name: nothing was done twice");
    is("@half", '', "$name: nothing is half done");
    is(scalar(grep { $seen->{"done:$_"} } @but), 0,
        "$name: what came late was not done");
    return;
}

sub runs_go_on {
    my ($name) = @_;
    my %fence = map { $_ => lease($_)->{last_fence} // 0 } qw(tick slow);

    ok(eval {
        wait_for('runs', 25, sub {
            !grep { (lease($_)->{last_fence} // 0) <= $fence{$_} + 1
                || lease($_)->{last_result} ne 'ok' } keys %fence;
        });
    }, "$name: runs go on");
    return;
}

# How often a holder was found lost.
sub lost {
    return scalar(() = map { $_->nginx->log_text =~ /did not end it/g }
        @civics);
}

my $given_up;
runs_go_on('at first');


# ---- frozen past its lease, and woken ----

# The whole worker stands still between two scripts, its deadline is not
# over yet: what it sends late is for the fence to refuse.
{
    my ($lease, $pid, $civic) = caught('frozen');
    my $fence = $lease->{fence};

    kill 'STOP', $pid;
    unlink "$gates/frozen";
    $redis->command('HSET', 'civic:{job:jobs.frozen:0}', 'until', 1);
    wait_for('another holder', 20, sub {
        (lease('frozen')->{last_fence} // 0) > $fence;
    });
    my $after = lease('frozen');
    cmp_ok($after->{fence}, '>', $fence, 'the fence rose');
    is($after->{last_result}, 'ok', 'another ran it');
    ok(other($civic)->nginx->log_has(
        qr/job "jobs\.frozen", shard 0: its holder \Q$lease->{holder}\E did not end it/),
        'and says that a holder was lost');
    like(other($civic)->client->get('/civic/metrics')->{content},
        qr/^civic_job_runs_total\{job="jobs\.frozen",result="lost"\} 1$/m,
        'and counts it');

    is(counted('frozen')->{refused}, undef, 'nothing was refused so far');
    kill 'CONT', $pid;
    wait_for('the late script', 10, sub { counted('frozen')->{refused} });
    is(counted('frozen')->{refused}, 1, 'woken: its late script is refused');
    whole('woken', 'frozen', $fence);
    # its clocks jump as well: the answer may be too late for any of them
    ok($civic->nginx->log_has(qr/fenced\soff:\s"frozen"\sdone
        |the\sjob\sdid\snot\ssucceed:\sit(?:s\slease|\sran\sover
        |\sreturned\sCIVIC_UNKNOWN)[^\n]*jobs\.frozen/x, 15),
        'it was told, or given up while the answer came');
    ok($civic->nginx->log_has(
        qr/result "(?:failed|overrun)" could not be reported: its lease is another's/,
        15),
        'and its result is nobody\'s');
    isnt(lease('frozen')->{last_result}, 'failed', 'the lease is not touched');
    serves($civic, 'the woken worker');
}

# Stopped until its lease has ended by itself, in the middle of work on a
# thread: here the host gives the run up before it can send anything.
{
    my ($lease, $pid, $civic) = caught('slow');
    my $fence = $lease->{fence};

    kill 'STOP', $pid;
    unlink "$gates/slow";
    wait_for('another holder', 25, sub {
        (lease('slow')->{last_fence} // 0) > $fence;
    });
    # both by Redis' clock: who looks, and when, does not matter
    cmp_ok(lease('slow')->{last_start}, '>=', $lease->{until},
        'not before the lease has ended');
    kill 'CONT', $pid;
    ok($civic->nginx->log_has(qr/(?:the job did not succeed|fenced off)/, 15),
        'woken: it is given up');
    runs_go_on('after the wake');
    whole('a lease that ended', 'slow', $fence);
    $given_up = $fence;
}

# However long a run may last, its lease is short: it is prolonged.
{
    my ($lease, $pid, $civic) = caught('long');
    my $fence = $lease->{fence};

    cmp_ok($lease->{until} - $lease->{last_start}, '<=', 15_000,
        'a run of up to 60 s has a lease of 15');
    my $longer = wait_for('the beat', 15, sub {
        my $now = lease('long');

        $now->{until} > $lease->{until} && $now;
    });
    is($longer->{fence}, $fence, 'it is prolonged while it runs');
    $civic->nginx->allow(qr/worker process $pid exited on signal 9/);
    kill 'KILL', $pid;
    unlink "$gates/long";
    wait_for('another worker', 25, sub {
        (lease('long')->{last_fence} // 0) > $fence;
    });
    is(lease('long')->{last_result}, 'ok', 'killed: another ran it');
    whole('prolonged, and killed', 'long', $fence);
    runs_go_on('after a long run');
}


# ---- a worker killed in the middle ----

{
    my ($lease, $pid, $civic) = caught('slow');
    my $fence = $lease->{fence};

    $civic->nginx->allow(qr/worker process $pid exited on signal 9/);
    kill 'KILL', $pid;
    unlink "$gates/slow";
    wait_for('another worker', 25, sub {
        (lease('slow')->{last_fence} // 0) > $fence;
    });
    is(lease('slow')->{last_result}, 'ok', 'killed: another ran it');
    ok((grep { $_->nginx->log_has(
        qr/its holder \Q$lease->{holder}\E did not end it/, 1) } @civics),
        'and the log says who was lost');
    whole('killed', 'slow', $given_up, $fence);
    runs_go_on('after the kill');
}


# ---- Redis down ----

# When leases are taken.
my $ticks = lease('tick')->{fence};
$redis->stop(0, 'KILL');
sleep 3;
$redis->run(0);
runs_go_on('redis was down at the taking');
cmp_ok(lease('tick')->{fence}, '>', $ticks, 'the fence never falls');

# When a result is reported: it is, once Redis is back.
{
    my ($lease, $pid, $civic) = caught('slow');
    my $fence = $lease->{fence};
    my $lost = lost();

    $redis->stop(0, 'KILL');
    unlink "$gates/slow";
    sleep 1.5;
    $redis->run(0);
    wait_for('the report', 20, sub {
        (lease('slow')->{last_fence} // 0) >= $fence;
    });
    ok($civic->nginx->log_has(
        qr/the job did not succeed: it returned CIVIC_(?:NOT_SENT|UNKNOWN), job: "jobs\.slow"/),
        'the run failed for want of the store');
    is(lost(), $lost, 'and was not lost: its result was reported later');
    runs_go_on('redis was down at the report');
}


# ---- a reload under way ----

{
    my ($lease, $pid, $civic) = caught('slow');
    my $fence = $lease->{fence};

    $civic->nginx->reload(gently => 1);
    sleep 0.7;
    ok(kill(0, $pid), 'the old worker waits for its job');
    unlink "$gates/slow";
    wait_for('the result', 10, sub {
        (lease('slow')->{last_fence} // 0) >= $fence;
    });
    ok(counted('slow')->{"done:$fence"}, 'the job was finished');
    wait_for('the old worker to go', 10, sub {
        !grep { $_ == $pid } $civic->nginx->workers;
    });
    pass('then the old worker left');
    runs_go_on('after the reload');
    my %old = map { (split / /, counted('tick', $_)->{last})[0] => 1 } 0 .. 2;
    ok(!$old{$pid}, 'what came later was run by others');
    is_deeply([ $civic->nginx->log_text =~ /(open socket .* left)/g ], [],
        'nothing was left open');
}

# Many reloads: no run is lost or done twice.
{
    my $lost = lost();

    $_->nginx->reload for ($one, $two) x 3;
    runs_go_on('after six reloads');
    is(lost(), $lost, 'a reload loses no lease');
    for my $shard (0 .. 2) {
        my $seen = counted('tick', $shard);

        ok(!(grep { /^times:/ && $seen->{$_} != 1 } keys %$seen),
            "shard $shard: no run was done twice");
    }
}

settled($one, 'after it all');

# A fast stop does not wait for a job; its lease is the next one's.
{
    my ($lease, $pid, $civic) = caught('slow');

    $civic->nginx->signal('TERM');
    unlink "$gates/slow";
    is($civic->nginx->stop('TERM'), 0, 'stopped in the middle of a job');
}

finish();
