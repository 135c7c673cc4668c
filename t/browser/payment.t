# Paying with the sandbox phone in Chromium: a trade of the mini-program by
# my.tradePay(), a QR code that is scanned, and the cashier of page.pay.

use lib 't/lib';
use Civic::Test;

use JSON::PP ();

use Civic::Browser;

my $web = Civic::Browser->new(sandbox => 1);
my $client = $web->civic->client;
my $json = JSON::PP->new->utf8->canonical;

sub call {
    my ($method, %business) = @_;
    my ($node) = $web->sandbox->call($client, "alipay.trade.$method",
        biz_content => $json->encode({ subject => '报名费',
            total_amount => '88.00', %business }));

    return $node;
}

my $made = call('create', out_trade_no => 'b1', product_code => 'JSAPI_PAY',
    op_app_id => Civic::Sandbox::APP, buyer_open_id => 'open-zhang');
my $code = call('precreate', out_trade_no => 'b2')->{qr_code};
my $link = '/sandbox/alipay/gateway.do?'
    . $web->sandbox->form('alipay.trade.page.pay',
        return_url => $web->url . '/web/', biz_content => $json->encode({
            out_trade_no => 'b3', subject => '报名费', total_amount => '88.00',
            product_code => 'FAST_INSTANT_TRADE_PAY' }));

$web->run('payment.js', trade => $made->{trade_no}, code => $code,
    link => $link);

sub state_of {
    my $trade = $web->sandbox->trade($client, $_[0]);

    return "$trade->{state} $trade->{paid_fen} $trade->{buyer}";
}
is(state_of('b1'), 'TRADE_SUCCESS 8800 zhang', 'my.tradePay()');
is(state_of('b2'), 'TRADE_SUCCESS 8800 zhang', 'the code');
is(state_of('b3'), 'TRADE_SUCCESS 8800 li', 'the page');

finish();
