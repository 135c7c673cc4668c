# Payments, with everything real: two nginx on one store, the sandbox' gateway,
# cashier and notifications.  Each channel, notifications in any order and
# forged, both channels paid at once, refunds, the office.  What the sandbox
# says was moved is the account of all money.  (Bad days: t/fault/payment.t.)

use lib 't/lib';
use Civic::Test;
use Civic::Process;
use Civic::Sandbox;

use Time::HiRes qw(sleep time);

Civic::Process::within_a_day(180);      # there is a bill for each

my $sandbox = Civic::Sandbox->new(Civic::Process::folder());
my $people = 6;
my @ports = map { Civic::Process::port() } 0, 1;
my @civic;

for my $i (0, 1) {
    my $port = $ports[$i];

    push @civic, civic($sandbox->with_alipay(
        port => $port, workers => 2, start => 0, fixtures => ['asker'],
        blobs => 'shared', people => $i == 0 ? $people : 0,
        ($i == 1 ? (redis => $civic[0]->redis) : ()),
        plugins => [ 'login', 'civic', 'staff',
            'payment seller_id=2088000000009999 '
            . "notify_url=http://127.0.0.1:$ports[0]/payment/alipay/notifications "
            . 'return_url=http://civic.example/payment/alipay/return '
            . 'landing=/web/payment.html' ],
        sandbox => [ 'notify_upstream=app', 'notify_gaps=300,300,300' ],
        upstreams => { app => $ports[1], alipay_bill => $port },
        allow => qr/nobody vouches for/));
}
my ($one, $two) = @civic;
system 'cp', '-p', $one->nginx->keyring, $two->nginx->keyring;
$one->add_staff('cashier', 'office');
$_->nginx->start for @civic;
$_->wait_ready for @civic;

my $redis = $one->redis;
my ($client, $other) = map { $_->client } @civic;
my $key = 0;
my @token = map { $client->login(@$_{qw(id_number password)}) }
    map { $one->person($_) } 0 .. $people - 1;



# ---- the steps ---------------------------------------------------------------

my $office = $one->staff_token('cashier');

# An order of a person for an item, opened by hand.
sub order {
    my ($n, $item, %more) = @_;
    my $answer = $client->post('/payment/orders', token => $office, json => {
        id_number => $one->person($n)->{id_number}, item => $item,
        title => '公务员考试报名费', fen => 12000,
        until => china(time + 86400), %more });

    is($answer->{status}, 201, "person $n is to pay $item")
        or diag($answer->{content});
    return $answer->{json}{order_id};
}

sub pay {
    my ($n, $order, $channel, %arg) = @_;

    return ($arg{client} || $client)->post("/payment/orders/$order/pay",
        token => $token[$n],
        headers => { 'Idempotency-Key' => $arg{key} // 'p' . $key++ },
        json => { channel => $channel, $channel eq 'mini_program'
            ? (auth_code => $sandbox->auth_code($client,
                $arg{user} // 'zhang')) : () });
}

sub shown {
    my ($n, $order) = @_;

    return $other->get("/payment/orders/$order", token => $token[$n])->{json};
}

sub becomes {
    my ($n, $order, $state, $name) = @_;
    my $end = time + 60;
    my $now;

    while (($now = shown($n, $order)->{state}) ne $state && time < $end) {
        $client->post('/sandbox/alipay/notifications/run');
        sleep 0.1;
    }
    is($now, $state, $name);
    return;
}

sub run_jobs {
    for my $name (@_) {
        my ($is, $text) = $one->nginx->civicctl('job', 'run',
            "payment.$name");

        is($is, 0, "the job $name") or diag($text);
    }
    return;
}

# The trades of an order, the oldest first.
sub trades {
    my ($n, $order) = @_;
    my $answer = $client->post('/payment/look-up', token => $office,
        json => { id_number => $one->person($n)->{id_number} });
    my ($found) = grep { $_->{order_id} eq $order }
        @{ $answer->{json}{orders} };

    return @{ $found->{trades} };
}

sub notices {
    my ($no) = @_;

    return @{ $client->get("/sandbox/alipay/notifications?out_trade_no=$no")
        ->{json}{notifications} };
}

sub notices_are {
    my ($plan, %more) = @_;

    return $client->post('/sandbox/alipay/notifications/plans',
        json => { plan => $plan, %more });
}

# { out_trade_no => [ fen that came, fen that went ] }: by our receipts, and
# by the sandbox' account.
sub ours {
    my %moved;

    for my $hash ($redis->keys('civic:{p:*}:payment')) {
        my %book = @{ $redis->command('HGETALL', $hash) };

        for my $field (grep { /^receipt:/ } keys %book) {
            my ($way, $no, $fen) = split / /, $book{$field};

            $moved{$no} //= [ 0, 0 ];
            $moved{$no}[ $way eq 'out' ] += $fen;
        }
    }
    return \%moved;
}

sub theirs {
    my (%moved, $page);
    my $offset = 0;

    do {
        $page = $client->get("/sandbox/alipay/trades?limit=50&offset=$offset")
            ->{json}{trades};
        for my $trade (@$page) {
            for my $move (@{ $trade->{movements} }) {
                $moved{ $trade->{out_trade_no} } //= [ 0, 0 ];
                $moved{ $trade->{out_trade_no} }[ $move->{kind} eq 'refund' ]
                    += $move->{fen};
            }
        }
        $offset += 50;
    } while @$page == 50;
    return \%moved;
}

sub money_fits {
    my ($name) = @_;

    return is_deeply(ours(), theirs(), $name);
}


# ---- each channel ------------------------------------------------------------

my $mini = order(0, 'exam:mini');
my $answer = pay(0, $mini, 'mini_program');
is($answer->{status}, 201, 'a trade in the mini-program')
    or diag($answer->{content});
is(pay(0, $mini, 'mini_program', client => $other)->{json}{trade_no},
    $answer->{json}{trade_no}, 'by the other nginx it is the same');
is($sandbox->pay($client, $answer->{json}{trade_no}, 'zhang')->{result_code},
    9000, 'my.tradePay()');
my ($trade) = trades(0, $mini);
becomes(0, $mini, 'paid', 'the notification has told');
is(shown(0, $mini)->{label}, '已付款', 'as the notice calls it');
is((notices($trade->{out_trade_no}))[0]{state}, 'taken',
    'and Alipay was told "success"')
    or diag(explain(notices($trade->{out_trade_no})));

my $qr = order(1, 'exam:qr');
$answer = pay(1, $qr, 'qr');
is($answer->{status}, 201, 'a trade by a QR code');
notices_are('lost', count => 9);
$sandbox->pay($client, $answer->{json}{url}, 'li');
is(shown(1, $qr)->{state}, 'unpaid', 'no notification: not known yet');
is($client->post("/payment/orders/$qr/check", token => $token[1])
    ->{json}{state}, 'paid', 'until somebody asks');
notices_are('lost', count => 0);

my $page = order(2, 'exam:page');
$answer = pay(2, $page, 'page');
like($answer->{json}{url}, qr/alipay\.trade\.page\.pay/, 'a signed link');
my $link = $client->get($answer->{json}{url} =~ s{^http://[^/]+}{}r);
is($link->{status}, 302, 'leads to the cashier') or diag($link->{content});
notices_are('hold', count => 9);
my ($number) = $link->{headers}{location} =~ m{pay/([^/?]+)};
$answer = $client->post("/sandbox/phone/pay/$number",
    type => 'application/x-www-form-urlencoded',
    body => 'user=zhang&action=pay');
my $back = $answer->{headers}{location} // '';
like($back, qr{^http://civic\.example/payment/alipay/return\?.*out_trade_no=},
    'and back to the landing') or diag($answer->{content});
$answer = $other->get($back =~ s{^http://[^/]+}{}r);
is($answer->{status}, 200, 'which knows all that Alipay adds')
    or diag($answer->{content});
is($answer->{headers}{refresh}, '0; url=/web/payment.html',
    'and leads on, with nothing of it');
is(shown(2, $page)->{state}, 'paid', 'having asked Alipay');
notices_are('hold', count => 0);


# ---- notifications that are wrong, and repeated ------------------------------

my $order = order(3, 'exam:notices');
$answer = pay(3, $order, 'qr');
($trade) = trades(3, $order);
notices_are('hold', count => 9);
$sandbox->pay($client, $answer->{json}{url}, 'li');
my ($notice) = notices($trade->{out_trade_no});
my @as = ('right') x 8;
splice @as, 2, 0, 'forged';
my @wrong = qw(wrong_amount wrong_seller wrong_app wrong_trade);
for my $as (@wrong, 'forged') {
    my $said = $client->post(
        "/sandbox/alipay/notifications/$notice->{notify_id}/send",
        json => { as => $as });
    unlike($said->{content}, qr/"success"/, "$as: refused");
}
is(shown(3, $order)->{state}, 'unpaid', 'and nothing has changed');
$client->post("/sandbox/alipay/notifications/$notice->{notify_id}/send",
    json => { times => 8 });
is(shown(3, $order)->{state}, 'paid', 'eight times the right one');
is(shown(3, $order)->{version}, 2, 'count once');
notices_are('hold', count => 0);
money_fits('every movement has its receipt so far');


# ---- create: nobody knows ----------------------------------------------------

$order = order(4, 'exam:unknown');
for my $fault (qw(code_20000 code_20000_done timeout http_500 malformed
    wrong_signature))
{
    $sandbox->fault($client, 'alipay.trade.create', $fault, count => 1,
        delay_ms => 200);
    is_problem(pay(4, $order, 'mini_program'), 503, 'provider_unavailable',
        "create: $fault");
}
$sandbox->fault($client, 'alipay.trade.create', 'notified_first', count => 1);
$answer = pay(4, $order, 'mini_program');
is($answer->{status}, 201, 'then it is there') or diag($answer->{content});
is(scalar(my @all = trades(4, $order)), 1, 'all asked for one trade');


# ---- both channels paid ------------------------------------------------------

$order = order(5, 'exam:both');
my @urls = map { $_->{json}{url} // $_->{json}{trade_no} }
    pay(5, $order, 'mini_program'), pay(5, $order, 'qr');
my @pids = map {
    my $url = $_;

    Civic::Process::background('payer', sub {
        $sandbox->pay($one->client(unseen => 1), $url, 'zhang');
    });
} @urls;
waitpid $_, 0 for @pids;
becomes(5, $order, 'paid', 'one of them pays it');
my $end = time + 60;
my @states;
while (time < $end) {
    run_jobs(qw(follow due));
    @states = sort map { $_->{state} } trades(5, $order);
    last if "@states" eq 'paid returned';
    sleep 0.3;
}
is("@states", 'paid returned', 'the other goes back by itself');
is(shown(5, $order)->{state}, 'paid', 'and it stays paid');
money_fits('and the sandbox says so');


# ---- refunds -----------------------------------------------------------------

sub refund {
    my ($n, $id, %more) = @_;

    return $client->post("/payment/orders/$id/refunds", token => $office,
        json => { id_number => $one->person($n)->{id_number}, version => 2,
            fen => 12000, reason => '考试取消', %more });
}

$sandbox->fault($client, 'alipay.trade.refund', 'code_20000_done', count => 1);
is(refund(0, $mini)->{status}, 201, 'the office gives it back');
is(refund(0, $mini)->{status}, 201, 'twice: the same');
run_jobs(qw(follow due));
becomes(0, $mini, 'refunded', 'although the answer was lost');
is_problem(refund(1, $qr, fen => 12001), 409, 'payment_refund_amount',
    'not more than was paid');
is_problem($client->post("/payment/orders/$qr/refunds", token => $token[1],
    json => {}), 403, 'forbidden', 'and not by citizens');
money_fits('it went back once');


# ---- the office --------------------------------------------------------------

run_jobs('follow');
$answer = $client->get('/payment/items/exam:mini/orders', token => $office);
is($answer->{json}{total}, 1, 'orders of an item');
is($answer->{json}{orders}[0]{state}, 'refunded', 'with their states');
is_problem($client->get('/payment/items/exam:mini/orders',
    token => $token[0]), 403, 'forbidden', 'are not for citizens');
my $told = $client->get('/civic/messages', token => $token[0])->{json};
my %kinds = map { $_->{kind} => 1 } @{ $told->{messages} };
ok($kinds{"payment.$_"}, "the citizen was told: $_")
    for qw(opened paid refunding refunded);




# ---- tomorrow: the bill ------------------------------------------------------

my @paid = grep { $_->{state} eq 'paid' } trades(1, $qr), trades(2, $page);
my $today = substr china(time), 0, 10;
is($client->post('/sandbox/alipay/bills', json => { bill_date => $today,
    differences => [
        { kind => 'amount', out_trade_no => $paid[0]{out_trade_no} },
        { kind => 'trade_missing', out_trade_no => $paid[1]{out_trade_no} },
        { kind => 'trade_extra' } ] })->{status}, 200, 'a bill with errors');
my ($is, $said) = $one->nginx->civicctl('clock', 'set',
    substr(china(time + 86400), 0, 10) . 'T11:00:00+08:00');
is($is, 0, 'the next day') or diag($said);

# The receipts stand in the index of their day; whoever runs a job knows of the
# next day within a moment.
run_jobs('follow');
eval { Civic::Process::wait_for('a comparison', 15, sub {
    run_jobs('bills');
    $answer = $client->get("/payment/differences?date=$today",
        token => $office);
    return $answer->{json}{compared};
}) };
ok($answer->{json}{compared}, 'it was compared') or diag($answer->{content});
is_deeply([ sort map { $_->{kind} } @{ $answer->{json}{differences} } ],
    [ qw(amount not_here not_in_bill) ], 'and each difference found')
    or diag($answer->{content});
my ($amount) = grep { $_->{kind} eq 'amount' }
    @{ $answer->{json}{differences} };
is($amount->{bill_fen} - $amount->{our_fen}, 1, 'one has a fen more');
is($client->post('/payment/differences/settle', token => $office, json => {
    date => $today, difference_id => $amount->{difference_id},
    note => '已与支付宝核对' })->{status}, 204, 'somebody has looked');
($amount) = grep { $_->{settled} } @{ $client->get(
    "/payment/differences?date=$today", token => $office)
        ->{json}{differences} };
is($amount->{note}, '已与支付宝核对', 'and says so');
run_jobs('bills');
is(scalar @{ $client->get("/payment/differences?date=$today",
    token => $office)->{json}{differences} }, 3, 'it is compared once');

finish();
