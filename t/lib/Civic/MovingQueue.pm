package Civic::MovingQueue;

# The cases of the staff's queues for t/fault/scripts_moving.t, which says what
# a case is made of.

use strict;
use warnings;

sub h { return [ 'HSET', @_ ] }

# Two wait, each is held.
my @two = ([ 'ZADD', 'K1', 1, 'a', 2, 'b' ], h('K2', a => 'p 3', b => 'q 5'),
    h('K3', a => 'ann 9000', b => 'bob 9000'), h('K4', ann => 'a', bob => 'b'),
    [ 'SADD', 'K5', 'a', 'b' ]);

# One waits, ann holds it.
my @one = ([ 'ZADD', 'K1', 1, 'a' ], h('K2', a => 'p 3'),
    h('K3', a => 'ann 9000'), h('K4', ann => 'a'), [ 'SADD', 'K5', 'a' ]);

# name => [ case ... ]
sub cases {
    return (
    staff_queue_drop => [
        { keys => 5, before => [@two], args => [ 'a', 3 ], answer => 1 },
        { keys => 5, before => [@one], args => [ 'a', '' ], answer => 1 },
        { keys => 5, before => [@one], args => [ 'a', 2 ], answer => 0 },
        { keys => 5, args => [ 'a', '' ], answer => 0 },
    ],
    staff_queue_hold => [
        { keys => 5, before => [@one], args => [ 'a', 'bob', 9000 ],
          answer => 1 },
        { keys => 5, before => [@one], args => [ 'a', '', 0 ], answer => 1 },
        { keys => 5, args => [ 'a', 'bob', 9000 ], answer => 0 },
    ],
    staff_queue_keep => [
        { keys => 5, before => [@one], args => [ 'a', 'ann', 1000, 9999 ],
          answer => [ 'held', 'p', '3', '9999' ] },
        { keys => 5, before => [@one], args => [ 'a', 'ann', 1000, 0 ],
          answer => [ 'held', 'p', '3', '9000' ] },
        { keys => 5, before => [@one], args => [ 'a', 'ann', 1000, '' ],
          answer => [ 'held', 'p', '3', '9000' ] },
        { keys => 5, before => [@one], args => [ 'a', 'ann', 9000, 9999 ],
          answer => [ 'over', '', '', '' ] },
        { keys => 5, before => [@two], args => [ 'a', 'bob', 1000, 0 ],
          answer => [ 'no', '', '', '' ] },
    ],
    staff_queue_put => [
        { keys => 5, args => [ 'a', 'p', 3, 1, 0, '', 0 ], answer => 1 },
        { keys => 5, before => [ [ 'ZADD', 'K1', 1, 'b' ],
            h('K2', b => 'q 1') ],
          args => [ 'a', 'p', 3, 2, 1, 'ann', 9000 ], answer => 1 },
        { keys => 5, before => [@one],
          args => [ 'a', 'p', 4, 2, 0, 'bob', 9000 ], answer => 0 },
        { keys => 5, before => [@one],
          args => [ 'a', 'p', 3, 2, 0, '', 0 ], answer => 0 },
        # of an older release
        { keys => 5, before => [ [ 'ZADD', 'K1', 1, 'a' ], h('K2', a => 'p') ],
          args => [ 'a', 'p', 3, 2, 0, '', 0 ], answer => 0 },
    ],
    staff_queue_take => [
        { keys => 5, before => [ [ 'ZADD', 'K1', 1, 'a', 2, 'b', 3, 'c' ],
            h('K2', a => 'p 1', b => 'q 2'), h('K3', a => 'ann 9000'),
            h('K4', ann => 'a') ],
          args => [ 'bob', 1000, 9000, '' ], answer => [ 'b', 'q', '2' ] },
        { keys => 5, before => [ [ 'ZADD', 'K1', 1, 'b', 2, 'a' ],
            h('K2', a => 'p'), h('K3', a => 'ann 9000'),
            h('K4', ann => 'a') ],
          args => [ 'ann', 1000, 9999, '' ], answer => [ 'a', 'p', '0' ] },
        { keys => 5, before => [ [ 'ZADD', 'K1', 1, 'a' ],
            h('K3', a => 'ann 900'), h('K4', ann => 'a') ],
          args => [ 'bob', 1000, 9000, '' ], answer => [ 'a', '', '0' ] },
        { keys => 5, before => [@two], args => [ 'cid', 9000, 9999, 'b' ],
          answer => [ 'b', 'q', '5' ] },
        { keys => 5, before => [@two], args => [ 'ann', 1000, 9999, 'b' ],
          answer => [] },
        { keys => 5, args => [ 'bob', 1000, 9000, '' ], answer => [] },
    ],
    staff_queue_walk => [
        { keys => 1, args => [ 3, '184467440737' ], answer => 1 },
    ],
    );
}

1;
