package Civic::Moving;

# Cases of t/fault/scripts_moving.t that stand apart: the scripts of money and
# of exams.

use strict;
use warnings;

sub h { return [ 'HSET', @_ ] }
sub x { return [ 'XADD', $_[0], '1-1', 'entry', 'first' ] }

my $owed = 'unpaid 1 1 1 100 5 - 0 review';
my @money = ('order:o1' => $owed, 'order_facts:o1' => 'sealed',
    'item:exam' => 'o1', 'trades:o1' => 't1',
    'trade:t1' => 'open 1 1 900 5 o1 qr', 'trade_facts:t1' => 'sealed');
my @paid = ('order:o1' => 'paid 2 1 1 100 5 t1 0 review',
    'trade:t1' => 'paid 2 1 900 5 o1 qr', 'receipt:A1' => 'in t1 5 1 1');

my @disputed = ('difference:2026-03-09:amount:in:A1' => 't1',
    'refunds:o1' => 't1_2', 'refund:t1_2' => 'done 2 1 5 t1 staff',
    'refund_facts:t1_2' => 'sealed', 'receipt:t1_2' => 'out t1 5 1 1');

sub money {
    my ($now) = @_;

    return (
        payment_begin => [
            { keys => 2, before => [ h('K1', @money), x('K2') ],
              args => [ 'o1', 't2', "open 1 1 900 5 o1 page", 'sealed', 50, 9,
                10, 'pid' ],
              answer => [ 'trade', 't2', 'open 1 1 900 5 o1 page', 'sealed' ] },
            { keys => 2, before => [ h('K1', @money), x('K2') ],
              args => [ 'o1', 't2', "open 1 1 900 5 o1 qr", 'sealed', 50, 9, 10,
                'pid' ],
              answer => [ 'trade', 't1', 'open 1 1 900 5 o1 qr', 'sealed' ] },
            { keys => 2, before => [ h('K1', @money), x('K2') ],
              args => [ 'o1', 't2', "open 1 1 900 5 o1 page", 'sealed', 100, 9,
                10, 'pid' ], answer => [ 'order', 'unpaid' ] },
        ],
        payment_bill => [
            { keys => 1, before => [ h('K1', 'd:one' => '{}') ],
              args => [ '', 'd:one', '{}', 'd:two', '{}' ], answer => 1 },
            { keys => 1, args => ['1 2'], answer => 0 },
        ],
        payment_bill_erase => [
            { keys => 2, before => [ h('K1', state => '1 0'), x('K2') ],
              args => [ 1, 'entry' ], answer => 1 },
            { keys => 2, before => [ h('K1', state => '1 0'), x('K2') ],
              args => [ 2, 'entry' ], answer => 0 },
        ],
        payment_differs => [
            { keys => 1, before => [ h('K1', @money) ],
              args => [ 't1', '2026-03-09:amount:in:A1' ], answer => 1 },
            { keys => 1, before => [ h('K1', @money) ],
              args => [ 't9', '2026-03-09:amount:in:A1' ], answer => 0 },
        ],
        payment_erase => [
            { keys => 3, before => [ h('K1', @money, @paid, @disputed),
                x('K2'), x('K3') ],
              args => [ 'o1', $paid[1], 1, 'gone', 'entry' ], answer => 1 },
            { keys => 3, before => [ h('K1', @money, @paid, @disputed,
                'order:o2' => $owed), x('K2'), x('K3') ],
              args => [ 'o1', $paid[1], 1, 'gone', 'entry' ], answer => 1 },
            { keys => 3, before => [ h('K1', @money, @paid, @disputed),
                x('K2'), x('K3') ],
              args => [ 'o1', $paid[1], 0, 'gone', 'entry' ], answer => 0 },
            { keys => 3, before => [ h('K1', @money), x('K2'), x('K3') ],
              args => [ 'o1', $owed, 0, 'gone', 'entry' ], answer => 0 },
            { keys => 3, before => [ h('K1', @money, @paid,
                'refund:t1_2' => 'open 1 1 5 t1 staff'), x('K2'), x('K3') ],
              args => [ 'o1', $paid[1], 0, 'gone', 'entry' ], answer => 0 },
        ],
        persons_cursor => [
            { keys => 1, before => [ [ 'SET', 'K1', '1 2' ] ], args => [ 7, 0 ],
              answer => 1 },
        ],
        payment_index => [
            { keys => 1, before => [ [ 'ZADD', 'K1', 5, 'one' ] ],
              args => [ 'soon', 'one', 4, '', '' ], answer => 1 },
            { keys => 1, args => [ 'new', 'one', 4, '', 60_000 ],
              answer => 1 },
            { keys => 1, before => [ [ 'ZADD', 'K1', 5, 'one' ] ],
              args => [ 'gone', 'one', 0, '', '' ], answer => 1 },
            { keys => 1, before => [ [ 'ZADD', 'K1', 5, 'one' ] ],
              args => [ 'new', 'one', 4, '', '' ], answer => 0 },
            { keys => 1, before => [ [ 'ZADD', 'K1', 5, 'one' ] ],
              args => [ 'moved', 'one', '', 5, '' ], answer => 1 },
            { keys => 1, before => [ [ 'ZADD', 'K1', 5, 'one' ] ],
              args => [ 'moved', 'one', 9, 4, '' ], answer => 0 },
        ],
        payment_lead => [
            { keys => 1, args => [ 'sealed', 60_000 ], answer => 1 },
            { keys => 1, before => [ [ 'SET', 'K1', 'other' ] ],
              args => [ 'sealed', 60_000 ], answer => 0 },
            { keys => 1, before => [ [ 'SET', 'K1', 'sealed' ] ],
              args => [ '', 0 ], answer => 1 },
        ],
        payment_made => [
            { keys => 1, before => [ h('K1', @money) ],
              args => [ 't1', 'sealed', 'more' ],
              answer => [ 'open 1 1 900 5 o1 qr', 'more' ] },
            { keys => 1, before => [ h('K1', @money) ],
              args => [ 't1', 'other', 'more' ],
              answer => [ 'open 1 1 900 5 o1 qr', 'sealed' ] },
        ],
        payment_move => [
            { keys => 4, before => [ h('K1', @money), x('K2'), x('K3'), x('K4') ],
              args => [ 'o1', $owed, 'closed 2 1 1 100 5 - 0 review', '', 'pid',
                'entry' ], answer => [ 1, 'closed 2 1 1 100 5 - 0 review' ] },
            { keys => 4, before => [ h('K1', @money), x('K2'), x('K3'), x('K4') ],
              args => [ 'o1', $owed, 'removed 2 1 1 100 5 - 0 review', '1', 'pid',
                'entry' ], answer => [ -1, $owed ] },
        ],
        payment_news => [
            { keys => 3, before => [ h('K1', @money), x('K2'), x('K3') ],
              args => [ 't1', 'paid', 5, 'A1', 50, $now, 0, 'pid', 'sealed' ] },
            { keys => 3, before => [ h('K1', @money), x('K2'), x('K3') ],
              args => [ 't1', 'paid', 5, 'A1', 101, $now, 0, 'pid', 'sealed' ] },
            { keys => 3, before => [ h('K1', @money), x('K2'), x('K3') ],
              args => [ 't1', 'closed', 0, '', 50, $now, 0, 'pid', '' ] },
            { keys => 3, before => [ h('K1', @money), x('K2'), x('K3') ],
              args => [ 't1', 'paid', 6, 'A1', 50, $now, 0, 'pid', 'sealed' ],
              answer => [ 'misfit', 'amount' ] },
        ],
        payment_open => [
            { keys => 2, before => [ h('K1', @money), x('K2') ],
              args => [ 'o2', $owed, 'sealed', 'other', '', 'pid' ],
              answer => [ 'o2', $owed, 'sealed', 1 ] },
            { keys => 2, before => [ h('K1', @money), x('K2') ],
              args => [ 'o2', $owed, 'sealed', 'exam', '1', 'pid' ],
              answer => [ 'o1', $owed, 'sealed', 0 ] },
            { keys => 2, before => [ h('K1', @money,
                'order:o1' => $owed =~ s/^unpaid 1/closed 4/r), x('K2') ],
              args => [ 'o2', $owed, 'sealed', 'exam', '1', 'pid' ],
              answer => [ 'o2', $owed =~ s/^unpaid 1/unpaid 5/r, 'sealed',
                1 ] },
        ],
        payment_refund => [
            { keys => 4, before => [ h('K1', @money, @paid), x('K2'), x('K3'),
                x('K4') ],
              args => [ 'o1', 2, 3, 't1_2', 'staff', 'sealed', $now, 'pid',
                'entry' ] },
            { keys => 4, before => [ h('K1', @money, @paid), x('K2'), x('K3'),
                x('K4') ],
              args => [ 'o1', 1, 3, 't1_1', 'staff', 'sealed', $now, 'pid',
                'entry' ], answer => [ 0, 'paid 2 1 1 100 5 t1 0 review', '' ] },
        ],
        payment_returned => [
            { keys => 3, before => [ h('K1', @money, @paid,
                'order:o1' => 'refunding 3 1 1 100 5 t1 5 review',
                'refund:t1_2' => 'open 1 1 5 t1 staff'), x('K2'), x('K3') ],
              args => [ 't1_2', $now, 'pid', $now ],
              answer => [ 1, "done 2 $now 5 t1 staff" ] },
            { keys => 3, before => [ h('K1', @money,
                'trade:t1' => 'late 2 1 900 5 o1 qr',
                'refund:t1_late' => 'open 1 1 5 t1 late'), x('K2'), x('K3') ],
              args => [ 't1_late', $now, 'pid', $now ],
              answer => [ 1, "done 2 $now 5 t1 late" ] },
        ],
        payment_settle => [
            { keys => 2, before => [ h('K1', 'd:one' => '{}'), x('K2') ],
              args => [ 'd:one', '{}', '{"settled":true}', 'entry' ],
              answer => 1 },
            { keys => 2, before => [ h('K1', 'd:one' => '[]'), x('K2') ],
              args => [ 'd:one', '{}', '{"settled":true}', 'entry' ],
              answer => 0 },
        ],
        payment_stuck => [
            { keys => 2, args => [ 'pid r one', 5, 'ACQ.NO' ], answer => 1 },
            { keys => 2, before => [ [ 'ZADD', 'K1', 5, 'pid o one' ],
                h('K2', 'pid o one' => 'before') ],
              args => [ 'pid o one', 9, 'after' ], answer => 0 },
            { keys => 2, before => [ [ 'ZADD', 'K1', 5, 'pid o one' ],
                h('K2', 'pid o one' => 'why') ],
              args => [ 'pid o one', '', '' ], answer => 1 },
        ],
        payment_turn => [
            { keys => 1, before => [ h('K1', @money) ],
              args => [ 'o1', 10, 20 ], answer => 1 },
            { keys => 1, before => [ h('K1', @money, 'ask:o1' => 11) ],
              args => [ 'o1', 10, 20 ], answer => 0 },
            { keys => 1, args => [ 'o1', 10, 20 ], answer => 0 },
        ],
    );
}

sub exams {
    my ($now) = @_;
    my @head = (revision => 4, before => 3, loading => 4, facts => '{}',
        listing => '{}', positions => 1, chunks => 1, loaded_at => 1);
    my @new = ('{"new":1}', '{"new":2}', 300, 2, $now, 'entry');
    my @there = (h('K1', @head), h('K2', 0 => 'a', 1 => 'b'),
        h('K3', 0 => 'old'), x('K4'), x('K5'));

    return (
        exam_begin => [
            { keys => 1, args => [0], answer => 1 },
            { keys => 1, before => [ h('K1', @head) ], args => [4],
              answer => 5 },
            { keys => 1, before => [ h('K1', @head) ], args => [3],
              answer => 0 },
        ],
        exam_list => [
            { keys => 2, before => [ h('K1', one => '3 {}'),
                [ 'ZADD', 'K2', 7, 'one' ] ],
              args => [ 'one', 4, '{"exam_id":"one"}', 9 ], answer => 1 },
            { keys => 2, before => [ h('K1', one => '4 {}'),
                [ 'ZADD', 'K2', 7, 'one' ] ],
              args => [ 'one', 3, '{"exam_id":"one"}', 9 ], answer => 0 },
            { keys => 2, before => [ h('K1', one => '4 {}', two => 'bad') ],
              args => [ 'one', 4, '{}', 9, 'two', 0, 'bad', 0 ],
              answer => 0 },
        ],
        exam_page => [
            { keys => 2, before => [ h('K1', one => '4 {}', two => '5 {}'),
                [ 'ZADD', 'K2', 7, 'one', 20, 'two' ] ],
              args => [ 10, 5, '' ],
              answer => [ 0, 'two', 20, '5 {}', 'one', 7, '4 {}' ] },
            { keys => 2, before => [ h('K1', one => '4 {}', two => '5 {}') ],
              args => [ 10, 5, '' ], answer => [2] },
        ],
        exam_positions => [
            { keys => 1, args => [ 86_400_000, 0, 'a', 1, 'b' ],
              answer => 2 },
            { keys => 1, before => [ h('K1', 0 => 'a') ],
              args => [ 86_400_000, 1, 'b' ], answer => 2 },
        ],
        exam_publish => [
            { keys => 5, before => [@there],
              args => [ 4, 5, 3, 'one', @new ], answer => 1 },
            { keys => 5, before => [ h('K2', 0 => 'a', 1 => 'b') ],
              args => [ 0, 1, 0, 'one', @new ], answer => 1 },
            { keys => 5, before => [@there],
              args => [ 3, 5, 2, 'one', @new ], answer => 0 },
            { keys => 5, before => [ h('K1', @head), h('K2', 0 => 'a') ],
              args => [ 4, 5, 3, 'one', @new ], answer => -1 },
        ],
    );
}

1;
