# Alipay's official SDK for Node as the sandbox' client in payments, with keys
# and with certificates: what it sends is done, what it is answered, returned
# and notified it takes for genuine.  (tools/setup.sh test installs it;
# without npm's registry this file is skipped.)

use lib 't/lib';
use Civic::Test;

use Encode ();
use IPC::Open2 qw(open2);
use JSON::PP ();

use Civic::Receiver;
use Civic::Sandbox;

my $root = Civic::Nginx::root();
my $json = JSON::PP->new->utf8->canonical;

$ENV{NODE_PATH} = "$root/build/npm/node_modules";
my $why = `node -e 'require("alipay-sdk")' 2>&1`;
plan(skip_all => 'no alipay-sdk: '
    . ($why =~ /^(\w*Error.*)/m ? $1 : 'no node')) if $? != 0;

my $sandbox = Civic::Sandbox->new(Civic::Process::folder());
my $receiver = Civic::Receiver->new(Civic::Process::folder());
my ($client, $redis, $said_by, @nodes);

# An SDK with these settings, and a sandbox for it.
sub start {
    my ($mode, @arguments) = @_;
    my $civic = civic($sandbox->with_alipay(plugins => [], @arguments,
        sandbox => ['notify_upstream=app'],
        upstreams => { app => $receiver->port },
        ($redis ? (redis => $redis) : ())));
    my %keys = $mode eq 'key'
        ? (alipayPublicKey => $sandbox->text('gateway.pub'))
        : (appCertContent => $sandbox->text('app.crt'),
        alipayPublicCertContent => $sandbox->text('gateway.crt'),
        alipayRootCertContent => $sandbox->text('root.crt'));
    my $pid = open2(my $out, my $in, 'node', "$root/t/http/alipay_sdk.js",
        $json->encode({ appId => Civic::Sandbox::APP,
            gateway => $civic->nginx->url . Civic::Sandbox::GATEWAY,
            privateKey => $sandbox->text('app.pem'), %keys }));

    $redis = $civic->redis;
    $client = $civic->client;
    push @nodes, [ $pid, $in ];
    $said_by = sub {
        print {$in} $json->encode({@_}), "\n";
        $in->flush;
        my $line = <$out>;
        return $json->decode($line // '{"error":"node has ended"}');
    };
    return $civic->nginx;
}

sub done {
    my ($method, $business, %more) = @_;
    my $said = $said_by->(method => "alipay.trade.$method",
        params => { bizContent => $business, %more });

    is($said->{error}, undef, "$method: the SDK takes the answer");
    return $said->{result} || {};
}

sub encoded {
    my ($text) = @_;

    return join '', map { sprintf '%%%02X', ord }
        split //, Encode::encode_utf8($text);
}

sub genuine {
    my ($form) = @_;

    return $said_by->(notification => $form)->{genuine} ? 1 : 0;
}

for my $mode ('key', 'certificate') {
    my $nginx = start($mode,
        $mode eq 'key' ? () : (certificates => 'gateway'));
    my %order = (outTradeNo => "${mode}1", totalAmount => '88.00',
        subject => '报名费 a+b % ~*\'()', productCode => 'JSAPI_PAY',
        opAppId => Civic::Sandbox::APP, buyerOpenId => 'open-zhang',
        passbackParams => 'a=b&c');
    my $notify = 'https://exam.example/notify';

    $receiver->answer_with('200 success');
    my $made = done('create', \%order, notifyUrl => $notify);
    like($made->{tradeNo}, qr/^\d{28}$/, "$mode mode: a trade");
    is($sandbox->pay($client, $made->{tradeNo}, 'zhang')->{result_code},
        '9000', 'paid');
    is(done('query', { outTradeNo => "${mode}1" })->{tradeStatus},
        'TRADE_SUCCESS', 'as it learns');
    is(done('refund', { outTradeNo => "${mode}1", refundAmount => '8.00',
        outRequestNo => 'r1' })->{fundChange}, 'Y', 'a refund');
    is(done('fastpay.refund.query', { outTradeNo => "${mode}1",
        outRequestNo => 'r1' })->{refundStatus}, 'REFUND_SUCCESS', 'is there');
    is(done('close', { outTradeNo => "${mode}1" })->{subCode},
        'ACQ.TRADE_STATUS_ERROR', 'a refusal');
    done('create', { %order, outTradeNo => "${mode}2" });
    is(done('close', { outTradeNo => "${mode}2" })->{code}, '10000',
        'a close');

    ok(eval { Civic::Process::wait_for('two', 10, sub {
        $receiver->came >= 2 }) }, 'the app is notified');
    my @came = $receiver->came;
    is(genuine($_->[1]), 1, 'the SDK takes a notification') for @came;
    is(genuine($came[0][1] =~ s/88\.00/0.01/r), 0, 'but no changed one');

    my %page = (params => { returnUrl => 'https://exam.example/back',
        notifyUrl => $notify, bizContent => { outTradeNo => "${mode}3",
            totalAmount => '88.00', subject => '报名费',
            productCode => 'FAST_INSTANT_TRADE_PAY' } });
    my $url = $said_by->(page => 'alipay.trade.page.pay', %page)->{url};
    my $answer = $client->get($url =~ s{^http://[^/]+}{}r);
    is($answer->{status}, 302, 'its link is genuine');
    my $cashier = $answer->{headers}{location};

    my $html = $said_by->(form => 'alipay.trade.page.pay', %page)->{html};
    my ($action) = $html =~ m{action="http://[^/]+([^"]+)"};
    my %inputs = $html =~ m{name="(\w+)" value="([^"]*)" />}g;
    $answer = $client->post($action =~ s/&amp;/&/gr,
        type => 'application/x-www-form-urlencoded',
        body => join '&', map { "$_=" . encoded($inputs{$_} =~ s/&quot;/"/gr) }
            sort keys %inputs);
    is($answer->{status}, 303, 'and so is its form');
    is($answer->{headers}{location}, $cashier, 'both lead to the same');
    my $back = $sandbox->pay($client, $cashier, 'li')->{return_url};
    is(genuine($back =~ s/^[^?]*\?//r), 1, 'and what comes back is genuine');
    $nginx->stop;
}

for (@nodes) {
    my ($pid, $in) = @$_;

    close $in;
    waitpid $pid, 0;
    is($?, 0, 'node ends well');
}

finish();
