package Civic::MovingPhotos;

# The cases of photo_check's scripts for t/fault/scripts_moving.t, which says
# what a case is made of.

use strict;
use warnings;

sub h { return [ 'HSET', @_ ] }
sub x { return [ 'XADD', $_[0], '1-1', 'entry', 'first' ] }

my $was = 'comparing 3 default b1 1 2 900 0';
my @photo = ('s:f1' => $was, 'r:f1' => 'sealed', 'photo:default' => 'f1');
my @draft = ('s:f2' => 'processed 1 default b2 1 0 9 0', 'r:f2' => 'sealed',
    'draft:default' => 'f2');

# name => [ case ... ]; given what stands in a hash of consents.
sub cases {
    my (@consents) = @_;

    return (
    photo_check_forget => [
        { keys => 2, before => [ h('K1', @photo), x('K2') ],
          args => [ 'f1', $was, 'pid' ], answer => 'b1' },
        { keys => 2, before => [ h('K1', @photo) ],
          args => [ 'f1', 'other', 'pid' ], answer => -1 },
    ],
    photo_check_look => [
        { keys => 1, args => [ '', '1 1', 900 ], answer => 1 },
        { keys => 1, before => [ h('K1', looks => '2 1') ],
          args => [ '1 1', '2 1', 900 ], answer => 0 },
    ],
    photo_check_move => [
        { keys => 7, before => [ h('K1', @photo), h('K3', @consents),
            (map { x("K$_") } 4 .. 7) ],
          args => [ 'f1', $was, 'passed 4 default b1 1 0 900 0', 'new', 'pid',
            '', '', 'pid f1', '', 'kept', 900, 'face', 'c1', 'audit' ],
          answer => [ 1, 'passed 4 default b1 1 0 900 0', '', '' ] },
        { keys => 7, before => [ h('K1', @photo, @draft),
            (map { x("K$_") } 4 .. 7) ],
          args => [ 'f2', 'processed 1 default b2 1 0 9 0',
            'comparing 2 default b3 1 0 9 0', 'new', 'pid', 'b3', 'sealed',
            'pid f2', 'photo:default', 'kept', 900, '', '', '' ],
          answer => [ 1, 'comparing 2 default b3 1 0 9 0', 'b2', 'b1' ] },
        { keys => 7, before => [ h('K1', @photo), h('K3', @consents) ],
          args => [ 'f1', $was, 'passed 4 default b1 1 0 900 0', 'new', 'pid',
            '', '', '', '', 'kept', 900, 'face', 'c0', '' ],
          answer => [ 0, $was, '', '' ] },
    ],
    photo_check_put => [
        { keys => 5, args => [ 'photo:default', 'last:default', 'f1', 'refused'
            . ' 1 default - 1 0 9 0', 'sealed', 'pid', '', '', 'kept', '',
            900 ], answer => [ 'f1', '', '' ] },
        { keys => 5, before => [ h('K1', @photo, 'last:default' => 'f0',
            's:f0' => 'refused 1 default b0 1 0 9 0', 'r:f0' => 'sealed'),
            h('K2', b1 => 's'), (map { x("K$_") } 3 .. 5) ],
          args => [ 'photo:default', 'last:default', 'f2',
            'comparing 1 default b2 1 0 9 0', 'sealed', 'pid', 'b2',
            'sealed', 'kept', 'pid f2', 900 ],
          answer => [ 'f2', 'b1', 'b0' ] },
    ],
    photo_check_waiting => [
        { keys => 1, before => [ h('K1', 's:one' => 'review 2 default b 1',
            's:two' => 'passed 2 default b 1', 'r:one' => 'sealed',
            'photo:default' => 'one') ], args => [], answer => ['one'] },
        { keys => 1, args => [], answer => [] },
    ],
    );
}

1;
