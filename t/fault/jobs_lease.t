# The leases of jobs, script by script: who gets one and when, what a lost
# answer costs, and how long failures keep it back.

use lib 't/lib';
use Civic::Test;
use Civic::Process;
use Time::HiRes qw(sleep time);

my $redis = Civic::Redis->start(form => 'single');
my $key = 'civic:{job:test.job:0}';

sub script {
    my ($name, @args) = @_;
    my $path = Civic::Process::ROOT . "/lua/redis/$name.lua";

    open my $file, '<', $path or die "$path: $!";
    return $redis->command('EVAL', join('', <$file>), 1, $key, @args);
}

sub take { return script('job_take', $_[0], $_[1] // 10_000, $_[2] // 60_000) }

sub done {
    my ($who, $fence, $result, $interval) = @_;

    return script('job_done', $who, $fence, $result, "why $result",
        $interval // 60_000, 0);
}

sub lease { return { @{ $redis->command('HGETALL', $key) } } }
sub set   { return $redis->command('HSET', $key, @_) }
sub fresh { return $redis->command('DEL', $key) }

# [ taken, a lost holder, ms to wait ]
sub told { return [ @{ $_[0] }[ 0, 1, 2 ] ] }


# ---- who gets it ----

is_deeply(told(take('a')), [ 1, 0, 0 ], 'what never ran is due');
is(lease()->{fence}, 1, 'under the first fence');
my $answer = take('b');
is($answer->[0], 0, 'nobody else gets it');
cmp_ok($answer->[2], '>', 5000, 'until the lease ends');
is($answer->[5], 'a', 'and learns who holds it');
is_deeply(told(take('a')), [ 1, 0, 0 ],
    'who asks again never heard the answer, and gets it');
is(lease()->{fence}, 2, 'under another fence');
is(done('a', 1, 'ok')->[0], 0, 'the former fence notes nothing');
is(done('b', 2, 'ok')->[0], 0, 'nor does another holder');
is(lease()->{last_result}, undef, 'indeed');
is(done('a', 2, 'ok')->[0], 1, 'the holder does');
my $lease = lease();
cmp_ok($lease->{next_at} - $lease->{last_end}, '==', 60_000, 'an interval');
is_deeply([ @$lease{qw(holder failures last_result last_fence)} ],
    [ '', 0, 'ok', 2 ], 'and gave it back');
is(done('a', 2, 'failed')->[0], 1, 'a second report is answered');
is(lease()->{last_result}, 'ok', 'and changes nothing');
$answer = take('b');
is($answer->[0], 0, 'it is not due');
cmp_ok($answer->[2], '>', 50_000, 'for nearly a minute');


# ---- prolonged ----

set(next_at => 0);
take('a', 8000);
my $until = lease()->{until};
is(script('job_beat', 'a', 3, 20_000), 1, 'the holder prolongs it');
cmp_ok(lease()->{until}, '>', $until + 10_000, 'by that much');
is(script('job_beat', 'b', 3, 20_000), 0, 'nobody else does');
is(script('job_beat', 'a', 2, 20_000), 0, 'nor a former fence');


# ---- given back without a run ----

my $ended = lease()->{last_end};
is(done('a', 3, '')->[0], 1, 'handed back');
is(lease()->{last_end}, $ended, 'which is no run');
is(take('b')->[0], 1, 'and due at once');
is(done('b', 4, 'ok')->[0], 1, 'for another');


# ---- failures ----

fresh();
my @pauses = map {
    set(next_at => 0);
    take('a');
    done('a', $_, 'failed');
    my $now = lease();
    is($now->{failures}, $_, "failure $_");
    $now->{next_at} - $now->{last_end};
} 1 .. 8;
is_deeply(\@pauses, [ map { $_ * 60_000 } 1, 2, 4, 8, 16, 32, 60, 60 ],
    'a minute, doubled, an hour at most');
fresh();
is_deeply([ map {
    set(next_at => 0);
    take('a', 10_000, 5000);
    done('a', $_, 'overrun', 5000);
    lease()->{next_at} - lease()->{last_end};
} 1 .. 3 ], [ 5000, 10_000, 20_000 ], 'or the interval, if that is shorter');
fresh();
is_deeply([ map {
    set(next_at => 0, failures => $_);
    take('a', 10_000, 86_400_000);
    done('a', lease()->{fence}, 'failed', 86_400_000);
    lease()->{next_at} - lease()->{last_end};
} 0, 30 ], [ 60_000, 86_400_000 ], 'what is due daily is tried again soon');
set(next_at => 0, failures => 0);
take('a');
script('job_done', 'a', lease()->{fence}, 'failed', 'why', 60_000, 1000);
is(lease()->{next_at} - lease()->{last_end}, 75_000, 'and its jitter');


# ---- lost holders ----

fresh();
take('a');
set(until => int(time * 1000) - 5);
$answer = take('b');
is_deeply(told($answer), [ 1, 1, 0 ], 'the first time at once');
is($answer->[11], 'its holder a did not end it', 'and it is told');
is_deeply([ @{ lease() }{qw(failures last_result fence)} ], [ 1, 'lost', 2 ],
    'a failure');
set(until => int(time * 1000) - 5);
$answer = take('c');
is($answer->[0], 0, 'the next one after a pause');
cmp_ok($answer->[2], '>', 50_000, 'as after any failure');
set(until => int(time * 1000) - 61_000);
is_deeply(told(take('c')), [ 1, 1, 0 ], 'then');
is(lease()->{failures}, 2, 'failures add up');
is(done('b', 2, 'ok')->[0], 0, 'the lost one comes too late');
is(done('c', 3, 'ok')->[0], 1, 'the new one does not');
is(lease()->{failures}, 0, 'and all is well');


# ---- asked for ----

is(take('a')->[0], 0, 'not due');
is(script('job_ask'), 4, 'asked for: the next fence');
is(take('a')->[0], 2, 'is due, and said to be asked for');
is(script('job_ask'), 5, 'asked for while it runs');
is(take('b')->[0], 0, 'nobody takes it away');
done('a', 4, 'ok');
is(take('b')->[0], 2, 'it runs once more');
done('b', 5, 'failed');
is(take('b')->[0], 0, 'and no more than that');
is(script('job_ask'), 6, 'asked for while it is kept back');
is(take('b')->[0], 2, 'it runs');
set(until => int(time * 1000) - 3_700_000);
is_deeply(told(take('c')), [ 2, 1, 0 ],
    'and whoever runs it after a lost one is told, too');
done('c', 7, 'ok');
set(next_at => 1);
is(take('a')->[0], 1, 'the next is as any other');

done_testing();
