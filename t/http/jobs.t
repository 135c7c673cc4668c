# Jobs: two nginx with two workers each on one store; each due run happens
# once per shard, whoever takes it.

use lib 't/lib';
use Civic::Test;
use Civic::Process;
use Time::HiRes qw(sleep time);

my $gates = Civic::Process::folder();
my @with = (plugins => [], fixtures => ["jobs dir=$gates"], workers => 2);
my $one = civic(@with);
my $redis = $one->redis;
my $two = civic(@with, redis => $redis);
my @civics = ($one, $two);

sub wait_for { return Civic::Process::wait_for(@_) }

sub gate {
    my ($name) = @_;

    open my $file, '>', "$gates/$name" or die "$gates/$name: $!";
    return;
}

# While a slot moves nobody may own it.
sub hash {
    my ($key) = @_;

    return { @{ wait_for($key, 5,
        sub { eval { $redis->command('HGETALL', $key) } }) } };
}

# What a shard's script counted, and the shard's lease.
sub counted { return hash("civic:jobs:{$_[0]:" . ($_[1] // 0) . '}') }
sub lease   { return hash("civic:{job:jobs.$_[0]:" . ($_[1] // 0) . '}') }

sub cursor {
    my ($shard) = @_;

    return wait_for('the cursor', 5, sub {
        eval { $redis->command('GET', "civic:{job:jobs.daily:$shard}:cursor") }
    });
}

sub status {
    my ($civic, $job) = @_;
    my $jobs = $civic->client->get('/civic/status')->{json}{jobs};

    return (grep { $_->{name} eq "jobs.$job" } @$jobs)[0];
}

# The sum over both nginx.
sub runs {
    my ($job, $result) = @_;
    my $sum = 0;

    for my $civic (@civics) {
        my $text = $civic->client->get('/civic/metrics')->{content};

        $sum += $1 if $text =~ /^civic_job_runs_total
            \{job="jobs\.$job",result="$result"\}\s(\d+)$/mx;
    }
    return $sum;
}


# ---- each due run, once ----

wait_for('runs', 30, sub {
    !grep { (counted('tick', $_)->{done} // 0) < 5 } 0 .. 2;
});

my %pids;
for my $shard (0 .. 2) {
    my $seen = counted('tick', $shard);
    my @fences = sort { $a <=> $b } map { /^done:(\d+)/ } keys %$seen;

    is($seen->{done}, scalar @fences, "shard $shard: each run has its fence");
    is_deeply(\@fences, [ 1 .. @fences ], 'each fence has its run');
    ok(!(grep { $_ != 1 } map { $seen->{"times:done:$_"} } @fences),
        'no run happened twice');
    is($seen->{refused}, undef, 'nothing was refused');
    my @gaps = map { $seen->{"done:$_"} - $seen->{ 'done:' . ($_ - 1) } }
        @fences[ 1 .. $#fences ];
    ok(!(grep { $_ < 1000 } @gaps), 'none came early') or diag("@gaps");
    ok(!(grep { $_ > 15_000 } @gaps), 'none came late') or diag("@gaps");
    my ($pid, $shards, $id) = split / /, $seen->{last};
    is($shards, 3, 'a run knows how many shards there are');
    like($id, qr/^[0-9a-f]{32}$/, 'and has a request id');
}

my %workers = map { $_ => 1 } map { $_->nginx->workers } @civics;
is(scalar keys %workers, 4, 'four workers');
wait_for('both nginx at work', 60, sub {
    $pids{ (split / /, counted('tick', $_)->{last})[0] }++ for 0 .. 2;
    sleep 0.3;
    !grep { !grep { $pids{$_} } $_->nginx->workers } @civics;
});
is_deeply([ grep { !$workers{$_} } keys %pids ], [], 'both nginx took runs');


# ---- what is seen ----

my $job;
wait_for('what other machines did', 90, sub {   # each reads it once a minute
    $job = status($one, 'tick');
    !grep { $_->{fence} < 5 } @{ $job->{shards} };
});
is($job->{interval}, 1, 'status: the interval');
is(scalar @{ $job->{shards} }, 3, 'status: the shards');
for my $shard (@{ $job->{shards} }) {
    is($shard->{last_result}, 'ok', 'status: the last result');
    is($shard->{failures}, 0, 'no failures');
    ok($shard->{fence} >= 5, 'the fence');
    like($shard->{$_}, qr/^20\d\d-.*\+08:00$/, $_)
        for qw(last_start last_end next_at seen);
}
my $last = wait_for('both to see the same', 90, sub {
    my @fences = map { status($_, 'tick')->{shards}[0]{fence} } @civics;
    my $fence = lease('tick')->{fence};

    return abs($fences[0] - $fence) <= 1 && abs($fences[1] - $fence) <= 1;
});
ok($last, 'each nginx knows what the other ran');
my $text = $one->client->get('/civic/metrics')->{content};
like($text, qr/^# TYPE civic_job_runs_total counter$/m, 'metrics: runs');
like($text, qr/^civic_job_failures\{job="jobs\.tick"\} 0$/m,
    'metrics: failures');
is(runs('tick', 'failed') + runs('tick', 'lost') + runs('tick', 'overrun'), 0,
    'metrics: all were good');
ok(abs(runs('tick', 'ok') - eval {
    my $sum = 0;
    $sum += counted('tick', $_)->{done} for 0 .. 2;
    $sum;
}) <= 6, 'metrics: as many as were counted');


# ---- once a day ----

my $daily = wait_for('the daily job', 10, sub {
    lease('daily', 1)->{last_fence} && lease('daily')->{last_fence}
        && lease('daily');
});
is($daily->{fence}, 1, 'it ran once');
cmp_ok($daily->{next_at} - $daily->{last_end}, '==', 86400_000,
    'from one end to the next start');
is(cursor(0), 1,
    'a script that has the lease among its keys');
my $line = qr/moved on to 1, of "" and 0 roles, job: "jobs\.daily", shard: \d, request: [0-9a-f]{32}$/m;
ok((grep { $_->nginx->log_text =~ $line } @civics),
    'it runs as nobody, and its log lines say which run it is');



# ---- at an operator's word ----

my ($code, $said) = $one->nginx->civicctl('job', 'run', 'jobs.daily');
is($code, 0, 'civicctl job run') or diag($said);
like($said, qr/^jobs\.daily, shard $_: ok in \d+ ms$/m, "shard $_")
    for 0, 1;
is(cursor($_), 2, "shard $_ ran once more") for 0, 1;
is(lease('daily')->{fence}, 2, 'under the next fence');
cmp_ok(lease('daily')->{next_at} - time * 1000, '>', 86300_000,
    'and is due a day later');

($code, $said) = $two->nginx->civicctl('job', 'run', 'jobs.unknown');
is($code, 1, 'a job that nobody has');
like($said, qr/there is no job "jobs\.unknown"/, 'is told');
($code) = $one->nginx->civicctl('job', 'walk');
is($code, 2, 'wrongly called');

($code, $said) = $one->nginx->civicctl('job', 'list');
is($code, 0, 'civicctl job list');
like($said, qr/^jobs\.tick: every 1 s, 3 shards \(counts\)$/m, 'a job');
like($said, qr/^  shard 1: last 20\S+, next 20\S+, result ok, failures 0$/m,
    'a shard');
$said = join '', `LC_ALL=zh_CN.UTF-8 @{[ Civic::Nginx::build() ]}/civicctl \\
    -c @{[ $one->nginx->conf ]} job list`;
utf8::decode($said);
like($said, qr/^jobs\.tick：每 1 秒，3 个分片/m, 'in Chinese');
like($said, qr/^  分片 1：上次 20\S+，下次 20\S+，结果 ok，连续失败 0$/m,
    'a shard in Chinese');


# ---- failures back off, and are seen ----

my $ran = counted('fails')->{done};
ok($ran > 0, 'a job that does not fail yet');
gate('fails');
wait_for('failures', 30, sub { (lease('fails')->{failures} // 0) >= 3 });
my $bad = lease('fails');
is($bad->{last_result}, 'failed', 'the last result');
is($bad->{last_error}, 'it returned CIVIC_ERROR', 'the last error');
my $pause = $bad->{next_at} - $bad->{last_end};
my $base = 1000 * 2**($bad->{failures} - 1);
cmp_ok($pause, '>=', $base, 'each failure doubles the pause');
cmp_ok($pause, '<=', $base * 1.25, 'and a quarter at most of jitter');
ok(runs('fails', 'failed') >= 3, 'metrics: failed');
wait_for('the status', 90, sub {        # of the other one, within a minute
    my $shard = status($one, 'fails')->{shards}[0];
    $shard->{last_error} eq 'it returned CIVIC_ERROR'
        && $shard->{failures} >= 3;
});
($code, $said) = $one->nginx->civicctl('job', 'list');
is($code, 1, 'job list finds a problem');
like($said, qr/last error: it returned CIVIC_ERROR/, 'and says which');
($code, $said) = $one->nginx->civicctl('job', 'run', 'jobs.fails');
is($code, 1, 'job run of one that fails');
like($said, qr/shard 0: failed in \d+ ms: it returned CIVIC_ERROR/, 'says so');

unlink "$gates/fails";
gate('fails-with-a-problem');
($code, $said) = $one->nginx->civicctl('job', 'run', 'jobs.fails');
like($said, qr/it made a problem of status 409/, 'a job has no reply');
unlink "$gates/fails-with-a-problem";
($code, $said) = $one->nginx->civicctl('job', 'run', 'jobs.fails');
is($code, 0, 'repaired, and run before its pause is over') or diag($said);
is(lease('fails')->{failures}, 0, 'the failures are forgotten');
is(lease('fails')->{last_error}, '', 'and the error');


# ---- a deadline ----

gate('overruns');
wait_for('an overrun', 20, sub {
    (lease('overruns')->{last_result} // '') eq 'overrun'
});
my $over = lease('overruns');
is($over->{last_error}, 'it ran over its deadline of 300 ms', 'told');
my $took = $over->{last_end} - $over->{last_start};
cmp_ok($took, '>=', 280, 'not before its deadline');
cmp_ok($took, '<', 6000, 'and soon after');
ok(runs('overruns', 'overrun') >= 1, 'metrics: overrun');
unlink "$gates/overruns";
($code, $said) = $one->nginx->civicctl('job', 'run', 'jobs.overruns');
is($code, 0, 'and then in time') or diag($said);


# ---- the sandbox's clock is no clock of jobs ----

my $before = counted('tick')->{done};
my $began = time;
$one->nginx->civicctl('clock', 'set', '+40d');
sleep 4;
my $more = counted('tick')->{done} - $before;
cmp_ok($more, '<=', int(time - $began) + 1, 'forty days later: not more runs');
cmp_ok($more, '>=', 1, 'and not less');
is(lease('daily')->{fence}, 2, 'the daily job did not become due');
$one->nginx->civicctl('clock', 'reset');

finish();
