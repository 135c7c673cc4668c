# Notes of outboxes on bad days: Redis is killed between a change and its note,
# a worker is told to go in that moment, and one dies with the notes that it had
# taken.

use lib 't/lib';
use Civic::Test;
use Civic::Process;
use Time::HiRes qw(sleep time);

my $civic = civic(form => 'single', plugins => ['civic'],
    fixtures => ['collector'], workers => 1,
    redis_set => { appendonly => 'yes', appendfsync => 'always' },
    allow => qr/redis|the job did not succeed|the job's result/);
my $nginx = $civic->nginx;
my $redis = $civic->redis;
my $client = $civic->client;

sub wait_for { return Civic::Process::wait_for(@_) }

sub notes {
    my $sum = 0;

    $sum += eval { $redis->command('HLEN', $_) } // 0
        for eval { $redis->keys('civic:outbox-notes:audit:*') };
    return $sum;
}

sub waiting {
    my $sum = 0;

    $sum += $redis->command('XLEN', $_)
        for $redis->keys('civic:outbox:audit:*');
    return $sum;
}

sub enter {
    is($client->post('/collector/entries', json => { text => $_[0] })
        ->{status}, 204, "entry $_[0]");
    return;
}

# No job of it runs, so notes and entries stay where they are.
sub civic_is {
    wait_for('the worker', 15,
        sub { (eval { $redis->command('HLEN', 'civic:workers') } || 0) >= 1 });
    is(($nginx->civicctl('switch', 'civic', $_[0]))[0], 0, "civic is $_[0]");
    sleep 1.5;
    return;
}

sub nothing_is_left {
    ok(eval { wait_for('the trail', 90, sub { !waiting() && !notes() }) },
        $_[0]);
    return;
}


# ---- Redis goes between a change and its note ----

civic_is('off');
ok(eval { wait_for('no notes', 5, sub { !notes() }) }, 'nothing is noted');
enter('before');
$redis->stop(0, 'KILL');
sleep 3;    # the note is told in vain, more than once
$redis->run(0);
is(waiting(), 1, 'the change has survived');
ok(eval { wait_for('the note', 20, sub { notes() == 1 }) },
    'and its note comes when Redis is back');
ok($civic->wait_ready(20), 'the worker has found it again');
civic_is('on');
nothing_is_left('what waited is done');


# ---- a worker goes between a change and its note ----

civic_is('off');
ok(eval { wait_for('no notes', 5, sub { !notes() }) }, 'nothing is noted');
enter('leaving');
$nginx->reload;
ok(eval { wait_for('the note', 10, sub { notes() == 1 }) },
    'a worker that was told to quit stays for it');
civic_is('on');
nothing_is_left('and is done');


# ---- a worker dies with notes that it had taken ----

sub lease {
    my ($shard, @set) = @_;
    my $key = "civic:{job:collector.letters:$shard}";

    $redis->command('HSET', $key, @set) if @set;
    return { @{ $redis->command('HGETALL', $key) } };
}

sub letters {
    my $sum = 0;

    $sum += $redis->command('XLEN', $_)
        for $redis->keys('civic:outbox:collector.letters:*');
    return $sum;
}

# A run looks at those whose turn came since the one before: hardly any.
is(($nginx->civicctl('job', 'run', 'collector.letters'))[0], 0, 'a run');
lease($_, holder => 'gone/1/0', until => 9e15) for 0 .. 3;
is($client->post('/collector/letters', json => { text => "$_" })->{status},
    204, "letter $_") for 1 .. 4;
my @noted;
ok(eval { wait_for('the notes', 10, sub {
    @noted = $redis->keys('civic:outbox-notes:collector.letters:*');
    @noted && letters() == 4 }) }, 'four letters wait for who has the lease');
sleep 1;    # all are told
$redis->command('DEL', $redis->keys('civic:outbox-notes:collector.letters:*'));
my @fence = map { lease($_, until => 1)->{fence} } 0 .. 3;
ok(eval { wait_for('one run of each shard', 20, sub {
    !grep { (lease($_)->{last_fence} // 0) <= $fence[$_] } 0 .. 3 }) },
    'whose lease ends without a word');
is(letters(), 0, 'the next one looks everywhere, not where notes are');

finish();
