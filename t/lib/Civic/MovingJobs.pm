package Civic::MovingJobs;

# The cases of jobs, their leases and their queue for t/fault/scripts_moving.t,
# which says what a case is made of.

use strict;
use warnings;

sub h { return [ 'HSET', @_ ] }

my @lease = (fence => 4, holder => 'me', until => 9e15, next_at => 1,
    failures => 0);

# name => [ case ... ]
sub cases {
    return (
    job_ask => [
        { keys => 1, before => [ h('K1', @lease) ], args => [], answer => 5 },
    ],
    job_beat => [
        { keys => 1, before => [ h('K1', @lease) ], args => [ 'me', 4, 900 ],
          answer => 1 },
    ],
    job_call => [
        { keys => 1, args => [ 'new', 'a.b:0', 'a.b:1' ], answer => 2 },
        { keys => 1, before => [ [ 'ZADD', 'K1', 1, 'a.b:0', 9e12, 'a.c:0' ] ],
          args => [ 'now', 'a.b', 'a.c:0', 'a.c:1' ], answer => 1 },
    ],
    job_done => [
        map { {
            keys => 1, before => [ h('K1', @lease) ],
            args => [ 'me', 4, @$_, 60_000, 0 ],
        } } [ 'ok', '' ], [ 'failed', 'why' ], [ '', '' ],
    ],
    job_next => [
        { keys => 1, before => [ [ 'ZADD', 'K1', 1, 'a.b:0' ] ],
          args => [ 5000, '', '', 0 ] },
        { keys => 1, before => [ [ 'ZADD', 'K1', 1, 'gone.b:0', 2, 'a.b:0',
            9e12, 'a.c:0' ] ],
          args => [ 5000, 'a.c:0', '9000000000000', 0, 'a.b', 'a.c' ] },
        { keys => 1, before => [ [ 'ZADD', 'K1', 1, 'gone.b:0' ] ],
          args => [ 5000, '', '', 0, 'a.b' ] },
    ],
    job_take => [
        { keys => 1, args => [ 'me', 900, 60_000 ] },
        { keys => 1, before => [ h('K1', @lease, holder => 'you',
            until => 1) ], args => [ 'me', 900, 60_000 ] },
    ],
    );
}

1;
