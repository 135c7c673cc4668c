# 网上支付 in Chromium: by code and by Alipay's page, given up, with the network
# lost, twice, too late, given back.  What the sandbox says was moved is the
# account of all money.

use lib 't/lib';
use Civic::Test;

use Time::HiRes qw(time);

use Civic::Browser;

my $web = Civic::Browser->new(sandbox => 1, people => 1, payment => 1,
    plugins => ['staff'], blobs => 'shared');
my $nginx = $web->civic->nginx;
my $client = $web->civic->client;
my $secret = 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U';

# Nobody waits for three minutes after a deadline here.
$web->change_rules('payment', 'rules.last_moment = 60' => 'rules.last_moment = 1',
    'rules.grace = 180' => 'rules.grace = 1',
    'rules.tolerance = 180' => 'rules.tolerance = 1',
    'left = 59' => 'left = 0', 'grace = 180, tolerance = 180'
        => 'grace = 1, tolerance = 1');

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

$web->run('paying.js', office => $office, orders => \%orders,
    people => [ $web->civic->people ]);
$web->run('office.js', secret => $secret);

# ---- the money, from outside -----------------------------------------------

my %moved;
for my $trade (@{ $client->get('/sandbox/alipay/trades')->{json}{trades} }) {
    $moved{ $trade->{subject} } += $_->{kind} eq 'payment' ? $_->{fen}
                                                           : -$_->{fen}
        for @{ $trade->{movements} };
}
is_deeply(\%moved, { '扫码的报名费' => 12050, '网页的报名费' => 12050,
    '断网的报名费' => 12050, '重复的报名费' => 12050, '退款的报名费' => 0 },
    'each fee was taken once, and what was too much went back')
    or diag(explain(\%moved));
finish();
