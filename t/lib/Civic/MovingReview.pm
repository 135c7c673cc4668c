package Civic::MovingReview;

# The cases of review's scripts for t/fault/scripts_moving.t, which says what
# a case is made of.

use strict;
use warnings;

sub h { return [ 'HSET', @_ ] }
sub x { return [ 'XADD', $_[0], '1-1', 'entry', 'first' ] }

my $draft = 'draft 3 1 a1 . 0 0 - -';
my $submitted = 'submitted 4 9 a1 P1 7 8 - -';
my $approved = 'approved 5 9 a1 P1 7 8 - staff';

sub cases {
    return (
        review_index => [
            { keys => 4, args => [ 'pid', '4 submitted P1 0 0', 'a1' ],
              answer => 1 },
            { keys => 4, before => [ h('K1', pid => '4 submitted P1 0 0'),
                h('K2', P1 => 1, P2 => 3), [ 'SADD', 'K3', 'other' ] ],
              args => [ 'pid', '5 approved P2 1 2', 'a1' ], answer => 1 },
            { keys => 4, before => [ h('K1', pid => '5 approved P2 1 2'),
                h('K2', P2 => 1), [ 'SADD', 'K3', 'pid' ],
                h('K4', a1 => 'pid') ],
              args => [ 'pid', '6 withdrawn P2 0 0', 'a1' ], answer => 1 },
            { keys => 4, before => [ h('K1', pid => '5 approved P2 1 2') ],
              args => [ 'pid', '5 approved P2 0 1', 'a1' ], answer => 0 },
        ],
        review_erase => [
            { keys => 3, before => [ h('K1', 'application:exam' => $approved,
                'form:exam' => 's', 'past:exam' => 's', 'order:exam' => '9 o1'),
                x('K2'), x('K3') ],
              args => [ 'exam', $approved, 'entry', 'audit' ], answer => 1 },
            { keys => 3, before => [ h('K1', 'application:exam' => $draft,
                'application:other' => $draft) ],
              args => [ 'exam', $draft, 'entry', 'audit' ], answer => 1 },
            { keys => 3, before => [ h('K1', 'application:exam' => $approved) ],
              args => [ 'exam', $draft, 'entry', 'audit' ], answer => 0 },
        ],
        review_unindex => [
            { keys => 3, before => [ h('K1', pid => '5 approved P2 1 2'),
                [ 'SADD', 'K2', 'pid' ], h('K3', a1 => 'pid') ],
              args => [ 'pid', 'a1' ], answer => 1 },
            { keys => 3, before => [ h('K1', other => '5 approved P2 1 2') ],
              args => [ 'pid', 'a1' ], answer => 0 },
        ],
        review_moving => [
            { keys => 1, args => [ 'exam', '*', '2 0 9' ], answer => 1 },
            { keys => 1, before => [ h('K1', exam => '2 17 9') ],
              args => [ 'exam', '2 17 9', '' ], answer => 1 },
            { keys => 1, before => [ h('K1', exam => '3 0 9') ],
              args => [ 'exam', '2 17 9', '2 18 9' ], answer => 0 },
        ],
        review_note => [
            { keys => 3, before => [ map { x("K$_") } 1 .. 3 ],
              args => ['entry'], answer => 1 },
        ],
        review_order => [
            { keys => 1, before => [ h('K1', 'application:exam' => $approved) ],
              args => [ 'exam', 9, 'o1' ], answer => 1 },
            { keys => 1, before => [ h('K1', 'application:exam' => $approved) ],
              args => [ 'exam', 8, 'o1' ], answer => 0 },
        ],
        review_move => [
            { keys => 5, args => [ 'exam', '', 'draft 1 1 a1 . 0 0 - -', 'form',
                '', 'entry', '', '' ],
              answer => [ 1, 'draft 1 1 a1 . 0 0 - -' ] },
            { keys => 5, before => [ h('K1', 'application:exam' => $draft,
                'form:exam' => 'old'), (map { x("K$_") } 2 .. 5) ],
              args => [ 'exam', $draft, $submitted, 'form', 'past', 'entry',
                '', 'audit' ], answer => [ 1, $submitted ] },
            { keys => 5, before => [ h('K1', 'application:exam' => $submitted,
                'form:exam' => 'old', 'past:exam' => 'old'),
                (map { x("K$_") } 2 .. 5) ],
              args => [ 'exam', $submitted, $approved, 'form', 'past', 'entry',
                'entry', 'audit' ], answer => [ 1, $approved ] },
            { keys => 5, before => [ h('K1', 'application:exam' => $approved,
                'form:exam' => 'old') ],
              args => [ 'exam', $draft, $submitted, 'form', '', 'entry', '',
                '' ], answer => [ 0, $approved ] },
        ],
    );
}

1;
