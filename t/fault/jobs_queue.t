# The queue of jobs on bad days: it is lost, a worker dies with what it was
# given, a call to it fails, and what is in it belongs to nobody.

use lib 't/lib';
use Civic::Test;
use Civic::Process;
use Time::HiRes qw(sleep time);

my $gates = Civic::Process::folder();
my @with = (form => 'single', plugins => [],
    fixtures => [ "jobs dir=$gates", 'collector' ]);
my $one = civic(@with, allow => qr/redis|WRONGTYPE/);
my $redis = $one->redis;
my $two = civic(@with, redis => $redis, allow => qr/redis|WRONGTYPE/);
my $queue = 'civic:job-queue';

sub wait_for { return Civic::Process::wait_for(@_) }

sub fence {
    return $redis->command('HGET', "civic:{job:jobs.$_[0]:0}", 'fence') // 0;
}

# How long until the job has run again.
sub runs {
    my ($job, $most) = @_;
    my $fence = fence($job);
    my $began = time;

    return eval { wait_for($job, $most, sub { fence($job) > $fence }) }
        ? time - $began : 'not at all';
}

sub script {
    my ($name, @args) = @_;
    my $path = Civic::Process::ROOT . "/lua/redis/$name.lua";

    open my $file, '<', $path or die "$path: $!";
    return $redis->command('EVAL', join('', <$file>), 1, $queue, @args);
}

sub letter {
    my ($text) = @_;

    is($one->client->post('/collector/letters', json => { text => $text })
        ->{status}, 204, "letter $text");
    return time;
}

sub arrives {
    my ($text, $most, $what) = @_;

    ok(eval { wait_for($what, $most, sub {
        $redis->command('HGET', 'civic:collector:letters', $text) }) }, $what);
    return;
}

ok(runs('tick', 20) =~ /^[\d.]+$/, 'it runs');
ok(eval { wait_for('all', 10, sub {
    $redis->command('ZSCORE', $queue, 'jobs.daily:1') }) }, 'all are enrolled');


# ---- a worker dies with what it was given ----

# As if a worker had been given it, and no more was heard of it.
my ($given, $at);
wait_for('a turn', 20, sub {
    ($given, $at) = @{ script('job_next', 5000, '', '', 0, 'jobs.tick') };
    $given;
});
my ($shard) = $given =~ /^jobs\.tick:(\d)$/;
my $ran = $redis->command('HGET', "civic:{job:jobs.tick:$shard}", 'fence');
my $began = time;
ok(eval { wait_for('another', 15, sub {
    $redis->command('HGET', "civic:{job:jobs.tick:$shard}", 'fence') > $ran })
}, 'another worker is given it');
my $took = time - $began;
cmp_ok($took, '>', 4, 'not before its time is over');
cmp_ok($took, '<', 9, 'but soon after');

# What it puts back late does no harm.
script('job_next', 5000, $given, $at, 3_600_000);
cmp_ok($redis->command('ZSCORE', $queue, $given), '<', (time + 60) * 1000,
    'it does not put back what is another\'s');


# ---- the queue is lost ----

# Letters rest by now.
sleep 3;
$redis->command('DEL', $queue);
cmp_ok(runs('tick', 20), '<', 8, 'the queue is lost: jobs go on');
ok(eval { wait_for('all', 10, sub {
    $redis->command('ZSCORE', $queue, 'jobs.daily:1') }) },
    'and all are in it again');
is(fence('daily'), 1, 'what is not due did not run');

$redis->command('DEL', $queue);
$redis->command('SET', $queue, 'in the way');
letter('in the way');
sleep 3;
$redis->command('DEL', $queue);
arrives('in the way', 15, 'a call that failed is made again');


# ---- what belongs to nobody ----

my $now = int(time * 1000);
$redis->command('ZADD', $queue, map { ($now - 60_000, "gone.job:$_") }
    0 .. 255);
$redis->command('ZADD', $queue, $now - 3_700_000, 'gone.yesterday:0');
$redis->command('ZADD', $queue, $now - 60_000, 'jobs.tick:77');
cmp_ok(runs('tick', 20), '<', 8, 'others\' jobs are passed by');
ok(eval { wait_for('it to go', 10, sub {
    !defined $redis->command('ZSCORE', $queue, 'gone.yesterday:0') }) },
    'and dropped after an hour');
ok(defined $redis->command('ZSCORE', $queue, 'gone.job:255'), 'not before');
ok(eval { wait_for('it to wait', 10, sub {
    $redis->command('ZSCORE', $queue, 'jobs.tick:77') > time * 1000 + 30_000
}) }, 'a shard of more shards waits');


# ---- workers that are told to go ----

# A call is not lost with the worker that was about to make it.
sleep 3;
$began = letter('leaving');
$one->nginx->reload;
arrives('leaving', 15, 'what a leaving worker was given to call, it called');
cmp_ok(time - $began, '<', 12, 'and nobody rested');

# Killed: their shards are others', and so is what they were given.
$began = time;
$two->nginx->allow(qr/exited on signal 9/);
kill 'KILL', $two->nginx->workers;
cmp_ok(runs('tick', 20), '<', 10, 'killed: others go on');
letter('after');
arrives('after', 15, 'and new workers are called');

finish();
