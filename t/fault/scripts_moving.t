# Every script of lua/redis on a slot that is on the move.  A key that a
# script empties and writes again is lost to it then ("non local key"), after
# its first writes were made: each script writes what is new before it takes
# away what goes.
#
# The table below drives each script as its head says.  Each case is run on a
# slot that stands still; on the node that its slot leaves; on the node that
# it comes to; and with one key gone ahead.  Whatever is answered and written
# is the same, or nothing is written at all (TRYAGAIN) and it is the same once
# the slot stands still.  A script without a case fails the test.

use lib 't/lib';
use Civic::MovingJobs;
use Civic::MovingKinship;
use Civic::MovingPhotos;
use Civic::MovingQueue;
use Civic::MovingReview;
use Civic::MovingSampling;
use Civic::MovingTicket;
use Civic::Test;
use Civic::Moving;

my $redis = Civic::Redis->start(form => 'cluster');
my ($here, $there) = (0, 1);
my $tag = '{p:moving}';
my $slot = $redis->command_on(0, 'CLUSTER', 'KEYSLOT', $tag);

$redis->migrate($slot, $here);
my @id = map { $redis->command_on($_, 'CLUSTER', 'MYID') } 0, 1;


# ---- the cases ----

# name => [ case ... ], and in a case: keys: how many; before: commands; args;
# answer.  K1, K2 ... stand for the keys; numbers as now() gives them and the
# ids of streams are not compared.
sub h { return [ 'HSET', @_ ] }
sub x { return [ 'XADD', $_[0], '1-1', 'entry', 'first' ] }

sub outbox {
    my ($key, @numbers) = @_;
    return map { [ 'XADD', $key, "$_-1", 'entry', $_ ] } @numbers;
}

my $now = 1_790_000_000_000;
my $row = '1 100 100 900 0 0 2 0 password -';
my @account = (version => 3, roles => 'reviewer,administrator',
    password => 'sealed', name => 'sealed');
my @consents = (face => 'c1', 'record:c1' => 'sealed',
    'text:c1' => '1 zh-CN abc', ':index' => 'c1');
my @ticket = (secret => 'digest', number => '47', state => 'new',
    created_at => $now, expires_at => $now + 1, place => 'place',
    browser => 'browser');
my @scanned = (state => 'scanned', scanner => 'pid', session => 'session',
    role => 'citizen', method => 'alipay');

my $slot_name = 'open:identity:person';
my @face = ('a:f1' => 'sealed', 's:f1' => "open 9 1 $slot_name",
    'p:f1' => '5 1', index => 'f1', $slot_name => 'f1');


my %cases = (
    Civic::Moving::money($now),
    Civic::Moving::exams($now),
    audit_head => [
        { keys => 1, args => [ 'writer', '{}' ], answer => 1 },
    ],
    audit_note => [
        { keys => 1, before => [ x('K1') ], args => ['entry'], answer => 1 },
        { keys => 1, args => ['entry'], answer => 1 },
    ],
    blob_delete => [
        { keys => 2, before => [ h('K1', one => 's', two => 's'), x('K2') ],
          args => [ 'one', 'entry', 'gone', 'entry' ], answer => 1 },
        { keys => 2, before => [ h('K1', one => 's'), x('K2') ],
          args => [ 'one', 'entry', 'one', 'entry' ], answer => 1 },
    ],
    civic_consent_give => [
        { keys => 4, before => [ h('K1', @consents, 'text:c0' => '0 zh-CN a',
            'record:c0' => 's', 'ended:c0' => 'replaced 5',
            ':index' => 'c0 c1'), x('K2'), x('K3') ],
          args => [ 'face', 'c2', 'sealed', 2, 'zh-CN', 'def', $now, 2, $now,
            'entry', '', 0, $now, 'note' ],
          answer => [ 'given', 'c2', 'sealed' ] },
        { keys => 4, args => [ 'face', 'c1', 'sealed', 1, 'zh-CN', 'def',
            $now, 2, 1, 'entry', '', 0, $now, 'note' ],
          answer => [ 'given', 'c1', 'sealed' ] },
        { keys => 4, before => [ h('K1', @consents), x('K2'), x('K3') ],
          args => [ 'face', 'c2', 'sealed', 2, 'zh-CN', 'def', $now, 2, $now,
            'entry', 'carry', $now, $now, 'note' ],
          answer => [ 'given', 'c2', 'sealed' ] },
        { keys => 4, before => [ h('K1', 'withdrawn:face' => 5), x('K2'),
            x('K3') ],
          args => [ 'face', 'c1', 'sealed', 1, 'zh-CN', 'def', $now, 2, 1,
            'entry', '', 0, $now, 'note' ],
          answer => [ 'given', 'c1', 'sealed' ] },
    ],
    civic_consent_withdraw => [
        { keys => 3, before => [ h('K1', @consents), x('K2'), x('K3') ],
          args => [ 'face', 'c1', $now, $now, 'erase', 'entry',
            'withdrawn' ] },
    ],
    civic_retention_done => [
        { keys => 2, before => [ [ 'ZADD', 'K1', 5, 'note' ], x('K2') ],
          args => [ 'note', '1-1' ], answer => 1 },
        { keys => 2, before => [ [ 'ZADD', 'K1', 5, 'other' ], x('K2') ],
          args => [ 'note', '1-1' ], answer => 0 },
    ],
    civic_erase_begin => [
        { keys => 1, before => [ h('K1', 'erasing:face' => 'c1 0') ],
          args => [ 'face', 'c1', $now, $now ], answer => 1 },
    ],
    civic_erase_end => [
        { keys => 3, before => [ h('K1', 'erasing:face' => 'c1 0'), x('K2'),
            x('K3') ],
          args => [ 'face', 'c1', '1-1', '{}', 'entry' ], answer => 1 },
        { keys => 3, before => [ h('K1', @consents), x('K2'), x('K3') ],
          args => [ 'face', 'c1', '1-1', '{}', 'entry' ], answer => 0 },
        { keys => 3, before => [ h('K1', 'erasing:face' => 'c1 0'), x('K2'),
            x('K3') ],
          args => [ 'face', 'c1', '1-1', '', '' ], answer => 1 },
    ],
    civic_message => [
        { keys => 2, before => [ h('K1', index => 'm1:1:0', 'm:m1' => 'old'),
            x('K2') ],
          args => [ 'm2', 'sealed', $now, 1, $now, 900, 'push' ],
          answer => 1 },
        { keys => 1, args => [ 'm2', 'sealed', $now, 1, $now, 900 ],
          answer => 1 },
    ],
    civic_message_read => [
        { keys => 2, before => [ h('K1', index => 'm1:1:0 m2:2:0',
            'm:m1' => 's', 'm:m2' => 's'), x('K2') ],
          args => [ 'm2', 'all', 'entry' ], answer => 2 },
    ],
    face_auth_ask => [
        { keys => 1, before => [ h('K1', @face, 'p:f1' => "5 2") ],
          args => [ 'f1', $now, $now + 3000, '' ], answer => [ 1, 2 ] },
        { keys => 1, before => [ h('K1', @face) ],
          args => [ 'f1', $now, $now + 3000, '1' ], answer => [ 1, 2 ] },
        { keys => 1, args => [ 'f1', $now, $now, '' ], answer => [ 0, 0 ] },
    ],
    face_auth_begin => [
        { keys => 1, before => [ h('K1', @face) ],
          args => [ 'f2', 'sealed', "starting 9 1 $slot_name", 'f1', 1, 900 ],
          answer => [ 'f2', 'sealed', "starting 9 1 $slot_name" ] },
        { keys => 1, args => [ 'f2', 'sealed', "starting 9 1 $slot_name", '',
            12, 900 ],
          answer => [ 'f2', 'sealed', "starting 9 1 $slot_name" ] },
        { keys => 1, before => [ h('K1', @face) ],
          args => [ 'f2', 'sealed', "starting 9 1 $slot_name", '', 12, 900 ],
          answer => [ 'f1', 'sealed', "open 9 1 $slot_name" ] },
    ],
    face_auth_code => [
        { keys => 1, args => [ 'sealed', 60_000 ], answer => 1 },
        { keys => 1, before => [ [ 'SET', 'K1', 'other' ] ],
          args => [ 'sealed', 60_000 ], answer => 0 },
    ],
    face_auth_decide => [
        { keys => 3, before => [ h('K1', 'a:f1' => 's', counter => 'f1',
            's:f1' => "waiting 9000000000000 1 counter"), x('K2'), x('K3') ],
          args => [ 'f1', 'waiting 9000000000000 1 counter',
            'passed 9 1 counter', 'new', 'entry', 'pid f1', $now ],
          answer => [ 1, 'passed 9 1 counter' ] },
        { keys => 3, before => [ h('K1', 'a:f1' => 's', counter => 'f1',
            's:f1' => 'waiting 9 1 counter'), x('K2'), x('K3') ],
          args => [ 'f1', 'waiting 9 1 counter', 'passed 9 1 counter', 'new',
            'entry', 'pid f1', $now ],
          answer => [ 0, 'waiting 9 1 counter' ] },
        { keys => 3, before => [ h('K1', 'a:f1' => 's', counter => 'f1',
            's:f1' => 'waiting 9000000000000 1 counter'), x('K2'), x('K3') ],
          args => [ 'f1', 'waiting 9000000000000 2 counter',
            'passed 9 1 counter', 'new', 'entry', 'pid f1', $now ],
          answer => [ 0, 'waiting 9000000000000 1 counter' ] },
    ],
    face_auth_forget => [
        { keys => 1, before => [ h('K1', @face, reference => 'b1 1 2') ],
          args => [ 'b1', 'all', '' ], answer => 1 },
        { keys => 1, before => [ h('K1', @face, reference => 'b1 1 2') ],
          args => [ 'b1', 'all', ' identity ' ], answer => 0 },
        { keys => 1, before => [ h('K1', @face, reference => 'b1 1 2') ],
          args => [ '', 'attempts', ' identity kinship ' ], answer => 1 },
        { keys => 1, before => [ h('K1', @face, reference => 'b1 1 2') ],
          args => [ '', 'attempts', ' kinship ' ], answer => 0 },
        { keys => 1, before => [ h('K1', reference => 'b1 1 2') ],
          args => [ 'b1', 'picture', '' ], answer => 0 },
        { keys => 1, before => [ h('K1', reference => 'b2 1 2') ],
          args => [ 'b1', 'picture', '' ], answer => -1 },
    ],
    face_auth_keep => [
        { keys => 4, before => [ h('K1', reference => 'b1 1 2'),
            h('K2', b1 => 's'), h('K3', @consents), x('K4') ],
          args => [ 'b2', 'sealed', 'b2 1 2', 'face', 'c1', 'entry', 900 ],
          answer => [ 1, 'b1' ] },
        { keys => 4, before => [ h('K3', @consents) ],
          args => [ 'b2', 'sealed', 'b2 1 2', 'face', 'c0', 'entry', 900 ],
          answer => [ 0, '' ] },
    ],
    face_auth_reserve => [
        { keys => 1, args => [ 'tries', '', '1 1 1 1', 900 ], answer => 1 },
        { keys => 1, before => [ h('K1', tries => '1 1 1 1') ],
          args => [ 'tries', '1 1 1 1', '2 1 2 1', 900 ], answer => 1 },
    ],
    face_auth_settle => [
        { keys => 1, before => [ h('K1', @face, tries => '3 1 4 1') ],
          args => [ 'f1', "open 9 1 $slot_name", "passed 9 2 $slot_name", '',
            '1' ], answer => [ 1, "passed 9 2 $slot_name" ] },
        { keys => 1, before => [ h('K1', @face) ],
          args => [ 'f1', "open 9 1 $slot_name", "done 9 2 $slot_name", 'new',
            '' ], answer => [ 1, "done 9 2 $slot_name" ] },
        { keys => 1, before => [ h('K1', @face) ],
          args => [ 'f1', 'other', "done 9 2 $slot_name", '', '' ],
          answer => [ 0, "open 9 1 $slot_name" ] },
    ],
    guesses_address => [
        { keys => 1, args => [ 100, 60, 60_000 ], answer => [ 1, 100 ] },
        { keys => 1, before => [ [ 'SET', 'K1', '90 4' ] ],
          args => [ 100, 60, 60_000 ], answer => [ 5, 90 ] },
    ],
    guesses_reserve => [
        { keys => 1, before => [ h('K1', guesses => '1 1') ],
          args => [ 'guesses', '1 1', '2 2', 60_000 ], answer => [ 1, '' ] },
        { keys => 1, before => [ h('K1', guesses => '1 1') ],
          args => [ 'guesses', '1 1', '', 60_000 ], answer => [ 1, '' ] },
    ],
    guesses_succeed => [
        { keys => 2, before => [ h('K1', password => 'sealed'),
            h('K2', 'guesses:unknown' => '1 1') ],
          args => [ 'sealed', '', 'guesses:unknown', 'phone', 100, 900, 10,
            900_000 ], answer => 1 },
        { keys => 2, before => [ h('K1', password => 'sealed'),
            h('K2', guesses => 1, 'device:old' => 1, 'guesses:old' => 1) ],
          args => [ 'sealed', 'new', 'guesses', 'phone', 100, 20, 1,
            900_000 ], answer => 1 },
    ],
    hello_visit => [
        { keys => 1, before => [ [ 'SET', 'K1', 4 ] ], args => [ 9, 900 ],
          answer => 5 },
        { keys => 1, args => [ 9, 900 ], answer => 1 },
    ],
    login_account_open => [
        { keys => 1, args => [ 'alipay', 'sealed', $now ], answer => 1 },
        { keys => 1, before => [ h('K1', subject => 's') ],
          args => [ 'alipay', 'sealed', $now ], answer => 0 },
    ],
    login_card_enrol => [
        { keys => 1, args => [ 'sealed', $now ], answer => 1 },
        { keys => 1, before => [ h('K1', identity => 's') ],
          args => [ 'sealed', $now ], answer => 0 },
    ],
    login_once => [
        { keys => 1, args => [60_000], answer => 1 },
        { keys => 1, before => [ [ 'SET', 'K1', 1 ] ], args => [60_000],
          answer => 0 },
    ],
    login_claim => [
        { keys => 1, before => [ h('K1', subject => 's') ],
          args => [ '', '', '1 100', 'sealed', 'pid', $now ], answer => 1 },
        { keys => 1, before => [ h('K1', subject => 's', person => 'p',
            claims => '1 100', claim => 'c') ],
          args => [ 'p', '1 100', '2 100', 'sealed', 'pid', $now ],
          answer => 1 },
        { keys => 1, before => [ h('K1', subject => 's', person => 'p') ],
          args => [ '', '', '1 100', 'sealed', 'pid', $now ], answer => 0 },
    ],
    login_link => [
        { keys => 1, before => [ h('K1', subject => 's', claim => 'c',
            claims => '1 100', password => 'h', password_set_at => 1) ],
          args => [ 'pid', $now, 'h' ], answer => 1 },
        { keys => 1, before => [ h('K1', subject => 's', password => 'new') ],
          args => [ 'pid', $now, 'h' ], answer => 0 },
    ],
    login_lock => [
        { keys => 3, before => [ h('K1', identity => 's'),
            h('K2', old => $row), x('K3') ],
          args => [ "$now fraud", 'entry' ], answer => 1 },
        { keys => 3, before => [ h('K1', identity => 's', locked => '1 a'),
            x('K3') ], args => [ '', 'entry' ], answer => 1 },
        { keys => 3, before => [ x('K3') ], args => [ '', 'entry' ],
          answer => 0 },
    ],
    login_prove => [
        { keys => 4, before => [ x('K4') ],
          args => [ '', '', 'sealed', "$now face", $now, 'account:a',
            "alipay $now", 'h', $now, '', 0, '', $now ],
          answer => 1 },
        { keys => 4, before => [ h('K1', identity => 's', password => 'h',
            password_set_at => 1, 'account:b' => 'alipay 1'),
            h('K2', guesses => 1), h('K3', old => $row), x('K4') ],
          args => [ 's', '', 'sealed', "$now face", $now, 'account:a',
            "alipay $now", '', '', 'links password sessions devices', 1,
            'entry', $now ], answer => 1 },
        { keys => 4, before => [ h('K1', identity => 's', locked => '1 a'),
            x('K4') ],
          args => [ 's', '', '', "$now face", $now, '', '', '', '', '', 0,
            '', $now ], answer => -1 },
    ],
    login_register => [
        { keys => 3, args => [ 'sealed', 'hash', $now, 'keep' ],
          answer => 1 },
        { keys => 3, before => [ h('K1', identity => 's', password => 'h',
            proven => '1 face', 'account:a' => 'alipay 1'),
            h('K2', guesses => 1), h('K3', old => $row) ],
          args => [ 'sealed', 'hash', $now, 'replace' ], answer => 2 },
    ],
    login_set_password => [
        { keys => 2, before => [ h('K1', identity => 's', password => 'h'),
            h('K2', 'guesses:change' => 1) ],
          args => [ 'h', 'hash', $now, 'guesses:change', 'identity',
            'proven', '' ], answer => 1 },
        { keys => 2, before => [ h('K1', subject => 's', person => 'p') ],
          args => [ '', 'hash', $now, 'guesses:change', 'subject', 'person',
            'p' ], answer => 1 },
        { keys => 2, before => [ h('K1', identity => 's', locked => '1 a') ],
          args => [ '', 'hash', $now, 'guesses:change', 'identity',
            'proven', '' ], answer => 0 },
    ],
    login_ticket_begin => [
        { keys => 1, args => [ 'digest', '47', $now, $now + 1, 'place',
            'browser', 60_000 ], answer => 1 },
        { keys => 1, before => [ h('K1', @ticket) ],
          args => [ 'digest', '47', $now, $now + 1, '', '', 60_000 ],
          answer => 0 },
    ],
    login_ticket_confirm => [
        map { {
            keys => 1, before => [ h('K1', @ticket, @scanned) ],
            args => [ $now, 'pid', 'session', $_->[0], $_->[1] ],
            answer => $_->[2],
        } } [ '47', 3, ['confirmed'] ], [ '48', 3, [ 'wrong', 2 ] ],
            [ '48', 1, [ 'wrong', 0 ] ],
    ],
    login_ticket_redeem => [
        (map { {
            keys => 1, before => [ h('K1', @ticket, @scanned,
                state => $_->[0]) ],
            args => [ $now, 'digest', 'request', 'take' ],
            answer => [ $_->[1] ],
        } } [ 'confirmed', 'first' ], [ 'scanned', 'waiting' ]),
        { keys => 1, before => [ h('K1', @ticket, @scanned,
            state => 'redeemed', redeemer => 'request') ],
          args => [ $now, 'digest', 'request', 'give_back' ],
          answer => ['waiting'] },
    ],
    login_ticket_refuse => [
        { keys => 1, before => [ h('K1', @ticket, @scanned) ],
          args => [ $now, 'pid', 'session' ], answer => ['refused'] },
    ],
    login_ticket_scan => [
        { keys => 1, before => [ h('K1', @ticket) ],
          args => [ $now, 'pid', 'session', 'citizen', 'alipay' ],
          answer => [ 'scanned', $now, $now + 1, 'place', 'browser' ] },
        { keys => 1, args => [ $now, 'pid', 'session', 'citizen', 'alipay' ],
          answer => ['unknown'] },
    ],
    once_begin => [
        { keys => 1, args => [ 'digest', $now, 900, 900 ],
          answer => ['new'] },
        { keys => 1, before => [ h('K1', digest => 'digest') ],
          args => [ 'digest', $now, 900, 900 ], answer => ['new'] },
    ],
    once_end => [
        map { {
            keys => 1, before => [ h('K1', digest => 'd', began => 1) ],
            args => [ 1, $_, 'sealed' ], answer => 1,
        } } qw(reply again forget),
    ],
    outbox_aside => [
        { keys => 2, before => [ outbox('K1', 1 .. 3) ],
          args => [ '1-1', 'work 1' ], answer => 'ID' },
        { keys => 2, before => [ outbox('K1', 1 .. 3), x('K2') ],
          args => [ '2-1', 'work 2' ], answer => 'ID' },
        { keys => 2, before => [ outbox('K1', 2 .. 3) ],
          args => [ '1-1', 'work 1' ], answer => '' },
    ],
    outbox_done => [
        { keys => 1, before => [ x('K1') ], args => [ '1-1', '2-1' ],
          answer => 1 },
        # all up to the last: cut off
        { keys => 1, before => [ outbox('K1', 1 .. 4) ],
          args => [ '1-1', '2-1', '3-1' ], answer => 3 },
        { keys => 1, before => [ outbox('K1', 1 .. 3) ],
          args => [ '1-1', '2-1', '3-1' ], answer => 3 },
        # another one in between, or one that is gone: nothing else goes
        { keys => 1, before => [ outbox('K1', 1 .. 5) ],
          args => [ '1-1', '2-1', '4-1' ], answer => 3 },
        { keys => 1, before => [ outbox('K1', 2 .. 5) ],
          args => [ '1-1', '3-1', '4-1' ], answer => 2 },
        { keys => 1, before => [ outbox('K1', 2 .. 5) ],
          args => [ '1-1', '2-1', '3-1' ], answer => 2 },
    ],
    outbox_filled => [ { keys => 0, args => [ 'civic.none', 'a' ] } ],
    outbox_note => [
        { keys => 1, args => [ 'mine', 3, 19 ], answer => 2 },
        { keys => 1, before => [ h('K1', 3 => 'other') ],
          args => [ 'mine', 3, 19 ], answer => 1 },
    ],
    outbox_looked => [
        { keys => 1, before => [ h('K1', 3 => 'read', 19 => 'read') ],
          args => [ 3, 'read' ], answer => 1 },
        { keys => 1, before => [ h('K1', 3 => 'read', 19 => 'read') ],
          args => [ 3, 'read', 19, 'read' ], answer => 2 },
        # noted again after it was read: its note stays
        { keys => 1, before => [ h('K1', 3 => 'newer', 19 => 'read') ],
          args => [ 3, 'read', 19, 'read', 35, 'read' ], answer => 1 },
        { keys => 1, args => [ 3, 'read' ], answer => 0 },
    ],
    Civic::MovingJobs::cases(),
    Civic::MovingKinship::cases(),
    Civic::MovingPhotos::cases(@consents),
    Civic::MovingQueue::cases(),
    Civic::MovingReview::cases(),
    Civic::MovingSampling::cases(),
    Civic::MovingTicket::cases(),
    sandbox_change => [
        { keys => 1, before => [ [ 'SET', 'K1', 'a', 'PX', 60_000 ] ],
          args => [ 'a', 'b' ], answer => 1 },
        { keys => 1, before => [ [ 'SET', 'K1', 'a', 'PX', 60_000 ] ],
          args => [ '', 'b' ], answer => 0 },
        { keys => 1, args => [ '', 'b' ], answer => 1 },
    ],
    sandbox_fault => [
        { keys => 1, before => [ [ 'RPUSH', 'K1', 'slow 1 ' ] ],
          args => [ 'timeout 1 ', 2, 3, 60_000 ], answer => 3 },
        { keys => 1, before => [ [ 'RPUSH', 'K1', 'slow 1 ' ] ],
          args => [ 'timeout 1 ', 3, 3, 60_000 ], answer => -1 },
        { keys => 1, before => [ [ 'RPUSH', 'K1', 'slow 1 ' ] ],
          args => [ 'timeout 1 ', 0, 3, 60_000 ], answer => 0 },
    ],
    sandbox_fault_next => [
        { keys => 1, before => [ [ 'RPUSH', 'K1', 'slow 1 ' ] ],
          args => [], answer => 'slow 1 ' },
    ],
    sandbox_keep => [
        { keys => 1, before => [ [ 'SET', 'K1', 'a' ] ],
          args => [ 'b', 60_000 ], answer => 1 },
    ],
    sandbox_notice_note => [
        { keys => 2, before => [ [ 'ZADD', 'K1', 1, 'n1' ],
            h('K2', n1 => 'old') ],
          args => [ 'n1', 'old', 'new', 9 ], answer => 1 },
        { keys => 2, before => [ [ 'ZADD', 'K1', 1, 'n1' ],
            h('K2', n1 => 'other') ],
          args => [ 'n1', 'old', 'new', 9 ], answer => 0 },
    ],
    sandbox_notice_take => [
        { keys => 2, before => [ [ 'ZADD', 'K1', 5, 'n1', 4, 'n2' ],
            h('K2', n1 => 'one', n2 => 'two') ],
          args => [ 5, 9 ], answer => 'two' },
        { keys => 2, before => [ [ 'ZADD', 'K1', 6, 'n1' ],
            h('K2', n1 => 'one') ],
          args => [ 5, 9 ], answer => '' },
    ],
    sandbox_take => [
        { keys => 1, before => [ [ 'SET', 'K1', 'a' ] ], args => [],
          answer => 'a' },
    ],
    sandbox_trade_write => [
        { keys => 7, before => [ h('K1', t1 => 'old', t2 => 'other'),
            h('K2', o1 => 't1'), [ 'ZADD', 'K3', 1, 't1' ],
            [ 'ZADD', 'K4', 1, 't2 0' ], h('K5', n1 => 'first'),
            [ 'ZADD', 'K6', 1, 'n1' ], [ 'ZADD', 'K7', 9, 't1' ] ],
          args => [ 't1', 'old', 'new', 'o2', 1, 8, 't1 0', 5, 'n2',
            'second', 6 ], answer => 1 },
        { keys => 7, before => [ h('K1', t1 => 'old'),
            [ 'ZADD', 'K7', 9, 't1' ] ],
          args => [ 't1', 'old', 'new', '', 1, '', '', 5, '', '', 0 ],
          answer => 1 },
        { keys => 7, before => [ h('K1', t1 => 'old') ],
          args => [ 't1', '', 'new', '', 1, '', '', 5, '', '', 0 ],
          answer => 0 },
        { keys => 7, before => [ h('K1', t1 => 'old'), h('K2', o1 => 't2') ],
          args => [ 't1', 'old', 'new', 'o1', 1, '', '', 5, '', '', 0 ],
          answer => -1 },
    ],
    session_begin => [
        { keys => 1, before => [ h('K1', old => '1 1 1 2 0 0 2 0 password -') ],
          args => [ 'new', $row, 200, 20, 900 ], answer => 1 },
        { keys => 1, before => [ h('K1', old => $row) ],
          args => [ 'new', $row, 200, 1, 900 ], answer => 1 },
        { keys => 1, args => [ 'new', $row, 200, 20, 900 ], answer => 1 },
    ],
    session_end => [
        map { {
            keys => 1, before => [ h('K1', this => $row, that => $row) ],
            args => [ $_->[0], $_->[1] ], answer => $_->[2],
        } } [ 'this', 'this', 1 ], [ 'others', 'this', 1 ],
            [ 'others', 'gone', 2 ], [ 'all', 'this', 2 ],
    ],
    session_touch => [
        { keys => 1, before => [ h('K1', this => $row) ],
          args => [ 'this', 'later' ], answer => 1 },
    ],
    staff_begin => [
        { keys => 1, before => [ h('K1', @account) ],
          args => [ 'creation', 'sealed' ],
          answer => [ 'creation', 'sealed' ] },
    ],
    staff_change => [
        { keys => 3, before => [ h('K1', @account, disabled => 1),
            h('K2', old => $row), x('K3') ],
          args => [ 3, 'reviewer', 0, 'entry' ], answer => 1 },
    ],
    staff_create => [
        { keys => 2, before => [ x('K2') ],
          args => [ 'creation', 'name', 'reviewer', 'hash', $now, 1, 'totp',
            'entry' ], answer => 1 },
    ],
    staff_enter => [
        { keys => 2, before => [ h('K1', @account), x('K2') ],
          args => [ 3, 77, $now, '' ], answer => 1 },
        { keys => 2, before => [ h('K1', @account), x('K2') ],
          args => [ 3, '', $now, 'entry' ], answer => 1 },
    ],
    staff_list => [
        { keys => 2, args => [ 'pid', $now, 1 ], answer => 1 },
        { keys => 2, before => [ [ 'ZADD', 'K1', 1, 'other' ],
            [ 'SADD', 'K2', 'other' ] ],
          args => [ 'pid', $now, 1 ], answer => 1 },
    ],
    staff_reset => [
        { keys => 4, before => [ h('K1', @account, totp => 's', step => 4),
            h('K2', guesses => 1), h('K3', old => $row), x('K4') ],
          args => [ 'hash', $now, 'entry' ], answer => 1 },
    ],
    staff_retire => [
        { keys => 2, before => [ [ 'SADD', 'K1', 'boss', 'pid' ], x('K2') ],
          args => [ 'boss', 'pid', 0, 'entry' ], answer => 1 },
        { keys => 2, before => [ [ 'SADD', 'K1', 'pid' ], x('K2') ],
          args => [ '', 'pid', 1, 'entry' ], answer => 1 },
    ],
    staff_secret => [
        map { {
            keys => 3, before => [ h('K1', @account, totp_pending => 's',
                initial => 1), h('K2', 'guesses:change' => 1), x('K3') ],
            args => [ 3, $_, 's', 77, 'entry' ], answer => 1,
        } } qw(password pending totp),
    ],
    worker_beat => [
        { keys => 1, before => [ h('K1', 'gone/1' => '{"at":1}') ],
          args => [ 'me/1', '{"at":100000}', 100_000, 60_000 ],
          answer => 1 },
    ],
);


# ---- the slot ----

sub setslot {
    my ($node, @state) = @_;

    return $redis->command_on($node, qw(CLUSTER SETSLOT), $slot, @state);
}

sub still {
    setslot($_, 'STABLE') for $here, $there;
    return;
}

sub on_the_move {
    setslot($there, 'IMPORTING', $id[$here]);
    setslot($here, 'MIGRATING', $id[$there]);
    return;
}

sub key { return "civic:${tag}:$_[0]" }

sub text {
    my ($name) = @_;

    open my $file, '<', "lua/redis/$name.lua" or die "$name: $!";
    local $/;
    return scalar <$file>;
}

# One command on a node: what it answered, or "error ...".
sub told {
    my ($node, @command) = @_;

    $redis->command_on($there, 'ASKING') if $node == $there;
    my $value = eval { $redis->command_on($node, @command) };
    return $@ ? 'error ' . $@ =~ s/\n.*//sr : $value;
}

sub keys_of {
    my ($node) = @_;

    return @{ $redis->command_on($node, qw(CLUSTER GETKEYSINSLOT), $slot,
        100) };
}

# Numbers that are times, ids of streams.
sub blur {
    my ($value) = @_;

    return [ map { blur($_) } @$value ] if ref $value;
    return undef if !defined $value;
    return $value =~ s/^1[6-9]\d{11}-\d+$/ID/r =~ s/\b1[6-9]\d{11}\b/TIME/gr;
}

my %reading = (string => ['GET'], hash => ['HGETALL'], set => ['SMEMBERS'],
    zset => [ 'ZRANGE', 0, -1, 'WITHSCORES' ], stream => [ 'XRANGE', '-',
    '+' ], list => [ 'LRANGE', 0, -1 ]);

sub content {
    my ($node, $key) = @_;
    my $type = told($node, 'TYPE', $key);
    my ($command, @more) = @{ $reading{$type} };
    my $value = blur(told($node, $command, $key, @more));

    if ($type eq 'hash') {
        $value = {@$value};
    } elsif ($type eq 'set') {
        $value = [ sort @$value ];
    }
    return [ $type, $value, told($node, 'TTL', $key) < 0 ? 'stays' : 'ends' ];
}

# Every key of the slot with its node's number taken away; a key on both
# nodes is an error.
sub state_of_both {
    my %state;

    for my $node ($here, $there) {
        for my $key (keys_of($node)) {
            $state{$key} = $state{$key} ? 'on both nodes'
                : content($node, $key);
        }
    }
    return \%state;
}

sub clear {
    on_the_move();
    told($there, 'DEL', $_) for keys_of($there);
    still();
    told($here, 'DEL', $_) for keys_of($here);
    return;
}

sub move {
    my (@keys) = @_;

    $redis->command_on($here, 'MIGRATE', '127.0.0.1', $redis->port($there),
        $_, 0, 5000) for @keys;
    return;
}

# What has moved comes back, and the slot stays.  (An end of the move would
# have to wait for gossip each time.)
sub call_off {
    my @keys = keys_of($there);

    setslot($here, 'STABLE');
    for my $key (@keys) {
        my $said = told($there, 'MIGRATE', '127.0.0.1', $redis->port($here),
            $key, 0, 5000);

        die "$key does not come back: $said\n" if $said ne 'OK';
    }
    still();
    return;
}


# ---- one case ----

# Where its slot is when the script comes.
my %where = (
    still => sub { },
    leaving => sub { on_the_move() },
    split => sub { on_the_move(); move((keys_of($here))[0]) },
    arriving => sub { on_the_move(); move(keys_of($here)) },
);

# As the module does: what the node that owns the slot says, then where it
# points to; when nothing helps, once the slot stands still.
sub run_script {
    my ($text, $case) = @_;
    my @keys = map { key($_) } 1 .. $case->{keys};
    my @eval = ('EVAL', $text, scalar @keys, @keys, @{ $case->{args} });
    my $before = state_of_both();
    my $answer = told($here, @eval);

    $answer = told($there, @eval) if !ref $answer && $answer =~ /^error.*ASK /;
    if (!ref $answer && $answer =~ /^error.*(?:TRYAGAIN|ASK )/) {
        my $after = state_of_both();

        return "$answer, but something was written"
            if !same($after, $before);
        call_off();
        $answer = told($here, @eval);
    }
    return blur($answer);
}

sub same {
    my ($one, $two) = @_;
    my $json = JSON::PP->new->canonical->allow_nonref;

    return $json->encode($one) eq $json->encode($two);
}

# { answer, state } of a case there.
sub outcome {
    my ($text, $case, $how) = @_;

    for my $command (@{ $case->{before} || [] }) {
        told($here, map { /^K(\d)$/ ? key($1) : $_ } @$command);
    }
    $where{$how}->();
    my $answer = run_script($text, $case);
    my $state = state_of_both();

    clear();
    return { answer => $answer, state => $state };
}

# What is wrong with a case, or nothing.
sub wrong {
    my ($text, $case) = @_;
    my $expected = outcome($text, $case, 'still');
    my @ways = ('leaving', 'arriving',
        @{ $case->{before} || [] } > 1 ? 'split' : ());

    return "answers @{[ explain($expected->{answer}) ]}"
        if defined $case->{answer}
            && !same($expected->{answer}, blur_like($case->{answer}));
    return "says $expected->{answer}"
        if !ref $expected->{answer} && $expected->{answer} =~ /^error/;
    for my $how (@ways) {
        my $moving = outcome($text, $case, $how);

        return "$how: " . join '', explain($moving, $expected)
            if !same($moving, $expected);
    }
    return '';
}

# Redis' small client gives numbers as texts.
sub blur_like {
    my ($value) = @_;

    return ref $value ? [ map { blur_like($_) } @$value ] : blur("$value");
}


# ---- outboxes of a slot that moves ----

# Never that one is empty where another node may have its entries.
{
    my @ask = ('EVAL', text('outbox_filled'), 0, 'civic.none',
        $tag =~ s/[{}]//gr);
    my $outbox = "civic:outbox:civic.none:$tag";

    is_deeply(told($here, @ask), [], 'an outbox is empty');
    on_the_move();
    # who asks never says ASKING
    is_deeply($redis->command_on($_, @ask), [1], 'or not') for $here, $there;
    still();
    told($here, 'XADD', $outbox, '*', 'entry', 'x');
    is_deeply(told($here, @ask), [1], 'it is filled');
    on_the_move();
    move($outbox);
    is_deeply(told($here, @ask), [1], 'it has moved');
    clear();
}


# ---- it would be noticed ----

my $bad = "#!lua\nredis.call('HDEL', KEYS[1], 'old')\n"
    . "redis.call('HSET', KEYS[1], 'new', '1')\nreturn 1\n";
like(wrong($bad, { keys => 1, before => [ h('K1', old => 1) ], args => [],
    answer => 1 }), qr/^leaving: .*non local key/s,
    'a script that empties first would be noticed');
my $half = "#!lua\nredis.call('DEL', KEYS[1])\n"
    . "return redis.pcall('GET', KEYS[1]) and 1 or 2\n";
like(wrong($half, { keys => 1, before => [ [ 'SET', 'K1', 1 ] ],
    args => [] }), qr/^(?:leaving|says)/, 'and one that reads what it deleted');


# ---- all of them ----

my @scripts = map { m{([^/]+)\.lua$} } glob 'lua/redis/*.lua';
for my $name (@scripts) {
    my $cases = $cases{$name};

    ok($cases, "$name has its cases") or next;
    my $text = text($name);
    my $n = 0;
    for my $case (@$cases) {
        $n++;
        is(wrong($text, $case), '', "$name, case $n");
    }
}
is_deeply([ grep { my $name = $_; !grep { $_ eq $name } @scripts }
    sort keys %cases ], [], 'each case has its script');

done_testing();
