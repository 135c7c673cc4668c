package Civic::MovingSampling;

# The cases of the scripts of sampling for t/fault/scripts_moving.t, which says
# what a case is made of.

use strict;
use warnings;

my $now = 1_790_000_000_000;

sub h { return [ 'HSET', @_ ] }
sub x { return [ 'XADD', $_[0], '1-1', 'entry', 'first' ] }

my %tube = (state => 'open', version => 1, capacity => 5, count => 1,
    place => 'p', by => 'ann', at => 7);
my @people = (1 => 'e1 m1', 'who:1' => 'sealed', 'id:e1' => 1,
    'mark:m1' => 1);

sub tube {
    my (%more) = @_;
    my %all = (%tube, %more);

    return h('K1', map { $_ => $all{$_} } sort keys %all);
}

my @add = ('ann', 'e2', 'm2', 'sealed', $now, '1', 'a', 'b');
my @told = (state => 'told', result => 'negative', result_at => 5,
    told_at => 6);
my @next = (next_by => 'lab', next_result => 'positive',
    next_result_at => 8, next_at => 9, next_why => 'sealed');

# name => [ case ... ]
sub cases {
    return (
    sampling_open => [
        { keys => 2, before => [ x('K2') ],
          args => [ 'ann', 5, 'p', $now, 'a' ], answer => 'opened' },
        { keys => 2, before => [ tube(count => 0) ],
          args => [ 'ann', 5, 'p', $now, 'a' ], answer => 'again' },
        { keys => 2, before => [ tube() ],
          args => [ 'ann', 5, 'p', $now, 'a' ], answer => 'used' },
    ],
    sampling_add => [
        { keys => 3, before => [ tube(), h('K2', @people), x('K3') ],
          args => \@add, answer => [ 'added', 2, 2, 5, 'open' ] },
        { keys => 3, before => [ tube(capacity => 2), h('K2', @people),
            x('K3') ],
          args => \@add, answer => [ 'added', 2, 2, 2, 'sealed' ] },
        { keys => 3, before => [ tube(count => 0) ],
          args => \@add, answer => [ 'added', 1, 1, 5, 'open' ] },
        { keys => 3, before => [ tube(state => 'sealed'),
            h('K2', @people) ],
          args => \@add, answer => [ 'sealed', 0, 1, 5, 'sealed' ] },
    ],
    sampling_remove => [
        { keys => 3, before => [ tube(), h('K2', @people), x('K3') ],
          args => [ 'ann', 'e1', 'a' ], answer => 'removed' },
        { keys => 3, before => [ tube(), h('K2', @people) ],
          args => [ 'ann', 'e9', 'a' ], answer => 'gone' },
    ],
    sampling_seal => [
        { keys => 2, before => [ tube(), x('K2') ],
          args => [ 'ann', '', $now, 'a' ], answer => 'sealed' },
        { keys => 2, before => [ tube() ],
          args => [ 'bob', '', $now, 'a' ], answer => 'other' },
    ],
    sampling_result => [
        { keys => 3, before => [ tube(state => 'sealed'), x('K2'), x('K3') ],
          args => [ 'negative', 5, $now, 'T1', 'a' ], answer => 'told' },
        { keys => 3, before => [ tube(@told) ],
          args => [ 'positive', 5, $now, 'T1', 'a' ],
          answer => 'contradicts' },
        { keys => 3, before => [ tube(@told) ],
          args => [ 'negative', 5, $now, 'T1', 'a' ], answer => 'same' },
    ],
    sampling_propose => [
        { keys => 2, before => [ tube(@told), x('K2') ],
          args => [ 'lab', 'positive', 5, 'sealed', $now, 'a' ],
          answer => 'proposed' },
        { keys => 2, before => [ tube(@told, @next) ],
          args => [ 'lab2', 'invalid', 5, 'sealed', $now, 'a' ],
          answer => 'pending' },
    ],
    sampling_settle => [
        { keys => 3, before => [ tube(@told, @next), x('K2'), x('K3') ],
          args => [ 'lab2', 'positive', 'confirm', $now, 'T1', 'a' ],
          answer => 'confirmed' },
        { keys => 3, before => [ tube(@told, @next), x('K3') ],
          args => [ 'lab', 'positive', 'reject', $now, 'T1', 'a' ],
          answer => 'rejected' },
        { keys => 3, before => [ tube(@told, @next) ],
          args => [ 'lab', 'positive', 'confirm', $now, 'T1', 'a' ],
          answer => 'own' },
    ],
    sampling_gone => [
        { keys => 3, before => [ tube(), h('K2', @people), x('K3') ],
          args => [ 7, 'a' ], answer => 1 },
        { keys => 3, before => [ tube(), h('K2', @people) ],
          args => [ 8, 'a' ], answer => 0 },
    ],
    sampling_list => [
        { keys => 1, before => [ [ 'ZADD', 'K1', 1, 'T0', 2, 'T1' ] ],
          args => [ 'put', 'T2', 3, 2 ], answer => 1 },
        { keys => 1, before => [ [ 'ZADD', 'K1', 1, 'T0' ] ],
          args => [ 'drop', 'T0' ], answer => 1 },
        { keys => 1, before => [ [ 'ZADD', 'K1', 1, 'T0' ] ],
          args => [ 'put', 'T0', 3, 0 ], answer => 0 },
    ],
    sampling_keep => [
        { keys => 2, before => [ h('K2', health => 'c1') ],
          args => [ 'm1', 3, 7, 'sealed' ], answer => 'kept' },
        { keys => 2, before => [ h('K2', health => 'c1'),
            h('K1', m1 => 'sealed', 'v:m1' => '3 7') ],
          args => [ 'm1', 3, 7, 'sealed' ], answer => 'same' },
        { keys => 2, before => [ h('K2', health_child => 'c2') ],
          args => [ 'm1', 3, 7, 'sealed' ], answer => 'kept' },
        { keys => 2, before => [ h('K2', 'withdrawn:health' => 1) ],
          args => [ 'm1', 3, 7, 'sealed' ], answer => 'over' },
    ],
    sampling_forget => [
        { keys => 3, before => [ h('K1', m1 => 's', 'v:m1' => '3 7',
            m2 => 's', 'v:m2' => '3 8'), h('K2', health => 'c1'), x('K3') ],
          args => [ 'a', 'm1' ], answer => 1 },
        { keys => 3, before => [ h('K1', m1 => 's', 'v:m1' => '3 7'),
            x('K3') ],
          args => ['a'], answer => 1 },
        { keys => 3, before => [ h('K1', m1 => 's', 'v:m1' => '3 7'),
            h('K2', health => 'c1'), x('K3') ],
          args => ['a'], answer => 0 },
        { keys => 3, before => [ x('K3') ], args => ['a'], answer => 0 },
    ],
    );
}

1;
