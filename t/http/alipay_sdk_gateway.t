# Alipay's official SDK for Node as the gateway of our plugin: its own code
# verifies what we sign and opens what we encrypt, and we take what it signs.
# (tools/setup.sh test installs it; without npm's registry this file is
# skipped.)
#
# tiers: http asan

use lib 't/lib';
use Civic::Test;

use JSON::PP ();

use Civic::Sandbox;

my $root = Civic::Nginx::root();
my $json = JSON::PP->new->utf8->canonical;

$ENV{NODE_PATH} = "$root/build/npm/node_modules";
my $why = `node -e 'require("alipay-sdk")' 2>&1`;
plan(skip_all => 'no alipay-sdk: '
    . ($why =~ /^(\w*Error.*)/m ? $1 : 'no node')) if $? != 0;

my $sandbox = Civic::Sandbox->new(Civic::Process::folder());
my $port = Civic::Process::port();
my $node = Civic::Process::start(name => 'node',
    log => Civic::Process::folder() . '/node.log',
    command => [ 'node', "$root/t/http/alipay_sdk_gateway.js",
        $json->encode({ appId => Civic::Sandbox::APP, port => $port,
            appPublicKey => $sandbox->text('app.pub'),
            gatewayPublicKey => $sandbox->text('gateway.pub'),
            gatewayPrivateKey => $sandbox->text('gateway.pem'),
            encryptKey => Civic::Sandbox::CONTENT_KEY }) ]);
Civic::Process::wait_for('node', 20,
    sub { Civic::Process::listening($port) });

my $sdk = Civic::Client->new(url => "http://127.0.0.1:$port", unseen => 1);
my ($client, $redis);

sub with {
    my (@options) = @_;
    my $civic = civic($sandbox->with_alipay(plugins => [],
        fixtures => ['asker'], upstreams => { alipay => $port },
        alipay => [ "gateway=http://127.0.0.1:$port/gateway.do", @options ],
        ($redis ? (redis => $redis) : ())));

    $redis = $civic->redis;
    $client = $civic->client;
    return $civic->nginx;
}

sub asked {
    my ($name, %in) = @_;

    return $client->post("/asker/calls/$name", type => 'application/json',
        body => $json->encode(\%in))->{json}{out} || {};
}

sub call {
    my (%in) = @_;

    return asked('alipay.call', method => 'alipay.user.certify.open.query',
        %in);
}

sub said {
    my ($out) = @_;

    return join ' ', map { $out->{$_} // 'none' } qw(outcome code sub_code);
}

# What is easily signed or encoded in two ways.
my %business = (name => '张伟·阿卜杜拉', text => 'a+b c&d=e%20/\\"~*\'()',
    nested => { n => 7, list => [ 'x', JSON::PP::true, undef ] },
    emoji => "\x{1F600}", line => "a\nb\t");

for my $options ([], ['common_in_query=true']) {
    my $server = with(@$options);
    my $which = "@$options" || 'common parameters in the body';

    my $out = call(business => \%business, auth_token => 'a+token/=');
    is(said($out), 'done 10000 ', "$which: the SDK takes what we sign");
    is_deeply($out->{node}{business}, \%business, 'and reads what we wrote');
    is($out->{node}{auth_token}, 'a+token/=', 'the token, too');
    is_deeply($out->{node}{names}, [qw(app_id auth_token biz_content charset
        format method sign sign_type timestamp version)], 'all of it');

    $out = call(business => \%business, encrypt => \1,
        extras => { note => '一 & 二' });
    is(said($out), 'done 10000 ', 'encrypted');
    is_deeply($out->{node}{business}, \%business, 'and opened');

    is(said(call()), 'done 10000 ', 'without business');

    # one byte on the way there: of the token, the business, the signature
    for my $at (3, 60, 300, 420, 555, 700) {
        $sdk->post("/changed/$at");
        $out = call(business => \%business, auth_token => 'a-token-as-such');
        is(said($out), 'refused 40002 isv.invalid-signature',
            "byte $at changed: the SDK refuses it");
    }

    # one byte on the way back
    for my $at (2, 20, 44, 77) {
        $sdk->post("/answer/$at");
        $out = call(business => \%business);
        is($out->{outcome}, 'not_ours', "byte $at of the answer changed");
        is_deeply($out->{node}, {}, 'nothing of it is given');
    }
    is(said(call()), 'done 10000 ', 'and as it was');

    my $form = $sdk->post('/notification', json => {
        app_id => Civic::Sandbox::APP, subject => '报名费 a+b=c&d %',
        out_trade_no => '1', trade_status => 'TRADE_SUCCESS' })->{content};
    my $told = asked('alipay.notification', form => $form);
    ok($told->{valid}, 'a notification that the SDK takes');
    is($told->{parameters}{subject}, '报名费 a+b=c&d %', 'its parameters');
    $told = asked('alipay.notification',
        form => $form =~ s/TRADE_SUCCESS/TRADE_CLOSED/r);
    ok(!$told->{valid}, 'changed: it is none');
    is($told->{why}, 'wrong', 'which is said');
    is_deeply($told->{parameters}, {}, 'without parameters');
    $server->stop;
}

Civic::Process::stop($node, 'TERM', 10);

finish();
