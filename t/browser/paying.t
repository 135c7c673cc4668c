# 网上支付 in Chromium: by code and by Alipay's page, given up, with the network
# lost, twice, too late, given back; and the office's page with money that Alipay
# does not give back.  What the sandbox says was moved is the account of all
# money.
#
# takes: long

use lib 't/lib';
use Civic::Test;

use Time::HiRes qw(time);

use Civic::Browser;

my $web = Civic::Browser->new(sandbox => 1, people => 1, payment => 1,
    plugins => ['staff'], blobs => 'shared');
my $nginx = $web->civic->nginx;
my $client = $web->civic->client;
my $secret = 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U';

# Nobody waits for three minutes after a deadline here, nor half an hour for the
# next try.
$web->change_rules('payment', 'rules.last_moment = 60' => 'rules.last_moment = 1',
    'rules.grace = 180' => 'rules.grace = 1',
    'rules.tolerance = 180' => 'rules.tolerance = 1',
    'left = 59' => 'left = 0', 'grace = 180, tolerance = 180'
        => 'grace = 1, tolerance = 1',
    'refund = { shortest = 10, longest = 1800' =>
        'refund = { shortest = 1, longest = 1',
    'age = 3599 },
      output = { pause = 1800' => 'age = 3599 },
      output = { pause = 1');

$nginx->civicctl('staff', 'add', '--name', 'cashier', '--roles', 'office',
    '--password-stdin', '--totp-secret', $secret, \"Upper-Floor-2026\n");
chomp(my $totp = $nginx->civicctl('staff', 'code', '--secret', $secret));
my $in = $client->post('/staff/sessions', json => { name => 'cashier',
    password => 'Upper-Floor-2026', totp => $totp });
is($in->{status}, 200, 'the office is in') or diag($in->{content});
my $office = $in->{json}{token};

my %orders;
sub order {
    my ($item, $title, %more) = @_;
    my $answer = $client->post('/payment/orders', token => $office, json => {
        id_number => $web->civic->person->{id_number}, item => $item,
        title => $title, fen => 12050, until => china(time + 86400), %more });

    is($answer->{status}, 201, "an order: $item") or diag($answer->{content});
    return $orders{$item} = $answer->{json}{order_id};
}

order('code', '扫码的报名费');
order('page', '网页的报名费');
order('offline', '断网的报名费');
order('twice', '重复的报名费');
order('early', '未到时间的报名费', from => china(time + 3600));
order('back', '退款的报名费');
order('stuck', '退不出去的报名费');

$web->run('paying.js', office => $office, orders => \%orders,
    people => [ $web->civic->people ]);
$web->run('office.js', secret => $secret, stuck => stuck());

# ---- money that does not go back --------------------------------------------

# A fee that was paid, which the seller's account is too short of money to give
# back: its number at Alipay.
sub stuck {
    my $person = $web->civic->person;
    my $path = "/payment/orders/$orders{stuck}";
    my $trade = $client->post("$path/pay", json => { channel => 'qr' },
        token => $client->login(@$person{qw(id_number password)}),
        headers => { 'Idempotency-Key' => 'stuck' })->{json};
    my ($paid, $trades);

    is($web->sandbox->pay($client, $trade->{url}, 'zhang')->{result_code},
        '9000', 'somebody pays');
    ok(eval { Civic::Process::wait_for('the payment', 20, sub {
        my $found = $client->post('/payment/look-up', token => $office,
            json => { id_number => $person->{id_number} })->{json};

        ($paid) = grep { $_->{order_id} eq $orders{stuck} }
            @{ $found->{orders} };
        return $paid->{state} eq 'paid' }) }, 'which is heard of');
    is($web->sandbox->fault($client, 'alipay.trade.refund', 'error_40004',
        sub_code => 'ACQ.SELLER_BALANCE_NOT_ENOUGH', count => 100)->{status},
        200, 'there is too little money');
    is($client->post("$path/refunds", token => $office, json => {
        id_number => $person->{id_number}, version => $paid->{version},
        fen => 12050, reason => '考试取消' })->{status}, 201,
        'the office wants to give it back');
    return $paid->{trades}[0]{out_trade_no};
}

# ---- the money, from outside -----------------------------------------------

my %moved;
for my $trade (@{ $client->get('/sandbox/alipay/trades')->{json}{trades} }) {
    $moved{ $trade->{subject} } += $_->{kind} eq 'payment' ? $_->{fen}
                                                           : -$_->{fen}
        for @{ $trade->{movements} };
}
is_deeply(\%moved, { '扫码的报名费' => 12050, '网页的报名费' => 12050,
    '断网的报名费' => 12050, '重复的报名费' => 12050, '退款的报名费' => 0,
    '退不出去的报名费' => 0 },
    'each fee was taken once, and what was too much went back')
    or diag(explain(\%moved));
finish();
