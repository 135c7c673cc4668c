# Alipay's payments in the sandbox, through nginx: an app that signs by
# openssl orders, a person pays at the cashier, money goes back.  What is told
# by GET /sandbox/alipay/trades is the account of all money.

use lib 't/lib';
use Civic::Test;

use Encode ();
use JSON::PP ();
use POSIX ();

use Civic::Sandbox;

my $folder = Civic::Process::folder();
my $sandbox = Civic::Sandbox->new($folder);
my $civic = civic(plugins => [ 'hello', $sandbox->plugin ], workers => 2,
    allow => qr/"sandbox" is for "civic_environment sandbox" alone/);
my $client = $civic->client;
my $json = JSON::PP->new->utf8->canonical;

my $form_type = 'application/x-www-form-urlencoded';
my $app = Civic::Sandbox::APP;

# The node of a call: methods without "alipay.trade.", business as a hash.
sub trade {
    my ($method, $business, %parameters) = @_;
    my ($node, $signed, $answer) = $sandbox->call($client,
        "alipay.trade.$method", biz_content => $json->encode($business),
        %parameters);

    ok($signed, "$method: the answer is signed") or diag($answer->{content});
    return $node || {};
}

sub refused {
    my ($method, $business, $sub_code, $why) = @_;
    my $node = trade($method, $business);

    is(join(' ', map { $_ // '' } @$node{qw(code sub_code)}),
        "40004 $sub_code", $why);
    return;
}

sub order {
    my ($number, %more) = @_;

    return { out_trade_no => $number, total_amount => '88.00',
        subject => '报名费', product_code => 'JSAPI_PAY', op_app_id => $app,
        buyer_open_id => 'open-zhang', %more };
}

sub status {
    my ($number) = @_;

    return trade('query', { out_trade_no => $number })->{trade_status};
}

# What the cashier says of somebody's click.
sub cashier {
    my ($number, $user, $action) = @_;

    return $client->post("/sandbox/phone/pay/$number", type => $form_type,
        body => "user=$user&action=$action");
}

# "payment 8800 zhang>seller; refund 100 seller>zhang"
sub moved {
    my ($number) = @_;
    my $answer = $client->get("/sandbox/alipay/trades?out_trade_no=$number");

    return join '; ', map {
        my $all = $_;
        "$all->{kind} $all->{fen} $all->{from}>$all->{to}"
            =~ s/2088000000009999/seller/r
    } @{ ($answer->{json}{trades}[0] || {})->{movements} };
}


# ---- create, and the person pays ----

my $made = trade('create', order('c1'));
is($made->{code}, '10000', 'a trade is made');
like($made->{trade_no}, qr/^\d{8}22001\d{15}$/, 'with a number of theirs');
is($made->{out_trade_no}, 'c1', 'and ours');
is(trade('create', order('c1'))->{trade_no}, $made->{trade_no},
    'the same again is the same trade');

my $asked = trade('query', { out_trade_no => 'c1' });
is_deeply($asked, { code => '10000', msg => 'Success', out_trade_no => 'c1',
    trade_no => $made->{trade_no}, trade_status => 'WAIT_BUYER_PAY',
    total_amount => '88.00', receipt_amount => '0.00',
    buyer_pay_amount => '0.00', invoice_amount => '0.00',
    point_amount => '0.00', buyer_open_id => 'open-zhang',
    buyer_logon_id => '208******01' }, 'it waits for its buyer');
is(moved('c1'), '', 'no money has moved');

my $page = $client->get("/sandbox/phone/pay/$made->{trade_no}");
is($page->{status}, 200, 'the phone shows it');
like($page->{content}, qr/\Q@{[ Encode::encode_utf8('报名费') ]}\E.*88\.00/s,
    'what and how much');
is(cashier($made->{trade_no}, 'li', 'pay')->{status}, 409,
    'somebody else cannot pay it');
is(cashier($made->{trade_no}, 'nobody', 'pay')->{status}, 400,
    'nor can nobody');
is(cashier($made->{trade_no}, 'zhang', 'buy')->{status}, 400,
    'nor can it be bought');
is(cashier($made->{trade_no}, 'zhang', 'give_up')->{status}, 200, 'given up');
is(status('c1'), 'WAIT_BUYER_PAY', 'it still waits');
is(moved('c1'), '', 'and no money has moved');

is(cashier($made->{trade_no}, 'zhang', 'pay')->{status}, 200, 'paid');
$asked = trade('query', { trade_no => $made->{trade_no} });
is($asked->{trade_status}, 'TRADE_SUCCESS', 'it is paid');
is($asked->{receipt_amount}, '88.00', 'all of it');
like($asked->{send_pay_date}, qr/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/, 'when');
is(moved('c1'), 'payment 8800 zhang>seller', 'the money has moved');
is(cashier($made->{trade_no}, 'zhang', 'pay')->{status}, 409, 'once');
is(moved('c1'), 'payment 8800 zhang>seller', 'and not twice');

refused('create', order('c1'), 'ACQ.TRADE_HAS_SUCCESS',
    'a paid trade is not made again');
refused('close', { out_trade_no => 'c1' }, 'ACQ.TRADE_STATUS_ERROR',
    'nor closed');

# as my.tradePay() tells it
$made = trade('create', order('c2', buyer_open_id => 'open-li'));
sub paid {
    my ($number, $user, %more) = @_;

    return $client->post('/sandbox/alipay/payments',
        json => { number => $number, user => $user, %more })->{json};
}
is(paid($made->{trade_no}, 'zhang')->{result_code}, '4000', '4000: refused');
is(paid($made->{trade_no}, 'li', action => 'give_up')->{result_code}, '6001',
    '6001: given up');
is_deeply(paid($made->{trade_no}, 'li'), { result_code => '9000',
    out_trade_no => 'c2', trade_no => $made->{trade_no},
    trade_status => 'TRADE_SUCCESS', subject => '报名费',
    total_amount => '88.00' }, '9000: paid');
is(paid('none', 'li')->{result_code}, '4000', 'what there is not');


# ---- what is refused ----

refused('query', { out_trade_no => 'none' }, 'ACQ.TRADE_NOT_EXIST',
    'no such trade');
refused('query', {}, 'ACQ.INVALID_PARAMETER', 'no number at all');
refused('close', { out_trade_no => 'none' }, 'ACQ.TRADE_NOT_EXIST',
    'nothing to close');
for my $wrong ([ total_amount => '0.00' ], [ total_amount => '1.234' ],
    [ total_amount => '-1.00' ], [ total_amount => '100000000.01' ],
    [ total_amount => '1e2' ], [ total_amount => ' 1.00' ],
    [ total_amount => '01.00' ], [ out_trade_no => 'a-b' ],
    [ out_trade_no => 'x' x 65 ], [ subject => '' ], [ subject => 'a&b' ],
    [ subject => '题' x 257 ], [ product_code => 'QUICK_MSECURITY_PAY' ],
    [ op_app_id => '' ], [ buyer_open_id => '' ],
    [ timeout_express => '1.5h' ], [ timeout_express => '16d' ],
    [ timeout_express => '2c' ], [ time_expire => '2020-01-01 00:00:00' ],
    [ time_expire => '2099-02-30 00:00:00' ])
{
    refused('create', order('w1', @$wrong), 'ACQ.INVALID_PARAMETER',
        "$wrong->[0] " . substr $wrong->[1], 0, 20);
}
refused('create', order('w1', buyer_open_id => 'open-nobody'),
    'ACQ.BUYER_NOT_EXIST', 'a buyer whom nobody knows');
is(trade('create', order('w2', total_amount => '0.1',
    buyer_open_id => '', buyer_id => '2088000000000002'))->{code}, '10000',
    'a buyer by user_id');
is(trade('query', { out_trade_no => 'w2' })->{total_amount}, '0.10',
    'ten fen');
refused('create', order('w2', total_amount => '0.11',
    buyer_open_id => 'open-li'), 'ACQ.CONTEXT_INCONSISTENT',
    'another amount under the same number');
refused('create', order('w2', total_amount => '0.10'),
    'ACQ.CONTEXT_INCONSISTENT', 'another buyer');


# ---- closing ----

$made = trade('close', { out_trade_no => 'w2' });
is($made->{code}, '10000', 'an unpaid trade is closed');
is(status('w2'), 'TRADE_CLOSED', 'it is');
refused('close', { out_trade_no => 'w2' }, 'ACQ.TRADE_STATUS_ERROR', 'once');
is(paid($made->{trade_no}, 'li')->{result_code}, '4000',
    'nobody can pay it any more');
refused('create', order('w2', total_amount => '0.10',
    buyer_open_id => 'open-li'), 'ACQ.TRADE_HAS_CLOSE', 'nor make it again');
is(moved('w2'), '', 'no money has moved');


# ---- a QR code ----

my %qr = (out_trade_no => 'q1', total_amount => '45.50', subject => '考试费');
my $code = trade('precreate', \%qr)->{qr_code};
like($code, qr{^http://127\.0\.0\.1:\d+/sandbox/phone/pay/[0-9a-f]{32}$},
    'a code');
is(trade('precreate', \%qr)->{qr_code}, $code, 'the same again');
refused('precreate', { %qr, total_amount => '45.51' },
    'ACQ.CONTEXT_INCONSISTENT', 'but not with another amount');
refused('query', { out_trade_no => 'q1' }, 'ACQ.TRADE_NOT_EXIST',
    'no trade, as long as nobody scans it');
refused('close', { out_trade_no => 'q1' }, 'ACQ.TRADE_NOT_EXIST',
    'nor anything to close');
my ($path) = $code =~ m{(/sandbox.*)};
like($client->get($path)->{content}, qr/value="enter"/, 'it can be scanned');
is(paid($code, 'zhang', action => 'enter')->{trade_status}, 'WAIT_BUYER_PAY',
    'somebody does');
is(status('q1'), 'WAIT_BUYER_PAY', 'now there is a trade');
is(paid($code, 'li')->{result_code}, '4000', 'of the one who scanned it');
is(paid($code, 'zhang')->{result_code}, '9000', 'who pays');
is(moved('q1'), 'payment 4550 zhang>seller', 'the money has moved');
refused('precreate', \%qr, 'ACQ.TRADE_HAS_SUCCESS', 'no second code');


# ---- page.pay ----

sub page_form {
    my ($business, %parameters) = @_;

    return $sandbox->form('alipay.trade.page.pay', biz_content =>
        $json->encode({ product_code => 'FAST_INSTANT_TRADE_PAY',
            subject => '报名费', total_amount => '88.00', %$business }),
        return_url => 'https://exam.example/back?a=b',
        %parameters);
}
my $gateway = '/sandbox/alipay/gateway.do';
my $answer = $client->get("$gateway?" . page_form({ out_trade_no => 'p1' }));
is($answer->{status}, 302, 'a link');
like($answer->{headers}{location}, qr{^\.\./phone/pay/[0-9a-f]{32}$},
    'leads to the cashier');
refused('query', { out_trade_no => 'p1' }, 'ACQ.TRADE_NOT_EXIST',
    'no trade yet');
my ($order) = $answer->{headers}{location} =~ m{([0-9a-f]+)$};
is($client->get("$gateway?" . page_form({ out_trade_no => 'p1' }))
    ->{headers}{location}, $answer->{headers}{location}, 'the same again');
$answer = cashier($order, 'li', 'enter');
like($answer->{content}, qr/value="pay"/, 'somebody comes');
is(status('p1'), 'WAIT_BUYER_PAY', 'now there is a trade');
$answer = cashier($order, 'li', 'pay');
is($answer->{status}, 303, 'and pays');
my $back = $answer->{headers}{location};
like($back, qr{^https://exam\.example/back\?a=b&charset=utf-8&}, 'goes back');
my %told = map { /^([^=]+)=(.*)$/ } split /&/,
    $back =~ s/^[^?]*\?a=b&//r =~ s/%([0-9A-F]{2})/chr hex $1/ger;
my $sign = delete $told{sign};
is_deeply([ sort keys %told ], [ qw(app_id auth_app_id charset method
    out_trade_no seller_id sign_type timestamp total_amount trade_no
    version) ], 'with what is documented');
is("@told{qw(method out_trade_no total_amount seller_id)}",
    'alipay.trade.page.pay.return p1 88.00 2088000000009999', 'rightly');
delete $told{sign_type};
ok($sandbox->is_signed(join('&', map { "$_=$told{$_}" } sort keys %told),
    $sign), 'signed');
is(moved('p1'), 'payment 8800 li>seller', 'the money has moved');

$answer = $client->post($gateway, body => page_form({ out_trade_no => 'p2' }),
    type => $form_type);
is($answer->{status}, 303, 'a form');
like($answer->{headers}{location}, qr{phone/pay/}, 'leads there, too');
is($client->post("$gateway?" . page_form({ out_trade_no => 'p2' }),
    body => '', type => $form_type)->{status}, 302,
    'also with all in its query');
is($client->get("$gateway?" . page_form({ out_trade_no => 'p1' }))->{status},
    400, 'a paid one leads nowhere');
is($client->get("$gateway?" . (page_form({ out_trade_no => 'p3' })
    =~ s/88\.00/0.01/r))->{status}, 400, 'nor does a changed one');


# ---- money that goes back ----

sub refund {
    my ($number, $amount, $request, %more) = @_;

    return trade('refund', { out_trade_no => $number,
        refund_amount => $amount, out_request_no => $request, %more });
}
my $node = refund('c1', '30.00', 'r1', refund_reason => '部分退款');
is("@$node{qw(code fund_change refund_fee)}", '10000 Y 30.00', 'a part');
is(status('c1'), 'TRADE_SUCCESS', 'it is still paid');
$node = refund('c1', '30.00', 'r1');
is("@$node{qw(code fund_change refund_fee)}", '10000 N 30.00',
    'the same again moves nothing');
is(moved('c1'), 'payment 8800 zhang>seller; refund 3000 seller>zhang',
    'once');
is(refund('c1', '31.00', 'r1')->{sub_code}, 'ACQ.DISCORDANT_REPEAT_REQUEST',
    'another amount under the same number');
is(refund('c1', '58.01', 'r2')->{sub_code},
    'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL', 'more than is left');
refused('refund', { out_trade_no => 'c1', refund_amount => '58.00' },
    'ACQ.INVALID_PARAMETER', 'a part without a number');
refused('refund', { out_trade_no => 'c1', out_request_no => 'r2' },
    'ACQ.INVALID_PARAMETER', 'no amount');
$node = trade('fastpay.refund.query', { out_trade_no => 'c1',
    out_request_no => 'r1' });
is("@$node{qw(refund_status refund_amount total_amount)}",
    'REFUND_SUCCESS 30.00 88.00', 'it can be asked for');
$node = trade('fastpay.refund.query', { out_trade_no => 'c1',
    out_request_no => 'r2' });
is("$node->{code} " . ($node->{refund_status} // 'none'), '10000 none',
    'one that was refused is not there');
$node = refund('c1', '58.00', 'r2');
is("@$node{qw(fund_change refund_fee)}", 'Y 88.00', 'the rest');
is(status('c1'), 'TRADE_CLOSED', 'closes it');
is(refund('c1', '58.00', 'r2')->{fund_change}, 'N', 'again: nothing');
is(refund('c1', '0.01', 'r3')->{sub_code}, 'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL',
    'there is no more');
is(refund('w2', '0.10', 'r1')->{sub_code}, 'ACQ.TRADE_STATUS_ERROR',
    'what was never paid');
is(refund('none', '0.10', 'r1')->{sub_code}, 'ACQ.TRADE_NOT_EXIST',
    'what there is not');
$node = trade('refund', { out_trade_no => 'c2', refund_amount => '88.00' });
is($node->{fund_change}, 'Y', 'all of it needs no number');
is(trade('fastpay.refund.query', { out_trade_no => 'c2' })->{refund_status},
    'REFUND_SUCCESS', 'neither does the question');


# ---- cancelling ----

$made = trade('create', order('x1'));
$node = trade('cancel', { out_trade_no => 'x1' });
is("@$node{qw(action retry_flag trade_no)}", "close N $made->{trade_no}",
    'an unpaid one is closed');
$made = trade('create', order('x2'));
paid($made->{trade_no}, 'zhang');
is(trade('cancel', { trade_no => $made->{trade_no} })->{action}, 'refund',
    'a paid one is refunded');
is(trade('cancel', { out_trade_no => 'x2' })->{action}, 'refund', 'again');
is(moved('x2'), 'payment 8800 zhang>seller; refund 8800 seller>zhang', 'once');
$node = trade('cancel', { out_trade_no => 'none' });
is($node->{code} . ($node->{action} // ''), '10000',
    'one that is not there, too');
refused('cancel', { trade_no => '2026' }, 'ACQ.TRADE_NOT_EXIST',
    'but not by a number of theirs');


# ---- many at once ----

my $second = civic(plugins => [ $sandbox->plugin ], workers => 1,
    redis => $civic->redis,
    allow => qr/"sandbox" is for "civic_environment sandbox" alone/);

# Each of these in a process of its own, on two nginx by turns; what they
# answer.
sub at_once {
    my $turn = 0;
    my @children = map {
        my $what = $_;
        my $here = $turn++ % 2 ? $second : $civic;
        pipe my $read, my $write or die "pipe: $!";
        my $pid = fork;

        if (!$pid) {
            close $read;
            print {$write} $what->($here->client) // '';
            close $write;
            POSIX::_exit(0);
        }
        close $write;
        [ $pid, $read ];
    } @_;

    return map {
        my ($pid, $read) = @$_;
        my $said = do { local $/; <$read> };
        waitpid $pid, 0;
        $said // '';
    } @children;
}

$made = trade('create', order('m1'));
my @said = sort(at_once((sub {
    $sandbox->pay($_[0], $made->{trade_no}, 'zhang')->{result_code};
}) x 8));
is("@said", '4000 4000 4000 4000 4000 4000 4000 9000',
    'eight pay one trade: one does');
is(moved('m1'), 'payment 8800 zhang>seller', 'once');

my %forms = map { $_ => $sandbox->form('alipay.trade.refund', biz_content =>
    $json->encode({ out_trade_no => 'm1', refund_amount => '30.00',
        out_request_no => 'r' . $_ % 4 })) } 0 .. 7;
@said = at_once(map {
    my $form = $forms{$_};
    sub {
        my ($own) = @_;
        my $node = $sandbox->post($own, $form)
            ->{json}{alipay_trade_refund_response};
        return $node->{fund_change} // $node->{sub_code};
    }
} 0 .. 7);
is(scalar(grep { $_ eq 'Y' } @said), 2, 'eight refunds of four numbers: two fit')
    or diag("@said");
is(scalar(split /; /, moved('m1')), 3, 'and moved');
my $account = $sandbox->trade($client, 'm1');
is("$account->{paid_fen} $account->{refunded_fen}", '8800 6000',
    'the account says so');

$made = trade('create', order('m2'));
my $close = $sandbox->form('alipay.trade.close',
    biz_content => $json->encode({ out_trade_no => 'm2' }));
@said = at_once(
    sub { $sandbox->pay($_[0], $made->{trade_no}, 'zhang')->{result_code} },
    sub { $sandbox->post($_[0], $close)
        ->{json}{alipay_trade_close_response}{code} });
like("@said " . status('m2'), qr/^(?:9000\ 40004\ TRADE_SUCCESS
    |4000\ 10000\ TRADE_CLOSED)$/x, 'paid or closed, never both');


$second->nginx->stop;


# ---- the business clock ----

my @workers = $civic->worker_clients;

# Both workers see it within 2 s.
sub set_clock {
    my ($time) = @_;
    my ($status, $said) = $civic->nginx->civicctl('clock', 'set', $time,
        '--hold');

    is($status, 0, "the clock: $time") or diag($said);
    Civic::Process::wait_for('the clock', 5, sub {
        !grep { $_->get('/hello/greeting')->{json}{at} ne $time } @workers });
    return;
}
set_clock('2026-03-09T12:00:00+08:00');

my %life = (e1 => { timeout_express => '5m' }, e2 => { timeout_express => '1c' },
    e3 => { time_expire => '2026-03-09 12:10:00', timeout_express => '5m' },
    e4 => {}, e5 => { timeout_express => '2h' });
my %number = map { $_ => trade('create', order($_, %{ $life{$_} }))
    ->{trade_no} } sort keys %life;
$code = trade('precreate', { %qr, out_trade_no => 'e6' })->{qr_code};
my $soon = trade('precreate', { %qr, out_trade_no => 'e7',
    time_expire => '2026-03-09 12:04:00' })->{qr_code};
paid($number{e5}, 'zhang');

set_clock('2026-03-09T12:05:00+08:00');
is(status('e1'), 'TRADE_CLOSED', 'five minutes later it is closed');
is(paid($number{e1}, 'zhang')->{result_code}, '4000', 'and cannot be paid');
is(status('e3'), 'WAIT_BUYER_PAY', 'time_expire wins');
is(paid($soon, 'zhang')->{result_code}, '4000', 'it ends a code, too');
set_clock('2026-03-09T12:10:00+08:00');
is(status('e3'), 'TRADE_CLOSED', 'to the second');
set_clock('2026-03-09T13:59:59+08:00');
is(paid($code, 'zhang', action => 'enter')->{trade_status}, 'WAIT_BUYER_PAY',
    'a code lives for two hours');
isnt(trade('precreate', { %qr, out_trade_no => 'e7' })->{qr_code}, $soon,
    'one that nobody scanned is made anew');
$code = trade('precreate', { %qr, out_trade_no => 'e8' })->{qr_code};
set_clock('2026-03-09T23:59:59+08:00');
is(paid($code, 'zhang')->{result_code}, '4000', 'and no longer');
is(status('e2'), 'WAIT_BUYER_PAY', '1c: until midnight');
set_clock('2026-03-10T00:00:00+08:00');
is(status('e2'), 'TRADE_CLOSED', 'in China');
is(status('e4'), 'WAIT_BUYER_PAY', 'others wait');
set_clock('2026-03-24T12:00:00+08:00');
is(status('e4'), 'TRADE_CLOSED', 'for fifteen days');
is(status('e5'), 'TRADE_SUCCESS', 'what is paid stays');
is(refund('e5', '1.00', 'r1')->{fund_change}, 'Y', 'and can be refunded');
set_clock('2027-03-09T12:00:00+08:00');
is(status('e5'), 'TRADE_FINISHED', 'for a year');
is(refund('e5', '1.00', 'r2')->{sub_code}, 'ACQ.TRADE_HAS_FINISHED',
    'then no more');
is(refund('e5', '1.00', 'r1')->{fund_change}, 'N', 'but the old one is told');

finish();
