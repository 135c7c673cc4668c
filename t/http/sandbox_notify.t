# The sandbox' notifications, through nginx, to an app that notes what comes
# and answers as it is told: what they say, who signed them, how often they
# come, and how they go wrong on demand.

use lib 't/lib';
use Civic::Test;

use feature qw(state);

use Encode ();
use JSON::PP ();

use Civic::Receiver;
use Civic::Sandbox;

my $folder = Civic::Process::folder();
my $sandbox = Civic::Sandbox->new($folder);
my $json = JSON::PP->new->utf8->canonical;
my $app = Civic::Sandbox::APP;


# ---- the app ----

my $receiver = Civic::Receiver->new($folder);

sub answer_with {
    $receiver->answer_with(@_);
    return;
}

# What came: [ request line, { parameters }, signed? ]
sub came {
    return map {
        my ($line, $body) = @$_;
        my %all = map {
            my ($name, $value) = split /=/, $_, 2;
            $name => $value =~ tr/+/ /r =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger
        } split /&/, $body;
        my $sign = delete $all{sign};
        my $type = delete $all{sign_type};
        [ $line, \%all, $type eq 'RSA2' && $sandbox->is_signed(
            join('&', map { "$_=$all{$_}" } sort keys %all), $sign) || 0 ]
    } $receiver->came;
}

my $civic = civic($sandbox->with_alipay(plugins => [], workers => 2,
    sandbox => [ 'notify_upstream=app', 'notify_gaps=1,50,1' ],
    upstreams => { app => $receiver->port },
    allow => qr/"sandbox" is for "civic_environment sandbox" alone/));
my $client = $civic->client;

sub trade {
    my ($method, %business) = @_;
    my ($node) = $sandbox->call($client, "alipay.trade.$method",
        biz_content => $json->encode(\%business),
        notify_url => 'https://exam.example/payment/notify');

    return $node || {};
}

# A trade that waits for zhang, with the other members.
sub made {
    my ($number, %more) = @_;

    return trade('create', out_trade_no => $number, total_amount => '88.00',
        subject => '报名费 a+b %', product_code => 'JSAPI_PAY',
        op_app_id => $app, buyer_open_id => 'open-zhang', %more)->{trade_no};
}

sub notices {
    my ($number) = @_;

    return @{ $client->get('/sandbox/alipay/notifications'
        . (defined $number ? "?out_trade_no=$number" : ''))
        ->{json}{notifications} };
}

# Until those of a trade have come so far: "taken taken".  The job would send
# them, too, a second later.
sub until_state {
    my ($number, $states) = @_;

    ok(eval { Civic::Process::wait_for($states, 8, sub {
        $client->post('/sandbox/alipay/notifications/run');
        join(' ', map { $_->{state} } notices($number)) eq $states }) },
        "$number: $states") or diag($json->encode([ notices($number) ]));
    return;
}

sub planned {
    my (%plan) = @_;
    my $answer = $client->post('/sandbox/alipay/notifications/plans',
        json => \%plan);

    is($answer->{status}, 200, "$plan{plan} is planned")
        or diag($answer->{content});
    return;
}

sub send_now {
    my ($notice, %how) = @_;

    return $client->post(
        "/sandbox/alipay/notifications/$notice->{notify_id}/send",
        json => \%how)->{json}{attempts};
}


# ---- a payment is told ----

my $first = made('n0');
$sandbox->pay($client, $first, 'zhang');
ok(eval { Civic::Process::wait_for('the job', 8, sub {
    (notices('n0'))[0]{state} eq 'taken' }) }, 'a job tells of a payment');
answer_with('200 success');
is($sandbox->pay($client, made('n1', body => '二月', passback_params => 'a=b'),
    'zhang')->{result_code}, '9000', 'paid');
until_state('n1', 'taken');
my @came = came();
is(@came, 1, 'told once');
my ($line, $told, $signed) = @{ $came[0] };
is($line, 'POST /payment/notify HTTP/1.1', 'where notify_url leads');
ok($signed, 'signed');
is_deeply([ sort keys %$told ], [ sort qw(app_id auth_app_id body
    buyer_logon_id buyer_open_id buyer_pay_amount charset fund_bill_list
    gmt_create gmt_payment invoice_amount notify_id notify_time notify_type
    out_trade_no passback_params point_amount receipt_amount seller_id
    subject total_amount trade_no trade_status version) ],
    'with what is documented');
is("@$told{qw(notify_type trade_status out_trade_no total_amount seller_id
    app_id buyer_open_id passback_params)}", 'trade_status_sync TRADE_SUCCESS'
    . " n1 88.00 2088000000009999 $app open-zhang a=b", 'rightly');
is($told->{subject}, Encode::encode_utf8('报名费 a+b %'), 'as it was given');
my ($notice) = notices('n1');
is($notice->{notify_id}, $told->{notify_id}, 'the console has it');
is_deeply([ map { "$_->{status} $_->{answer} $_->{as}" }
    @{ $notice->{attempts} } ], ['200 success '], 'and what was answered');


# ---- money that goes back, a close ----

answer_with('200 success');
trade('refund', out_trade_no => 'n1', refund_amount => '8.00',
    out_request_no => 'r1');
until_state('n1', 'taken taken');
($told) = map { $_->[1] } came();
is("@$told{qw(trade_status refund_fee out_biz_no)}", 'TRADE_SUCCESS 8.00 r1',
    'a part');
ok($told->{gmt_refund}, 'with its time');
trade('refund', out_trade_no => 'n1', refund_amount => '80.00',
    out_request_no => 'r2');
trade('refund', out_trade_no => 'n1', refund_amount => '80.00',
    out_request_no => 'r2');
until_state('n1', 'taken taken taken');
$told = (came())[1][1];
is("@$told{qw(trade_status refund_fee out_biz_no)}",
    'TRADE_CLOSED 88.00 r2', 'the rest, once');

answer_with('200 success');
made('n2');
trade('close', out_trade_no => 'n2');
until_state('n2', 'taken');
is((came())[0][1]{trade_status}, 'TRADE_CLOSED', 'a close');
is((came())[0][1]{gmt_payment}, undef, 'without money');


# ---- until it is taken ----

for my $answer ('200 Success', '200 success ', '500 success', '302 success',
    '200 <html>success</html>')
{
    state $n = 0;
    my $number = 't' . ++$n;
    answer_with($answer);
    $sandbox->pay($client, made($number), 'zhang');
    until_state($number, 'given_up');
    @came = came();
    is(@came, 4, "\"$answer\" is not taken: again, after each gap");
    is(scalar(keys %{ { map { $_->[1]{notify_id} => 1 } @came } }), 1,
        'the same notification');
    is(scalar(grep { $_->[2] } @came), 4, 'signed each time');
}
answer_with('503 later');
$sandbox->pay($client, made('t9'), 'zhang');
ok(eval { Civic::Process::wait_for('one', 5, sub { came() }) }, 'it comes');
answer_with('200 success');
until_state('t9', 'taken');
is((notices('t9'))[0]{attempts}[-1]{answer}, 'success', 'in the end');


# ---- on demand ----

answer_with('200 success');
planned(plan => 'repeat', times => 8);
$sandbox->pay($client, made('d1'), 'zhang');
until_state('d1', 'taken');
is(scalar(came()), 8, 'eight times');

answer_with('200 success');
planned(plan => 'lost');
$sandbox->pay($client, made('d2'), 'zhang');
until_state('d2', 'given_up');
is(scalar(came()), 0, 'lost');
$notice = (notices('d2'))[0];
is(send_now($notice)->[0]{answer}, 'success', 'sent by hand');
until_state('d2', 'taken');

planned(plan => 'hold', delay_ms => 4000, count => 2);
answer_with('200 success');
$sandbox->pay($client, made('d3'), 'zhang');
until_state('d3', 'held');
trade('refund', out_trade_no => 'd3', refund_amount => '88.00');
until_state('d3', 'held held');
is(scalar(came()), 0, 'held back');
send_now((notices('d3'))[1]);
is((came())[0][1]{trade_status}, 'TRADE_CLOSED', 'the later one first');
until_state('d3', 'taken taken');
is((came())[1][1]{trade_status}, 'TRADE_SUCCESS', 'the other when it is due');

my %wrong = (wrong_amount => [ total_amount => '0.02' ],
    wrong_seller => [ seller_id => '2088000000000000' ],
    wrong_app => [ app_id => '2021000000009999' ],
    wrong_trade => [ out_trade_no => 'nobodys' ], forged => []);
for my $plan (sort keys %wrong) {
    my $number = "x$plan";
    my ($name, $value) = @{ $wrong{$plan} };

    answer_with('200 success');
    planned(plan => $plan);
    $sandbox->pay($client, made($number), 'zhang');
    until_state($number, 'taken');
    @came = came();
    is(@came, 2, "$plan: one too many, first");
    is($came[0][2], $plan eq 'forged' ? 0 : 1, 'its signature');
    is($came[0][1]{$name}, $value, 'what is wrong') if $name;
    is("$came[1][2] $came[1][1]{total_amount} $came[1][1]{out_trade_no}",
        "1 88.00 $number", 'then the right one');
    is_deeply([ map { $_->{as} } @{ (notices($number))[0]{attempts} } ],
        [ $plan, '' ], 'the console has both');
    answer_with('200 success');
    is(@{ send_now((notices($number))[0], as => $plan, times => 3) }, 3,
        'by hand, too');
    is(join('', map { $_->[2] } came()), $plan eq 'forged' ? '000' : '111',
        'three times');
}
is_problem($client->post('/sandbox/alipay/notifications/none/send',
    json => {}), 404, 'not_found', 'one that is not there');

# before our own answer
answer_with('200 success');
$sandbox->pay($client, made('d4'), 'zhang');
until_state('d4', 'taken');
$sandbox->fault($client, 'alipay.trade.refund', 'notified_first');
my $node = trade('refund', out_trade_no => 'd4', refund_amount => '88.00');
is($node->{fund_change}, 'Y', 'an answer');
is((came())[1][1]{trade_status}, 'TRADE_CLOSED', 'after its notification');

# done, and answered with 20000
$sandbox->fault($client, 'alipay.trade.create', 'code_20000_done');
is(trade('create', out_trade_no => 'd5', total_amount => '1.00',
    subject => 'x', product_code => 'JSAPI_PAY', op_app_id => $app,
    buyer_open_id => 'open-zhang')->{code}, '20000', 'nobody knows');
is(trade('query', out_trade_no => 'd5')->{trade_status}, 'WAIT_BUYER_PAY',
    'but it was done');

# time that is over
answer_with('200 success');
made('d6', timeout_express => '1m');
is(($civic->nginx->civicctl('clock', 'set', '+2m'))[0], 0, 'two minutes on');
until_state('d6', 'taken');
is((came())[-1][1]{trade_status}, 'TRADE_CLOSED', 'an unpaid one closes');

cmp_ok(scalar(notices()), '>', 15, 'the console has all of them');

finish();
