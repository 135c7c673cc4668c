# Scripts on a slot that is on the move.  A key that a script empties and
# writes again is lost to it then ("non local key"), after its first writes
# were made: each script writes what is new before it takes away what goes.

use lib 't/lib';
use Civic::Test;

my $redis = Civic::Redis->start(form => 'cluster');
my ($here, $there) = (0, 1);
my $tag = '{p:moving}';

# A slot of node 0, half-way to node 1.
my $slot = $redis->command_on(0, 'CLUSTER', 'KEYSLOT', $tag);
$redis->migrate($slot, $here);
my @id = map { $redis->command_on($_, 'CLUSTER', 'MYID') } 0, 1;
$redis->command_on($there, qw(CLUSTER SETSLOT), $slot, 'IMPORTING',
    $id[$here]);
$redis->command_on($here, qw(CLUSTER SETSLOT), $slot, 'MIGRATING',
    $id[$there]);

sub text {
    my ($name) = @_;

    open my $file, '<', "lua/redis/$name.lua" or die "$name: $!";
    local $/;
    return scalar <$file>;
}

# The keys' first values are there before the slot moves on.
sub runs {
    my ($name, $keys, $args, $expected, $before) = @_;
    my $answer;

    $redis->command_on($here, qw(CLUSTER SETSLOT), $slot, 'STABLE');
    $before->();
    $redis->command_on($here, qw(CLUSTER SETSLOT), $slot, 'MIGRATING',
        $id[$there]);
    $answer = eval {
        $redis->command_on($here, 'EVAL', text($name), scalar @$keys, @$keys,
            @$args);
    };
    is($@, '', "$name runs");
    is_deeply($answer, $expected, 'and answers') if !$@;
    return;
}

my $sessions = "civic:${tag}:sessions";
runs('session_begin', [$sessions],
    [ 'new', '1 100 100 900 0 0 2 0 password -', 200, 20, 900 ], 1,
    sub {
        $redis->command_on($here, 'HSET', $sessions, 'old',
            '1 1 1 2 0 0 2 0 password -');
    });
is_deeply($redis->command_on($here, 'HKEYS', $sessions), ['new'],
    'the ended session is gone');

my ($person, $guesses) = ("civic:${tag}:person", "civic:${tag}:login");
runs('guesses_succeed', [ $person, $guesses ],
    [ 'sealed', '', 'guesses:unknown', 'phone', 100, 900, 10, 900_000 ], 1,
    sub {
        $redis->command_on($here, 'HSET', $person, 'password', 'sealed');
        $redis->command_on($here, 'HSET', $guesses, 'guesses:unknown', '1 1');
    });
is_deeply($redis->command_on($here, 'HGETALL', $guesses),
    [ 'device:phone', '100' ], 'guesses are forgotten, the device is known');

my $workers = "civic:${tag}:workers";
runs('worker_beat', [$workers], [ 'me/1', '{"at":100000}', 100_000, 60_000 ],
    1,
    sub {
        $redis->command_on($here, 'HSET', $workers, 'gone/1', '{"at":1}');
    });
is_deeply($redis->command_on($here, 'HKEYS', $workers), ['me/1'],
    'a silent worker is forgotten');

done_testing();
