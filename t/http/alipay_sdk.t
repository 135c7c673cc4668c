# Alipay's official SDK for Node as the sandbox gateway's client: its requests
# verify here, and our signed answers verify there.  (tools/setup.sh test
# installs it; without npm's registry this file is skipped.)
#
# tiers: http asan

use lib 't/lib';
use Civic::Test;

use IPC::Open2 qw(open2);
use JSON::PP ();

use Civic::Sandbox;

my $root = Civic::Nginx::root();
my $json = JSON::PP->new->utf8->canonical;

$ENV{NODE_PATH} = "$root/build/npm/node_modules";
my $why = `node -e 'require("alipay-sdk")' 2>&1`;
plan(skip_all => 'no alipay-sdk: '
    . ($why =~ /^(\w*Error.*)/m ? $1 : 'no node')) if $? != 0;

my $sandbox = Civic::Sandbox->new(Civic::Process::folder());
my $civic = civic(plugins => [ $sandbox->plugin ]);
my $client = $civic->client;
my $gateway = $civic->nginx->url . Civic::Sandbox::GATEWAY;
my @nodes;

# A client of the SDK's with these settings.
sub sdk {
    my (%more) = @_;
    my $pid = open2(my $out, my $in, 'node', "$root/t/http/alipay_sdk.js",
        $json->encode({ appId => Civic::Sandbox::APP, gateway => $gateway,
            privateKey => $sandbox->text('app.pem'),
            alipayPublicKey => $sandbox->text('gateway.pub'),
            encryptKey => Civic::Sandbox::CONTENT_KEY, %more }));

    push @nodes, [ $pid, $in ];
    return sub {
        my (%request) = @_;

        print {$in} $json->encode(\%request), "\n";
        $in->flush;
        my $line = <$out>;
        return $json->decode($line // '{"error":"node has ended"}');
    };
}

sub done {
    my ($sdk, $method, $params, %more) = @_;
    my $said = $sdk->(method => $method, params => $params, %more);

    is($said->{error}, undef, "$method: the SDK takes the answer");
    return $said->{result} || {};
}

my $sdk = sdk();
my $open = 'alipay.user.certify.open';
my %identity = (identityType => 'CERT_INFO', certType => 'IDENTITY_CARD',
    certName => '张伟', certNo => '630105199003079996');

sub face {
    my (%more) = @_;

    return { bizContent => { outerOrderNo => 'order1', bizCode => 'FACE',
        identityParam => \%identity, merchantConfig => { returnUrl => '' } },
        %more };
}


# ---- who it is ----

my $code = $client->post('/sandbox/alipay/auth-codes',
    json => { user => 'zhang', scope => 'auth_user' })->{json}{auth_code};
my $exchange = { grantType => 'authorization_code', code => $code };
my $token = done($sdk, 'alipay.system.oauth.token', $exchange);

is($token->{openId}, 'open-zhang', 'a code tells who it is');
is(done($sdk, 'alipay.user.info.share',
    { authToken => $token->{accessToken} })->{openId}, 'open-zhang',
    'and so does the token');


# ---- the face ----

my $id = done($sdk, "$open.initialize", face())->{certifyId};
like($id, qr/^[0-9a-f]{32}$/, 'an attempt');

my $url = $sdk->(page => "$open.certify",
    params => { bizContent => { certifyId => $id } })->{url};
my $answer = $client->get($url =~ s{^http://[^/]+}{}r);
is($answer->{status}, 302, 'its link is genuine');
is($answer->{headers}{location}, "../phone/certify/$id", 'and leads to it');

my $query = { bizContent => { certifyId => $id } };
is(done($sdk, "$open.query", $query)->{passed}, 'F', 'not passed yet');
$client->post("/sandbox/phone/certify/$id", body => 'result=pass',
    type => 'application/x-www-form-urlencoded');
is(done($sdk, "$open.query", $query)->{passed}, 'T', 'passed');
is(done($sdk, "$open.query", { bizContent => { certifyId => 'none' } })
    ->{subCode}, 'OPEN_CERTIFY_BILL_NOT_EXIST', 'a refusal');


# ---- encrypted ----

like(done($sdk, "$open.initialize", face(needEncrypt => JSON::PP::true()),
    unverified => 1)->{certifyId}, qr/^[0-9a-f]{32}$/,
    'contents in AES, both ways');


# ---- what is not genuine ----

$client->post('/sandbox/alipay/faults',
    json => { method => "$open.query", fault => 'wrong_signature' });
like($sdk->(method => "$open.query", params => $query)->{error}, qr/验签失败/,
    'it sees a wrong signature');

my $stranger = Civic::Sandbox->new(Civic::Process::folder());
is(done(sdk(privateKey => $stranger->text('app.pem')), "$open.query",
    $query)->{subCode}, 'isv.invalid-signature', 'and so do we');
like(sdk(alipayPublicKey => $stranger->text('gateway.pub'))->(
    method => "$open.query", params => $query)->{error}, qr/验签失败/,
    'with another key of ours it takes nothing');

for (@nodes) {
    my ($pid, $in) = @$_;

    close $in;
    waitpid $pid, 0;
    is($?, 0, 'node ends well');
}

finish();
