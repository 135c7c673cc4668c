package Civic::MovingTicket;

# The cases of the ticket's scripts for t/fault/scripts_moving.t, which says
# what a case is made of.

use strict;
use warnings;

my $now = 1_790_000_000_000;
my $digest = '00112233445566778899aabbccddeeff';

sub h { return [ 'HSET', @_ ] }
sub x { return [ 'XADD', $_[0], '1-1', 'entry', 'first' ] }

# A round that runs: one has a seat, one waits.
my @order = (seed => '0123456789abcdef', wanted => 2, round => 2, done => 1,
    step => 7, phase => 'seat', cursor => 0, seated => 0, unclear => 0,
    astray => 0, back => 0);
my @people = (p1 => '63260100101 0101 seated 2', p2 => '- 0101 waiting 1');
my $line = [ 'ZADD', 'K3', 0, "$digest:p2" ];

# name => [ case ... ]
sub cases {
    return (
    ticket_back => [
        { keys => 6, before => [ h('K1', @people), h('K2',
            '63260100101' => 'p1'), $line, h('K4', @order), x('K5'),
            x('K6') ],
          args => [ 'p1', '63260100101 0101 seated 2', $digest, 'e', 'a' ],
          answer => 2 },
        { keys => 6, before => [ h('K1', @people), $line, h('K4', @order) ],
          args => [ 'p2', '- 0101 waiting 1', $digest, 'e', 'a' ],
          answer => 1 },
        { keys => 6, before => [ h('K1', @people) ],
          args => [ 'p1', '- 0101 back 3', $digest, 'e', 'a' ],
          answer => 0 },
    ],
    ticket_collect => [
        { keys => 3, before => [ h('K1', @order), h('K2', @people), $line ],
          args => [ 7, 'seat', 0, 1, 'p1', '0102', $digest, 'p3', '0101',
            $digest ], answer => 1 },
        { keys => 3, before => [ h('K1', @order) ],
          args => [ 6, 'seat', 0, 0, 'p1', '0102', $digest ],
          answer => -1 },
    ],
    ticket_door => [
        { keys => 2, before => [ x('K2') ],
          args => [ '63260100101:xc', $now, 'c1', $digest, 'a', 'b' ],
          answer => '' },
        { keys => 2, before => [ h('K1',
            '63260100101:xc' => "$now c0 $digest"), x('K2') ],
          args => [ '63260100101:xc', $now, 'c1', $digest, 'a', 'b' ],
          answer => "$now c0 $digest" },
        { keys => 2, before => [ h('K1', '63260100101:xc' => "$now c0 aa") ],
          args => [ '63260100101:xc', $now, 'c1', $digest, 'a', 'b' ],
          answer => '' },
    ],
    ticket_erase => [
        { keys => 5, before => [ h('K1', @people), h('K2',
            '63260100101' => 'p1'), $line, h('K4',
            '63260100101:xc' => "$now c0 aa"), x('K5') ],
          args => [ 'p1', '63260100101 0101 seated 2', $digest, 'a' ],
          answer => 1 },
        { keys => 5, before => [ h('K1', @people), $line ],
          args => [ 'p2', '- 0101 waiting 1', $digest, 'a' ], answer => 1 },
        { keys => 5, before => [ h('K1', @people[0, 1]), h('K2',
            '63260100101' => 'p1'), $line, h('K4',
            '63260100101:xc' => "$now c0 aa"), x('K5') ],
          args => [ 'p1', '63260100101 0101 seated 2', $digest, 'a' ],
          answer => 1 },
        { keys => 5, before => [ h('K1', @people) ],
          args => [ 'p1', '- 0101 back 3', $digest, 'a' ], answer => 0 },
    ],
    ticket_opened => [
        { keys => 1, before => [ h('K1', @order) ], args => [ '', 12, 'opened' ],
          answer => 1 },
        { keys => 1, before => [ h('K1', @order, opened => 12) ],
          args => [ 12, 'all', 'opened' ], answer => 1 },
        { keys => 1, before => [ h('K1', @order, opened => 'all') ],
          args => [ 12, 'all', 'opened' ], answer => 0 },
        { keys => 1, before => [ h('K1', @order, window => '1 2 all') ],
          args => [ '1 2 all', '1 3 0', 'window' ], answer => 1 },
    ],
    ticket_order => [
        { keys => 2, before => [ x('K2') ],
          args => [ '0123456789abcdef', $now, 'a', 1 ], answer => 1 },
        { keys => 2, before => [ h('K1', @order), x('K2') ],
          args => [ 'fedcba9876543210', $now, 'a', 2 ], answer => 3 },
    ],
    ticket_round => [
        { keys => 3, before => [ h('K1', @order, wanted => 3, done => 2) ],
          args => [ 7, 'begin', 'check', 0, 0, 0, $now ], answer => 1 },
        { keys => 3, before => [ h('K1', @order) ],
          args => [ 7, 'move', 'collect', 0, 1, 1, $now ], answer => 1 },
        { keys => 3, before => [ h('K1', @order), h('K2',
            '63260100101' => 'p1'), $line ],
          args => [ 7, 'end', '', 0, 0, 0, $now ], answer => 1 },
        { keys => 3, before => [ h('K1', @order) ],
          args => [ 8, 'end', '', 0, 0, 0, $now ], answer => 0 },
    ],
    ticket_seat => [
        { keys => 5, before => [ h('K1', @order), h('K2',
            '63260100101' => 'p1'), h('K3', @people),
            [ 'ZADD', 'K4', 0, "$digest:p2" ], x('K5') ],
          args => [ 7, 256, 'e', 'p2', $digest, '63260100102' ],
          answer => 1 },
        { keys => 5, before => [ h('K1', @order), h('K2',
            '63260100101' => 'p1'), h('K3', @people),
            [ 'ZADD', 'K4', 0, "$digest:p2", 0, "$digest:p1" ] ],
          args => [ 7, 256, 'e', 'p2', $digest, '63260100101', 'p1', $digest,
            '63260100103' ],
          answer => 0 },
        { keys => 5, before => [ h('K1', @order), h('K3', @people) ],
          args => [ 6, 256, 'e', 'p2', $digest, '63260100102' ],
          answer => -1 },
    ],
    );
}

1;
