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
    kinship_facts => [
        { keys => 2, before => [ h('K1', @$opened), x('K2') ],
          args => [ 3, 'sealed', 'a' ], answer => 1 },
        { keys => 2, before => [ x('K2') ], args => [ 0, 'sealed', 'a' ],
          answer => 1 },
        { keys => 2, before => [ h('K1', @$opened, facts => 'f'), x('K2') ],
          args => [ 3, '', 'a' ], answer => 1 },
        { keys => 2, before => [ h('K1', version => 3, facts => 'f'),
            x('K2') ], args => [ 3, '', 'a' ], answer => 1 },
        { keys => 2, before => [ h('K1', @$opened) ],
          args => [ 2, 'sealed', 'a' ], answer => 0 },
    ],
    kinship_forget => [
        { keys => 3, before => [ h('K1', @$opened, facts => 'f'), x('K2'),
            x('K3') ], args => [ 3, 'sealed', 'a' ], answer => 2 },
        { keys => 3, before => [ h('K1', @$opened, facts => 'f'), x('K3') ],
          args => [ 3, '', 'a' ], answer => 2 },
        { keys => 3, before => [ h('K1', @$opened) ], args => [ 2, '', 'a' ],
          answer => -1 },
        { keys => 3, args => [ 0, '', 'a' ], answer => 0 },
    ],
    kinship_trim => [
        { keys => 2, before => [ x('K1'), x('K2') ], args => [ 5, 'a' ],
          answer => 1 },
        { keys => 2, before => [ x('K1') ], args => [ 1, 'a' ],
          answer => 0 },
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

# Ids and pids are 22 characters.
my ($b1, $b2, $g1, $g2, $g3, $r1) = map { $_ . '0' x 20 }
    qw(b1 b2 g1 g2 g3 r1);

# A guardian with an own code and the agreement.
sub guardian {
    return (h('K2', opened => '1 own'), h('K3', kinship => 'c1'), x('K4'));
}

# A relative whose guardian may consent; three who hold the code.
sub relative {
    return (h('K2', health_child => 'c1'), map { x($_) } qw(K5 K6 K7 K8));
}

my @full = ($g1 => "$b1 5 pledge child", $g2 => "$b1 4 pledge child",
    $g3 => "$b1 3 face child");

sub commit {
    my ($how, @leaves) = @_;

    return [ 'g4' . '0' x 20, $b2, 9, $how, 'child', 3, 'health_child', 'c1',
        'sealed', $now, @leaves ? (@leaves, 'settle', 'tell') : ('') x 4,
        'told', 'a', '' ];
}

sub bindings {
    return (
    kinship_note => [
        { keys => 1, args => [ 'asked', '', 'sealed' ],
          answer => [ 1, 'sealed' ] },
        { keys => 1, before => [ h('K1', asked => 'other') ],
          args => [ 'asked', '', 'sealed' ], answer => [ 0, 'other' ] },
        { keys => 1, before => [ h('K1', $r1 => 'damaged') ],
          args => [ $r1, 'damaged', '' ], answer => [ 1, '' ] },
        { keys => 1, before => [ h('K1', tries => '1 2 3') ],
          args => [ 'tries', '1 2 3', '' ], answer => [ 1, '' ] },
    ],
    kinship_reserve => [
        { keys => 4, before => [ guardian(), h('K1', asked => 's') ],
          args => [ $r1, $b1, $now, 'child', 8, 'kinship', 'c1', 'e' ],
          answer => ['reserved'] },
        { keys => 4, before => [ guardian(),
            h('K1', $r1 => "reserved $b1 1 child") ],
          args => [ $r1, $b1, $now, 'child', 1, 'kinship', 'c1', 'e' ],
          answer => ['reserved'] },
        { keys => 4, before => [ guardian(),
            h('K1', $r1 => "bound $b2 1 child") ],
          args => [ $r1, $b1, $now, 'child', 8, 'kinship', 'c1', 'e' ],
          answer => [ 'other', "bound $b2 1 child" ] },
        { keys => 4, before => [ guardian(),
            h('K1', $g1 => "reserved $b2 1 child") ],
          args => [ $r1, $b1, $now, 'child', 1, 'kinship', 'c1', 'e' ],
          answer => ['full'] },
        { keys => 4, before => [ x('K4') ],
          args => [ $r1, $b1, $now, 'child', 8, 'kinship', 'c1', 'e' ],
          answer => ['code'] },
    ],
    kinship_commit => [
        { keys => 8, before => [ relative() ], args => commit('pledge'),
          answer => [ 'bound', "$b2 9 pledge child", '' ] },
        { keys => 8, before => [ relative(), h('K1', @full) ],
          args => commit('pledge'), answer => [ 'full', '' ] },
        { keys => 8, before => [ relative(), h('K1', @full),
            h('K3', opened => '1 kin', identity => 's',
                consent => 'health_child c1'),
            h('K4', c1 => "valid $g2 1 2", c2 => "valid $g1 3 4",
                'text:c1' => 's') ],
          args => commit('face', $g2, $b1),
          answer => [ 'bound', "$b2 9 face child", $g2 ] },
        { keys => 8, before => [ relative(), h('K1',
            'g4' . '0' x 20 => "$b2 9 face child"),
            h('K3', opened => '1 kin', consent => 'health_child gone') ],
          args => commit('face'),
          answer => [ 'bound', "$b2 9 face child" ] },
        { keys => 8, before => [ relative(), h('K1', @full) ],
          args => commit('face', $g1, $b1), answer => ['changed'] },
        { keys => 8, before => [ relative(), h('K1', "void:$b2" => $now) ],
          args => commit('face'), answer => ['void'] },
        { keys => 8, before => [ relative(),
            h('K1', @full[0 .. 3], 'g4' . '0' x 20 => 'damaged') ],
          args => [ @{ commit('pledge') }[0 .. 15], 'damaged' ],
          answer => [ 'bound', "$b2 9 pledge child", '' ] },
        { keys => 8, before => [ h('K2', health => 'c1') ],
          args => commit('face'), answer => [ 'consent', '' ] },
    ],
    kinship_confirm => [
        { keys => 1, before => [ h('K1', $r1 => "reserved $b1 1 child",
            asked => 's') ], args => [ $r1, $b1, 9, 'child', 's' ],
          answer => 1 },
        { keys => 1, before => [ h('K1', $r1 => "bound $b2 1 child") ],
          args => [ $r1, $b1, 9, 'child', '' ], answer => 0 },
    ],
    kinship_void => [
        { keys => 1, before => [ h('K1', $g1 => "$b1 5 face child") ],
          args => [ $g1, $b1, $now ],
          answer => [ 'bound', "$b1 5 face child" ] },
        { keys => 1, before => [ h('K1', $g1 => "$b2 5 face child",
            'void:old' => 1) ],
          args => [ $g1, $b1, $now ],
          answer => [ 'void', "$b2 5 face child" ] },
    ],
    kinship_release => [
        { keys => 1, before => [ h('K1', $r1 => "bound $b1 1 child") ],
          args => [ $r1, $b1 ], answer => 1 },
        { keys => 1, before => [ h('K1', $r1 => "bound $b1 1 child") ],
          args => [ $r1, $b2 ], answer => 0 },
    ],
    kinship_restore => [
        { keys => 1, args => [ $r1, $b1, 9, 'child', 8 ], answer => [1] },
        { keys => 1, before => [ h('K1', $r1 => "bound $b2 1 child") ],
          args => [ $r1, $b1, 9, 'child', 8 ],
          answer => [ 2, "bound $b2 1 child" ] },
        { keys => 1, before => [ h('K1', $g1 => "bound $b2 1 child") ],
          args => [ $r1, $b1, 9, 'child', 1 ], answer => [0] },
    ],
    kinship_unbind => [
        { keys => 6, before => [ h('K1', @full), h('K2',
            c1 => "valid $g1 1 2", c2 => "valid $g2 3 4", 'text:c1' => 's'),
            map { x($_) } qw(K3 K4 K5 K6) ],
          args => [ $g1, $b1, $now, 's', 't', 'a', '' ], answer => 1 },
        { keys => 6, before => [ h('K1', @full, $g1 => 'damaged') ],
          args => [ $g1, $b1, $now, 's', 't', 'a', 'damaged' ], answer => 1 },
        { keys => 6, before => [ h('K1', @full) ],
          args => [ $g1, $b2, $now, 's', 't', 'a', '' ], answer => 0 },
    ],
    kinship_prove => [
        { keys => 4, before => [ h('K1', @full), x('K2'), x('K3'),
            h('K4', opened => '1 kin', identity => 's', named => 'pledge') ],
          args => [ $g1, "$b1 5 pledge child", "$b1 5 counter child", 't',
            'a', 'i' ], answer => 1 },
        { keys => 4, before => [ h('K1', @full) ],
          args => [ $g3, "$b1 3 pledge child", "$b1 3 counter child", 't',
            'a', 'i' ], answer => 0 },
    ],
    kinship_tidy => [
        { keys => 1, before => [ h('K1', @full, 'void:x' => 5,
            'void:y' => $now) ], args => [6], answer => 1 },
    ],
    );
}

# ---- paper -------------------------------------------------------------------

sub paper {
    my $cti = 'ab' x 16;
    my $before = 'cd' x 16;
    my $over = 'ef' x 16;
    my $end = $now + 1000;
    my $health = h('K1', opened => "$now own", consent => 'health c1');
    my $consent = h('K6', health => 'c1');
    my @issue = ('holder', '', $cti, $now, $end, 'sealed', 'entry');

    return (
    kinship_sheet => [
        { keys => 1, before => [ h('K1', old => '5 6 sealed') ],
          args => [ 's1', $now, $now, $end, 1000, 1, 'sealed' ],
          answer => [ 1, 's1', $end, 'sealed' ] },
        { keys => 1, before => [ h('K1', one => "$now $end sealed") ],
          args => [ 's1', $now, $now, $end, 1000, 1, 'sealed' ],
          answer => [ 0, $now ] },
    ],
    kinship_paper_where => [
        { keys => 1, args => [ 'sealed', 60 ], answer => 1 },
        { keys => 1, before => [ [ 'SET', 'K1', 'sealed' ] ],
          args => [ '', 60 ], answer => 1 },
    ],
    kinship_paper_issue => [
        { keys => 6, before => [ $health, $consent, h('K3',
            $before => "valid holder 5 $end", "text:$before" => 's',
            $over => 'valid holder 5 6'), x('K4'), x('K5') ],
          args => [ @issue ], answer => 1 },
        { keys => 6, before => [ h('K3', $cti => 'revoked holder 5 6') ],
          args => [ @issue ], answer => 1 },
        { keys => 6, before => [ $health, h('K6', health => 'c2') ],
          args => [ @issue ], answer => 0 },
        { keys => 6, before => [ h('K1', opened => "$now kin",
            consent => 'health c1'), $consent,
            h('K2', holder => 'b1 5 face parent') ],
          args => [ 'holder', 'b2', @issue[2 .. 6] ], answer => 0 },
        { keys => 6, before => [ $health, $consent, h('K3',
            $before => 'valid holder '
            . "$end $end") ],
          args => [ @issue ], answer => 2 },
    ],
    kinship_paper_revoke => [
        { keys => 3, before => [ h('K1', $cti => "valid holder 5 $end",
            "text:$cti" => 's', $over => 'valid holder 5 6'), x('K2'),
            x('K3') ],
          args => [ '', $now, 'entry', 'forget' ], answer => 1 },
        { keys => 3, before => [ h('K1', "text:$over" => 's') ],
          args => [ '', $now, 'entry', 'forget' ], answer => 0 },
        { keys => 3, before => [ h('K1', $cti => "valid holder 5 $end") ],
          args => [ 'other', $now, 'entry', '' ], answer => 0 },
    ],
    kinship_sheets_over => [
        { keys => 1, before => [ h('K1', s1 => "$now $end sealed",
            s2 => '5 6 sealed') ],
          args => [ $now, $now, 1000, 'forget' ], answer => 2 },
        { keys => 1, before => [ h('K1', s1 => '5 6 sealed') ],
          args => [ $now, $now, 1000, '' ], answer => 1 },
    ],
    kinship_paper_over => [
        { keys => 1, before => [ h('K1', $cti => "valid holder 5 $end",
            $over => 'revoked holder 5 6', "text:$over" => 's') ],
          args => [ $now, 5 ], answer => 1 },
    ],
    kinship_revoked => [
        { keys => 2, before => [ [ 'ZADD', 'K1', 0, ('ab' x 8) . ' 5' ] ],
          args => [ ('ab' x 8) . ' 5', ('cd' x 8) . ' 5' ], answer => 1 },
    ],
    kinship_revoked_page => [
        { keys => 1, before => [ [ 'ZADD', 'K1', 0, ('ab' x 8) . ' 5', 0,
            ('cd' x 8) . ' 9' ] ],
          args => [ '', 6, 2 ], answer => [ ('cd' x 8) . ' 9',
            ("\xcd" x 8) . "\0\0\0\x09" ] },
        { keys => 1, before => [ [ 'ZADD', 'K1', 0, ('ab' x 8) . ' 9' ] ],
          args => [ ('ab' x 8) . ' 9', 6, 2 ], answer => [ '', '' ] },
    ],
    kinship_list_piece => [
        { keys => 1, before => [ h('K1', changes => 3, id => 'old',
            'piece:old:0' => 'document', 'piece:older:0' => 'document') ],
          args => [ 'new', 0, 'docu' ], answer => 1 },
    ],
    kinship_list => [
        { keys => 1, before => [ h('K1', changes => 3, of => 2,
            made_at => 5, 'piece:new:0' => 'docu', 'piece:new:1' => 'ment') ],
          args => [ 4, 3, 'new', 8 ], answer => 1 },
        { keys => 1, before => [ h('K1', changes => 3, of => 2,
            'piece:new:1' => 'ment') ],
          args => [ 4, 3, 'new', 8 ], answer => 0 },
        { keys => 1, before => [ h('K1', changes => 3, of => 3) ],
          args => [ 9, 2, 'new', 8 ], answer => 0 },
    ],
    );
}

# name => [ case ... ]
sub cases { return (codes(), bindings(), paper()) }

1;
