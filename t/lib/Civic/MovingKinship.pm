package Civic::MovingKinship;

# The cases of the family codes' scripts for t/fault/scripts_moving.t, which
# says what a case is made of.  One list for each part.

use strict;
use warnings;

my $now = 1_790_000_000_000;

sub h { return [ 'HSET', @_ ] }
sub x { return [ 'XADD', $_[0], '1-1', 'entry', 'first' ] }

# ---- codes -------------------------------------------------------------------

sub codes {
    my $opened = [ opened => "$now own", version => 3 ];

    my $consents = h('K2', health => 'c1');

    return (
    kinship_open => [
        { keys => 2, before => [ $consents ],
          args => [ 'health', 'c1', $now, 'sealed' ], answer => "$now 1" },
        { keys => 2, before => [ $consents, h('K1', opened => '5 kin') ],
          args => [ 'health', 'c1', $now, 'sealed' ], answer => '5 1' },
        { keys => 2, before => [ $consents, h('K1', @$opened) ],
          args => [ 'health', 'c1', 7, 'sealed' ], answer => "$now 0" },
        { keys => 2, before => [ $consents ],
          args => [ 'health', 'c2', $now, 'sealed' ], answer => '' },
    ],
    kinship_look => [
        { keys => 3, before => [ h('K1', @$opened), x('K2'), x('K3') ],
          args => [ 'look:code:p1', $now, 600_000, 0, 10, 'sealed', 'a' ],
          answer => 1 },
        { keys => 3, before => [ h('K1', @$opened), x('K3') ],
          args => [ '', $now, 600_000, 5, 10, 'sealed', 'a' ], answer => 1 },
        { keys => 3, before => [ h('K1', @$opened,
            'look:code:p1' => $now - 1) ],
          args => [ 'look:code:p1', $now, 600_000, 0, 10, 'sealed', 'a' ],
          answer => 0 },
    ],
    );
}

# ---- bindings ----------------------------------------------------------------

sub bindings { return () }

# ---- paper -------------------------------------------------------------------

sub paper { return () }

# name => [ case ... ]
sub cases { return (codes(), bindings(), paper()) }

1;
