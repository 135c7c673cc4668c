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
